"""Answers kept in memory for as long as the archive stays as it is.

Most requests of a newsletter's site ask for what was asked for before, and many have it already. An
answer that may be kept is made once, by one request while the others wait, and then given to all:
whole, in gzip, or as 304 to whoever has it. No thread has to run for it. While nobody can say whether the
archive is as it was, since the database is away, what is kept is given on: a page of a minute ago is worth more to a
reader, and to whoever asks for a feed, than none.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storage.model import StorageError
from web.http.kept import AnswerShelf, Asked, Kept, Key

Count = Callable[[str, int], None]
"""Told of each answer: the method and the status."""

OCTETS: Final = 32 * 1024 * 1024
"""Kept at a time, all answers together."""
_SHARE: Final = 8
"""One answer takes at most this part of it."""
_OF_QUERIES: Final = 4
"""What differs by its query takes this part of it: a stranger can ask for any number of such, and none of them may
push a page out."""
_LONGEST: Final = 1000
"""Octets of a path with its query, and of a header, that are looked at."""
_PIECE: Final = 64 * 1024
"""Octets of an answer that are given at a time: whoever reads slowly holds no more than a piece or two
of it, of five hundred who do each."""
_OFFER: Final = "newsletter.offer"
_OF_CONTENT: Final = frozenset((b"content-length", b"content-type", b"content-encoding"))
"""Fields that a 304 goes without (RFC 9110 15.4.5)."""


class Version(Protocol):
    """Tells states of the archive from each other."""

    def glance(self) -> int | None:
        """Without waiting; None where it has to be read."""
        ...

    def read(self) -> int:
        """In a thread. Raises StorageError."""
        ...


@dataclass(slots=True)
class Offer:
    """What an answer says of itself while it is made: whether it may be kept."""

    made: bool = False
    last_modified: datetime | None = None
    any_query: bool = True
    for_s: float | None = None

    @classmethod
    def of(cls, scope: Scope) -> Offer | None:
        """Of the request that is being answered; None where nothing keeps answers."""
        found = scope.get(_OFFER)
        return found if isinstance(found, Offer) else None

    def make(
        self,
        *,
        last_modified: datetime | None = None,
        any_query: bool = True,
        for_s: float | None = None,
    ) -> None:
        """The answer may be given to everybody who asks in the same way, until the archive changes.

        Without `any_query` only to those who ask with the same query; with `for_s` not longer than so many
        seconds. It has to be whole: whoever has it already gets its 304.
        """
        self.made, self.last_modified, self.any_query = True, last_modified, any_query
        self.for_s = for_s


class Memory:
    """ASGI middleware, outside of all that makes answers.

    `version` tells whether the archive is still the same; it is asked before an answer is made, so
    that a change in between makes it anew.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        version: Version,
        count: Count,
        octets: int = OCTETS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._version = version
        self._count = count
        self._limit = octets
        self._clock = clock
        self._pages = AnswerShelf(octets)
        self._queries = AnswerShelf(octets // _OF_QUERIES)
        self._state: int | None = None
        """The version of which the answers are."""
        self._is_away = False
        """Whether the version could not be read when that was last tried."""
        self._making: dict[Key, asyncio.Event] = {}
        self._reading: asyncio.Task[int | None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers from memory, or passes the request on and keeps its answer."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        asked = Asked.of(scope)
        query = scope["query_string"]
        is_long = asked.octets > _LONGEST or len(scope["path"]) + len(query) > _LONGEST
        if is_long or asked.is_for_one_state:
            await self._app(scope, receive, send)
            return
        is_current = self._is_current(self._version.glance())
        if not is_current and self._is_away and self._find(scope, asked, query) is not None:
            self._ask()  # a silent database would hold everybody up whom memory can answer
        elif not is_current:
            is_current = await self._read()
        kept = self._find(scope, asked, query)
        if kept is not None:
            await self._give(kept, scope["method"], asked, send)
        elif is_current and scope["method"] == "GET":
            await self._make(scope, asked, query, receive, send)
        else:
            await self._app(scope, receive, send)

    # ── versions ─────────────────────────────────────────────────────────────────────────

    def _is_current(self, version: int | None) -> bool:
        """Forgets what was made of another version."""
        if version is None:
            return False
        if version != self._state:
            self._pages.clear()
            self._queries.clear()
            self._state = version
        return True

    async def _read(self) -> bool:
        """Asks in a thread, once for all who wait; False when there is no answer."""
        return self._is_current(await asyncio.shield(self._ask()))

    def _ask(self) -> asyncio.Task[int | None]:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._look())
        return self._reading

    async def _look(self) -> int | None:
        try:
            version = await run_in_threadpool(self._version.read)
        except StorageError:
            self._is_away = True
            return None  # the app finds out for itself, and answers as it always does
        self._is_away = False
        return version

    # ── keeping ──────────────────────────────────────────────────────────────────────────

    def _find(self, scope: Scope, asked: Asked, query: bytes) -> Kept | None:
        now = self._clock()
        found = self._pages.find(asked.key(scope, b""), now)
        if query and (found is None or not found.any_query):
            return self._queries.find(asked.key(scope, query), now)
        return found

    async def _make(
        self, scope: Scope, asked: Asked, query: bytes, receive: Receive, send: Send
    ) -> None:
        """Has the answer made and gives it, or waits for the request that has it made already."""
        key = asked.key(scope, query)
        making = self._making.get(key)
        if making is not None and not making.is_set():
            await making.wait()
            found = self._find(scope, asked, query)
            if found is None:  # it was nothing to keep
                await self._app(scope, receive, send)
            else:
                await self._give(found, scope["method"], asked, send)
            return
        self._making[key] = done = asyncio.Event()
        state, answer = self._state, _Answer(send, done, self._clock)
        try:
            await self._app({**scope, _OFFER: answer.offer}, receive, answer.take)
        finally:
            if self._making.get(key) is done:
                del self._making[key]
            if answer.kept is not None and state == self._state:
                self._keep(
                    key if not answer.offer.any_query else asked.key(scope, b""), answer.kept
                )
            done.set()
        if answer.kept is not None:
            await self._give(answer.kept, scope["method"], asked, send)

    def _keep(self, key: Key, kept: Kept) -> None:
        if kept.octets <= self._limit // _SHARE:
            (self._queries if key.query else self._pages).keep(key, kept)

    # ── giving ───────────────────────────────────────────────────────────────────────────

    async def _give(self, kept: Kept, method: str, asked: Asked, send: Send) -> None:
        has_it = kept.is_known(asked)
        start = kept.unchanged if has_it else kept.start
        self._count(method, start["status"])
        await send({**start, "headers": list(start["headers"])})
        body = b"" if has_it or method == "HEAD" else kept.body
        last = max(len(body) - 1, 0) // _PIECE * _PIECE
        for at in range(0, last, _PIECE):
            piece = body[at : at + _PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": body[last:]})


class _Answer:
    """Takes an answer as it is made: what may be kept is held back, all else passes.

    `done` is told at once where nothing will be kept: nobody waits for a film to reach another one.
    """

    def __init__(self, send: Send, done: asyncio.Event, clock: Callable[[], float]) -> None:
        self._done = done
        self._clock = clock
        self.offer = Offer()
        self.kept: Kept | None = None
        self._send = send
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def take(self, message: Message) -> None:
        """The next part of it."""
        if message["type"] == "http.response.start":
            if self.offer.made and message["status"] == 200:
                self._start = message
                return
            self.offer.made = False
            self._done.set()
        if self._start is None:
            await self._send(message)
            return
        self._parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            self.kept = self._whole(self._start)

    def _whole(self, start: Message) -> Kept:
        for_s = self.offer.for_s
        fields = [(name.lower(), value) for name, value in start["headers"]]
        return Kept(
            start={**start, "headers": fields},
            unchanged={
                **start,
                "status": 304,
                "headers": [pair for pair in fields if pair[0] not in _OF_CONTENT],
            },
            body=b"".join(self._parts),
            etag=dict(fields).get(b"etag", b""),
            last_modified=self.offer.last_modified,
            any_query=self.offer.any_query,
            until=math.inf if for_s is None else self._clock() + for_s,
        )
