"""What a mail host's spam filter makes of our mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from mailer.authentication import Signer, sign_envelope
from mailer.authentication.keys import KeyType
from mailer.compose import letters, message
from mailer.compose.skeleton import Skeleton
from mailer.envelope import Envelope
from newsletter.watching.alertmail import write_alert
from newsletter.watching.troubles import Trouble, TroubleKind
from tests.acceptance.mail.mails import IDENTITY, a_reader, all_skeletons, sample_issue
from tests.peers.judges.rspamd import RELAY, RELAY_IP, Rspamd, filtering
from tests.peers.judges.verifier import signing_key
from tests.peers.relays.postfix import open_folder
from tests.worlds.service.installed import tell

KEYS = tuple(signing_key(kind) for kind in KeyType)
RECORDS = {
    ("example.com", "TXT"): [f"v=spf1 ip4:{RELAY_IP} -all"],
    ("_dmarc.example.com", "TXT"): ["v=DMARC1; p=reject; adkim=s; aspf=s"],
    ("example.com", "MX"): [f"10 {RELAY}."],
    (RELAY, "A"): [RELAY_IP],
    ("notes.example.com", "A"): ["192.0.2.80"],
    **{(key.record_name, "TXT"): [key.private.record()] for key in KEYS},
}
ACCEPTED = {
    # One link of an issue stands at its top in HTML alone, so that people find it; a button's address is
    # spelt out below it. The rule takes an odd number of links for a text that is not the HTML's.
    "URI_COUNT_ODD": 1.0,
    # The preview text that mail programs show beside the subject.
    "MANY_INVISIBLE_PARTS": 0.05,
    # An issue that a mail host would cut is shortened in HTML, and whole as text.
    "R_PARTS_DIFFER": 1.0,
    # The samples' words are English also where the mail around them is Arabic or Japanese.
    "R_MIXED_CHARSET": 1.5,
    # A mail that went through one relay has one Received field.
    "ONCE_RECEIVED": 0.1,
}
"""What counts against a mail at most, and is kept."""
MOST = 2.0
"""Half of what has a mail put off."""


@pytest.fixture(scope="module")
def rspamd() -> Iterator[Rspamd]:
    """The filter, with what the sender publishes in DNS."""
    with open_folder() as home, filtering(home, RECORDS) as filtering_host:
        yield filtering_host


def kinds(now: datetime) -> Iterator[tuple[str, Envelope]]:
    """Each kind of mail, signed; what is in the program's own words in each language."""
    skeletons: dict[str, Skeleton] = {**all_skeletons()}
    words = "What I found this week, in a paragraph of its own, before the days become short again."
    issue = sample_issue()
    for language in ("de", "fr", "es", "it", "pt", "nl", "ja", "zh", "zh-Hant", "ar"):
        identity = replace(IDENTITY, language=language)
        small = replace(issue, html=f"<p>{words}</p>", text=f"{words}\n", language=language)
        skeletons |= {
            f"issue {language}": message.compile_issue(small, identity),
            f"confirmation {language}": letters.compile_confirmation(identity),
            f"notice {language}": letters.compile_notice(identity),
            f"change {language}": letters.compile_change(identity),
            f"moved {language}": letters.compile_moved(identity),
        }
    signer = Signer(KEYS)
    for name, skeleton in skeletons.items():
        yield name, sign_envelope(skeleton.fill(a_reader(now), relax=True), signer, now)
    trouble = Trouble(kind=TroubleKind.RELAY, sentence="The relay takes no mail since 12 minutes.")
    yield "alert", write_alert([trouble], IDENTITY, "ada@example.org", now, signer)


@pytest.mark.only_slow
def test_rspamd_lets_every_kind_of_mail_through(rspamd: Rspamd) -> None:
    """Rspamd finds SPF, signature and DMARC good, and nothing that counts against a mail but what is listed
    here with its reason.
    """
    now = datetime.now(UTC)  # it takes a date of long ago for a sign of spam
    trace = (
        f"Received: from notes.example.com ({RELAY} [{RELAY_IP}])\r\n\tby mx.example.org (Postfix) "
        f"with ESMTPS id 4ABCDEF\r\n\tfor <ada@example.org>; {format_datetime(now)}\r\n"
    )
    seen: dict[str, float] = {}
    for name, envelope in kinds(now):
        content = trace.encode() + envelope.content
        verdict = rspamd.judge(content, envelope.sender, envelope.recipient)
        against = {rule: score for rule, score in verdict.counted.items() if score > 0}
        unlisted = {rule: one for rule, one in against.items() if one > ACCEPTED.get(rule, 0)}
        assert unlisted == {}, name
        assert {"R_SPF_ALLOW", "R_DKIM_ALLOW", "DMARC_POLICY_ALLOW"} <= verdict.counted.keys(), name
        assert verdict.action == "no action"
        assert verdict.score < MOST, name
        seen[name] = verdict.score
    tell(mails=len(seen), worst=max(seen.values()), best=min(seen.values()))
