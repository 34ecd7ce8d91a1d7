"""The embedded outbox: what is sent to it by SMTP can be read, and only that."""

from __future__ import annotations

import asyncio
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailer.envelope import Envelope
from mailer.replies import Outcome
from mailer.smtp.outbox import OutboxServer, load_message, read_outbox
from mailer.smtp.relay import Relay, Tls
from mailer.smtp.session import Session
from storage.model.errors import NotFound, RelayError


def letter(recipient: str, subject: str) -> Envelope:
    """A message with both bodies, as readers get them."""
    message = EmailMessage()
    message["From"] = "Notes <notes@news.test>"
    message["To"] = "somebody else <else@example.org>"
    message["Subject"] = subject
    message.set_content("Grüße\n.\n..dots\n")
    message.add_alternative("<p>Grüße</p>", subtype="html", cte="quoted-printable")
    content = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return Envelope(sender="bounce+1@news.test", recipient=recipient, content=content)


async def deliver(directory: Path, *letters: Envelope) -> None:
    """Sends over real SMTP, in one session."""
    outbox = OutboxServer(directory)
    port = await outbox.start()
    session = await Session.open(
        Relay(host="127.0.0.1", port=port, tls=Tls.NONE, ehlo="client.test")
    )
    for one in letters:
        outcome = await session.send(one)
        assert outcome.accepted, outcome
    await session.close()
    await outbox.stop()


def test_what_is_sent_can_be_read(tmp_path: Path) -> None:
    """Envelope, headers and both bodies come back as they were sent, newest first."""
    asyncio.run(
        deliver(
            tmp_path, letter("ada@example.org", "Erste Grüße"), letter("用户@example.org", "Two")
        )
    )
    second, first = read_outbox(tmp_path)
    assert (first.recipient, first.subject) == ("ada@example.org", "Erste Grüße")
    assert (second.recipient, second.subject) == ("用户@example.org", "Two")
    opened = load_message(tmp_path, first.key)
    assert dict(opened.headers)["Return-Path"] == "<bounce+1@news.test>"
    assert dict(opened.headers)["X-Envelope-From"] == "bounce+1@news.test"
    assert opened.text.replace("\r\n", "\n") == "Grüße\n.\n..dots\n"
    assert opened.html.strip() == "<p>Grüße</p>"
    assert first.size > 200
    assert not list((tmp_path / "tmp").iterdir())


def test_a_list_is_limited_to_the_newest(tmp_path: Path) -> None:
    """A full outbox does not make a long page."""
    asyncio.run(deliver(tmp_path, *(letter("a@b.test", f"No {n}") for n in range(5))))
    assert [m.subject for m in read_outbox(tmp_path, limit=2)] == ["No 4", "No 3"]


def test_an_outbox_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """With its folder and the key that names it: a file may stand where it should."""
    (tmp_path / "outbox").write_text("")
    told = f"the outbox {tmp_path / 'outbox'} cannot be written: Not a directory; "
    with pytest.raises(RelayError, match=re.escape(told)):
        asyncio.run(deliver(tmp_path / "outbox"))


def test_an_outbox_that_can_take_no_more_says_why(tmp_path: Path) -> None:
    """The relay that it stands for puts the message off, and its author reads what is wrong."""

    async def scenario() -> Outcome:
        outbox = OutboxServer(tmp_path)
        relay = Relay(host="127.0.0.1", port=await outbox.start(), tls=Tls.NONE)
        (tmp_path / "tmp").rmdir()
        session = await Session.open(relay)
        outcome = await session.send(letter("ada@example.org", "Hello"))
        await session.close()
        await outbox.stop()
        return outcome

    outcome = asyncio.run(scenario())
    assert outcome.code == 451
    assert "The outbox cannot be written: No such file or directory" in outcome.text


def test_an_outbox_that_was_never_started_is_empty(tmp_path: Path) -> None:
    """Nothing to read is no error."""
    assert read_outbox(tmp_path / "none") == []


@pytest.mark.parametrize("key", ["", ".", "..", "../new/x", "/etc/passwd", "x\x00", "a" * 500])
def test_a_key_cannot_leave_the_outbox(tmp_path: Path, key: str) -> None:
    """Only a plain name of a kept message opens anything (promise 6)."""
    (tmp_path / "new").mkdir()
    with pytest.raises(NotFound):
        load_message(tmp_path, key)


def test_a_link_in_the_outbox_is_not_followed(tmp_path: Path) -> None:
    """A symbolic link does not open a file outside."""
    (tmp_path / "new").mkdir()
    (tmp_path / "secret").write_text("s")
    (tmp_path / "new" / "key").symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound):
        load_message(tmp_path, "key")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"Subject: =?x-unknown?q?a?=\r\n\r\nx",
        b"Subject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"Subject: \xff\xfe\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xff",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n",
        b'From: =?utf-8?q?=00?= <@>\r\nTo: "\r\n\r\nx',
    ],
)
def test_a_message_of_any_shape_can_be_opened(tmp_path: Path, raw: bytes) -> None:
    """Whatever was stored, listing and opening it do not fail."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "key").write_bytes(raw)
    (listed,) = read_outbox(tmp_path)
    assert load_message(tmp_path, listed.key).key == "key"


def test_stopping_ends_open_connections(tmp_path: Path) -> None:
    """A client that stays connected does not keep the outbox alive."""

    async def scenario() -> bytes:
        outbox = OutboxServer(tmp_path)
        port = await outbox.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        await outbox.stop()
        rest = await reader.read()
        writer.close()
        return rest

    assert asyncio.run(scenario()) == b""
