"""Readers as their author looks through them: by state, by tag, by words; and the tags they are given.

One method, one transaction.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import sqlalchemy as sa

from storage.database import Database, schema
from storage.ledger import is_mailed, is_meant, wears_tag
from storage.model import (
    NotFound,
    Subscriber,
    SubscriberState,
    parse_audience,
    tag_key,
    tag_keys_of,
)
from storage.readers.rows import find_subscriber, tag_columns, to_subscriber, update_subscriber

_S = schema.subscribers.c
_PORTION: Final = 1000
MAX_TAG: Final = 100
"""Characters of a tag, as in a list that is imported."""


class Roll:
    """The readers of one newsletter, and their tags."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self,
        *,
        state: SubscriberState | None = None,
        tag: str = "",
        search: str = "",
        limit: int | None = None,
    ) -> Iterator[Subscriber]:
        """Those in a state, with a tag, and with these words in address or name, in the order they
        came; read in portions. Neither tag nor words are compared by case.
        """
        conditions: list[sa.ColumnElement[bool]] = []
        if state is not None:
            conditions.append(_S.state == state.value)
        if key := tag_key(tag):
            conditions.append(wears_tag(key))
        words = _fold(search)
        if words.isascii():  # the database's own `lower` knows no other letters
            lower = (sa.func.lower(_S.address), sa.func.lower(_S.name))
            conditions.append(sa.or_(*(one.contains(words, autoescape=True) for one in lower)))
        found = (
            one
            for one in self._everyone(conditions)
            if words in _fold(one.address) or words in _fold(one.name)
        )
        return islice(found, limit if limit is None else min(limit, sys.maxsize))

    def _everyone(self, conditions: list[sa.ColumnElement[bool]]) -> Iterator[Subscriber]:
        query = sa.select(schema.subscribers).where(*conditions).order_by(_S.id).limit(_PORTION)
        last = 0
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(query.where(_S.id > last)).mappings()
                portion = [to_subscriber(row) for row in rows]
            yield from portion
            if len(portion) < _PORTION:
                return
            last = portion[-1].id

    def count_audience(self, audience: str) -> int:
        """How many readers an issue for this audience would be mailed to now: active and not suppressed.

        Everybody for an empty one. Raises AudienceError.
        """
        query = sa.select(sa.func.count()).select_from(schema.subscribers)
        with self._database.reading() as connection:
            return connection.scalar(query.where(*is_mailed(), *is_meant(audience))) or 0

    def unknown_tags(self, audience: str) -> tuple[str, ...]:
        """The tags that an audience names and no reader has. Raises AudienceError."""
        with self._database.reading() as connection:
            return tuple(
                key
                for key in tag_keys_of(parse_audience(audience))
                if not connection.scalar(sa.select(sa.exists().where(wears_tag(key))))
            )

    def change_tags(
        self, subscriber_id: int, *, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> Subscriber:
        """Give a reader tags and take some away, whatever their case. Raises NotFound.

        A tag that is there stays as it is written; mail that is queued stays queued.
        """
        gone = set(map(tag_key, remove))
        with self._database.transaction() as connection:
            known = find_subscriber(connection, _S.id == subscriber_id, to_change=True)
            if known is None:
                raise NotFound("subscriber", str(subscriber_id))
            tags: dict[str, str] = {}
            for tag in (*known.tags, *map(_tidy, add)):
                tags.setdefault(tag_key(tag), tag)
            kept = [tag for key, tag in tags.items() if key and key not in gone]
            update_subscriber(connection, known.id, tag_columns(kept))
            found = find_subscriber(connection, _S.id == known.id)
            assert found is not None  # noqa: S101 - it is ours until we commit
            return found


def _tidy(tag: str) -> str:
    """On one line, bounded, without quotes, which are what its column is written with."""
    words = "".join(one for one in tag if one != '"' and (one.isprintable() or one.isspace()))
    return " ".join(words.split()).removeprefix("#")[:MAX_TAG]


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()
