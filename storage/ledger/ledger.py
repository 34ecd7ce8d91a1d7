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

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from storage.database import Database, cursor_of, schema
from storage.ledger.gates import Gates
from storage.ledger.groups import are_apart, is_usual, write_group
from storage.ledger.outcomes import doubt, settle
from storage.ledger.rescue import Rescued
from storage.ledger.rows import (
    DELIVERY,
    begin,
    give_back,
    held,
    lapsed,
    open_issues,
    put_lease,
    steady_plans,
    take,
    to_delivery,
    unsent,
    wanted,
)
from storage.model import (
    TAKEN,
    Attempt,
    Claim,
    Delivery,
    DeliveryState,
    Mailing,
    Settlement,
    Tally,
    Waiting,
)

_D = schema.deliveries.c


class Ledger:
    """Deliveries of one database. Every method is one transaction."""

    def __init__(self, database: Database, gates: Gates | None = None) -> None:
        self._database = database
        self._gates = gates or Gates()

    # ── a worker's day ───────────────────────────────────────────────────────────────────

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

    def renew(self, worker: str, *, now: datetime, lease: timedelta) -> None:
        """Keep everything this worker has claimed for another lease."""
        with self._database.transaction() as connection:
            put_lease(connection, worker, now + lease)

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
        with self._database.transaction() as connection:
            dead = lapsed(connection, now, gone)
            if not dead:
                return Rescued(returned=0, unknown=0)
            ids = held(connection, dead)
            returned = give_back(connection, dead, ids, now)
            unknown = doubt(connection, dead, ids, now, resend=resend)
            connection.execute(sa.delete(schema.workers).where(schema.workers.c.name.in_(dead)))
            return Rescued(returned=returned, unknown=unknown)

    def finish(self) -> list[int]:
        """Mark as DONE every issue whose deliveries all have their last outcome. Returns their ids.

        An issue with messages in doubt that wait for the author is done: nothing more will go out
        by itself.
        """
        c = schema.issues.c
        ours = sa.and_(_D.issue_id == c.id)
        due = sa.exists().where(ours, _D.due_at.is_not(None))
        sending = sa.exists().where(ours, _D.state == DeliveryState.SENDING.value)
        is_open = c.mailing == Mailing.OPEN.value
        with self._database.transaction() as connection:
            # Cheap by the index of due deliveries; only then the others are looked through, and
            # the due ones once more in the same statement, for a worker may just have settled.
            drained = list(connection.scalars(sa.select(c.id).where(is_open, ~due)))
            if not drained:
                return []
            done = sa.and_(c.id.in_(drained), is_open, ~due, ~sending)
            return list(
                connection.scalars(
                    sa.update(schema.issues)
                    .where(done)
                    .values(mailing=Mailing.DONE.value)
                    .returning(c.id)
                )
            )

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
                .values(unsent(now))
            )
            return bool(changed.rowcount)

    # ── gates ────────────────────────────────────────────────────────────────────────────

    def under_way(self) -> list[int]:
        """The issues whose mail is open, the earliest first."""
        with self._database.reading() as connection:
            return [issue_id for issue_id, _ in open_issues(connection)]

    def waiting(self, *, now: datetime) -> dict[int, tuple[Waiting, ...]]:
        """Why readers wait who are due, by issue; of issues that are open."""
        with self._database.reading() as connection:
            return self._gates.waiting(connection, now)

    def lets_in(self, *, now: datetime) -> bool:
        """Whether a gate lets readers in who are due and were not tried, or is to stop them."""
        if self._gates.is_open:
            return False
        with self._database.reading() as connection:
            return self._gates.lets_in(connection, now)

    def begin_anew(self, issue_id: int, *, now: datetime) -> None:
        """Prepare a paused issue for being resumed: the pause costs no reader anything.

        What its cohort has refused so far shall not pause it again, and who was tried in vain gets
        the whole time once more before being given up.
        """
        waiting = (_D.issue_id == issue_id, _D.due_at.is_not(None), _D.first_tried_at.is_not(None))
        with self._database.transaction() as connection:
            self._gates.excuse(connection, issue_id, now)
            connection.execute(
                sa.update(schema.deliveries).where(*waiting).values(first_tried_at=now)
            )

    def has_arrived(self, issue_id: int) -> bool:
        """Whether a relay has taken the issue for anybody."""
        taken = [state.value for state in TAKEN]
        query = sa.select(_D.id).where(_D.issue_id == issue_id, _D.state.in_(taken)).limit(1)
        with self._database.reading() as connection:
            return connection.scalar(query) is not None

    # ── messages in doubt ────────────────────────────────────────────────────────────────

    def resend_doubtful(self, issue_id: int, *, now: datetime) -> int:
        """Have the messages of an issue that are in doubt sent again; returns how many.

        They are due at once. An issue that was done is being mailed again; a paused one stays
        paused, and of one that was taken back nothing is resent.
        """
        c = schema.issues.c
        mailed = (Mailing.OPEN.value, Mailing.PAUSED.value, Mailing.DONE.value)
        with self._database.transaction() as connection:
            mailing = connection.scalar(
                sa.select(c.mailing).where(c.id == issue_id).with_for_update()
            )
            if mailing not in mailed:
                return 0
            count = connection.execute(
                sa.update(schema.deliveries).where(_doubtful(issue_id)).values(due_at=now)
            ).rowcount
            if count and mailing == Mailing.DONE.value:
                connection.execute(
                    sa.update(schema.issues)
                    .where(c.id == issue_id)
                    .values(mailing=Mailing.OPEN.value)
                )
            return count

    def accept_doubtful(self, issue_id: int, *, now: datetime) -> int:
        """Settle the messages of an issue that are in doubt as accepted; returns how many."""
        with self._database.transaction() as connection:
            return connection.execute(
                sa.update(schema.deliveries)
                .where(_doubtful(issue_id))
                .values(
                    state=DeliveryState.ACCEPTED.value,
                    due_at=None,
                    settled_at=now,
                    reason="was in doubt; taken as accepted by the author",
                )
            ).rowcount

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
        """The deliveries of an issue, in the order they were queued; read in portions.

        They are queued in the order of their readers, which is that of an index: a portion costs
        the same wherever in a million it begins.
        """
        last = 0
        while rows := self._portion(issue_id, state, last):
            yield from map(to_delivery, rows)
            last = rows[-1].subscriber_id

    def _portion(
        self, issue_id: int, state: DeliveryState | None, last: int
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        query = (
            sa.select(*DELIVERY)
            .join(schema.subscribers, schema.subscribers.c.id == _D.subscriber_id)
            .where(_D.issue_id == issue_id, _D.subscriber_id > last)
            .order_by(_D.subscriber_id)
            .limit(1000)
        )
        if state is not None:
            query = query.where(_D.state == state.value)
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """The tries of a delivery that did not end in acceptance, first to last."""
        table = schema.attempts
        query = sa.select(table).where(table.c.delivery_id == delivery_id).order_by(table.c.number)
        with self._database.reading() as connection:
            return [
                Attempt(**{**row, "state": DeliveryState(row["state"])})
                for row in connection.execute(query).mappings()
            ]


def _doubtful(issue_id: int) -> sa.ColumnElement[bool]:
    """Of an issue what the relay may or may not have (RFC 1047), waiting or due to be resent."""
    return sa.and_(_D.issue_id == issue_id, _D.state == DeliveryState.UNKNOWN.value)
