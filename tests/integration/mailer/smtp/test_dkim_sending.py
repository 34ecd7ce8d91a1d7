"""Signed mail on its way: what arrives over SMTP verifies, byte for byte."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import pytest

from mailer.authentication.dkim import Signer
from mailer.authentication.keys import KeyType
from mailer.authentication.signers import Signers, sign_envelope
from mailer.envelope import Envelope
from mailer.smtp.outbox import OutboxServer
from mailer.smtp.relay import Relay, Tls
from mailer.smtp.session import Session
from newsletter.app import Newsletter
from newsletter.mailing import letters
from newsletter.subscribing.files import read_rows
from tests.conftest import NOON
from tests.peers.judges.verifier import pem, signing_key, verifies
from tests.worlds.store import empty_file

KEYS = (signing_key(KeyType.RSA), signing_key(KeyType.ED25519))

CONFIG = """
[newsletter]
title = "Working Notes"
url = "https://notes.example.com"
sender = "Wörking Notes <notes@example.com>"
[schedule]
hold = "0s"
[smtp]
url = "outbox:outbox"
[dkim]
selector = ["s-rsa", "s-ed25519"]
key = ["rsa.pem", "ed25519.pem"]
"""
NOTE = """---
publish: 2026-11-22 12:00
---
# Grüße

Hello {{ name | there }},

    code   with    blanks\t
.
..dots at the start of lines
"""


def arrived(folder: Path) -> list[bytes]:
    """The messages in a Maildir as they came over the wire, without what the outbox put on top."""
    found = []
    for file in sorted((folder / "new").iterdir()):
        content = file.read_bytes()
        found.append(content[content.index(b"DKIM-Signature: ") :])
    return found


async def _deliver(folder: Path, envelope: Envelope) -> None:
    outbox = OutboxServer(folder)
    port = await outbox.start()
    session = await Session.open(
        Relay(host="127.0.0.1", port=port, tls=Tls.NONE, ehlo="client.test")
    )
    assert (await session.send(envelope)).accepted
    await session.close()
    await outbox.stop()


@pytest.mark.parametrize("body", [b".\r\n..x\r\n", b"no line end", b"blanks \r\n\r\n\r\n"])
def test_bytes_survive_the_session(tmp_path: Path, body: bytes) -> None:
    """Doubled dots and a missing last line end break no signature (rule A26)."""
    plain = Envelope(
        sender="b@example.com",
        recipient="ada@example.org",
        content=b"From: notes@example.com\r\nSubject: x\r\n\r\n" + body,
    )
    signed = sign_envelope(plain, Signer(KEYS), NOON)
    asyncio.run(_deliver(tmp_path, signed))
    (content,) = arrived(tmp_path)
    assert verifies(content, *KEYS)


@pytest.fixture
def newsletter(tmp_path: Path) -> Iterator[Newsletter]:
    """A newsletter with two keys, one reader and a note that is due."""
    (tmp_path / "newsletter.toml").write_text(CONFIG, "utf-8")
    empty_file(tmp_path)
    for kind in KeyType:
        (tmp_path / f"{kind}.pem").write_bytes(pem(kind))
        (tmp_path / f"{kind}.pem").chmod(0o600)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "one.md").write_text(NOTE, "utf-8")
    with Newsletter.open(tmp_path / "newsletter.toml", environ={}, clock=lambda: NOON) as opened:
        yield opened


def test_issues_are_signed(newsletter: Newsletter, tmp_path: Path) -> None:
    """Every reader's copy has both signatures, and both List-Unsubscribe fields in h= (rule A5)."""
    for name in ("ada", "grace", "用户"):
        newsletter.subscriptions.add(f"{name}@example.org")
    report = newsletter.send()
    assert report.accepted == 3
    for content in arrived(tmp_path / "outbox"):
        assert verifies(content, *KEYS)
        assert not verifies(b"List-Unsubscribe: <https://other.example>\r\n" + content, *KEYS)


def test_confirmations_are_signed(newsletter: Newsletter, tmp_path: Path) -> None:
    """The first mail that a reader gets is signed like the others."""
    newsletter.subscriptions.request(
        "ada@example.org", ip="192.0.2.1", source="form", consent="Send me the notes"
    )
    newsletter.send()
    (content,) = arrived(tmp_path / "outbox")
    assert b"Auto-Submitted: auto-generated" in content
    assert verifies(content, *KEYS)


class Harmed(Signers):
    """Calls programs early, and has one of them killed with messages in its hands."""

    seen: ClassVar[set[int]] = set()
    killed: ClassVar[list[int]] = []

    def __init__(self, signer: Signer, *, threads: int) -> None:
        assert threads > 0
        super().__init__(signer, threads=2, enough=1)

    def sign(self, envelope: Envelope, now: datetime) -> asyncio.Future[Envelope]:
        """As always, but for the harm that is done once two are at work."""
        signed = super().sign(envelope, now)
        self.seen.update(self.helpers)
        if len(self.helpers) == 2 and not self.killed:
            self.killed.append(self.helpers[0])
            os.kill(self.helpers[0], signal.SIGKILL)
        return signed


def test_an_issue_is_signed_whole_whatever_befalls_who_signs(
    newsletter: Newsletter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs that sign are called, and one is killed: every reader gets the mail once, both signatures are good,
    and no program is left when the sending ends.
    """
    monkeypatch.setattr(letters, "Signers", Harmed)
    readers = [f"reader{number}@example.org" for number in range(400)]
    rows = read_rows(io.StringIO("\n".join(["email", *readers])))
    newsletter.subscriptions.import_rows(rows, consent="told me so")
    assert newsletter.send().accepted == len(readers)
    mails = arrived(tmp_path / "outbox")
    assert all(verifies(mail, *KEYS) for mail in mails)
    to = [found[1] for mail in mails if (found := re.search(rb"\nTo: (\S+)\r\n", mail))]
    assert sorted(to) == sorted(reader.encode() for reader in readers)
    assert Harmed.killed
    for helper in Harmed.seen:
        with pytest.raises(ProcessLookupError):
            os.kill(helper, 0)
