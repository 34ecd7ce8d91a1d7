"""Subscribers, their consent, sign-ups and suppressions. One method, one transaction.

Addresses arrive parsed: `key` makes two spellings one subscriber (rule F14), `hash` is the keyed
hash under which a suppression outlives an erasure (rule F11).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import schema
from storage.database import Database
from storage.ledger import put_suppression, queue_single, suppress_open
from storage.records import (
    ConsentEvent,
    ConsentEventKind,
    DeliveryKind,
    SignUp,
    Subscriber,
    SubscriberState,
    Suppression,
    SuppressionReason,
)

_S = schema.subscribers.c
_PORTION: Final = 1000


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


class Added(StrEnum):
    """What became of a row to be added."""

    ADDED = "added"
    EXISTS = "exists"
    """There is such a subscriber, whatever its state; nothing was changed."""
    SUPPRESSED = "suppressed"
    """The address is never mailed; nothing was added."""


class Subscribers:
    """Everybody who asked to read, and what they agreed to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ── joining ──────────────────────────────────────────────────────────────────────────

    def request(
        self, new: NewSubscriber, event: ConsentEvent, *, now: datetime
    ) -> Subscriber | None:
        """Keep a request to join and queue its confirmation, in one transaction.

        A known address that is not active becomes pending again. None when it is active.
        """
        with self._database.transaction() as connection:
            known = _find(connection, _S.address_key == new.key)
            if known is not None and known.state is SubscriberState.ACTIVE:
                return None
            if known is None:
                known = _insert(connection, new)
            else:
                pending = {"state": SubscriberState.PENDING.value, "nonce": new.nonce}
                _update(connection, known.id, pending)
                known = replace(known, state=SubscriberState.PENDING, nonce=new.nonce)
            _keep_event(connection, replace(event, subscriber_id=known.id))
            queue_single(connection, DeliveryKind.CONFIRMATION, known.id, now)
            return known

    def notify(self, subscriber_id: int, *, now: datetime) -> None:
        """Queue the notice that the reader is subscribed already."""
        with self._database.transaction() as connection:
            queue_single(connection, DeliveryKind.NOTICE, subscriber_id, now)

    def count_singles(self, subscriber_id: int, kind: DeliveryKind, *, since: datetime) -> int:
        """How many confirmations or notices were queued for this reader since then (rule F5)."""
        d = schema.deliveries.c
        query = sa.select(sa.func.count()).where(
            d.subscriber_id == subscriber_id, d.kind == kind.value, d.queued_at >= since
        )
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def confirm(
        self, subscriber_id: int, nonce: str, *, new_nonce: str, event: ConsentEvent
    ) -> Subscriber | None:
        """Make a pending subscriber active if the link is of the latest request (rule F3).

        None when it is not; an active one is returned unchanged, so that a second press is kind.
        """
        with self._database.transaction() as connection:
            known = _find(connection, _S.id == subscriber_id)
            if known is None or known.state is SubscriberState.UNSUBSCRIBED:
                return None
            if known.state is SubscriberState.ACTIVE:
                return known
            if known.nonce != nonce or _suppression_of(connection, subscriber_id):
                return None
            changes = {
                "state": SubscriberState.ACTIVE.value,
                "nonce": new_nonce,
                "consent": event.text,
                "confirmed_at": event.at,
                "unsubscribed_at": None,
            }
            _update(connection, subscriber_id, changes)
            _keep_event(connection, replace(event, subscriber_id=subscriber_id))
            return _find(connection, _S.id == subscriber_id)

    def add(self, rows: Sequence[NewSubscriber], *, kind: ConsentEventKind) -> list[Added]:
        """Add rows with consent given elsewhere; never revives anybody (rule F17).

        One answer per row, in order. All rows are one transaction.
        """
        with self._database.transaction() as connection:
            return [_add(connection, row, kind) for row in rows]

    # ── leaving ──────────────────────────────────────────────────────────────────────────

    def unsubscribe(self, subscriber_id: int, event: ConsentEvent) -> bool:
        """End a subscription at once, also for mail already queued (rule A8, promise 3).

        False when there was nothing to end; that is no error (rule A12).
        """
        with self._database.transaction() as connection:
            changed = connection.execute(
                sa.update(schema.subscribers)
                .where(_S.id == subscriber_id, _S.state != SubscriberState.UNSUBSCRIBED.value)
                .values(state=SubscriberState.UNSUBSCRIBED.value, unsubscribed_at=event.at)
            )
            if changed.rowcount:
                suppress_open(connection, subscriber_id, "the reader unsubscribed")
                _keep_event(connection, replace(event, subscriber_id=subscriber_id))
            return bool(changed.rowcount)

    def suppress(
        self,
        address_hash: str,
        address: str,
        reason: SuppressionReason,
        *,
        evidence: str,
        at: datetime,
    ) -> bool:
        """Never mail this address again. False when that was so already."""
        with self._database.transaction() as connection:
            added = put_suppression(
                connection,
                address_hash=address_hash,
                address=address,
                reason=reason,
                evidence=evidence,
                at=at,
            )
            known = _find(connection, _S.address_hash == address_hash)
            if known is not None:
                suppress_open(connection, known.id, f"the address is suppressed: {reason.value}")
            return added

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def get(self, subscriber_id: int) -> Subscriber | None:
        """The subscriber of that id."""
        with self._database.reading() as connection:
            return _find(connection, _S.id == subscriber_id)

    def find(self, key: str) -> Subscriber | None:
        """The subscriber with this address key."""
        with self._database.reading() as connection:
            return _find(connection, _S.address_key == key)

    def everyone(self, *, state: SubscriberState | None = None) -> Iterator[Subscriber]:
        """Subscribers in the order they came; read in portions."""
        last = 0
        while portion := self._portion(state, last):
            yield from portion
            last = portion[-1].id

    def _portion(self, state: SubscriberState | None, last: int) -> list[Subscriber]:
        query = sa.select(schema.subscribers).where(_S.id > last).order_by(_S.id).limit(_PORTION)
        if state is not None:
            query = query.where(_S.state == state.value)
        with self._database.reading() as connection:
            return [_subscriber(row) for row in connection.execute(query).mappings()]

    def counts(self) -> dict[SubscriberState, int]:
        """How many subscribers are in each state."""
        query = sa.select(_S.state, sa.func.count()).group_by(_S.state)
        with self._database.reading() as connection:
            found = {SubscriberState(state): n for state, n in connection.execute(query)}
            return {state: found.get(state, 0) for state in SubscriberState}

    def events(self, subscriber_id: int) -> tuple[ConsentEvent, ...]:
        """The proof of consent, oldest first (rule F9)."""
        table = schema.consent_events
        query = sa.select(table).where(table.c.subscriber_id == subscriber_id).order_by(table.c.id)
        with self._database.reading() as connection:
            return tuple(_event(row) for row in connection.execute(query).mappings())

    def suppression(self, address_hash: str) -> Suppression | None:
        """Why this address is never mailed, or None."""
        table = schema.suppressions
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(table).where(table.c.address_hash == address_hash)
            ).mappings()
            return next(map(_suppression, row), None)

    def suppressions(self) -> tuple[Suppression, ...]:
        """All suppressions, oldest first."""
        table = schema.suppressions
        query = sa.select(table).order_by(table.c.created_at, table.c.address_hash)
        with self._database.reading() as connection:
            return tuple(map(_suppression, connection.execute(query).mappings()))

    # ── sign-ups ─────────────────────────────────────────────────────────────────────────

    def keep_signup(
        self,
        *,
        address: str,
        key: str,
        domain: str,
        ip: str,
        source: str,
        consent: str,
        at: datetime,
    ) -> None:
        """Keep a request from the form; the same work for every address (rule F4)."""
        with self._database.transaction() as connection:
            connection.execute(
                sa.insert(schema.signups).values(
                    address=address,
                    address_key=key,
                    domain=domain,
                    ip=ip,
                    source=source,
                    consent=consent,
                    at=at,
                )
            )

    def open_signups(self, limit: int = 100) -> tuple[SignUp, ...]:
        """Sign-ups nobody has looked at, oldest first."""
        c = schema.signups.c
        columns = (c.id, c.address, c.ip, c.source, c.consent, c.at)
        query = sa.select(*columns).where(c.handled_at.is_(None)).order_by(c.id).limit(limit)
        with self._database.reading() as connection:
            return tuple(SignUp(**row) for row in connection.execute(query).mappings())

    def close_signup(self, signup_id: int, *, at: datetime) -> None:
        """It has been looked at. Its address and origin go: they served their purpose."""
        c = schema.signups.c
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(schema.signups).where(c.id == signup_id).values(handled_at=at, address="")
            )

    def count_signups(
        self,
        *,
        since: datetime,
        before_id: int,
        ip: str | None = None,
        key: str | None = None,
        domain: str | None = None,
    ) -> int:
        """How many came since then and before that one: of an origin, an address, a domain, or all."""
        c = schema.signups.c
        query = sa.select(sa.func.count()).where(c.at >= since, c.id < before_id)
        for column, value in ((c.ip, ip), (c.address_key, key), (c.domain, domain)):
            if value is not None:
                query = query.where(column == value)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def prune_signups(self, *, before: datetime) -> int:
        """Forget handled sign-ups that no limit looks at any more."""
        c = schema.signups.c
        with self._database.transaction() as connection:
            return connection.execute(
                sa.delete(schema.signups).where(c.handled_at.is_not(None), c.at < before)
            ).rowcount


