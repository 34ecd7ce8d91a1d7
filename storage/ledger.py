"""The ledger of deliveries: queue, claim, begin, settle, release, rescue.

The life of a delivery is told on `DeliveryState`. Three rules make the promises:

- An issue's deliveries are made by one INSERT … SELECT in the transaction that publishes it, and
  `UNIQUE(issue, subscriber)` allows one each: nobody is skipped, nobody queued twice.
- Before a message is put on the wire its delivery is marked begun, in the same transaction that
  records the outcome of the one before it on that connection. So a crash leaves at most one
  message per connection in doubt, and it is known which.
- Whatever ends a delivery early (unsubscribe, suppression, cancel) changes every row that has not
  begun; a row is begun only if it is still ours and still to be sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import schema
from storage.database import Database
from storage.records import (
    CLAIMABLE,
    Attempt,
    Claim,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Mailing,
    Settlement,
    SubscriberState,
    SuppressionReason,
    Tally,
)
from storage.schema import to_micros

_D = schema.deliveries.c
_CLAIMABLE: Final = tuple(state.value for state in CLAIMABLE)
_UNFINISHED: Final = (*_CLAIMABLE, DeliveryState.SENDING.value)
_BATCH: Final = 500
"""Ids in one IN list; every driver takes that many parameters."""

_NOT_BEGUN: Final = sa.or_(
    _D.state.in_(_CLAIMABLE),
    sa.and_(_D.state == DeliveryState.SENDING.value, _D.began_at.is_(None)),
)
"""Deliveries of which nothing is on the wire: they can still be stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """What a rescue found of workers that died."""

    returned: int
    """Claimed but not begun: queued again, no attempt used."""
    unknown: int
    """Begun: the relay may have them (RFC 1047)."""


