"""Letting go of what served its time, in portions: nobody waits for long behind one.

What is kept for ever is told in docs/operations.md. Each method is one transaction, and returns how many
rows went: fewer than `limit` when there are no more.
"""

from __future__ import annotations

from collections.abc import Collection
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
        """Forget whoever asked to join before then, and not since, and never confirmed.

        Not those who were readers once: that they left must not be forgotten.
        """
        asked = sa.exists().where(_E.subscriber_id == _S.id, _E.at >= before)
        old = sa.and_(
            _S.state == SubscriberState.PENDING.value,
            _S.created_at < before,
            _S.confirmed_at.is_(None),
            _S.unsubscribed_at.is_(None),
            ~asked,
        )
        ids = self._oldest(schema.subscribers, old, limit)
        if ids:
            ids -= self._mailed(ids)
        if not ids:
            return 0
        with self._database.transaction() as connection:
            # Pending ones are mailed no issue: whether they were is not to be looked at again.
            gone = sa.delete(schema.subscribers).where(_S.id.in_(ids), old).returning(_S.id)
            gone_ids = list(connection.scalars(gone))
            # Only now: whoever queues mail for one of them holds the row until it is there.
            theirs = sa.and_(_D.issue_id.is_(None), _D.subscriber_id.in_(gone_ids))
            connection.execute(sa.delete(schema.deliveries).where(theirs))
        return len(gone_ids)

    def _mailed(self, ids: Collection[int]) -> set[int]:
        """Those of these readers for whom an issue was ever queued."""
        which = sa.and_(schema.of_readers(*ids), _D.issue_id.is_not(None))
        with self._database.reading() as connection:
            return set(connection.scalars(sa.select(_D.subscriber_id).where(which).distinct()))

    def signups(self, *, before: datetime, limit: int) -> int:
        """Forget sign-ups that were decided and came before then, with the keys of their addresses."""
        c = schema.signups.c
        old = sa.select(c.id).where(c.at < before, c.handled_at.is_not(None))
        with self._database.reading() as connection:
            ids = list(connection.scalars(old.order_by(c.at).limit(limit)))
        if not ids:
            return 0
        with self._database.transaction() as connection:
            return connection.execute(sa.delete(schema.signups).where(c.id.in_(ids))).rowcount

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

    def _let_go(self, table: sa.Table, old: sa.ColumnElement[bool], limit: int) -> int:
        numbers = self._oldest(table, old, limit)
        if not numbers:
            return 0
        with self._database.transaction() as connection:
            gone = sa.delete(table).where(table.c.id.in_(numbers), old)
            return connection.execute(gone).rowcount

    def _oldest(self, table: sa.Table, old: sa.ColumnElement[bool], limit: int) -> set[int]:
        """The first of these by number; mostly there is nothing, and nobody waits."""
        query = sa.select(table.c.id).where(old).order_by(table.c.id).limit(limit)
        with self._database.reading() as connection:
            return set(connection.scalars(query))
