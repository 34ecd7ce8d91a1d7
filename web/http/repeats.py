"""The short way for a feed reader that asks again what it asked before, and has it already.

Most requests of a newsletter's site are these. What was answered 304 is answered with the same
fields until the archive's version moves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feeds.syndication import FeedFormat
from storage.model import StorageError
from web.http.guard import Count

_PLACES: Final = tuple(f"/{feed_format.path}" for feed_format in FeedFormat)
_ASKED: Final = frozenset(
    {b"accept", b"accept-encoding", b"if-none-match", b"if-modified-since"},
)
"""All that a feed's answer depends on, but for its path and the archive."""
_LIMIT: Final = 256
_LONGEST: Final = 1000
"""Octets of a question that is remembered: nobody fills the memory with long ones."""


@dataclass(frozen=True, slots=True)
class _Question:
    """Two equal questions have one answer as long as the archive does not change."""

    path: str
    asked: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def of(cls, scope: Scope) -> _Question | None:
        """None for what is no conditional request for a feed."""
        if scope["type"] != "http" or not scope["path"].endswith(_PLACES):
            return None
        asked = tuple((name, value) for name, value in scope["headers"] if name in _ASKED)
        if scope["method"] not in ("GET", "HEAD") or all(
            name != b"if-none-match" for name, _ in asked
        ):
            return None
        size = len(scope["path"]) + sum(len(value) for _, value in asked)
        return cls(scope["path"], asked) if size <= _LONGEST else None


@dataclass(frozen=True, slots=True)
class _Answer:
    version: int
    start: Message


class Repeats:
    """ASGI middleware, outside of all others: an answer is remembered with all its headers."""

    def __init__(self, app: ASGIApp, *, version: Callable[[], int], count: Count) -> None:
        self._app = app
        self._version = version
        self._count = count
        self._answers: OrderedDict[_Question, _Answer] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers from memory, or passes the request on and remembers a 304."""
        question = _Question.of(scope)
        version = None if question is None else await self._look()
        if question is None or version is None:
            await self._app(scope, receive, send)
            return
        answer = self._answers.get(question)
        if answer is not None and answer.version == version:
            self._count(scope["method"], 304)
            await send({**answer.start, "headers": list(answer.start["headers"])})
            await send({"type": "http.response.body", "body": b""})
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 304:
                # The version was read first: after a change in between this is never used.
                self._keep(question, _Answer(version, message))
            await send(message)

        await self._app(scope, receive, noting)

    async def _look(self) -> int | None:
        """The archive's version; None when it cannot be read, which the app answers as always."""
        try:
            return await run_in_threadpool(self._version)
        except StorageError:
            return None

    def _keep(self, question: _Question, answer: _Answer) -> None:
        self._answers[question] = answer
        self._answers.move_to_end(question)
        while len(self._answers) > _LIMIT:
            self._answers.popitem(last=False)