class Ledger:
    """Deliveries of one database. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ── a worker's day ───────────────────────────────────────────────────────────────────

    def claim(self, worker: str, *, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
        """Take up to `limit` due deliveries: confirmations first, then issues, oldest first.

        They are this worker's until its lease ends; several workers never get the same one.
        """
        with self._database.transaction() as connection:
            _put_lease(connection, worker, now + lease)
            rows = _take(connection, worker, _D.issue_id.is_(None), now, limit)
            for issue_id in _open_issues(connection) if len(rows) < limit else ():
                rows += _take(connection, worker, _D.issue_id == issue_id, now, limit - len(rows))
                if len(rows) >= limit:
                    break
            return _as_claims(connection, rows, now)

    def record(
        self,
        worker: str,
        settlements: Sequence[Settlement],
        begins: Collection[int],
        *,
        now: datetime,
    ) -> frozenset[int]:
        """Record outcomes and mark the next deliveries as on the wire, in one transaction.

        Returns those of `begins` that may be sent: still this worker's and still wanted. A
        settlement of a delivery that is no longer this worker's changes nothing.
        """
        with self._database.transaction() as connection:
            if settlements:
                _settle(connection, worker, settlements)
            return _begin(connection, worker, begins, now) if begins else frozenset()

    def renew(self, worker: str, *, now: datetime, lease: timedelta) -> None:
        """Keep everything this worker has claimed for another lease."""
        with self._database.transaction() as connection:
            _put_lease(connection, worker, now + lease)

    def release(
        self, worker: str, *, now: datetime, delivery_ids: Collection[int] | None = None
    ) -> int:
        """Give back what was claimed and not begun (all of it, or these). No attempt is used."""
        with self._database.transaction() as connection:
            return _give_back(connection, [worker], now, delivery_ids)

    def retire(self, worker: str, *, now: datetime) -> int:
        """An orderly end: give back what was not begun, and the lease."""
        with self._database.transaction() as connection:
            returned = _give_back(connection, [worker], now, None)
            connection.execute(sa.delete(schema.workers).where(schema.workers.c.name == worker))
            return returned

    # ── upkeep ───────────────────────────────────────────────────────────────────────────

    def workers(self) -> list[str]:
        """Names of the workers that hold a lease, live or not."""
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(schema.workers.c.name)))

    def rescue(
        self, *, now: datetime, resend: bool, gone: Collection[str] = frozenset()
    ) -> Rescued:
        """Take over from workers whose lease ended, and from those known to be `gone`.

        What they had not begun is queued again. What they had begun is UNKNOWN: due again at once
        with `resend`, waiting for the author without.
        """
        table = schema.workers.c
        with self._database.transaction() as connection:
            dead = list(
                connection.scalars(
                    sa.select(table.name).where(
                        sa.or_(table.lease_until <= now, table.name.in_(gone))
                    )
                )
            )
            if not dead:
                return Rescued(returned=0, unknown=0)
            returned = _give_back(connection, dead, now, None)
            unknown = _doubt(connection, dead, now, resend=resend)
            connection.execute(sa.delete(schema.workers).where(table.name.in_(dead)))
            return Rescued(returned=returned, unknown=unknown)

    def finish(self) -> list[int]:
        """Mark as DONE every issue whose deliveries all have their last outcome. Returns their ids.

        An issue with messages in doubt that wait for the author is done: nothing more will go out
        by itself.
        """
        unfinished = sa.select(_D.id).where(
            _D.issue_id == schema.issues.c.id,
            sa.or_(_D.due_at.is_not(None), _D.state == DeliveryState.SENDING.value),
        )
        with self._database.transaction() as connection:
            return list(
                connection.scalars(
                    sa.update(schema.issues)
                    .where(schema.issues.c.mailing == Mailing.OPEN.value, ~sa.exists(unfinished))
                    .values(mailing=Mailing.DONE.value)
                    .returning(schema.issues.c.id)
                )
            )

    def next_due(self) -> datetime | None:
        """When the next delivery may be claimed; None while there is none to come."""
        wanted = sa.or_(_D.issue_id.is_(None), _D.issue_id.in_(_open_query()))
        query = sa.select(sa.func.min(_D.due_at)).where(_D.due_at.is_not(None), wanted)
        with self._database.reading() as connection:
            due: datetime | None = connection.scalar(query)
            return due

    def pause_issue(self, issue_id: int, reason: str, *, now: datetime) -> bool:
        """Stop an issue where it is; claimed deliveries that have not begun go back to the queue.

        False when it was not open.
        """
        with self._database.transaction() as connection:
            changed = connection.execute(
                sa.update(schema.issues)
                .where(
                    schema.issues.c.id == issue_id, schema.issues.c.mailing == Mailing.OPEN.value
                )
                .values(mailing=Mailing.PAUSED.value, mailing_reason=reason)
            )
            waiting = sa.and_(_D.issue_id == issue_id, _D.state == DeliveryState.SENDING.value)
            connection.execute(
                sa.update(schema.deliveries)
                .where(waiting, _D.began_at.is_(None))
                .values(_unsent(now))
            )
            return bool(changed.rowcount)

    # ── reports to the author ────────────────────────────────────────────────────────────

    def tally(self, issue_id: int | None = None) -> Tally:
        """How many deliveries are in which state: of one issue, or of all issues together."""
        query = sa.select(_D.state, sa.func.count()).group_by(_D.state)
        query = query.where(
            _D.issue_id.is_not(None) if issue_id is None else _D.issue_id == issue_id
        )
        with self._database.reading() as connection:
            counts = {DeliveryState(state): n for state, n in connection.execute(query)}
            return Tally(counts=counts)

    def tallies(self) -> dict[int, Tally]:
        """The tally of every issue that has deliveries, by issue id."""
        query = (
            sa.select(_D.issue_id, _D.state, sa.func.count())
            .where(_D.issue_id.is_not(None))
            .group_by(_D.issue_id, _D.state)
        )
        counts: dict[int, dict[DeliveryState, int]] = {}
        with self._database.reading() as connection:
            for issue_id, state, n in connection.execute(query):
                counts.setdefault(issue_id, {})[DeliveryState(state)] = n
        return {issue_id: Tally(counts=states) for issue_id, states in counts.items()}

    def deliveries(
        self, issue_id: int, *, state: DeliveryState | None = None
    ) -> Iterator[Delivery]:
        """The deliveries of an issue, in the order they were queued; read in portions."""
        last = 0
        while rows := self._portion(issue_id, state, last):
            yield from map(_delivery, rows)
            last = rows[-1]["id"]

    def _portion(
        self, issue_id: int, state: DeliveryState | None, last: int
    ) -> Sequence[sa.RowMapping]:
        query = (
            sa.select(schema.deliveries, schema.subscribers.c.address)
            .join(schema.subscribers, schema.subscribers.c.id == _D.subscriber_id)
            .where(_D.issue_id == issue_id, _D.id > last)
            .order_by(_D.id)
            .limit(1000)
        )
        if state is not None:
            query = query.where(_D.state == state.value)
        with self._database.reading() as connection:
            return connection.execute(query).mappings().all()

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """The tries of a delivery that did not end in acceptance, first to last."""
        table = schema.attempts
        query = sa.select(table).where(table.c.delivery_id == delivery_id).order_by(table.c.number)
        with self._database.reading() as connection:
            return [
                Attempt(**{**row, "state": DeliveryState(row["state"])})
                for row in connection.execute(query).mappings()
            ]


# ── parts of other rooms' transactions ───────────────────────────────────────────────────────


def queue_issue(
    connection: Connection, issue_id: int, *, queued_at: datetime, due_at: datetime
) -> int:
    """One delivery for every active subscriber that is not suppressed, in one statement."""
    if connection.dialect.name == "postgresql":
        # Nobody may leave between our look at the subscribers and our commit: their leaving would
        # not see the delivery we are about to make. Leaving waits for us, and then sees it.
        connection.execute(sa.text("LOCK TABLE subscribers, suppressions IN SHARE MODE"))
    s = schema.subscribers.c
    suppressed = sa.exists().where(schema.suppressions.c.address_hash == s.address_hash)
    wanted = (
        sa.select(
            sa.literal(DeliveryKind.ISSUE.value),
            sa.literal(issue_id),
            s.id,
            sa.literal(DeliveryState.QUEUED.value),
            sa.literal(queued_at, schema.Instant),
            sa.literal(due_at, schema.Instant),
        )
        .where(s.state == SubscriberState.ACTIVE.value, ~suppressed)
        .order_by(s.id)
    )
    names = ["kind", "issue_id", "subscriber_id", "state", "queued_at", "due_at"]
    insert = sa.insert(schema.deliveries).from_select(names, wanted)
    return connection.execute(insert.execution_options(preserve_rowcount=True)).rowcount


def queue_single(
    connection: Connection, kind: DeliveryKind, subscriber_id: int, now: datetime
) -> None:
    """A confirmation or a notice, due at once."""
    connection.execute(
        sa.insert(schema.deliveries).values(
            kind=kind.value,
            subscriber_id=subscriber_id,
            state=DeliveryState.QUEUED.value,
            queued_at=now,
            due_at=now,
        )
    )


def cancel_open(connection: Connection, issue_id: int, reason: str) -> int:
    """Cancel what is not on the wire; what is ends as the relay says."""
    return _stop(connection, _D.issue_id == issue_id, DeliveryState.CANCELLED, reason)


def suppress_open(connection: Connection, subscriber_id: int, reason: str) -> int:
    """Stop every delivery of this reader that is not on the wire (promise 3)."""
    return _stop(connection, _D.subscriber_id == subscriber_id, DeliveryState.SUPPRESSED, reason)


def put_suppression(
    connection: Connection,
    *,
    address_hash: str,
    address: str,
    reason: SuppressionReason,
    evidence: str,
    at: datetime,
) -> bool:
    """Record that an address is never mailed. The first evidence stays; False when there was one."""
    table = schema.suppressions
    if connection.scalar(sa.select(table.c.reason).where(table.c.address_hash == address_hash)):
        return False
    connection.execute(
        sa.insert(table).values(
            address_hash=address_hash,
            address=address,
            reason=reason.value,
            evidence=evidence,
            created_at=at,
        )
    )
    return True


# ── statements ───────────────────────────────────────────────────────────────────────────────


def _stop(
    connection: Connection, which: sa.ColumnElement[bool], state: DeliveryState, reason: str
) -> int:
    return connection.execute(
        sa.update(schema.deliveries)
        .where(which, _NOT_BEGUN)
        .values(state=state.value, reason=reason, due_at=None, claimed_by=None)
    ).rowcount


def _put_lease(connection: Connection, worker: str, until: datetime) -> None:
    table = schema.workers
    renewed = connection.execute(
        sa.update(table).where(table.c.name == worker).values(lease_until=until)
    )
    if not renewed.rowcount:
        connection.execute(sa.insert(table).values(name=worker, lease_until=until))


def _open_query() -> sa.Select[tuple[int]]:
    return sa.select(schema.issues.c.id).where(schema.issues.c.mailing == Mailing.OPEN.value)


def _open_issues(connection: Connection) -> list[int]:
    order = (schema.issues.c.mail_at, schema.issues.c.id)
    return list(connection.scalars(_open_query().order_by(*order)))


def _take(
    connection: Connection,
    worker: str,
    which: sa.ColumnElement[bool],
    now: datetime,
    limit: int,
) -> list[sa.Row[Any]]:
    due = (
        sa.select(_D.id)
        .where(which, _D.due_at.is_not(None), _D.due_at <= now)
        .order_by(_D.due_at, _D.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # PostgreSQL; SQLite has one writer and leaves it out
    )
    return list(
        connection.execute(
            sa.update(schema.deliveries)
            .where(_D.id.in_(due))
            .values(state=DeliveryState.SENDING.value, claimed_by=worker, due_at=None)
            .returning(
                _D.id,
                _D.kind,
                _D.issue_id,
                _D.subscriber_id,
                _D.attempts,
                _D.queued_at,
                _D.first_tried_at,
            )
        )
    )


def _as_claims(connection: Connection, rows: Sequence[sa.Row[Any]], now: datetime) -> list[Claim]:
    """Join rows with whom they go to; stop those whose reader may not be mailed (promise 3)."""
    people = _people(connection, {row.subscriber_id for row in rows})
    revisions = _revisions(connection, {row.issue_id for row in rows if row.issue_id})
    claims, unwanted = [], []
    for row in sorted(rows, key=lambda row: (row.issue_id is not None, row.id)):
        person = people[row.subscriber_id]
        if row.issue_id is not None and person.state != SubscriberState.ACTIVE.value:
            unwanted.append(row.id)
            continue
        claims.append(
            Claim(
                delivery_id=row.id,
                kind=DeliveryKind(row.kind),
                issue_id=row.issue_id,
                issue_revision=revisions.get(row.issue_id, 0),
                subscriber_id=row.subscriber_id,
                address=person.address,
                name=person.name,
                nonce=person.nonce,
                attempts=row.attempts,
                queued_at=row.queued_at,
                first_tried_at=row.first_tried_at,
            )
        )
    for ids in _batches(unwanted):
        _stop(connection, _D.id.in_(ids), DeliveryState.SUPPRESSED, f"left before {now:%F %T}")
    return claims


def _people(connection: Connection, ids: Collection[int]) -> dict[int, sa.Row[Any]]:
    c = schema.subscribers.c
    columns = (c.id, c.address, c.name, c.nonce, c.state)
    found: dict[int, sa.Row[Any]] = {}
    for batch in _batches(sorted(ids)):
        rows = connection.execute(sa.select(*columns).where(c.id.in_(batch)))
        found |= {row.id: row for row in rows}
    return found


def _revisions(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    c = schema.issues.c
    query = sa.select(c.id, c.revision).where(c.id.in_(sorted(ids)))
    return {row.id: row.revision for row in connection.execute(query)} if ids else {}


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = list(ids)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


_SETTLE: Final = (
    sa.update(schema.deliveries)
    .where(
        _D.id == sa.bindparam("b_id"),
        _D.claimed_by == sa.bindparam("b_worker"),
        _D.state == DeliveryState.SENDING.value,
    )
    .values(
        state=sa.bindparam("b_state"),
        due_at=sa.bindparam("b_due_at", type_=sa.BigInteger),
        attempts=_D.attempts + sa.bindparam("b_counts", type_=sa.Integer),
        settled_at=sa.bindparam("b_at", type_=sa.BigInteger),
        code=sa.bindparam("b_code"),
        status=sa.bindparam("b_status"),
        reply=sa.bindparam("b_reply"),
        reason=sa.bindparam("b_reason"),
        claimed_by=None,
        began_at=None,
    )
)

_KEEP_ATTEMPT: Final = sa.insert(schema.attempts).from_select(
    ["delivery_id", "number", "at", "state", "code", "status", "reply", "reason"],
    sa.select(
        _D.id, _D.attempts, _D.settled_at, _D.state, _D.code, _D.status, _D.reply, _D.reason
    ).where(_D.id == sa.bindparam("b_id")),
)


def _settle(connection: Connection, worker: str, settlements: Sequence[Settlement]) -> None:
    ours = _held(connection, worker, [s.delivery_id for s in settlements])
    valid = [s for s in settlements if s.delivery_id in ours]
    if not valid:
        return
    connection.execute(_SETTLE, [_settle_values(worker, s) for s in valid])
    kept = [s for s in valid if s.counts and s.state is not DeliveryState.ACCEPTED]
    if kept:
        connection.execute(_KEEP_ATTEMPT, [{"b_id": s.delivery_id} for s in kept])
    for settlement in valid:
        if settlement.suppress is not None:
            _suppress_recipient(connection, settlement, settlement.suppress)


def _held(connection: Connection, worker: str, ids: Sequence[int]) -> set[int]:
    held: set[int] = set()
    for batch in _batches(ids):
        held.update(
            connection.scalars(
                sa.select(_D.id).where(
                    _D.id.in_(batch),
                    _D.claimed_by == worker,
                    _D.state == DeliveryState.SENDING.value,
                )
            )
        )
    return held


def _settle_values(worker: str, settlement: Settlement) -> dict[str, object]:
    return {
        "b_id": settlement.delivery_id,
        "b_worker": worker,
        "b_state": settlement.state.value,
        "b_due_at": None if settlement.due_at is None else to_micros(settlement.due_at),
        "b_counts": int(settlement.counts),
        "b_at": to_micros(settlement.at),
        "b_code": settlement.code,
        "b_status": settlement.status,
        "b_reply": settlement.reply,
        "b_reason": settlement.reason,
    }


def _suppress_recipient(
    connection: Connection, settlement: Settlement, reason: SuppressionReason
) -> None:
    """The relay proved that the mailbox does not exist: never again, and nothing else queued."""
    s = schema.subscribers.c
    row = connection.execute(
        sa.select(s.id, s.address, s.address_hash)
        .join(schema.deliveries, _D.subscriber_id == s.id)
        .where(_D.id == settlement.delivery_id)
    ).one()
    put_suppression(
        connection,
        address_hash=row.address_hash,
        address=row.address,
        reason=reason,
        evidence=f"{settlement.code or ''} {settlement.reply}".strip(),
        at=settlement.at,
    )
    suppress_open(connection, row.id, f"the address is suppressed: {reason.value}")


def _begin(
    connection: Connection, worker: str, ids: Collection[int], now: datetime
) -> frozenset[int]:
    granted: set[int] = set()
    for batch in _batches(ids):
        granted.update(
            connection.scalars(
                sa.update(schema.deliveries)
                .where(
                    _D.id.in_(batch),
                    _D.claimed_by == worker,
                    _D.state == DeliveryState.SENDING.value,
                )
                .values(
                    began_at=now,
                    first_tried_at=sa.func.coalesce(
                        _D.first_tried_at, sa.literal(now, schema.Instant)
                    ),
                )
                .returning(_D.id)
            )
        )
    return frozenset(granted)


def _held_by(workers: Sequence[str]) -> sa.ColumnElement[bool]:
    """Rows in the hands of these workers; looks only at issues that are under way."""
    under_way = sa.select(schema.issues.c.id).where(
        schema.issues.c.mailing.in_(
            [Mailing.OPEN.value, Mailing.PAUSED.value, Mailing.CANCELLED.value]
        )
    )
    return sa.and_(
        sa.or_(_D.issue_id.is_(None), _D.issue_id.in_(under_way)),
        _D.state == DeliveryState.SENDING.value,
        _D.claimed_by.in_(workers),
    )


def _unsent(now: datetime) -> dict[str, object]:
    """What a claimed delivery becomes when nothing of it was on the wire."""
    return {
        "state": sa.case(
            (_D.attempts > 0, DeliveryState.DEFERRED.value), else_=DeliveryState.QUEUED.value
        ),
        "claimed_by": None,
        "due_at": now,
    }


def _give_back(
    connection: Connection,
    workers: Sequence[str],
    now: datetime,
    delivery_ids: Collection[int] | None,
) -> int:
    update = sa.update(schema.deliveries).where(_D.began_at.is_(None)).values(_unsent(now))
    if delivery_ids is None:
        return connection.execute(update.where(_held_by(workers))).rowcount
    held = sa.and_(_D.state == DeliveryState.SENDING.value, _D.claimed_by.in_(workers))
    return sum(
        connection.execute(update.where(held, _D.id.in_(batch))).rowcount
        for batch in _batches(delivery_ids)
    )


def _doubt(connection: Connection, workers: Sequence[str], now: datetime, *, resend: bool) -> int:
    """Begun by a worker that died: the relay may have it."""
    return connection.execute(
        sa.update(schema.deliveries)
        .where(_held_by(workers), _D.began_at.is_not(None))
        .values(
            state=DeliveryState.UNKNOWN.value,
            reason="the sending process died while this message was on the wire",
            attempts=_D.attempts + 1,
            settled_at=now,
            due_at=now if resend else None,
            claimed_by=None,
            began_at=None,
        )
    ).rowcount


def _delivery(row: sa.RowMapping) -> Delivery:
    names = Delivery.__dataclass_fields__
    values = {name: row[name] for name in names}
    values["kind"] = DeliveryKind(row["kind"])
    values["state"] = DeliveryState(row["state"])
    return Delivery(**values)
