"""Owns the bytes of an SMTP session: writes them, and cuts what comes back into replies.

It knows RFC 5321's lines and nothing of commands, readers or outcomes. After any doubt about
whose turn it is the connection is dropped, never used again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple

_LINE_LIMIT: Final = 4096
"""Octets of one reply line; RFC 5321 4.5.3.1.5 allows 512."""
_REPLY_LIMIT: Final = 65536
"""Octets of one whole reply, so that an endless one cannot fill the memory."""


class Reply(NamedTuple):
    """A complete reply; lines joined by a line feed, without their codes (RFC 5321 4.2.1)."""

    code: int
    text: str


_CODE: Final = attrgetter("code")


class WireLost(Exception):
    """The connection is gone or out of step. `str` is a sentence without the peer's words."""


@lru_cache(maxsize=256)
def _parse_line(line: bytes) -> tuple[Reply, bool] | None:
    """A line as a reply, and whether it is the last; None when it is none (RFC 5321 4.2).

    Relays use the same words again and again.
    """
    line = line.rstrip(b"\r")
    code, mark = line[:3], line[3:4]
    if not (code.isdigit() and len(code) == 3 and mark in (b"", b" ", b"-")):
        return None
    return Reply(int(code), _decode(line[4:])), mark != b"-"


def _decode(words: bytes) -> str:
    """What a relay says: UTF-8 (RFC 6531 3.7.4), or the letters of western Europe, in which older ones write."""
    try:
        return words.decode()
    except UnicodeDecodeError:
        return words.decode("cp1252", "replace")


@lru_cache(maxsize=64)
def _parse_whole(data: bytes) -> tuple[Reply, ...] | None:
    """Some octets as the replies that they are, each of one line; None when they are anything else.

    What comes back for a group of commands is nearly always that, and often the same again.
    """
    if len(data) > _LINE_LIMIT or not data.endswith(b"\n"):
        return None
    found = [_parse_line(line) for line in data[:-1].split(b"\n")]
    replies = [one[0] for one in found if one is not None and one[1]]
    return tuple(replies) if len(replies) == len(found) else None


