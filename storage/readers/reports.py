"""Reports that came back, and what each does to a delivery and a reader. One method, one transaction.

A report is an event with an id of its own: the second copy finds it there and does nothing (rule
C13). What a report does is written in the transaction that records it, so no crash comes between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, insert_new, is_number, schema
from storage.ledger import change_deliveries
from storage.model import (
    TRANSITIONS,
    ConsentEvent,
    ConsentEventKind,
    DeliveryKind,
    DeliveryState,
    Effect,
    History,
    NewReport,
    Overflow,
    Sent,
    SetAside,
    SoftBounce,
    Subscriber,
    Suppression,
    SuppressionReason,
)
from storage.readers.gone import Gone
from storage.readers.quarantine import (
    IN_TOTAL,
    find_overflow,
    forget_overflow,
    keep_raw,
)
from storage.readers.rows import (
    end_subscription,
    find_subscriber,
    keep_suppression,
)

_D = schema.deliveries.c
_R = schema.reports.c
_S = schema.subscribers.c

MOST_SENT: Final = 500
"""Of one reader's deliveries that are looked at: a report is seldom about an older one."""
_PORTION: Final = 500
"""Numbers in one statement."""
_HOST_LIMIT: Final = 64
"""Characters of a host's domain; a longer name is nobody's."""


