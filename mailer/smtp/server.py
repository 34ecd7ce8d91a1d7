"""Owns the servers that take mail over SMTP and LMTP: connections, limits, and what the final dot gets.

What a recipient or a message is worth is for a Reception to say; nothing is ever sent on from here.
The only user of aiosmtpd.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import AnyStr, Final, Protocol, cast

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as Received
from aiosmtpd.smtp import Session as Peer

from storage.model import Log, SiteError

_log = Log()

MAX_RECIPIENTS: Final = 100
"""Recipients of one message; a server must take as many (RFC 5321 4.5.3.1.8)."""

_TURN: Final = 32
"""Replies after which everything else of the event loop has its turn: commands that came together would be
answered in one go."""
_MOST_FAULTS: Final = 100
"""Lines of one session that are no commands; aiosmtpd counts none that is empty, or too long."""
_PART: Final = 256 * 1024
"""Octets of a message that are looked at in one turn."""
_EVERYTHING: Final = 2**31
_END: Final = b"\r\n.\r\n"
_BUSY: Final = b"421 4.3.2 Too many connections, come back later\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message as it was handed over (RFC 5321 2.3.1)."""

    sender: str
    """Empty for the null sender."""
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)


class Reception(Protocol):
    """Decides about mail. Its methods are called in the event loop."""

    def refuse(self, recipient: str) -> str:
        """The reply with which a recipient is refused; empty to take it."""

    async def take(self, mail: Incoming) -> Sequence[str]:
        """Responsible for the message once this returns: a reply for each recipient, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may ask of a server."""

    octets: int
    """Of one message (RFC 1870)."""
    connections: int
    """At a time; one more is told to come back later."""
    commands: int | None
    """Of each kind in one session; None is any number."""
    idle_s: float = 300
    """Between two commands, and for the whole of a message (RFC 5321 4.5.3.2.7)."""
    session_s: float = 3600
    """From greeting to end, however busy a client keeps itself."""
    session_octets: int | None = None
    """Of all messages of one session together; None is any number."""
    kept: int = 0
    """Connections that only peers who are known may have."""
    stranger_idle_s: float = 300
    """Instead of `idle_s`, for peers who are not known."""
    stranger_session_s: float = 3600
    """Instead of `session_s`, likewise."""


