"""What is said to a relay of a message."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailer.envelope import Envelope
from mailer.smtp.offer import Offer
from tests.sizes import examples

OFFER = Offer({"pipelining": "", "dsn": ""})


@settings(max_examples=examples(200))
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1))
@example("a+b=c~!")
@example("ünï")
def test_the_parameters_of_reports_can_be_read_back(local: str) -> None:
    """ENVID and ORCPT are xtext (RFC 3461 4): printable ASCII without `+` and `=`, and of it the same is read."""
    local = local.replace("@", "")
    envelope = Envelope(
        sender=f"{local}@example.com", recipient="ada+x=y@example.org", content=b"x"
    )
    mail, rcpt, _ = OFFER.group(envelope).decode().split("\r\n")[:3]
    for line, name, meant in (
        (mail, "ENVID=", local),
        (rcpt, "ORCPT=rfc822;", "ada+x=y@example.org"),
    ):
        said = line.rpartition(name)[2].partition(" ")[0]
        assert re.fullmatch(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*", said)
        octets = re.sub(r"\+(..)", lambda found: chr(int(found[1], 16)), said).encode("latin-1")
        assert octets.decode() == meant