# ── rows and records ─────────────────────────────────────────────────────────────────────────


def _find(connection: Connection, condition: sa.ColumnElement[bool]) -> Subscriber | None:
    rows = connection.execute(sa.select(schema.subscribers).where(condition)).mappings()
    return next(map(_subscriber, rows), None)


def _subscriber(row: sa.RowMapping) -> Subscriber:
    values: dict[str, Any] = {name: row[name] for name in Subscriber.__dataclass_fields__}
    values["tags"] = tuple(filter(None, row["tags"].split(",")))
    values["state"] = SubscriberState(row["state"])
    return Subscriber(**values)


def _suppression(row: sa.RowMapping) -> Suppression:
    return Suppression(**{**row, "reason": SuppressionReason(row["reason"])})


def _event(row: sa.RowMapping) -> ConsentEvent:
    values: dict[str, Any] = {name: row[name] for name in ConsentEvent.__dataclass_fields__}
    return ConsentEvent(**{**values, "kind": ConsentEventKind(row["kind"])})


def _insert(connection: Connection, new: NewSubscriber) -> Subscriber:
    row = connection.execute(
        sa.insert(schema.subscribers)
        .values(
            address=new.address,
            address_key=new.key,
            address_hash=new.hash,
            name=new.name,
            tags=",".join(new.tags),
            state=new.state.value,
            nonce=new.nonce,
            consent=new.consent,
            created_at=new.created_at,
            confirmed_at=new.confirmed_at,
            unsubscribed_at=new.unsubscribed_at,
        )
        .returning(schema.subscribers)
    ).mappings()
    return _subscriber(row.one())


