"""Every way in which mail comes back, each as one function that feeds one message to a newsletter."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mailer.inbound.inbox import visit_mailbox
from newsletter.app import Newsletter
from scripts.cli import main
from storage.model.reports import Effect
from tests.peers.mailboxes.imap import Server, serving
from tests.peers.nursery import PROGRAM, run_forked
from tests.worlds.inbound.listener import Wire, listener
from tests.worlds.store import empty_file

ROOT = Path(__file__).parents[3]
CONFIG = """
[newsletter]
title = "Working Notes"
url = "https://notes.example.com"
sender = "Working Notes <notes@example.com>"
[schedule]
hold = "0s"
[storage]
url = "{storage}"
[smtp]
url = "{relay}"
[bounces]
address = "notes@example.com"
maildir = "mail"
{extra}
"""


def settle_in(folder: Path, *, storage: str, relay: str = "outbox:outbox", extra: str = "") -> Path:
    """A newsletter with a reader, ada, and a Maildir for what comes back; its configuration."""
    folder.mkdir(exist_ok=True)
    (folder / "notes").mkdir()
    for name in ("new", "cur", "tmp"):
        (folder / "mail" / name).mkdir(parents=True)
    if storage == "sqlite:///newsletter.db":
        empty_file(folder)
    config = folder / "newsletter.toml"
    config.write_text(CONFIG.format(storage=storage, relay=relay, extra=extra))
    with Newsletter.open(config, environ={}) as newsletter:
        newsletter.subscriptions.add("ada@example.org", consent="test")
    return config


def by_pipe(newsletter: Newsletter, raw: bytes, envelope_to: str) -> None:
    """As Postfix hands a message to `newsletter bounce`: on standard input, in a process of its own."""
    done = run_forked(
        [PROGRAM, "--config", newsletter.config.source, "bounce"],
        stdin=raw,
        env={**os.environ, "ORIGINAL_RECIPIENT": envelope_to},
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr


def by_command(newsletter: Newsletter, raw: bytes, envelope_to: str) -> None:
    """The same command in the process of the test, which is quicker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
        patch.setenv("ORIGINAL_RECIPIENT", envelope_to)
        with pytest.raises(SystemExit) as ended:
            main(["--config", str(newsletter.config.source), "bounce"])
    assert not ended.value.code


def by_maildir(newsletter: Newsletter, raw: bytes, envelope_to: str) -> None:
    """As a mail system delivers: with the address it was delivered to on top."""
    maildir = newsletter.config.bounces.maildir
    assert maildir is not None
    path = maildir / "new" / f"{len(list((maildir / 'cur').iterdir()))}.a"
    path.write_bytes(f"Delivered-To: {envelope_to}\r\n".encode() + raw)
    assert newsletter.collect_reports() == 1


def by_imap(newsletter: Newsletter, raw: bytes, envelope_to: str) -> None:
    """The same, in a mailbox on a server."""
    server = Server({1: f"Delivered-To: {envelope_to}\r\n".encode() + raw})

    def handle(message: bytes) -> bool:
        return newsletter.report_desk.process(message).action is Effect.QUARANTINED

    with serving(server) as mailbox:
        assert visit_mailbox(mailbox, handle) == 1


def by_smtp(newsletter: Newsletter, raw: bytes, envelope_to: str) -> None:
    """Handed over by a mail system, which notes nothing in the mail."""
    _hand_over(newsletter, raw, envelope_to, lmtp=False)


def by_lmtp(newsletter: Newsletter, raw: bytes, envelope_to: str) -> None:
    """The same as local delivery."""
    _hand_over(newsletter, raw, envelope_to, lmtp=True)


def _hand_over(newsletter: Newsletter, raw: bytes, envelope_to: str, *, lmtp: bool) -> None:
    desk = newsletter.report_desk
    sender = "" if b"Return-Path: <>" in raw or b"multipart/report" in raw else "a@b.example"

    def process(message: bytes, recipient: str) -> None:
        desk.process(message, envelope_to=recipient)

    with listener(desk.accepts, process, lmtp=lmtp) as port, Wire(port) as wire:
        wire.greet("LHLO" if lmtp else "EHLO")
        wire.ask(f"MAIL FROM:<{sender}>")
        if wire.ask(f"RCPT TO:<{envelope_to}>").startswith("250"):
            assert wire.ask("DATA").startswith("354")
            normal = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
            assert wire.finish(normal).startswith("250")


INTAKES: dict[str, Callable[[Newsletter, bytes, str], None]] = {
    "command": by_command,
    "maildir": by_maildir,
    "imap": by_imap,
    "smtp": by_smtp,
    "lmtp": by_lmtp,
}
