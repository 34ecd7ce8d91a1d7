"""Rows of subscribers, consent and suppressions: the statements that storage/readers/subscribers.py joins
into transactions, and the way from a row to a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.ledger import erase_deliveries, forget_gathered, put_suppression, suppress_open
from storage.model import (
    ConsentEvent,
    ConsentEventKind,
    Pace,
    Subscriber,
    SubscriberState,
    Suppression,
    SuppressionReason,
    Wishes,
    read_tags,
    read_topics,
    spell_tags,
    write_tag_keys,
)
from storage.readers.mentions import mentions

_S = schema.subscribers.c
_ADD: Final = sa.insert(schema.subscribers).returning(schema.subscribers)
_KEEP_EVENT: Final = sa.insert(schema.consent_events)
_AS_ANYBODY: Final = Wishes()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscriber:
    """A row to be added: by hand, by import, or pending from a sign-up."""

    address: str
    key: str
    hash: str
    name: str = ""
    tags: tuple[str, ...] = ()
    state: SubscriberState = SubscriberState.ACTIVE
    nonce: str
    consent: str = ""
    created_at: datetime
    confirmed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    wishes: Wishes = _AS_ANYBODY
    feed_key: str = ""
    proof: tuple[ConsentEvent, ...] = ()
    """How they agreed, as it was kept elsewhere; without it, that they come is kept."""


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def find_subscriber(
    connection: Connection, condition: sa.ColumnElement[bool], *, to_change: bool = False
) -> Subscriber | None:
    """The first subscriber for whom the condition holds.

    One found `to_change` is kept from others until we commit, so that what was decided on its
    state holds (SQLite has one writer anyway).
    """
    query = sa.select(schema.subscribers).where(condition)
    rows = connection.execute(query.with_for_update() if to_change else query).mappings()
    return next(map(to_subscriber, rows), None)


def suppression_of(connection: Connection, subscriber_id: int) -> str | None:
    """Why this subscriber is never mailed, or None."""
    s = schema.suppressions.c
    reason: str | None = connection.scalar(
        sa.select(s.reason)
        .join(schema.subscribers, s.address_hash == _S.address_hash)
        .where(_S.id == subscriber_id)
    )
    return reason


def forget_erasure(connection: Connection, subscriber_id: int) -> None:
    """Lift what an erasure left: the reader joins again by an action of their own (rule F11)."""
    s = schema.suppressions.c
    theirs = sa.select(_S.address_hash).where(_S.id == subscriber_id).scalar_subquery()
    connection.execute(
        sa.delete(schema.suppressions).where(
            s.address_hash == theirs, s.reason == SuppressionReason.ERASED.value
        )
    )


def to_subscriber(row: sa.RowMapping) -> Subscriber:
    """Row → record."""
    names = Subscriber.__dataclass_fields__
    values: dict[str, Any] = {name: row[name] for name in names if name != "wishes"}
    values["wishes"] = Wishes(
        topics=read_topics(row["topics"]),
        pace=Pace(row["pace"]),
        paused_until=row["paused_until"],
        language=row["language"],
        zone=row["zone"],
    )
    values["tags"] = read_tags(row["tags"])
    values["state"] = SubscriberState(row["state"])
    return Subscriber(**values)


def to_suppression(row: sa.RowMapping) -> Suppression:
    """Row → record."""
    values: dict[str, Any] = {name: row[name] for name in Suppression.__dataclass_fields__}
    return Suppression(**{**values, "reason": SuppressionReason(row["reason"])})


def to_event(row: sa.RowMapping) -> ConsentEvent:
    """Row → record."""
    values: dict[str, Any] = {name: row[name] for name in ConsentEvent.__dataclass_fields__}
    return ConsentEvent(**{**values, "kind": ConsentEventKind(row["kind"])})


# ── writing ──────────────────────────────────────────────────────────────────────────────────


def lock_out_joiners(connection: Connection) -> None:
    """Nobody else may add a subscriber until we commit: who is new is decided before it is written."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE subscribers IN SHARE ROW EXCLUSIVE MODE"))


