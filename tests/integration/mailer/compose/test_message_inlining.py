"""The inliner and the world outside the message: it must not know that there is one."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.compose import message
from mailer.compose.skeleton import Recipient
from storage.model.issues import Identity, Mailing
from tests.worlds.publishing.issues import an_issue

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
IDENTITY = Identity(
    title="Working Notes",
    url="https://notes.example.com",
    sender="notes@example.com",
    author="Ada Example",
)
ISSUE = an_issue(
    mailing=Mailing.OPEN,
    mail_at=NOON,
)
ADA = Recipient(
    address="ada@example.org",
    ascii="ada@example.org",
    name="",
    message_token="1",
    return_path="bounce@example.com",
    unsubscribe_token="x",
    preferences_token="x",
    date=NOON,
)


def _send_with_link(href: str) -> bytes:
    html = f'<link rel="stylesheet" href="{href}"><p>text</p>'
    return message.compile_issue(replace(ISSUE, html=html), IDENTITY).fill(ADA).content


def test_a_file_is_not_read_as_a_style_sheet(tmp_path: Path) -> None:
    """A link that got past the sanitiser reads no file of this machine (rule D8)."""
    sheet = tmp_path / "secret.css"
    sheet.write_text("p { color: #123456 }", encoding="ascii")
    for href in (sheet.as_uri(), str(sheet)):
        assert b"#123456" not in _send_with_link(href)


def test_no_address_is_asked_for_a_style_sheet() -> None:
    """A link to a host inside the network is not followed (rule D8)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        _send_with_link(f"http://127.0.0.1:{listener.getsockname()[1]}/a.css")
        with pytest.raises(BlockingIOError):
            listener.accept()
