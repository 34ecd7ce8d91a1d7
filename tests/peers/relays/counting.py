"""A relay in a thread of the test: it keeps count across the deaths of whatever sends to it.

It speaks SMTP with PIPELINING. What it is told to do at a phase (`mood`) it does instead of
accepting; what it said about each recipient it remembers.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum


class Phase(StrEnum):
    """When something may happen."""

    GREET = "greet"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"
    """The content is there and nothing was said about it."""
    TAKEN = "taken"
    """It was taken and the sender was told."""


CLOSE, HANG, TAKE_AND_CLOSE, TAKE_AND_HANG = "close", "hang", "take and close", "take and hang"
"""Moves that are no reply; the last two accept the message at its dot and do not say so."""

Mood = Callable[[Phase, str], str | None]
"""A move for this phase and recipient; None to go on as one should."""

_GOOD = {
    Phase.GREET: "220 relay.test ESMTP",
    Phase.MAIL: "250 2.1.0 ok",
    Phase.RCPT: "250 2.1.5 ok",
    Phase.DATA: "354 go ahead",
    Phase.DOT: "250 2.0.0 queued",
}
_EHLO = "250-relay.test\r\n250-PIPELINING\r\n250-SIZE 0\r\n250 ENHANCEDSTATUSCODES"


class Relay:
    """Counts accepted messages per recipient; may kill the sender at a chosen moment."""

    def __init__(self, mood: Mood = lambda phase, recipient: None) -> None:
        self.mood = mood
        self.name: Callable[[str, bytes], str] = lambda recipient, _content: recipient
        """What a message is counted as, by whom it is for and what it says."""
        self.accepted: Counter[str] = Counter()
        self.rejected: set[str] = set()
        """Recipients that were refused for good."""
        self.doubtful = 0
        """Messages taken without a word."""
        self.port = 0
        self.most_open = 0
        self.everybody = threading.Event()
        """Set when `expected` recipients have a message."""
        self.expected = 0
        self._open = 0
        self._victim = 0
        self._moment = Phase.DOT
        self._countdown = 0

    @property
    def copies(self) -> int:
        """Messages beyond each recipient's first."""
        return self.accepted.total() - len(self.accepted)

    def kill(self, pid: int, moment: Phase, countdown: int) -> None:
        """Kill -9 this process of ours when this phase has come so often from now on."""
        self._moment, self._countdown, self._victim = moment, countdown, pid

    def spare(self) -> bool:
        """Kill nobody any more; whether nobody was."""
        spared, self._victim = bool(self._victim), 0
        return spared

    @contextmanager
    def serving(self) -> Iterator[Relay]:
        """Listens on loopback in a thread of its own."""
        loop = asyncio.new_event_loop()
        server = loop.run_until_complete(
            loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        )
        self.port = server.sockets[0].getsockname()[1]
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            server.close()
            for connection in list(_connections):
                connection.end()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    # ── called by connections ────────────────────────────────────────────────────────────

    def opened(self, by: int) -> None:
        """A connection came or went."""
        self._open += by
        self.most_open = max(self.most_open, self._open)

    def reach(self, phase: Phase) -> None:
        """A phase has come: perhaps the sender's last."""
        if self._victim and phase is self._moment:
            self._countdown -= 1
            if self._countdown <= 0:
                os.kill(self._victim, signal.SIGKILL)
                self._victim = 0

    def take(self, recipient: str, content: bytes) -> None:
        """The message for this recipient is ours now."""
        self.accepted[self.name(recipient, content)] += 1
        if self.expected and len(self.accepted) >= self.expected:
            self.everybody.set()


_connections: set[_Connection] = set()


class _Connection(asyncio.Protocol):
    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._kept = b""
        self._in_content = False
        self._deaf = False
        self._mail = False
        self._recipient = ""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        _connections.add(self)
        self._relay.opened(1)
        self._answer(Phase.GREET)

    def connection_lost(self, exc: Exception | None) -> None:
        _connections.discard(self)
        self._relay.opened(-1)

    def end(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._kept += data
        while not self._deaf:
            mark = b"\r\n.\r\n" if self._in_content else b"\r\n"
            head, found, rest = self._kept.partition(mark)
            if not found:
                return
            self._kept = rest
            if self._in_content:
                self._in_content = False
                self._take(head)
            else:
                self._obey(head.decode())

    def _obey(self, line: str) -> None:
        match line.split(" ", 1)[0].upper():
            case "EHLO":
                self._say(_EHLO)
            case "MAIL":
                self._recipient = ""
                self._mail = self._answer(Phase.MAIL)
            case "RCPT" if self._mail:
                recipient = line.partition("<")[2].partition(">")[0]
                self._recipient = recipient
                if not self._answer(Phase.RCPT):
                    self._recipient = ""
            case "DATA" if self._recipient:
                self._in_content = self._answer(Phase.DATA)
                if self._in_content:
                    self._kept = b"\r\n" + self._kept  # an empty content ends at once
            case "RSET":
                self._mail, self._recipient = False, ""
                self._say("250 ok")
            case "QUIT":
                self._say("221 bye")
                self.end_after()
            case _:
                self._say("503 5.5.1 not now")

    def _take(self, content: bytes) -> None:
        self._relay.reach(Phase.DOT)
        move = self._relay.mood(Phase.DOT, self._recipient)
        if move in (None, TAKE_AND_CLOSE, TAKE_AND_HANG):
            self._relay.take(self._recipient, content)
        if move in (TAKE_AND_CLOSE, TAKE_AND_HANG):
            self._relay.doubtful += 1
        self._play(Phase.DOT, move)
        if move is None:
            self._relay.reach(Phase.TAKEN)
        self._mail, self._recipient = False, ""

    def _answer(self, phase: Phase) -> bool:
        self._relay.reach(phase)
        move = self._relay.mood(phase, self._recipient)
        if move is not None and move.startswith("5"):
            self._relay.rejected.add(self._recipient)
        self._play(phase, move)
        return move is None

    def _play(self, phase: Phase, move: str | None) -> None:
        match move:
            case None:
                self._say(_GOOD[phase])
            case "close" | "take and close":
                self._deaf = True
                self.end()
            case "hang" | "take and hang":
                self._deaf = True
            case reply:
                self._say(reply)
                if reply.startswith("421"):
                    self.end_after()

    def end_after(self) -> None:
        """Closes when everything was said."""
        self._deaf = True
        if self._transport is not None:
            self._transport.close()

    def _say(self, reply: str) -> None:
        if self._transport is not None:
            self._transport.write(reply.encode() + b"\r\n")