def wait_for_queueing(connection: Connection) -> None:
    """No issue is being queued, and none is until we commit. To be called before a reader's row is
    held: whoever queues would wait for the row, and we for them.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE subscribers IN ROW EXCLUSIVE MODE"))


def insert_subscriber(connection: Connection, new: NewSubscriber) -> Subscriber:
    """Add one row."""
    return to_subscriber(
        connection.execute(_ADD, _first(subscriber_columns([new]))).mappings().one()
    )


def update_subscriber(connection: Connection, subscriber_id: int, values: dict[str, Any]) -> None:
    """Change columns of one row."""
    connection.execute(sa.update(schema.subscribers).where(_S.id == subscriber_id).values(values))


def end_subscription(connection: Connection, event: ConsentEvent, reason: str) -> bool:
    """End a subscription at once, also for mail already queued (rule A8, promise 3).

    `event` says whose, when and how, and is kept as proof; `reason` is told of the mail that is not
    sent. False when there was nothing to end.
    """
    ended = connection.execute(
        sa.update(schema.subscribers)
        .where(_S.id == event.subscriber_id, _S.state != SubscriberState.UNSUBSCRIBED.value)
        .values(state=SubscriberState.UNSUBSCRIBED.value, unsubscribed_at=event.at)
    )
    if ended.rowcount:
        suppress_open(connection, event.subscriber_id, reason)
        forget_gathered(connection, event.subscriber_id)
        keep_event(connection, event)
    return bool(ended.rowcount)


def keep_event(connection: Connection, event: ConsentEvent) -> None:
    """Add a line to the proof of consent."""
    values = _first(event_columns([event])) | {"subscriber_id": event.subscriber_id}
    connection.execute(_KEEP_EVENT, values)


def keep_suppression(connection: Connection, suppression: Suppression) -> bool:
    """Record that an address is never mailed, and stop what is queued to it; False if it was so."""
    added = put_suppression(
        connection,
        address_hash=suppression.address_hash,
        address=suppression.address,
        reason=suppression.reason,
        evidence=suppression.evidence,
        at=suppression.created_at,
    )
    known = find_subscriber(connection, _S.address_hash == suppression.address_hash)
    if known is not None:
        reason = f"the address is suppressed: {suppression.reason.value}"
        suppress_open(connection, known.id, reason)
    return added


def discount_bounces(connection: Connection, address_hash: str) -> None:
    """Begin a reader's count of soft bounces anew; the reports stay what they were (rule C6)."""
    r = schema.reports.c
    reader = sa.select(_S.id).where(_S.address_hash == address_hash).scalar_subquery()
    connection.execute(
        sa.update(schema.reports).where(r.subscriber_id == reader, r.counts).values(counts=False)
    )


def erase_subscriber(connection: Connection, suppression: Suppression, key: str) -> bool:
    """Delete all that is known of an address but its hash; False when nothing was known."""
    wait_for_queueing(connection)
    hashed = schema.suppressions.c.address_hash == suppression.address_hash
    known = find_subscriber(connection, _S.address_key == key)
    if known is not None:
        _erase_other_addresses(connection, known.id, suppression)
    gone = [
        connection.execute(sa.delete(schema.subscribers).where(_S.address_key == key)).rowcount,
        connection.execute(sa.delete(schema.suppressions).where(hashed)).rowcount,
        connection.execute(
            sa.delete(schema.signups).where(schema.signups.c.address_key == key)
        ).rowcount,
    ]
    if known is not None:
        erase_deliveries(connection, known.id)
    gone.append(forget_quarantined(connection, key))
    if any(gone):
        keep_suppression(connection, suppression)
    return any(gone)