def _update(connection: Connection, subscriber_id: int, values: dict[str, Any]) -> None:
    connection.execute(sa.update(schema.subscribers).where(_S.id == subscriber_id).values(values))


def _add(connection: Connection, row: NewSubscriber, kind: ConsentEventKind) -> Added:
    s = schema.suppressions.c
    if connection.scalar(sa.select(s.reason).where(s.address_hash == row.hash)):
        return Added.SUPPRESSED
    if _find(connection, _S.address_key == row.key) is not None:
        return Added.EXISTS
    added = _insert(connection, row)
    event = ConsentEvent(
        subscriber_id=added.id, kind=kind, at=row.created_at, source=kind.value, text=row.consent
    )
    _keep_event(connection, event)
    return Added.ADDED


def _keep_event(connection: Connection, event: ConsentEvent) -> None:
    connection.execute(
        sa.insert(schema.consent_events).values(
            subscriber_id=event.subscriber_id,
            kind=event.kind.value,
            at=event.at,
            ip=event.ip,
            source=event.source,
            text=event.text,
        )
    )


def _suppression_of(connection: Connection, subscriber_id: int) -> str | None:
    s = schema.suppressions.c
    reason: str | None = connection.scalar(
        sa.select(s.reason)
        .join(schema.subscribers, s.address_hash == _S.address_hash)
        .where(_S.id == subscriber_id)
    )
    return reason