class Wire(asyncio.Protocol):
    """One connection, taken over from whoever opened it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._rest = b""
        """The beginning of a line."""
        self._lines: list[str] = []
        self._room = _REPLY_LIMIT
        """Characters that the reply under way may still have; each line takes one more."""
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._patience_s = 0.0
        self._until = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._closed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = ""
        transport.set_protocol(self)
        # Written then means handed to the kernel, so that a dot is not said to have left when
        # it has not. Not a limit of 0: TLS counts an empty buffer as full then, and says only at
        # the next write that it is not.
        transport.set_write_buffer_limits(high=1, low=0)

    @property
    def usable(self) -> bool:
        """Whether the connection is open, and silent as it should be between commands."""
        return not self._lost and not self._transport.is_closing() and not self._replies

    @property
    def spoke(self) -> bool:
        """Whether a reply is waiting to be read."""
        return bool(self._replies)

    @property
    def is_full(self) -> bool:
        """Whether the transport has asked to stop writing until its buffer is emptied."""
        return not self._writable.is_set()

    def write(self, *pieces: bytes) -> None:
        """Sends bytes, in pieces where joining them would mean copying a message. Raises WireLost when
        the connection is gone or the peer spoke unasked.
        """
        if self._replies:
            self.drop("the relay replied to nothing")
        elif self._transport.is_closing():
            self._lost = self._lost or "the relay closed the connection"
        if self._lost:
            raise WireLost(self._lost)
        self._transport.writelines(pieces)

    async def drain(self, timeout_s: float) -> None:
        """Waits until what was written is on its way, at most `timeout_s` seconds (rule B1)."""
        if self._writable.is_set() and not self._lost:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self._writable.wait()
        except TimeoutError:
            self.drop("the relay stopped reading")
        if self._lost:
            raise WireLost(self._lost)

    async def reply(self, timeout_s: float) -> Reply:
        """Waits for the next reply, at most `timeout_s` seconds. Raises WireLost."""
        if not self._replies:
            await self.heard(timeout_s)
        return self.read()

    def read(self) -> Reply:
        """Takes the reply that is there. Raises WireLost where none is, and none will come."""
        if self._replies:
            return self._replies.popleft()
        raise WireLost(self._lost)

    def take(self, *codes: int) -> bool:
        """Takes the replies that are there if they have just these codes; else leaves them."""
        if tuple(map(_CODE, self._replies)) != codes:
            return False
        self._replies.clear()
        return True

    def drop(self, why: str) -> None:
        """Ends the connection without a word; replies that nobody has read are discarded, for it
        is in doubt what they answer.
        """
        self._replies.clear()
        self._give_up(why)

    def _give_up(self, why: str) -> None:
        """Ends the connection; what the relay said before is still to be read."""
        self._lost = self._lost or why
        self._transport.abort()
        self._wake()

    def close(self) -> None:
        """Ends the connection after what was written; at once if it was lost already, for a peer
        that has stopped reading would keep it for ever.
        """
        if self._lost:
            self._transport.abort()
        else:
            self._transport.close()
        self._lost = self._lost or "the session is closed"
        self._wake()

    async def wait_closed(self, timeout_s: float) -> None:
        """Returns when the connection is gone: cut, if the peer does not end its part so soon.

        An event loop that ends before would leave it open.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._closed.wait()
        except TimeoutError:
            self._transport.abort()
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._closed.wait()

    def heard(self, timeout_s: float) -> asyncio.Future[None]:
        """Done when there is something to be read, or nothing to be waited for any more."""
        self._waiter = waiter = self._loop.create_future()
        if self._lost:
            self._tell()
            return waiter
        self._patience_s, self._until = timeout_s, self._loop.time() + timeout_s
        if self._alarm is None or self._alarm.when() > self._until:
            self._set_alarm()
        return waiter

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._until, self._ring)

    def _ring(self) -> None:
        """One alarm serves many waits: making and cancelling one costs as much as reading a reply.

        It rings when the first of them would be over, and is set again while a later one goes on.
        """
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if self._until > self._loop.time():
            self._set_alarm()
        else:
            self.drop(f"no reply within {self._patience_s:g} s")

    def _wake(self) -> None:
        self._writable.set()
        self._tell()

    def _tell(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # ── asyncio.Protocol ─────────────────────────────────────────────────────────────────

    def data_received(self, data: bytes) -> None:
        """Cuts lines; a peer that does not speak SMTP is dropped."""
        if self._rest or self._lines or (replies := _parse_whole(data)) is None:
            self._take_lines(data)
        else:
            self._replies += replies
        if self._replies and self._waiter is not None:
            self._tell()

    def _take_lines(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if not self._take_line(line):
                self._give_up("the relay's reply made no sense")
                return
        if len(self._rest) > _LINE_LIMIT:
            self._give_up("the relay's reply has no end")

    def _take_line(self, line: bytes) -> bool:
        found = _parse_line(line) if len(line) <= _LINE_LIMIT else None
        if found is None:
            return False
        reply, is_last = found
        if is_last and not self._lines:
            self._replies.append(reply)
            return True
        self._lines.append(reply.text)
        if not is_last:
            self._room -= len(reply.text) + 1
            return self._room >= 0
        self._replies.append(Reply(reply.code, "\n".join(self._lines)))
        self._lines.clear()
        self._room = _REPLY_LIMIT
        return True

    def eof_received(self) -> bool:
        """The peer will say no more: closes the connection."""
        self._lost = self._lost or "the relay closed the connection"
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer closed, or the network failed."""
        why = f"the connection failed ({type(exc).__name__})" if exc else ""
        self._lost = self._lost or why or "the relay closed the connection"
        if self._alarm is not None:
            self._alarm.cancel()
        self._closed.set()
        self._wake()

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self._writable.set()
