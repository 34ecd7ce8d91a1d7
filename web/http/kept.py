"""What is kept of an answer, under what, and how much of it there may be. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from starlette.types import Message, Scope

from feeds.syndication import is_feed_path
from web.http.negotiation import accepts_gzip, is_unchanged, wants_page

_OVERHEAD: Final = 2000
"""Octets that an answer is counted with beside its body: its fields, its key."""


_FOR_ONE_STATE: Final = (b"if-match", b"if-unmodified-since")


@dataclass(frozen=True, slots=True)
class Key:
    """What tells answers from each other, as long as the archive does not change."""

    path: str
    query: bytes
    gzip: bool
    page: bool


@dataclass(slots=True)
class Asked:
    """What a request's fields say."""

    accept: bytes = b""
    encoding: bytes = b""
    none_match: bytes = b""
    since: bytes = b""
    is_for_one_state: bool = False
    """Whether only a certain state is asked for (RFC 9110 13.1.1, 13.1.4), which nobody who reads does."""

    @classmethod
    def of(cls, scope: Scope) -> Asked:
        """A field that came in several lines is one list (RFC 9110 5.3)."""
        asked = cls()
        for name, value in scope["headers"]:
            if name == b"accept":
                asked.accept = _joined(asked.accept, value)
            elif name == b"accept-encoding":
                asked.encoding = _joined(asked.encoding, value)
            elif name == b"if-none-match":
                asked.none_match = _joined(asked.none_match, value)
            elif name == b"if-modified-since":
                asked.since = value
            elif name in _FOR_ONE_STATE:
                asked.is_for_one_state = True
        return asked

    def key(self, scope: Scope, query: bytes) -> Key:
        """Under which an answer to it is kept."""
        page = is_feed_path(scope["path"]) and _is_for_page(self.accept)
        return Key(scope["path"], query, _is_for_gzip(self.encoding), page)

    @property
    def octets(self) -> int:
        """How much there is of them."""
        return len(self.accept) + len(self.encoding) + len(self.none_match)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer with all its fields."""

    start: Message
    unchanged: Message
    """The same as 304."""
    body: bytes
    etag: bytes
    last_modified: datetime | None
    any_query: bool
    until: float
    """When it is to be made anew, by a steady clock."""

    @property
    def octets(self) -> int:
        """What it takes of the memory."""
        return len(self.body) + _OVERHEAD

    def is_known(self, asked: Asked) -> bool:
        """Whether the asker has it already."""
        if not asked.none_match and not asked.since:
            return False
        if asked.none_match == self.etag:
            return True
        return is_unchanged(
            self.etag.decode("latin-1"),
            self.last_modified,
            if_none_match=asked.none_match.decode("latin-1"),
            if_modified_since=asked.since.decode("latin-1"),
        )


class AnswerShelf:
    """Answers, of which those go first that were not asked for longest."""

    def __init__(self, octets: int) -> None:
        """There is room for so many octets, all answers together."""
        self._limit = octets
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._octets = 0

    def find(self, key: Key, now: float) -> Kept | None:
        """What is kept under the key; what is to be made anew by now is dropped."""
        kept = self._kept.get(key)
        if kept is not None and kept.until <= now:
            self._drop(key)
            return None
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def keep(self, key: Key, kept: Kept) -> None:
        """In the place of what was there."""
        self._drop(key)
        self._kept[key] = kept
        self._octets += kept.octets
        while self._octets > self._limit:
            self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Nothing is kept any more."""
        self._kept.clear()
        self._octets = 0

    def _drop(self, key: Key) -> None:
        dropped = self._kept.pop(key, None)
        self._octets -= dropped.octets if dropped is not None else 0


def _joined(before: bytes, value: bytes) -> bytes:
    return before + b", " + value if before else value


@lru_cache(maxsize=256)
def _is_for_gzip(accept_encoding: bytes) -> bool:
    return accepts_gzip(accept_encoding.decode("latin-1"))


@lru_cache(maxsize=256)
def _is_for_page(accept: bytes) -> bool:
    return wants_page(accept.decode("latin-1"))
