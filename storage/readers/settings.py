"""What readers decide for themselves: name, wishes, a feed of their own; and all that is kept of one.

One method, one transaction. A reader's row is kept from others until it is written, so that what was
decided on it holds; each change is a line of the reader's history.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from storage.database import Database, schema
from storage.ledger import change_pace, count_gathered, stop_issues
from storage.model import ConsentEvent, ConsentEventKind, KeptMail, KeptReport, Subscriber, Wishes
from storage.readers.rows import (
    find_subscriber,
    keep_event,
    update_subscriber,
    wait_for_queueing,
    wish_columns,
)

_S = schema.subscribers.c
_E = schema.consent_events.c


class ReaderSettings:
    """The settings of the readers of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def looking(self) -> AbstractContextManager[None]:
        """Within it all that is read of this database in this thread is one consistent look."""
        return self._database.looking()

    def change(self, subscriber_id: int, name: str, wishes: Wishes, event: ConsentEvent) -> bool:
        """Keep name and wishes as they are from now on; False when there is no such reader.

        Later issues follow them. A new pace also holds for what waits for a digest, and a pause
        stops what is queued and not on the wire.
        """
        with self._database.transaction() as connection:
            wait_for_queueing(connection)
            known = find_subscriber(connection, _S.id == subscriber_id, to_change=True)
            if known is None:
                return False
            update_subscriber(connection, subscriber_id, {"name": name, **wish_columns(wishes)})
            if wishes.pace is not known.wishes.pace:
                change_pace(connection, subscriber_id, wishes.pace, event.at)
            if _is_paused(wishes, event.at) and not _is_paused(known.wishes, event.at):
                stop_issues(connection, subscriber_id, "the reader paused")
            keep_event(connection, replace(event, subscriber_id=subscriber_id))
            return True

    def set_feed(self, subscriber_id: int, feed_key: str, event: ConsentEvent) -> bool:
        """Give the reader's own feed this key, and with an empty one none; False without a reader."""
        with self._database.transaction() as connection:
            wait_for_queueing(connection)
            if find_subscriber(connection, _S.id == subscriber_id, to_change=True) is None:
                return False
            update_subscriber(connection, subscriber_id, {"feed_key": feed_key})
            keep_event(connection, replace(event, subscriber_id=subscriber_id))
            return True

    def of_feed(self, feed_key: str) -> Subscriber | None:
        """The reader whose feed has this key; None for an empty one."""
        if not feed_key:
            return None
        with self._database.reading() as connection:
            # Said twice, so that the partial index is used.
            return find_subscriber(connection, sa.and_(_S.feed_key == feed_key, _S.feed_key != ""))

    def moving_to(self, subscriber_id: int) -> str:
        """The address that waits to be confirmed in the place of the reader's; empty without one."""
        query = sa.select(_S.address).where(_S.moves == subscriber_id, _S.state == "pending")
        with self._database.reading() as connection:
            return connection.scalar(query.order_by(_S.id.desc())) or ""

    def count_moves(self, subscriber_id: int, *, since: datetime) -> int:
        """How often the reader asked for another address since then."""
        c = schema.signups.c
        query = sa.select(sa.func.count()).where(c.moves == subscriber_id, c.at >= since)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def count_changes(self, subscriber_id: int, *, since: datetime) -> int:
        """How often the reader changed anything since then."""
        query = sa.select(sa.func.count()).where(
            _E.subscriber_id == subscriber_id,
            _E.kind == ConsentEventKind.CHANGED.value,
            _E.at >= since,
        )
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def count_waiting(self, subscriber_id: int) -> int:
        """How many issues wait for this reader's next digest."""
        with self._database.reading() as connection:
            return count_gathered(connection, subscriber_id)

    def mails(self, subscriber_id: int) -> list[KeptMail]:
        """Every mail that was queued for a reader, the oldest first."""
        d, i = schema.deliveries.c, schema.issues.c
        query = (
            sa.select(
                *(d.kind, d.state, d.queued_at, d.settled_at, d.attempts),
                *(d.code, d.status, d.reply, d.reason),
                sa.func.coalesce(i.slug, "").label("issue"),
            )
            .outerjoin(schema.issues, i.id == d.issue_id)
            .where(schema.of_readers(subscriber_id))
            .order_by(d.id)
        )
        with self._database.reading() as connection:
            return [KeptMail(**row) for row in connection.execute(query).mappings()]

    def reports(self, subscriber_id: int) -> list[KeptReport]:
        """What came back of mail to a reader, the oldest first."""
        r = schema.reports.c
        query = (
            sa.select(r.kind, r.action, r.status, r.happened_at, r.evidence)
            .where(r.subscriber_id == subscriber_id)
            .order_by(r.id)
        )
        with self._database.reading() as connection:
            return [KeptReport(**row) for row in connection.execute(query).mappings()]


def _is_paused(wishes: Wishes, now: datetime) -> bool:
    return wishes.paused_until is not None and wishes.paused_until > now