def knows_address(connection: Connection, address_hash: str, key: str) -> bool:
    """Whether there is anything that erasing this address would forget."""
    r, suppressed = schema.reports.c, schema.suppressions.c.address_hash == address_hash
    kept = (_S.address_key == key, suppressed, schema.signups.c.address_key == key)
    if any(connection.scalar(sa.select(sa.exists().where(one))) for one in kept):
        return True
    raw = connection.scalars(sa.select(r.raw).where(r.raw.is_not(None)))
    return any(mentions(one, key) for one in raw)


def _erase_other_addresses(
    connection: Connection, subscriber_id: int, suppression: Suppression
) -> None:
    """The addresses that a reader had, or was about to have, go with them; what they had is kept
    as a hash, too.
    """
    columns = (_S.id, _S.address_key, _S.address_hash, _S.state)
    for row in connection.execute(sa.select(*columns).where(_S.moves == subscriber_id)).all():
        if row.state == SubscriberState.ACTIVE.value:  # a reader of its own again
            update_subscriber(connection, row.id, {"moves": None})
        elif row.state == SubscriberState.UNSUBSCRIBED.value:
            erase_subscriber(
                connection, replace(suppression, address_hash=row.address_hash), row.address_key
            )
        else:
            connection.execute(sa.delete(schema.subscribers).where(_S.id == row.id))
            erase_deliveries(connection, row.id)


def forget_quarantined(connection: Connection, key: str) -> int:
    """Delete the reports set aside that mention this address (rule F11); how many there were.

    Those that were matched with a subscriber go with the row.
    """
    r = schema.reports.c
    rows = connection.execute(sa.select(r.id, r.raw).where(r.raw.is_not(None)))
    gone = [number for number, raw in rows if mentions(raw, key)]
    for number in gone:
        connection.execute(sa.delete(schema.reports).where(r.id == number))
    return len(gone)


def tag_columns(tags: Iterable[str]) -> dict[str, str]:
    """The columns of a reader's tags: as they are shown, and as they are looked for."""
    tags = tuple(tags)
    return {"tags": spell_tags(tags), "tag_keys": write_tag_keys(tags)}


def subscriber_columns(rows: Sequence[NewSubscriber]) -> dict[str, Sequence[Any]]:
    """Rows → the values of each column."""
    tags = {one: tag_columns(one) for one in {row.tags for row in rows}}
    return {
        "address": [row.address for row in rows],
        "address_key": [row.key for row in rows],
        "address_hash": [row.hash for row in rows],
        "name": [row.name for row in rows],
        "tags": [tags[row.tags]["tags"] for row in rows],
        "tag_keys": [tags[row.tags]["tag_keys"] for row in rows],
        "state": [row.state.value for row in rows],
        "nonce": [row.nonce for row in rows],
        "consent": [row.consent for row in rows],
        "created_at": [row.created_at for row in rows],
        "confirmed_at": [row.confirmed_at for row in rows],
        "unsubscribed_at": [row.unsubscribed_at for row in rows],
        "feed_key": [row.feed_key for row in rows],
        **_wish_columns([row.wishes for row in rows]),
    }


def event_columns(events: Sequence[ConsentEvent]) -> dict[str, Sequence[Any]]:
    """Lines of proof → the values of each column but whose they are."""
    return {
        "kind": [event.kind.value for event in events],
        "at": [event.at for event in events],
        "ip": [event.ip for event in events],
        "source": [event.source for event in events],
        "text": [event.text for event in events],
        "message_id": [event.message_id for event in events],
    }


def _wish_columns(rows: Sequence[Wishes]) -> dict[str, Sequence[Any]]:
    return {
        "topics": [write_tag_keys(wishes.topics) if wishes.topics else "" for wishes in rows],
        "pace": [wishes.pace.value for wishes in rows],
        "paused_until": [wishes.paused_until for wishes in rows],
        "language": [wishes.language for wishes in rows],
        "zone": [wishes.zone for wishes in rows],
    }


def wish_columns(wishes: Wishes) -> dict[str, Any]:
    """Record → columns."""
    return _first(_wish_columns([wishes]))


def _first(columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {name: values[0] for name, values in columns.items()}
