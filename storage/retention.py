"""Letting go of what served its time, in portions: nobody waits for long behind one.

What is kept for ever is told in docs/operations.md. Each method is one transaction, and returns how many
rows went: fewer than `limit` when there are no more.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from storage.database import UNFOLDED, Database, Facts, schema
from storage.model import DeliveryState, SubscriberState

_A = schema.attempts.c
_D = schema.deliveries.c
_R = schema.reports.c
_S = schema.subscribers.c
_E = schema.consent_events.c
_F = schema.feed_readers.c


class Retention:
    """What is old in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def attempts(self, *, before: datetime, limit: int) -> int:
        """Forget what relays said to tries before then; how the delivery ended stays.

        Deliveries are numbered as they come: only the lowest numbers are looked at.
        """
        oldest = sa.select(_A.delivery_id, _A.at)
        oldest = oldest.order_by(_A.delivery_id, _A.number).limit(limit)
        with self._database.reading() as connection:
            ids = {row[0] for row in connection.execute(oldest) if row[1] < before}
        if not ids:
            return 0
        # By delivery: pairs of delivery and number would be compared with every row there is.
        gone = sa.delete(schema.attempts).where(_A.delivery_id.in_(ids), _A.at < before)
        with self._database.transaction() as connection:
            return connection.execute(gone).rowcount

    def singles(self, *, before: datetime, limit: int) -> int:
        """Forget confirmations and other mail of no issue that was queued before then and is over."""
        is_over = sa.and_(_D.due_at.is_(None), _D.state != DeliveryState.SENDING.value)
        old = sa.and_(_D.issue_id.is_(None), _D.queued_at < before, is_over)
        return self._let_go(schema.deliveries, old, limit)

    def unconfirmed(self, *, before: datetime, limit: int) -> int:
        """Forget who asked to join before then, and not since, and never confirmed.

        Not who was a reader once: that they left must not be forgotten.
        """
        asked = sa.exists().where(_E.subscriber_id == _S.id, _E.at >= before)
        issues = sa.select(schema.issues.c.id)
        mailed = sa.exists().where(_D.issue_id.in_(issues), _D.subscriber_id == _S.id)
        old = sa.and_(
            _S.state == SubscriberState.PENDING.value,
            _S.created_at < before,
            _S.confirmed_at.is_(None),
            _S.unsubscribed_at.is_(None),
            ~asked,
            ~mailed,
        )
        return self._let_go(schema.subscribers, old, limit, with_mail=True)

    def reports(self, *, before: datetime, limit: int) -> int:
        """Forget reports that came before then; what followed from them stays, with its evidence."""
        return self._let_go(schema.reports, _R.received_at < before, limit)

    def feed_readers(self, *, before: datetime, limit: int) -> int:
        """Forget what aggregators said of days before then."""
        with self._database.reading() as connection:
            oldest = sa.select(_F.day).order_by(_F.day).limit(limit)
            days = {day for day in connection.scalars(oldest) if day < before.date().isoformat()}
        if not days:
            return 0
        with self._database.transaction() as connection:
            gone = sa.delete(schema.feed_readers).where(_F.day.in_(days))
            return connection.execute(gone).rowcount

    def finish_erasing(self) -> bool:
        """Empty SQLite's log of what was erased, if that had to wait; whether nothing waits any more."""
        facts = Facts(self._database)
        if facts.get(UNFOLDED) in (None, "0"):
            return True
        facts.put(UNFOLDED, "0")
        if self._database.fold():
            return True
        facts.put(UNFOLDED, "1")
        return False

    def _let_go(
        self, table: sa.Table, old: sa.ColumnElement[bool], limit: int, *, with_mail: bool = False
    ) -> int:
        number = table.c.id
        with self._database.reading() as connection:  # mostly there is nothing, and nobody waits
            query = sa.select(number).where(old).order_by(number).limit(limit)
            numbers = list(connection.scalars(query))
        if not numbers:
            return 0
        with self._database.transaction() as connection:
            gone = sa.delete(table).where(number.in_(numbers), old)
            if not with_mail:
                return connection.execute(gone).rowcount
            ids = list(connection.scalars(gone.returning(number)))
            # Only now: who queues mail for one of them holds the row until it is there.
            theirs = sa.and_(_D.issue_id.is_(None), _D.subscriber_id.in_(ids))
            connection.execute(sa.delete(schema.deliveries).where(theirs))
            return len(ids)
