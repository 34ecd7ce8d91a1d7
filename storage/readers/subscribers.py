"""Subscribers, their consent and suppressions. One method, one transaction.

Addresses arrive parsed: `key` makes two spellings one subscriber (rule F14), `hash` is the keyed
hash under which a suppression outlives an erasure (rule F11).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Final

import sqlalchemy as sa

from storage.database import UNFOLDED, Database, Facts, is_number, schema
from storage.ledger import queue_single
from storage.model import (
    Added,
    ConsentEvent,
    ConsentEventKind,
    DeliveryKind,
    Subscriber,
    SubscriberState,
    Suppression,
    SuppressionReason,
)
from storage.readers.adding import find_states, find_suppressed, insert_subscribers
from storage.readers.joining import confirm_request
from storage.readers.rows import (
    NewSubscriber,
    discount_bounces,
    end_subscription,
    erase_subscriber,
    find_subscriber,
    insert_subscriber,
    keep_event,
    keep_suppression,
    knows_address,
    lock_out_joiners,
    to_event,
    to_subscriber,
    to_suppression,
    update_subscriber,
    wait_for_queueing,
)

__all__ = ["Added", "NewSubscriber", "Subscribers"]

_S = schema.subscribers.c
_PORTION: Final = 1000


class Subscribers:
    """Everybody who asked to read, and what they agreed to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ── joining ──────────────────────────────────────────────────────────────────────────

    def request(
        self,
        new: NewSubscriber,
        event: ConsentEvent,
        *,
        now: datetime,
        message_id: Callable[[DeliveryKind, int, int], str] = lambda *_: "",
        moves: int | None = None,
    ) -> Subscriber | None:
        """Keep a request to join and queue its confirmation, in one transaction.

        A known address that is not active becomes pending again. None when it is active.
        `message_id` makes the one of the confirmation, for the proof: from kind, delivery and
        subscriber. With `moves` it is to take the place of that reader's address.
        """
        kind = DeliveryKind.CONFIRMATION if moves is None else DeliveryKind.CHANGE
        with self._database.transaction() as connection:
            known = find_subscriber(connection, _S.address_key == new.key, to_change=True)
            if known is not None and known.state is SubscriberState.ACTIVE:
                return None
            if known is None:
                known = insert_subscriber(connection, new)
            pending = {"state": SubscriberState.PENDING.value, "nonce": new.nonce, "moves": moves}
            reader = None if moves is None else find_subscriber(connection, _S.id == moves)
            if reader is not None:  # who is asked at the new address, and told at the old one
                pending["language"] = reader.wishes.language
            update_subscriber(connection, known.id, pending)
            known = replace(known, state=SubscriberState.PENDING, nonce=new.nonce, moves=moves)
            delivery_id = queue_single(connection, kind, known.id, now)
            made = message_id(kind, delivery_id, known.id)
            keep_event(connection, replace(event, subscriber_id=known.id, message_id=made))
            return known

    def notify(self, subscriber_id: int, *, now: datetime) -> None:
        """Queue the notice that the reader is subscribed already; none for a reader who was erased meanwhile."""
        with self._database.transaction() as connection:
            if find_subscriber(connection, _S.id == subscriber_id, to_change=True):
                queue_single(connection, DeliveryKind.NOTICE, subscriber_id, now)

    def confirm(
        self,
        subscriber_id: int,
        nonce: str,
        *,
        new_nonce: str,
        event: ConsentEvent,
        welcome: bool = False,
    ) -> Subscriber | None:
        """Make a pending subscriber active if the link is of the latest request (rule F3).

        None when it is not; an active one is returned unchanged, so that a second press is kind.
        Whoever was erased is known again from now on, as they themselves ask. An address that was to
        take the place of a reader's does so instead. `welcome` has a new reader welcomed, once.
        """
        with self._database.transaction() as connection:
            event = replace(event, subscriber_id=subscriber_id)
            return confirm_request(connection, nonce, new_nonce, event, welcome=welcome)

    def add(
        self,
        rows: Sequence[NewSubscriber],
        *,
        kind: ConsentEventKind,
        at: datetime | None = None,
        suppressions: Sequence[Suppression] = (),
    ) -> list[Added]:
        """Add rows with consent given elsewhere; never revives anybody (rule F17).

        One answer per row, in order. The proof of consent is dated `at`, else when each row was
        created. `suppressions` come into force with the rows, not for them. One transaction.
        """
        with self._database.transaction() as connection:
            lock_out_joiners(connection)
            states = find_states(connection, [row.key for row in rows])
            refused = find_suppressed(connection, [row.hash for row in rows])
            answers, fresh, taken = [], [], set(states)
            for row in rows:
                answers.append(_judge(row, taken, refused))
                if answers[-1] is Added.ADDED:
                    fresh.append(row)
                    taken.add(row.key)
            insert_subscribers(connection, fresh, kind, at)
            for suppression in suppressions:
                keep_suppression(connection, suppression)
            return answers

    # ── leaving ──────────────────────────────────────────────────────────────────────────

    def unsubscribe(
        self, subscriber_id: int, event: ConsentEvent, *, goodbye: bool = False
    ) -> bool:
        """End a subscription at once, also for mail already queued (rule A8, promise 3).

        False when there was nothing to end; that is no error (rule A12). `goodbye` has a reader
        taken leave of; nobody who never was one.
        """
        with self._database.transaction() as connection:
            wait_for_queueing(connection)
            known = find_subscriber(connection, _S.id == subscriber_id, to_change=True)
            event = replace(event, subscriber_id=subscriber_id)
            ended = end_subscription(connection, event, "the reader unsubscribed")
            if ended and goodbye and known and known.state is SubscriberState.ACTIVE:
                queue_single(connection, DeliveryKind.GOODBYE, subscriber_id, event.at)
            return ended

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
        suppression = Suppression(
            address_hash=address_hash,
            address=address,
            reason=reason,
            evidence=evidence,
            created_at=at,
        )
        with self._database.transaction() as connection:
            return keep_suppression(connection, suppression)

    def lift(self, address_hash: str) -> bool:
        """Let an address be mailed again; its consent is as it was. False when it was not suppressed.

        What bounced before does not count any more, or the next soft bounce would undo the lift.
        """
        column = schema.suppressions.c.address_hash
        statement = sa.delete(schema.suppressions).where(column == address_hash)
        with self._database.transaction() as connection:
            lifted = bool(connection.execute(statement).rowcount)
            if lifted:
                discount_bounces(connection, address_hash)
            return lifted

    def knows(self, address_hash: str, key: str) -> bool:
        """Whether there is anything that `erase` would forget."""
        with self._database.reading() as connection:
            return knows_address(connection, address_hash, key)

    def erase(self, suppression: Suppression, key: str) -> bool:
        """Forget a reader: row, proof, sign-ups and deliveries go, a keyed hash stays (rule F11).

        False when nothing was known of the address. On SQLite the log is folded into the file,
        so that no file of the store holds the address any more; later, if somebody looks at it now.
        """
        with self._database.transaction() as connection:
            gone = erase_subscriber(connection, suppression, key)
        if not self._database.fold():
            Facts(self._database).put(UNFOLDED, "1")
        return gone

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def get(self, subscriber_id: int) -> Subscriber | None:
        """The subscriber of that id."""
        number = subscriber_id if is_number(subscriber_id) else 0
        with self._database.reading() as connection:
            return find_subscriber(connection, _S.id == number)

    def find(self, key: str) -> Subscriber | None:
        """The subscriber with this address key."""
        with self._database.reading() as connection:
            return find_subscriber(connection, _S.address_key == key)

    def states(self, keys: Sequence[str]) -> Mapping[str, SubscriberState]:
        """The state of each of these address keys that is known."""
        with self._database.reading() as connection:
            return find_states(connection, keys)

    def suppressed(self, hashes: Sequence[str]) -> frozenset[str]:
        """Those of these address hashes that are suppressed."""
        with self._database.reading() as connection:
            return find_suppressed(connection, hashes)

    def suppression_reasons(self, hashes: Sequence[str]) -> Mapping[str, SuppressionReason]:
        """Why each of these address hashes that are suppressed is so."""
        s = schema.suppressions.c
        query = sa.select(s.address_hash, s.reason).where(s.address_hash.in_(hashes))
        with self._database.reading() as connection:
            return {found: SuppressionReason(why) for found, why in connection.execute(query)}

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
            return [to_subscriber(row) for row in connection.execute(query).mappings()]

    def counts(self) -> dict[SubscriberState, int]:
        """How many subscribers are in each state."""
        query = sa.select(_S.state, sa.func.count()).group_by(_S.state)
        with self._database.reading() as connection:
            found = {SubscriberState(state): n for state, n in connection.execute(query)}
            return {state: found.get(state, 0) for state in SubscriberState}

    def events(self, subscriber_id: int) -> tuple[ConsentEvent, ...]:
        """The proof of consent, oldest first (rule F9)."""
        return self.proofs([subscriber_id]).get(subscriber_id, ())

    def proofs(self, subscriber_ids: Sequence[int]) -> Mapping[int, tuple[ConsentEvent, ...]]:
        """The proof of consent of each of these, oldest first."""
        table = schema.consent_events
        theirs = table.c.subscriber_id.in_(subscriber_ids)
        query = sa.select(table).where(theirs).order_by(table.c.subscriber_id, table.c.id)
        with self._database.reading() as connection:
            events = map(to_event, connection.execute(query).mappings())
            return {key: tuple(own) for key, own in groupby(events, lambda one: one.subscriber_id)}

    def suppression(self, address_hash: str) -> Suppression | None:
        """Why this address is never mailed, or None."""
        table = schema.suppressions
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(table).where(table.c.address_hash == address_hash)
            ).mappings()
            return next(map(to_suppression, row), None)

    def suppressions(self) -> tuple[Suppression, ...]:
        """All suppressions, oldest first."""
        table = schema.suppressions
        query = sa.select(table).order_by(table.c.created_at, table.c.address_hash)
        with self._database.reading() as connection:
            return tuple(map(to_suppression, connection.execute(query).mappings()))

    def suppressions_of_subscribers(self) -> Mapping[int, Suppression]:
        """The suppressions of those who are subscribers, by subscriber."""
        s = schema.suppressions
        query = sa.select(_S.id, s).join(s, s.c.address_hash == _S.address_hash)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings()
            return {row["id"]: to_suppression(row) for row in rows}


def _judge(row: NewSubscriber, taken: set[str], refused: frozenset[str]) -> Added:
    if row.hash in refused:
        return Added.SUPPRESSED
    return Added.EXISTS if row.key in taken else Added.ADDED
