"""The ledger of deliveries as a worker sees it: claim, begin, settle, release, what comes next.

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

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from storage.database import Database, cursor_of, schema
from storage.ledger.domains import find_paused, put_pause
from storage.ledger.gates import Gates
from storage.ledger.groups import are_apart, is_usual, write_group
from storage.ledger.mailings import pause_mail
from storage.ledger.outcomes import settle
from storage.ledger.rescue import put_lease
from storage.ledger.rows import (
    begin,
    give_back,
    held,
    on_the_wire,
    open_issues,
    steady_plans,
    take,
    wanted,
)
from storage.model import (
    TAKEN,
    Claim,
    DeliveryState,
    Mailing,
    Settlement,
)

_D = schema.deliveries.c


class Ledger:
    """The deliveries of one database, for whoever sends them. Every method is one transaction."""

    def __init__(self, database: Database, gates: Gates | None = None) -> None:
        self._database = database
        self._gates = gates or Gates()

    def claim(self, worker: str, *, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
        """Take up to `limit` due deliveries: confirmations first, then issues, oldest first.

        They are this worker's until its lease ends; several workers never get the same one. Whom
        a gate holds back is not claimed.
        """
        with self._database.transaction() as connection:
            rooms = self._gates.pass_through(connection, now)
            steady_plans(connection)
            put_lease(connection, worker, now + lease)
            claims = take(connection, worker, None, now, limit)
            for issue in open_issues(connection) if len(claims) < limit else ():
                claims += rooms.take(connection, worker, issue, now, limit - len(claims))
                if len(claims) >= limit:
                    break
            return claims

    def record(
        self,
        worker: str,
        settlements: Sequence[Settlement],
        begins: Collection[int],
        asks: Collection[int] = (),
        *,
        now: datetime,
    ) -> frozenset[int]:
        """Record outcomes and mark the next deliveries as on the wire, in one transaction.

        Returns those of `begins` that may be sent: still this worker's, still wanted and not
        begun before; and of `asks`, about to be announced, those that are still wanted now. The
        others are no longer its claims. A settlement of a delivery that is not
        this worker's any more changes nothing. So the whole call may be repeated, with the same
        `now`, by a caller who could not hear the answer.

        Usually all outcomes are acceptances and all begins and asks are granted; that is one short
        trip. Those that are not granted are given back in a second transaction.
        """
        usual = [one for one in settlements if is_usual(one)]
        if len(usual) < len(settlements) or not are_apart(usual, begins, asks):
            return self._record_closely(worker, settlements, begins, asks, now)
        is_sqlite = self._database.is_sqlite
        granted = self._database.direct(
            lambda cursor: write_group(
                cursor, worker, usual, begins, asks, now, is_sqlite=is_sqlite
            )
        )
        if len(granted) < len(begins) + len(asks):
            self.release(worker, now=now, delivery_ids={*begins, *asks} - granted)
        return granted

    def _record_closely(
        self,
        worker: str,
        settlements: Sequence[Settlement],
        begins: Collection[int],
        asks: Collection[int],
        now: datetime,
    ) -> frozenset[int]:
        usual = [one for one in settlements if is_usual(one)]
        others = [one for one in settlements if not is_usual(one)]
        with self._database.transaction() as connection:
            steady_plans(connection)
            if usual:
                is_sqlite = self._database.is_sqlite
                write_group(cursor_of(connection), worker, usual, (), (), now, is_sqlite=is_sqlite)
            if others:
                settle(connection, worker, others)
            granted = begin(connection, worker, begins, now) if begins else frozenset()
            return granted | wanted(connection, worker, asks, now) if asks else granted

    def renew(
        self, worker: str, *, now: datetime, lease: timedelta, begun: Collection[int] = ()
    ) -> frozenset[int]:
        """Keep everything this worker has claimed for another lease.

        Returns those of `begun` that are still on its wire: the others were rescued while it was
        away, and may be on another worker's.
        """
        with self._database.transaction() as connection:
            put_lease(connection, worker, now + lease)
            return on_the_wire(connection, worker, begun)

    def release(
        self, worker: str, *, now: datetime, delivery_ids: Collection[int] | None = None
    ) -> int:
        """Give back what was claimed and not begun (all of it, or these). No attempt is used."""
        with self._database.transaction() as connection:
            ids = held(connection, [worker]) if delivery_ids is None else delivery_ids
            return give_back(connection, [worker], ids, now)

    def retire(self, worker: str, *, now: datetime) -> int:
        """An orderly end: give back what was not begun, and the lease.

        If something begun was never settled, the lease only ends, so that a rescue finds it.
        """
        self._database.rest()
        c = schema.workers.c
        with self._database.transaction() as connection:
            ids = held(connection, [worker])
            returned = give_back(connection, [worker], ids, now)
            if returned < len(ids):
                put_lease(connection, worker, now)
            else:
                connection.execute(sa.delete(schema.workers).where(c.name == worker))
            return returned

    def standing(self, delivery_id: int) -> DeliveryState | None:
        """The state a delivery is in now; None when it was erased with its reader."""
        with self._database.reading() as connection:
            state = connection.scalar(sa.select(_D.state).where(_D.id == delivery_id))
            return None if state is None else DeliveryState(state)

    # ── what is to come ──────────────────────────────────────────────────────────────────

    def next_due(self, *, now: datetime | None = None) -> datetime | None:
        """When the next delivery may be claimed; None while there is none to come.

        With `now` the gates count: what they hold back is due when they open.
        """
        c = schema.issues.c
        earliest = sa.select(sa.func.min(_D.due_at)).where(_D.due_at.is_not(None))
        of_issue = earliest.where(_D.issue_id == c.id).correlate(schema.issues).scalar_subquery()
        of_issues = sa.select(sa.func.min(of_issue)).where(c.mailing == Mailing.OPEN.value)
        with self._database.reading() as connection:
            found = (
                connection.scalar(earliest.where(_D.issue_id.is_(None))),
                connection.scalar(of_issues)
                if now is None or self._gates.is_open
                else self._gates.next_due(connection, now),
            )
            return min((due for due in found if due is not None), default=None)

    def pause_issue(self, issue_id: int, reason: str, *, now: datetime) -> bool:
        """Stop an issue where it is; claimed deliveries that have not begun go back to the queue.

        False when it was not open.
        """
        with self._database.transaction() as connection:
            return pause_mail(connection, issue_id, reason, now)

    def pause_domain(self, domain: str, *, until: datetime) -> None:
        """Remember that the readers of a domain are not to be mailed until then."""
        with self._database.transaction() as connection:
            put_pause(connection, domain, until)

    def paused_domains(self, *, now: datetime) -> dict[str, datetime]:
        """Domains whose readers are not to be mailed now, and until when."""
        with self._database.reading() as connection:
            return find_paused(connection, now)

    def lets_in(self, *, now: datetime) -> bool:
        """Whether a gate lets readers in who are due and were not tried, or is to stop them."""
        if self._gates.is_open:
            return False
        with self._database.reading() as connection:
            return self._gates.lets_in(connection, now)

    def has_arrived(self, issue_id: int) -> bool:
        """Whether a relay has taken the issue for anybody."""
        taken = [state.value for state in TAKEN]
        query = sa.select(_D.id).where(_D.issue_id == issue_id, _D.state.in_(taken)).limit(1)
        with self._database.reading() as connection:
            return connection.scalar(query) is not None
