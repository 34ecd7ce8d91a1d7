"""The mail to the operator: what stands in its header."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from newsletter.watching.alertmail import write_alert
from newsletter.watching.troubles import Trouble, TroubleKind
from tests.worlds.sending.composed import IDENTITY, parse


def test_an_alert_has_what_the_mail_service_wants_to_read() -> None:
    """The author's own fields stand in it as in every mail; answers need no other address, for it answers to nobody."""
    identity = replace(IDENTITY, reply_to="ada@example.org", headers=(("X-Own", "y" * 300),))
    trouble = Trouble(kind=TroubleKind.DISK, sentence="The disk is full.")
    alert = parse(write_alert([trouble], identity, "ops@example.net", datetime.now(UTC)))
    assert alert.get_all("X-Own") == ["y" * 300]
    assert (alert["To"], alert["Reply-To"], alert["Auto-Submitted"]) == (
        "ops@example.net",
        None,
        "auto-generated",
    )
    assert alert.get_content().startswith("The disk is full.\r\n")
