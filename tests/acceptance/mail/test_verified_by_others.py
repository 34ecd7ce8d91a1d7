"""What a receiver finds about an issue that a real relay passed on: SPF, DKIM and DMARC."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from mailer.authentication.keys import KeyType
from newsletter.app import Newsletter
from tests.conftest import NOON
from tests.peers.judges.programs import Json, Judges
from tests.peers.judges.verifier import pem, signing_key, verifies
from tests.peers.ports import free_port
from tests.peers.relays.postfix import Relaying, open_folder, relaying

KEYS = (signing_key(KeyType.RSA), signing_key(KeyType.ED25519))
RELAY_IP = "192.0.2.25"
"""Where the relay is to the receiver, who knows only the address that connects."""

CONFIG = """
[newsletter]
title = "Wörking Notes"
url = "https://notes.example.com"
sender = '"Wörking Notes, weekly" <notes@{sender}>'
[schedule]
hold = "0s"
[smtp]
url = "smtp://127.0.0.1:{port}?tls=none"
[dkim]
domain = "example.com"
selector = ["s-rsa", "s-ed25519"]
key = ["rsa.pem", "ed25519.pem"]
"""
NOTE = """---
publish: 2026-11-22 12:00
---
# Grüße aus Zürich, and a title that is long enough to be folded somewhere on its way to a reader

Hello {{{{ name | there }}}}, größer als {blanks}
.
..dots at the start of lines

    code   with    blanks\t

{long}
"""


@dataclass  # without slots: aiosmtpd reads all its members, and Python 3.11.2 has one that it cannot
class Capture:
    """Where the relay delivers: keeps the bytes of each message as they were on the wire."""

    mails: list[tuple[str, bytes]] = field(default_factory=list)
    """(envelope sender, content)."""
    arrived: threading.Event = field(default_factory=threading.Event)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Aiosmtpd's hook."""
        assert envelope.original_content is not None
        self.mails.append((envelope.mail_from or "", envelope.original_content))
        self.arrived.set()
        return "250 2.0.0 kept"

    def take(self) -> tuple[str, bytes]:
        """The next message."""
        assert self.arrived.wait(120), "the relay passed nothing on"
        self.arrived.clear()
        return self.mails.pop()


@pytest.fixture(scope="module")
def capture() -> Iterator[tuple[Capture, int]]:
    """A receiver, and its port."""
    kept = Capture()
    port = free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    try:
        yield kept, port
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def postfix(capture: tuple[Capture, int]) -> Iterator[Relaying]:
    """A Postfix in front of it."""
    with open_folder() as home, relaying(home, capture[1]) as started:
        yield started


def mailed(folder: Path, *, sender: str, port: int, capture: Capture) -> tuple[str, bytes]:
    """An issue, published, signed and sent through a relay, as it came out behind it."""
    config = folder / "newsletter.toml"
    config.write_text(CONFIG.format(sender=sender, port=port), "utf-8")
    for kind in KeyType:
        (folder / f"{kind}.pem").write_bytes(pem(kind))
        (folder / f"{kind}.pem").chmod(0o600)
    (folder / "notes").mkdir()
    note = NOTE.format(blanks="blanks   ", long="ß" * 2_000)
    (folder / "notes" / "one.md").write_text(note, "utf-8")
    with Newsletter.open(config, environ={}, clock=lambda: NOON) as newsletter:
        newsletter.subscriptions.add("ada@example.org")
        assert newsletter.send().accepted == 1
    return capture.take()


def records(*, dmarc: str, ip: str = RELAY_IP) -> dict[str, Json]:
    """What the author publishes, for example.com and below it."""
    texts: dict[str, str] = {key.record_name: key.private.record() for key in KEYS}
    for domain in ("example.com", "news.example.com"):
        texts[domain] = f"v=spf1 ip4:{ip} -all"
    texts["_dmarc.example.com"] = dmarc
    return {f"TXT {name}": [[text]] for name, text in texts.items()}


def case(mail: tuple[str, bytes], dns: dict[str, Json]) -> dict[str, Json]:
    """One question to the judge."""
    sender, content = mail
    return {
        "message": base64.b64encode(content).decode(),
        "ip": RELAY_IP,
        "helo": "relay.example.com",
        "sender": sender,
        "records": dns,
    }


