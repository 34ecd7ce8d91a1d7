"""SMTP relays that misbehave on demand: a raw server, scripted per command."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum


class Act(StrEnum):
    """What a peer does instead of answering."""

    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Raw:
    """Octets as they are, which need be no reply, and what is done then."""

    octets: bytes
    then: Act | None = None


Move = str | Act | Raw
"""A reply without its last CRLF, an act, or octets."""

OBEDIENT: Mapping[str, Move] = {
    "GREET": "220 peer.test ESMTP",
    "EHLO": "250-peer.test\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES",
    "STARTTLS": "220 2.0.0 go ahead",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go ahead",
    "DOT": "250 2.0.0 queued",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
    "EARLY": "503 5.5.1 not yet",
}
"""What is said to each command; to one that comes before its time, too."""

PIPELINING = "250-peer.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 ENHANCEDSTATUSCODES"
"""The answer to EHLO of a relay that takes groups of commands (RFC 2920)."""

ODDITIES: Mapping[str, Move] = {
    "an odd 2yz": "299 odd",
    "without end": Raw(b"250-on and on\r\n" * 8000),
    "one line without end": Raw(b"250" * 2000),
    "4yz": "451 4.3.0 later",
    "policy": "554 5.7.1 refused",
    "nobody": "550 5.1.1 no such user",
    "421": "421 4.3.2 going",
    "354": "354 go ahead",
    "1yz": "150 wait",
    "999": "999 odd",
    "000": "000 zero",
    "words": "what?",
    "octets": Raw(b"\x00\xff\x16\x03\x01\r\n"),
    "an empty line": "",
    "LF alone": Raw(b"250 ok\n"),
    "354, LF alone": Raw(b"354 go\n"),
    "a code alone": "250",
    "no blank": "250ok",
    "half a line, close": Raw(b"250 o", Act.CLOSE),
    "half a reply, close": Raw(b"250-ok\r\n250 o", Act.CLOSE),
    "half a reply, silence": Raw(b"250-ok\r\n", Act.HANG),
    "close": Act.CLOSE,
    "reset": Act.RESET,
    "silence": Act.HANG,
    "two yes": "250 ok\r\n250 ok",
    "two no": "550 5.1.1 no\r\n550 5.1.1 no",
    "no, yes": "451 4.3.0 no\r\n250 ok",
    "yes, no": "250 ok\r\n451 4.3.0 no",
    "two 354": "354 go\r\n354 go",
    "354, yes": "354 go\r\n250 queued",
    "354, close": Raw(b"354 go\r\n", Act.CLOSE),
    "yes, 421": Raw(b"250 ok\r\n421 bye\r\n", Act.CLOSE),
    "yes, close": Raw(b"250 ok\r\n", Act.CLOSE),
    "all at once": "250 ok\r\n250 ok\r\n354 go\r\n250 queued",
    "yes that ends in no": "250-ok\r\n550 no",
    "no that ends in yes": "550-no\r\n250 ok",
}
"""What a peer may say or do where a reply is due."""


@dataclass
class Peer:
    """A relay under the test's command.

    `script` maps a command to one move, or to several: one after the other, the last for ever. RCPT and DATA that it
    does not name are out of order behind a MAIL that was refused.
    """

    script: Mapping[str, Move | Iterable[Move]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    patient_until: int = 0
    """If set, nothing of a group is answered before its DATA came, until so many contents have
    come: only a client that sends whole groups gets on with it. One connection at a time."""
    port: int = 0
    commands: list[str] = field(default_factory=list)
    """Every line received outside content, in order, of all connections."""
    messages: list[bytes] = field(default_factory=list)
    """Contents whose final dot arrived, as they were on the wire."""
    chunks: list[bytes] = field(default_factory=list)
    """What came at once, in order: a client that waits for replies sends one command in each."""
    connections: int = 0
    now_open: int = 0
    most_open: int = 0

    def __post_init__(self) -> None:
        self.hangs_at = frozenset(
            name
            for name, moves in self.script.items()
            if any(map(_hangs, moves if isinstance(moves, list | tuple) else [moves]))
        )
        """Where a client must give up waiting for it: elsewhere it may wait for ever."""
        self._moves = {
            name: iter([move]) if isinstance(move, str | Raw) else iter(move)
            for name, move in self.script.items()
        }
        self._last: dict[str, Move] = dict(OBEDIENT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsaid = b""

    @property
    def hangs(self) -> bool:
        """Whether a client must give up waiting for it somewhere."""
        return bool(self.hangs_at)

    @property
    def verbs(self) -> list[str]:
        """The first word of every command."""
        return [line.split(" ", 1)[0].upper() for line in self.commands]

    @property
    def recipients(self) -> list[str]:
        """Addresses named in RCPT, in order."""
        return [
            line.split("<", 1)[1].split(">", 1)[0]
            for line in self.commands
            if line.upper().startswith("RCPT")
        ]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Peer]:
        """Listens on loopback; ends every connection afterwards."""
        context = self.tls if self.implicit else None
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._protocol, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(_Listening(self.chunks), self._accept)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.now_open += 1
        self.most_open = max(self.most_open, self.now_open)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self.now_open -= 1
            self._tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        going, early = await self._move("GREET", writer), frozenset[str]()
        while going:
            line = (await reader.readuntil(b"\r\n")).decode().rstrip("\r\n")
            self.commands.append(line)
            verb = line.split(" ", 1)[0].upper()
            going = await self._move("EARLY" if verb in early else verb, writer)
            if verb == "MAIL":
                early = self._early()
            if (
                verb == "STARTTLS"
                and going
                and self.tls is not None
                and self._said("STARTTLS", b"220")
            ):
                await writer.start_tls(self.tls)
            if verb == "DATA" and going and verb not in early and self._said("DATA", b"354"):
                self.messages.append(await self._content(reader))
                going = await self._move("DOT", writer)
            going = going and verb != "QUIT"

    async def _content(self, reader: asyncio.StreamReader) -> bytes:
        lines = []
        while (line := await reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line)
        return b"".join(lines)

    async def _move(self, name: str, writer: asyncio.StreamWriter) -> bool:
        move = self._last[name] = next(self._moves.get(name, iter(())), self._last.get(name, "500"))
        self._unsaid += _octets(move)
        act = move.then if isinstance(move, Raw) else move if isinstance(move, Act) else None
        if act or not self._waits_for_more(name):
            writer.write(self._unsaid)
            self._unsaid = b""
            await writer.drain()
        if act is Act.HANG:
            await asyncio.Event().wait()
        if act is Act.RESET:
            _reset(writer)
        return act is None and not _octets(move).startswith(b"421")

    def _early(self) -> frozenset[str]:
        """What is out of order behind the answer to MAIL."""
        is_refused = all(line[:1] in b"45" for line in _octets(self._last["MAIL"]).splitlines())
        return frozenset({"RCPT", "DATA"} - self.script.keys() if is_refused else ())

    def _said(self, name: str, code: bytes) -> bool:
        return _octets(self._last[name]).startswith(code)

    def _waits_for_more(self, name: str) -> bool:
        in_group = name in {"RSET", "MAIL", "RCPT", "DOT"}
        return in_group and len(self.messages) < self.patient_until


def _octets(move: Move) -> bytes:
    if isinstance(move, Raw):
        return move.octets
    return b"" if isinstance(move, Act) else move.encode() + b"\r\n"


def _hangs(move: object) -> bool:
    return Act.HANG in (move, getattr(move, "then", None))


class _Listening(asyncio.StreamReader):
    """A reader that remembers what came at once."""

    def __init__(self, chunks: list[bytes]) -> None:
        super().__init__()
        self._chunks = chunks

    def feed_data(self, data: bytes) -> None:
        self._chunks.append(data)
        super().feed_data(data)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closes so that the other side gets a reset and not an end (SO_LINGER of nothing)."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
