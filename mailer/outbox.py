"""Owns the embedded outbox: an SMTP server on loopback that keeps each message in a Maildir.

So the same client code runs in the demo and in production, and what a reader would get can be
looked at. Nothing else uses aiosmtpd. Nothing is ever sent on from here.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import heapq
import itertools
import logging
import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Final, cast
from weakref import WeakSet

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as Received
from aiosmtpd.smtp import Session as Peer

from storage.errors import NotFound

_SIZE_LIMIT: Final = 32 * 1024 * 1024
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


class Outbox:
    """An SMTP server on 127.0.0.1 and the Maildir it fills."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._server: asyncio.Server | None = None
        self._peers: WeakSet[asyncio.BaseProtocol] = WeakSet()

    async def start(self) -> int:
        """Listens on a free port of the loopback interface inside this loop; returns the port."""
        for name in ("tmp", "new", "cur"):
            (self._directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        # It would log every command, and with it every address (rule A37).
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._make_peer, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stops listening and ends every connection."""
        if self._server is None:
            return
        self._server.close()
        endings = [_end(peer) for peer in self._peers]
        await asyncio.gather(*endings, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def _make_peer(self) -> asyncio.BaseProtocol:
        peer = cast(
            "asyncio.BaseProtocol",
            _Server(
                _Keeper(self._directory),
                data_size_limit=_SIZE_LIMIT,
                enable_SMTPUTF8=True,
                decode_data=False,
                hostname="outbox.localhost",
                ident="Newsletter outbox",
                loop=asyncio.get_running_loop(),
            ),
        )
        self._peers.add(peer)
        return peer


async def _end(peer: asyncio.BaseProtocol) -> None:
    """Closes a connection and waits until its handler has noticed."""
    transport = getattr(peer, "transport", None)
    handler = getattr(peer, "_handler_coroutine", None)
    if transport is not None:
        transport.close()
    if handler is not None:
        await handler


class _Server(SMTP):
    """aiosmtpd's server, reading content in pieces instead of line by line: ten times as fast."""

    line_length_limit = _SIZE_LIMIT  # for its reader; commands have a limit of their own

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - the name aiosmtpd looks for
        """Takes one message (RFC 5321 4.1.1.4)."""
        if await self.check_helo_needed():
            return
        envelope = cast("Received", self.envelope)
        if arg or not envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Need RCPT first")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._read_content()
        if content is None:
            await self.push("552 5.3.4 Too much mail data")
            cast("asyncio.Transport", self.transport).close()
            return
        envelope.content = content
        status = await self._call_handler_hook("DATA")
        self.envelope = self._create_envelope()
        await self.push(status)

    async def _read_content(self) -> bytes | None:
        """Reads up to the final dot and takes doubled dots back; None when there is too much."""
        raw = bytearray(b"\r\n")
        while not raw.endswith(b"\r\n.\r\n"):
            try:
                raw += await self._reader.readuntil(b".\r\n")
            except asyncio.LimitOverrunError:
                return None
            if len(raw) > _SIZE_LIMIT:
                return None
        return bytes(raw[:-3]).replace(b"\r\n..", b"\r\n.")[2:]


class _Keeper:
    """aiosmtpd's handler: the final dot is answered when the file has its name."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd looks for
        self, _server: SMTP, _peer: Peer, envelope: Received
    ) -> str:
        content = cast("bytes", envelope.content or b"")
        for recipient in envelope.rcpt_tos:
            _keep(self._directory, envelope.mail_from or "", recipient, content)
        return "250 2.0.0 Kept"


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