STRICT = "v=DMARC1; p=reject; adkim=s; aspf=s"
RELAXED = "v=DMARC1; p=reject"
BOTH_PASS: list[Json] = [
    {"result": "pass", "algorithm": "rsa-sha256", "selector": "s-rsa", "domain": "example.com"},
    {
        "result": "pass",
        "algorithm": "ed25519-sha256",
        "selector": "s-ed25519",
        "domain": "example.com",
    },
]


@pytest.mark.parametrize("way", ["eight", "seven"])
def test_an_issue_passes_everything_a_receiver_looks_at(
    way: str, postfix: Relaying, capture: tuple[Capture, int], judges: Judges, tmp_path: Path
) -> None:
    """SPF, both signatures and DMARC pass, aligned with both even where that is strict, whether or
    not the relay takes eight bits (rules A1, A26, A30, A31, A33).
    """
    port = getattr(postfix, way)
    mail = mailed(tmp_path, sender="example.com", port=port, capture=capture[0])
    assert b"\r\nReceived: from " in b"\r\n" + mail[1]
    (strict, relaxed) = judges.ask(
        "authenticate", [case(mail, records(dmarc=STRICT)), case(mail, records(dmarc=RELAXED))]
    )
    # mailauth takes strict for relaxed, so what is strict is read here: the very domain of From.
    assert strict == {
        "spf": "pass",
        "dmarc": "pass",
        "aligned": {"spf": "example.com", "dkim": "example.com"},
        "dkim": BOTH_PASS,
    }
    assert relaxed == strict
    assert verifies(mail[1], *KEYS)


def test_a_domain_above_the_sender_counts_where_alignment_is_relaxed(
    postfix: Relaying, capture: tuple[Capture, int], judges: Judges, tmp_path: Path
) -> None:
    """example.com signs for news.example.com, and that alone is enough; without it and without SPF
    the mail fails (rule A33).
    """
    mail = mailed(tmp_path, sender="news.example.com", port=postfix.eight, capture=capture[0])
    nowhere = "198.51.100.1"
    without_keys = records(dmarc=RELAXED, ip=nowhere)
    for key in KEYS:
        del without_keys[f"TXT {key.record_name}"]
    by_signature, by_spf, by_nothing = judges.ask(
        "authenticate",
        [
            case(mail, records(dmarc=RELAXED, ip=nowhere)),
            case(mail, records(dmarc=RELAXED)),
            case(mail, without_keys),
        ],
    )
    assert by_signature["dkim"] == BOTH_PASS
    assert by_signature["aligned"] == {"spf": "", "dkim": "example.com"}
    assert (by_signature["spf"], by_signature["dmarc"]) == ("fail", "pass")
    assert by_spf["aligned"] == {"spf": "news.example.com", "dkim": "example.com"}
    assert (by_nothing["spf"], by_nothing["dmarc"]) == ("fail", "fail")


def test_nothing_can_be_put_in_front_of_a_signed_mail(
    postfix: Relaying, capture: tuple[Capture, int], judges: Judges, tmp_path: Path
) -> None:
    """Fields a mail program would take instead of ours break every signature (rules A5, A32)."""
    sender, content = mailed(tmp_path, sender="example.com", port=postfix.eight, capture=capture[0])
    forged = [
        b"From: Mallory <mallory@example.net>\r\n",
        b"List-Unsubscribe: <https://mallory.example.net/>\r\n",
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        b"Content-Type: text/html\r\n",
        b"Subject: Something else\r\n",
        b"Reply-To: mallory@example.net\r\n",
    ]
    dns = records(dmarc=RELAXED)
    verdicts = judges.ask("authenticate", [case((sender, line + content), dns) for line in forged])
    for line, verdict in zip(forged, verdicts, strict=True):
        found = verdict["dkim"]
        assert isinstance(found, list)
        assert [one["result"] for one in found if isinstance(one, dict)] == ["fail", "fail"], line
        assert not verifies(line + content, *KEYS)
    for signature in re.findall(rb"DKIM-Signature:.*?\r\n(?![ \t])", content, re.DOTALL):
        named = re.search(rb"h=([^;]+);", signature)
        assert named is not None
        fields = re.sub(rb"\s", b"", named[1]).lower().split(b":")
        assert {b"list-unsubscribe", b"list-unsubscribe-post", b"from"} <= set(fields)