class Reports:
    """Everything that came back after acceptance."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.gone = Gone(database)
        """Of those that say so: how many, by domain and by host."""

    def record(
        self,
        report: NewReport,
        *,
        is_worn_out: Callable[[History], bool] = lambda _: False,
        dry_run: bool = False,
    ) -> Effect:
        """Record a report and what follows from it; DUPLICATE when it was there.

        `is_worn_out` is asked after a soft bounce whether the address has had enough of them. A
        `dry_run` does all of it and takes it back, so that what it foretells is what would be done.
        """
        with self._database.transaction() as connection:
            done = self._record(connection, report, is_worn_out)
            if dry_run:
                connection.rollback()
        return done

    def _record(
        self, connection: Connection, report: NewReport, is_worn_out: Callable[[History], bool]
    ) -> Effect:
        report = _without_stranger(connection, report)
        if not insert_new(connection, schema.reports, _values(report)):
            return Effect.DUPLICATE
        _keep(connection, report)
        known = _reader(connection, report)
        if known is None:
            return report.effect
        return self._follow(connection, report, known, is_worn_out)

    def _follow(
        self,
        connection: Connection,
        report: NewReport,
        known: Subscriber,
        is_worn_out: Callable[[History], bool],
    ) -> Effect:
        effect = report.effect
        if effect in {Effect.BOUNCED, Effect.COUNTED, Effect.SUPPRESSED}:
            _mark_delivery(connection, report, known.id, DeliveryState.BOUNCED)
        if effect is Effect.SUPPRESSED:
            _suppress(connection, report, known, SuppressionReason.HARD_BOUNCE)
        elif effect is Effect.COUNTED and is_worn_out(_history(connection, known.id)):
            effect = Effect.SUPPRESSED
            _suppress(connection, report, known, SuppressionReason.SOFT_BOUNCES)
            _rename_action(connection, report, effect)
        elif effect is Effect.UNSUBSCRIBED:
            _mark_delivery(connection, report, known.id, DeliveryState.COMPLAINED)
            _unsubscribe(connection, report, known, "the reader complained", "complaint")
            _suppress(connection, report, known, SuppressionReason.COMPLAINT)
        elif effect is Effect.LEFT:
            _unsubscribe(connection, report, known, "the reader unsubscribed", report.evidence)
        return effect

    def wear_out(self, is_worn_out: Callable[[History], bool], *, least: int, now: datetime) -> int:
        """Suppress those whose soft bounces in sessions are enough; how many those were.

        A bounce that comes as a report is looked at when it comes. Only readers who bounced on
        `least` issues or more are looked at here.
        """
        table = schema.suppressions.c
        many = (
            sa.select(_R.subscriber_id, sa.func.max(_R.id).label("last"))
            .join(schema.subscribers, _S.id == _R.subscriber_id)
            .outerjoin(schema.suppressions, table.address_hash == _S.address_hash)
            .where(_R.counts, table.address_hash.is_(None))
            .group_by(_R.subscriber_id)
            .having(sa.func.count(sa.distinct(_R.issue_id)) >= least)
        )
        worn = 0
        with self._database.transaction() as connection:
            for subscriber_id, last in connection.execute(many).all():
                known = find_subscriber(connection, _S.id == subscriber_id, to_change=True)
                if known is None or not is_worn_out(_history(connection, subscriber_id)):
                    continue
                row = connection.execute(
                    sa.select(_R.status, _R.evidence, _R.event_id).where(_R.id == last)
                ).one()
                report = NewReport(
                    event_id=row.event_id,
                    kind="soft",
                    status=row.status,
                    effect=Effect.SUPPRESSED,
                    happened_at=now,
                    received_at=now,
                    evidence=row.evidence,
                    subscriber_id=subscriber_id,
                )
                _suppress(connection, report, known, SuppressionReason.SOFT_BOUNCES)
                worn += 1
        return worn

    def sent_to(self, subscriber_id: int) -> tuple[Sent, ...]:
        """A reader's latest deliveries, MOST_SENT at most, newest first."""
        query = (
            sa.select(_D.id, _D.kind, _D.issue_id)
            .where(schema.of_readers(subscriber_id))
            .order_by(_D.id.desc())
            .limit(MOST_SENT)
        )
        with self._database.reading() as connection:
            return tuple(
                Sent(
                    id=id_,
                    kind=DeliveryKind(kind),
                    issue_id=issue_id,
                    subscriber_id=subscriber_id,
                )
                for id_, kind, issue_id in connection.execute(query)
            )

    def counts(self) -> dict[tuple[str, Effect], int]:
        """How many reports there are of each kind and action."""
        query = sa.select(_R.kind, _R.action, sa.func.count()).group_by(_R.kind, _R.action)
        with self._database.reading() as connection:
            return {(kind, Effect(action)): n for kind, action, n in connection.execute(query)}

    def set_aside(self, limit: int = 2 * IN_TOTAL.reports) -> tuple[SetAside, ...]:
        """What is in quarantine, newest first."""
        size = sa.func.length(_R.raw)  # octets on both engines: the column is binary
        columns = (_R.id, _R.kind, _R.status, _R.evidence, _R.received_at, size)
        query = sa.select(*columns).where(_R.raw.is_not(None)).order_by(_R.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return tuple(
                SetAside(
                    number=number,
                    kind=kind,
                    status=status,
                    evidence=evidence,
                    received_at=received_at,
                    size=octets,
                )
                for number, kind, status, evidence, received_at, octets in connection.execute(query)
            )

    def content(self, number: int) -> bytes | None:
        """What was kept of a report in quarantine; None when there is none of that number."""
        if not is_number(number):
            return None
        query = sa.select(_R.raw).where(_R.id == number)
        with self._database.reading() as connection:
            found: bytes | None = connection.scalar(query)
        return found

    def drop(self, numbers: Sequence[int]) -> int:
        """Forget reports in quarantine, also that they came; how many there were."""
        statement = sa.delete(schema.reports).where(_R.raw.is_not(None))
        asked = [number for number in numbers if is_number(number)]
        dropped = 0
        with self._database.transaction() as connection:
            forget_overflow(connection)
            for start in range(0, len(asked), _PORTION):
                some = _R.id.in_(asked[start : start + _PORTION])
                dropped += connection.execute(statement.where(some)).rowcount
        return dropped

    def overflow(self) -> Overflow | None:
        """What was let go for want of room since the author last dropped some; None for nothing."""
        with self._database.reading() as connection:
            return find_overflow(connection)

    def prune(self, *, before: datetime) -> int:
        """Forget the content of what was set aside before then; the event itself stays counted."""
        with self._database.transaction() as connection:
            full = find_overflow(connection)
            if full is not None and full.since < before:
                forget_overflow(connection)
            return connection.execute(
                sa.update(schema.reports)
                .where(_R.raw.is_not(None), _R.received_at < before)
                .values(raw=None)
            ).rowcount


# ── parts of the transaction ─────────────────────────────────────────────────────────────────


def _keep(connection: Connection, report: NewReport) -> None:
    """Set aside what was not there yet; a copy makes no room at the cost of others."""
    raw, source = keep_raw(connection, report.raw, report.source, report.received_at)
    if raw is not None:
        connection.execute(
            sa.update(schema.reports)
            .where(_R.event_id == report.event_id)
            .values(raw=raw, source=source)
        )


def _values(report: NewReport) -> dict[str, Any]:
    return {
        "event_id": report.event_id,
        "kind": report.kind,
        "action": report.effect.value,
        "status": report.status,
        "issue_id": report.issue_id,
        "subscriber_id": report.subscriber_id,
        "happened_at": report.happened_at,
        "received_at": report.received_at,
        "evidence": report.evidence,
        "counts": report.counts,
        "raw": None,
        "host": report.host[:_HOST_LIMIT],
    }


def _without_stranger(connection: Connection, report: NewReport) -> NewReport:
    """A reader who was erased is nobody: the event is kept without them, and without what it said.

    Their own key names them, and the report their address: it must not come back (rule F11).
    """
    if report.subscriber_id is None or _reader(connection, report) is not None:
        return report
    effect = Effect.ALARM if report.effect is Effect.ALARM else Effect.NOTHING
    return replace(report, subscriber_id=None, effect=effect, raw=None)


def _reader(connection: Connection, report: NewReport) -> Subscriber | None:
    if report.subscriber_id is None:
        return None
    return find_subscriber(connection, _S.id == report.subscriber_id, to_change=True)


def _mark_delivery(
    connection: Connection, report: NewReport, reader: int, state: DeliveryState
) -> None:
    """Move the delivery on, if its state allows it (rule B26).

    Of a report that names no issue it is the latest mail that might be meant: one without an issue,
    or, when nothing is known but the reader, an issue, as only issues carry a link that says whose
    they are.
    """
    before = [old.value for old, new in TRANSITIONS.items() if state in new]
    may_move = _D.state.in_(before)
    if report.issue_id:
        mine = sa.and_(_D.subscriber_id == reader, _D.issue_id == report.issue_id)
        which = sa.and_(mine, may_move)
    else:
        mine = sa.and_(schema.of_readers(reader), may_move)
        is_issue = _D.issue_id.is_not(None)
        meant = is_issue if report.issue_id is None else sa.not_(is_issue)
        latest = sa.select(sa.func.max(_D.id)).where(mine, meant).scalar_subquery()
        which = sa.and_(may_move, _D.id == latest)
    values = {
        "state": state.value,
        "due_at": None,
        "claimed_by": None,
        "code": None,  # the report's words take the place of the relay's "250"
        "status": report.status,
        "reply": report.evidence,
        "reason": f"a report came: {report.kind}",
    }
    change_deliveries(connection, which, values)


def _suppress(
    connection: Connection, report: NewReport, known: Subscriber, reason: SuppressionReason
) -> None:
    address_hash = connection.scalar(sa.select(_S.address_hash).where(_S.id == known.id))
    keep_suppression(
        connection,
        Suppression(
            address_hash=address_hash or "",
            address=known.address,
            reason=reason,
            evidence=f"{report.status} {report.evidence}".strip(),
            created_at=report.received_at,
        ),
    )


def _unsubscribe(
    connection: Connection, report: NewReport, known: Subscriber, reason: str, source: str
) -> None:
    event = ConsentEvent(
        subscriber_id=known.id,
        kind=ConsentEventKind.UNSUBSCRIBED,
        at=report.received_at,
        source=source,
    )
    end_subscription(connection, event, reason)


def _rename_action(connection: Connection, report: NewReport, effect: Effect) -> None:
    connection.execute(
        sa.update(schema.reports).where(_R.event_id == report.event_id).values(action=effect.value)
    )


def _history(connection: Connection, subscriber_id: int) -> History:
    soft = sa.select(_R.issue_id, _R.happened_at).where(
        _R.subscriber_id == subscriber_id, _R.counts
    )
    arrived = sa.select(_D.settled_at).where(
        schema.of_readers(subscriber_id),
        _D.state == DeliveryState.ACCEPTED.value,
        _D.settled_at.is_not(None),
    )
    return History(
        soft=tuple(
            SoftBounce(issue_id=issue_id or 0, at=at)
            for issue_id, at in connection.execute(soft.order_by(_R.happened_at))
        ),
        arrived=tuple(connection.scalars(arrived.order_by(_D.settled_at))),
    )
