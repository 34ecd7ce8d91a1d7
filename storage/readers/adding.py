"""Owns many readers at once: which of them are known, and their way in. Part of a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from storage.database import insert_many, look_up, schema, storable
from storage.model import ConsentEvent, ConsentEventKind, SubscriberState
from storage.readers.rows import NewSubscriber, event_columns, subscriber_columns

_S = schema.subscribers.c
_STATES = {state.value: state for state in SubscriberState}


def find_states(connection: Connection, keys: Sequence[str]) -> dict[str, SubscriberState]:
    """The state of each address key that is known."""
    found = look_up(connection, _S.address_key, keys, _S.address_key, _S.state)
    return {key: _STATES[state] for key, state in found}


def find_suppressed(connection: Connection, hashes: Sequence[str]) -> frozenset[str]:
    """Those of the address hashes that are suppressed."""
    column = schema.suppressions.c.address_hash
    return frozenset(found for (found,) in look_up(connection, column, hashes, column))


def insert_subscribers(
    connection: Connection,
    rows: Sequence[NewSubscriber],
    kind: ConsentEventKind,
    at: datetime | None,
) -> None:
    """Add rows that are not there yet, each with its proof, or a line of it dated `at` or as the row."""
    if not rows:
        return
    insert_many(connection, schema.subscribers, subscriber_columns(rows))
    keys = [row.key for row in rows]
    ids = dict(look_up(connection, _S.address_key, keys, _S.address_key, _S.id))
    coming = _Coming(kind, at)
    lines = [
        (ids[storable(row.key)], event) for row in rows for event in row.proof or [coming.of(row)]
    ]
    columns = event_columns([event for _, event in lines])
    insert_many(
        connection,
        schema.consent_events,
        {"subscriber_id": [whose for whose, _ in lines], **columns},
    )


class _Coming:
    """That readers come, as lines of proof; one for all who agreed in the same words at the same time."""

    def __init__(self, kind: ConsentEventKind, at: datetime | None) -> None:
        self._kind = kind
        self._at = at
        self._made: dict[tuple[str, datetime], ConsentEvent] = {}

    def of(self, row: NewSubscriber) -> ConsentEvent:
        """The line of a row that brings no proof."""
        at = self._at or row.created_at
        if (row.consent, at) not in self._made:
            self._made[row.consent, at] = ConsentEvent(
                subscriber_id=0,
                kind=self._kind,
                at=at,
                source=self._kind.value,
                text=row.consent,
            )
        return self._made[row.consent, at]