class SmtpServer:
    """Listens inside the running event loop, from `listen` until `stop` returns."""

    def __init__(
        self,
        reception: Reception,
        limits: Limits,
        *,
        name: str,
        lmtp: bool = False,
        is_known: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """`is_known` says whether an IP address is no stranger's; a Unix socket never is."""
        self._is_known = is_known
        self._reception = reception
        self._limits = limits
        self._name = name
        self._kind: type[_Server] = _LmtpServer if lmtp else _Server
        self._server: asyncio.Server | None = None
        self._path: Path | None = None
        self._peers: set[_Server] = set()
        self._taking: set[asyncio.Task[Sequence[str]]] = set()

    async def listen(self, host: str, port: int) -> int:
        """Listens on TCP and returns the port, which was free if 0 was asked for. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._welcome, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def listen_at(self, path: Path) -> None:
        """Listens on a Unix socket that every account may connect to. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._welcome, sock=_bind(path))
        self._path = path

    async def stop(self) -> None:
        """Takes no more, waits for the messages that are being taken, and ends every connection."""
        if self._server is None:
            return
        self._server.close()
        await asyncio.gather(*self._taking, return_exceptions=True)
        endings = [peer.end() for peer in self._peers]
        await asyncio.gather(*endings, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None
        if self._path is not None:
            _unlink(self._path)

    def _welcome(self) -> asyncio.BaseProtocol:
        # It would log every command, and with it every address (rule A37).
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        return _Door(self._enter)

    def _enter(self, transport: asyncio.Transport) -> None:
        """A connection is there, and who it is from can be told."""
        known = is_no_stranger(transport.get_extra_info("peername"), self._is_known)
        limits = self._limits if known else _for_strangers(self._limits)
        if len(self._peers) >= limits.connections:
            transport.write(_BUSY)
            transport.close()
            return
        handler = _Handler(self._reception, self._taking)
        peer = self._kind(handler, limits, self._name, self._peers)
        self._peers.add(peer)
        transport.set_protocol(cast("asyncio.BaseProtocol", peer))
        peer.connection_made(transport)


def is_no_stranger(peer: object, is_known: Callable[[str], bool]) -> bool:
    """Whether a peer, as its socket tells it, came by a Unix socket or is known."""
    if not isinstance(peer, tuple) or not peer:
        return True  # a Unix socket has no address
    try:
        address = ip_address(str(peer[0]).partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return is_known(str(address))


def _for_strangers(limits: Limits) -> Limits:
    return replace(
        limits,
        connections=limits.connections - limits.kept,
        idle_s=min(limits.idle_s, limits.stranger_idle_s),
        session_s=min(limits.session_s, limits.stranger_session_s),
    )


def cannot_listen(what: str, error: OSError, keys: str) -> SiteError:
    """What cannot be listened for and where, why in the system's own words, and by which keys to change it."""
    number = error.errno or 0  # below 0 where a name led nowhere
    reason = os.strerror(number) if number > 0 else error.strerror
    return SiteError(f"{what} ({reason}); change {keys}, or stop what uses it")


def _bind(path: Path) -> socket.socket:
    """A socket at this path, in the place of one that a dead process left."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as probe:
            if not probe.connect_ex(str(path)):
                raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        _unlink(path)
    bound = socket.socket(socket.AF_UNIX)
    try:
        bound.bind(str(path))
        path.chmod(0o666)  # as open as a port of loopback; the folder may be closed
    except OSError:
        bound.close()
        raise
    return bound


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)


class _Door(asyncio.Protocol):
    """A new connection, which `enter` hands to a server, or answers 421 and closes when there are too
    many (RFC 5321 3.8).
    """

    def __init__(self, enter: Callable[[asyncio.Transport], None]) -> None:
        self._enter = enter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._enter(cast("asyncio.Transport", transport))


class _Server(SMTP):
    """aiosmtpd's server, reading content in pieces instead of line by line: ten times as fast."""

    def __init__(self, handler: _Handler, limits: Limits, name: str, peers: set[_Server]) -> None:
        self.line_length_limit = limits.octets  # for its reader; commands have one of their own
        super().__init__(
            handler,
            data_size_limit=limits.octets,
            enable_SMTPUTF8=True,
            decode_data=False,
            hostname=f"{name}.localhost",
            ident=f"Newsletter {name}",
            timeout=limits.idle_s,
            command_call_limit=limits.commands,
            loop=asyncio.get_running_loop(),
        )
        self._limits = limits
        self._peers = peers
        self._end_of_session: asyncio.TimerHandle | None = None
        self._octets = 0
        """Of content, in all messages of the session."""
        self._replies = 0
        self._faults = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Limits the connection's time."""
        self._end_of_session = self.loop.call_later(self._limits.session_s, transport.close)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Counts it no more."""
        self._peers.discard(self)
        if self._end_of_session is not None:
            self._end_of_session.cancel()
        super().connection_lost(error)

    async def end(self) -> None:
        """Closes the connection and waits until its handler has noticed."""
        if self.transport is not None:
            self.transport.close()
        if self._handler_coroutine is not None:
            await self._handler_coroutine

    async def push(self, status: AnyStr) -> None:
        """Answers, and lets others have their turn now and then."""
        await super().push(status)
        self._replies += 1
        if self._replies % _TURN == 0:
            await asyncio.sleep(0)
        self._faults += status[:4] in ("500 ", b"500 ")
        if self._faults == _MOST_FAULTS:
            await super().push("421 4.7.0 Too much that is no command, come back later")
            cast("asyncio.Transport", self.transport).close()

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - the name aiosmtpd looks for
        """Takes one message (RFC 5321 4.1.1.4)."""
        if await self.check_helo_needed():
            return
        envelope = cast("Received", self.envelope)
        if arg or not envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Need RCPT first")
            return
        most = self._limits.session_octets
        if most is not None and self._octets >= most:
            await self.push("421 4.3.2 Enough for one connection, come back later")
            cast("asyncio.Transport", self.transport).close()
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._read_content()
        self._octets += len(content or b"")
        if content is None:
            await self.push("552 5.3.4 Too much mail data")
            cast("asyncio.Transport", self.transport).close()
            return
        sender = (envelope.mail_from or "").removeprefix("<>")
        mail = Incoming(sender=sender, recipients=tuple(envelope.rcpt_tos), content=content)
        self.envelope = self._create_envelope()
        for reply in self._spread(await self.event_handler.take(mail)):
            await self.push(reply)

    def _spread(self, replies: Sequence[str]) -> Sequence[str]:
        """One reply speaks for all recipients: the first that is no success, if there is one."""
        return [next((reply for reply in replies if not reply.startswith("2")), replies[0])]

    async def _read_content(self) -> bytes | None:
        """Reads up to the final dot and takes doubled dots back; None when there is too much, or no more."""
        raw, looked = bytearray(b"\r\n"), 0
        while (end := raw.find(_END, looked)) < 0:
            looked = max(len(raw) - len(_END) + 1, 0)
            piece = await self._reader.read(_EVERYTHING)
            raw += piece
            if not piece or len(raw) - len(_END) > self._limits.octets:
                return None
        if rest := raw[end + len(_END) :]:
            self._reader.feed_data(bytes(rest))  # nothing else is left there
        return await _undot(raw[:end])


async def _undot(raw: bytearray) -> bytes:
    """Content that was read behind a line's end, doubled dots taken back; a part at each turn, for a
    message may be made of dots.
    """
    parts, start = [], 0
    while start < len(raw):
        end = raw.find(b"\r\n", start + _PART)  # so each part begins with the end of a line
        end = len(raw) if end < 0 else end
        parts.append(raw[start:end].replace(b"\r\n..", b"\r\n."))
        start = end
        await asyncio.sleep(0)
    return b"".join([*parts, b"\r\n"])[2:]


class _LmtpServer(_Server, LMTP):
    """The same for local delivery: LHLO, and a reply for each recipient (RFC 2033 4.1, 4.2)."""

    def _spread(self, replies: Sequence[str]) -> Sequence[str]:
        return replies


class _Handler:
    """aiosmtpd's handler: passes on to the Reception."""

    def __init__(self, reception: Reception, taking: set[asyncio.Task[Sequence[str]]]) -> None:
        self._reception = reception
        self._taking = taking

    async def handle_EHLO(  # noqa: N802 - the name aiosmtpd looks for
        self, _server: SMTP, peer: Peer, _envelope: Received, hostname: str, responses: list[str]
    ) -> list[str]:
        """Commands may come in groups: they are read one by one in any case (RFC 2920)."""
        peer.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _peer: Peer, envelope: Received, address: str, _options: list[str]
    ) -> str:
        """Refused here, a recipient costs no content and makes no bounce of ours."""
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        if refusal := self._reception.refuse(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def take(self, mail: Incoming) -> Sequence[str]:
        """Goes on when the client hangs up or the server stops: what is being taken is taken."""
        task = asyncio.create_task(self._take(mail))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)
        return await asyncio.shield(task)

    async def _take(self, mail: Incoming) -> Sequence[str]:
        try:
            return await self._reception.take(mail)
        except Exception:  # noqa: BLE001 - nothing is lost by a fault of ours: the client keeps it
            _log.exception("smtpserver.failed")
            return ["451 4.3.0 Something broke here, come back later"] * len(mail.recipients)

    async def handle_exception(self, error: Exception) -> str:
        """A command that aiosmtpd's parser chokes on is one that nobody should send."""
        _log.debug("smtpserver.unreadable", error=type(error).__name__)
        return "501 5.5.2 The command cannot be understood"
