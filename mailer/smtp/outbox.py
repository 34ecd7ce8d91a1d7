"""Owns the embedded outbox: an SMTP server on loopback that keeps each message in a Maildir.

So the same client code runs in the demo and in production, and what a reader would get can be
looked at. Nothing is ever sent on from here.
"""

from __future__ import annotations

import email
import email.policy
import heapq
import itertools
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Final

from mailer.smtp.server import Incoming, Limits, SmtpServer
from storage.model import NotFound, RelayError

_HEADER_OCTETS: Final = 32 * 1024
"""As much of a message as a listing reads."""
_KEY: Final = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One kept message, as a list shows it."""

    key: str
    recipient: str
    """RCPT TO, whatever the headers say."""
    subject: str
    date: datetime
    """When it was taken, UTC."""
    size: int
    """Octets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxContent:
    """One kept message, opened."""

    key: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    """As sent: hostile, to be shown only in a sandbox."""


_LIMITS: Final = Limits(octets=32 * 1024 * 1024, connections=10_000, commands=None)


class OutboxServer:
    """An SMTP server on 127.0.0.1 and the Maildir it fills."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server = SmtpServer(_Keeper(directory), _LIMITS, name="outbox")

    async def start(self) -> int:
        """Listens on a free port of the loopback interface inside this loop; returns the port.

        Raises RelayError when there can be no Maildir.
        """
        try:
            for name in ("tmp", "new", "cur"):
                (self._directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise RelayError(
                f"the outbox {self._directory} cannot be written: {error.strerror}; make room for the folder, "
                "or name another in `[smtp] url`"
            ) from error
        return await self._server.listen("127.0.0.1", 0)

    async def stop(self) -> None:
        """Stops listening and ends every connection."""
        await self._server.stop()


class _Keeper:
    """Takes every message; the final dot is answered when its file is in new/."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def refuse(self, recipient: str) -> str:
        """No recipient is refused here."""
        del recipient
        return ""

    async def take(self, mail: Incoming) -> Sequence[str]:
        """One file for each recipient."""
        try:
            for recipient in mail.recipients:
                _keep(self._directory, mail.sender, recipient, mail.content)
        except OSError as error:
            why = f"451 4.3.0 The outbox cannot be written: {error.strerror}"
            return [why] * len(mail.recipients)
        return ["250 2.0.0 Kept"] * len(mail.recipients)


_serial = itertools.count()


def _keep(directory: Path, sender: str, recipient: str, content: bytes) -> None:
    """Writes below tmp/, then moves to new/, as Maildir readers expect. No fsync: it is a demo."""
    key = f"{time.time_ns():020d}.{os.getpid()}_{next(_serial)}.outbox"
    trace = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\nX-Envelope-From: {sender}\r\n"
    temporary = directory / "tmp" / key
    with temporary.open("xb") as file:
        file.write(trace.encode("utf-8", "surrogateescape"))
        file.write(content)
    temporary.rename(directory / "new" / key)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def read_outbox(directory: Path, *, limit: int = 100) -> list[OutboxMessage]:
    """Returns the newest `limit` messages, newest first; empty while there is no Maildir.

    Files that vanish meanwhile are left out.
    """
    paths: list[Path] = []
    for name in ("new", "cur"):
        if (directory / name).is_dir():
            paths += [Path(entry.path) for entry in os.scandir(directory / name) if entry.is_file()]
    newest = heapq.nlargest(limit, paths, key=lambda path: path.name)
    return [message for path in newest if (message := _read_head(path)) is not None]


def load_message(directory: Path, key: str) -> OutboxContent:
    """Opens one message. Raises NotFound for a key that names none, or no file of the outbox."""
    path = _find(directory, key)
    if path is None:
        raise NotFound("outbox message", key)
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    headers = tuple((name, _decode(value)) for name, value in message.raw_items())
    return OutboxContent(
        key=key, headers=headers, text=_body(message, "plain"), html=_body(message, "html")
    )


def _find(directory: Path, key: str) -> Path | None:
    if _KEY.fullmatch(key) is None:
        return None
    for name in ("new", "cur"):
        path = directory / name / key
        if path.is_file() and not path.is_symlink():
            return path
    return None


def _read_head(path: Path) -> OutboxMessage | None:
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_OCTETS)
            status = os.fstat(file.fileno())
    except FileNotFoundError:
        return None
    message = BytesHeaderParser(policy=email.policy.compat32).parsebytes(head)
    return OutboxMessage(
        key=path.name,
        recipient=_header(message, "Delivered-To"),
        subject=_header(message, "Subject"),
        date=datetime.fromtimestamp(status.st_mtime, UTC),
        size=status.st_size,
    )


def _header(message: Message, name: str) -> str:
    values = (value for key, value in message.raw_items() if key.lower() == name.lower())
    return _decode(next(values, ""))


def _decode(value: object) -> str:
    """Shows a header to a person: unfolded, encoded words decoded where they can be."""
    text = re.sub(r"\r?\n(?=[ \t])", "", str(value)).encode("utf-8", "surrogateescape")
    readable = text.decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(readable)))
    except (LookupError, ValueError):
        return readable


def _body(message: EmailMessage | Message, subtype: str) -> str:
    """Returns the first body of that type; empty when there is none."""
    for part in message.walk():
        if part.get_content_type() == f"text/{subtype}" and part.get_content_disposition() is None:
            payload = part.get_payload(decode=True)
            octets = payload if isinstance(payload, bytes) else b""
            return _to_text(octets, part.get_content_charset("utf-8"))
    return ""


def _to_text(octets: bytes, charset: str) -> str:
    try:
        return octets.decode(charset, "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")
