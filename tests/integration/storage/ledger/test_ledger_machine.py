"""Any order of anything: whatever happens to a ledger, its rows only move as TRANSITIONS allow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from storage.database import schema
from storage.database.engine import Database
from storage.ledger.moves import fold
from storage.model.deliveries import TAKEN, TRANSITIONS, DeliveryState
from storage.model.errors import Conflict
from storage.model.issues import MAILING_TRANSITIONS, Issue, Mailing
from storage.model.readers import SuppressionReason
from storage.model.reports import Effect, NewReport
from storage.readers.reports import Reports
from tests.conftest import NOON
from tests.worlds.store import LEASE, MINUTE, Row, Store, counted, draft, kept_counts, settled

S = DeliveryState
READERS = 4
WORKERS = st.sampled_from(["a", "b"])
NUMBERS = st.integers(min_value=0, max_value=READERS - 1)
OUTCOMES = st.sampled_from([S.ACCEPTED, S.DEFERRED, S.REJECTED, S.UNKNOWN, S.EXPIRED])


def bounce(reader: int, issue_id: int, at: datetime) -> NewReport:
    """A report that a mail of an issue did not arrive."""
    return NewReport(
        event_id=f"{reader}-{at.isoformat()}",
        kind="soft",
        effect=Effect.COUNTED,
        status="4.2.2",
        issue_id=issue_id,
        subscriber_id=reader,
        happened_at=at,
        received_at=at,
        evidence="full",
        raw=None,
    )


class LedgerMachine(RuleBasedStateMachine):
    """Two workers, two issues, a few readers, and everything that can happen to them."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        with self.database.transaction() as connection:
            for table in reversed(schema.metadata.sorted_tables):
                connection.execute(sa.delete(table))
        self.store = Store(self.database)
        self.reports = Reports(self.database)
        self.now: datetime = NOON
        self.readers: list[int] = []
        self.issues: list[Issue] = []
        self.unwelcome: set[int] = set()
        self.before: dict[int, Row] = {}
        self.mailings: dict[int, Mailing] = {}

    @initialize()
    def publish(self) -> None:
        """Two issues are on their way to all readers."""
        self.readers = self.store.join(READERS)
        self.issues = [self.store.publish(name) for name in ("first", "second")]
        self.before = self.store.rows()
        self.mailings = {issue.id: issue.mailing for issue in self.issues}

    # ── what happens ─────────────────────────────────────────────────────────────────────

    @rule(worker=WORKERS, limit=st.integers(1, 6))
    def claim(self, worker: str, limit: int) -> None:
        """Only due deliveries of open issues to welcome readers are claimed."""
        claims = self.store.claim(worker, limit=limit, now=self.now)
        assert len({claim.delivery_id for claim in claims}) == len(claims) <= limit
        for claim in claims:
            assert claim.subscriber_id not in self.unwelcome
            assert claim.issue_id is not None
            assert self.store.issues.get(claim.issue_id).mailing is Mailing.OPEN

    @rule(worker=WORKERS, chosen=st.sets(st.integers(0, 2 * READERS - 1), min_size=1))
    def begin(self, worker: str, chosen: set[int]) -> None:
        """Only what this worker holds and has not begun may be sent."""
        ids = sorted(self.before)
        self.tick()
        asked = {ids[number] for number in chosen}
        granted = self.store.begin(*asked, worker=worker, now=self.now)
        for id_ in granted:
            row = self.before[id_]
            assert (row.state, row.claimed_by, row.began) == (S.SENDING, worker, False)
        for id_ in asked - granted:
            row = self.store.rows()[id_]
            assert row.claimed_by != worker or row.began

    @rule(
        worker=WORKERS, number=st.integers(0, 2 * READERS - 1), state=OUTCOMES, again=st.booleans()
    )
    def settle(self, worker: str, number: int, state: DeliveryState, again: bool) -> None:
        """An outcome of this worker's delivery is recorded, one of another's is not."""
        id_ = sorted(self.before)[number]
        resent = state is S.UNKNOWN and again
        due_at = self.now + MINUTE if resent or state is S.DEFERRED else None
        self.store.settle(settled(id_, state, due_at=due_at, counts=again), worker=worker)
        mine = self.before[id_].claimed_by == worker
        assert (self.store.rows()[id_] == self.before[id_]) is not mine

    @rule(worker=WORKERS)
    def release(self, worker: str) -> None:
        """A worker gives back what it has not begun."""
        self.store.ledger.release(worker, now=self.now)

    @rule(worker=WORKERS)
    def retire(self, worker: str) -> None:
        """A worker ends."""
        self.store.ledger.retire(worker, now=self.now)

    @rule(worker=WORKERS)
    def renew(self, worker: str) -> None:
        """A worker lives."""
        self.store.ledger.renew(worker, now=self.now, lease=LEASE)

    @rule(resend=st.booleans(), gone=st.sets(WORKERS))
    def rescue(self, resend: bool, gone: set[str]) -> None:
        """Workers are found dead, rightly or not."""
        self.store.rescuer.rescue(now=self.now, resend=resend, gone=gone)

    @rule(seconds=st.integers(1, 200))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now += timedelta(seconds=seconds)

    @rule(second=st.booleans(), resend=st.booleans())
    def decide(self, second: bool, resend: bool) -> None:
        """The author says what becomes of messages in doubt."""
        issue_id = self.issues[second].id
        if resend:
            self.store.mailings.resend_doubtful(issue_id, now=self.now)
        else:
            self.store.mailings.accept_doubtful(issue_id, now=self.now)

    @rule(number=NUMBERS)
    def report(self, number: int) -> None:
        """A bounce comes back for a reader's mail."""
        self.tick()
        self.reports.record(bounce(self.readers[number], self.issues[0].id, self.now))

    @rule()
    def fold(self) -> None:
        """The counts are summed up."""
        with self.store.database.transaction() as connection:
            fold(connection)

    @rule()
    def finish(self) -> None:
        """Only what has nothing left to send is done."""
        for issue_id in self.store.mailings.finish():
            open_states = {S.QUEUED, S.SENDING, S.DEFERRED}
            assert not open_states & set(self.store.overview.tally(issue_id).counts)

    @rule(
        second=st.booleans(),
        kind=st.sampled_from(["pause", "resume", "cancel", "withdraw", "miss"]),
    )
    def steer(self, second: bool, kind: str) -> None:
        """The author intervenes."""
        issue_id = self.issues[second].id
        if kind == "pause":
            self.store.ledger.pause_issue(issue_id, "by the author", now=self.now)
        elif kind == "resume":
            self.store.mailings.resume(issue_id, now=self.now)
        elif kind in ("withdraw", "miss"):
            self.store.issues.withdraw(issue_id, "the note is away", now=self.now)
            if kind == "withdraw":
                self.store.absences.give_up(
                    looks=0, lasting=timedelta(0), reason="gone", now=self.now
                )
            self.store.issues.restore(issue_id, draft(), updated_at=None, now=self.now)
        else:
            try:
                self.store.mailings.cancel(issue_id)
            except Conflict:
                return

    @rule(second=st.booleans())
    def mail(self, second: bool) -> None:
        """The author has an issue mailed to whoever has not had it: only what brought nothing, and
        is in no doubt, is queued again.
        """
        issue_id = self.issues[second].id
        had = self.had()
        try:
            self.store.mailings.mail_missing(issue_id, now=self.now, due_at=self.now)
        except Conflict:
            assert self.store.issues.get(issue_id).mailing is Mailing.PAUSED
        after = self.store.rows()
        assert all(after[id_] == self.before[id_] for id_ in had)
        self.before |= {id_: row for id_, row in after.items() if id_ not in self.before}

    def had(self) -> list[int]:
        """The deliveries that a reader has had, or may have had."""
        d = schema.deliveries.c
        taken = sa.or_(d.doubts > 0, d.state.in_([state.value for state in TAKEN]))
        with self.store.database.reading() as connection:
            return list(connection.scalars(sa.select(d.id).where(taken)))

    @precondition(lambda self: len(self.readers) < READERS + 2)
    @rule()
    def join(self) -> None:
        """A reader joins after the issues were published."""
        self.readers += self.store.join(1, start=len(self.readers) + 1)

    @precondition(lambda self: len(self.unwelcome) < READERS)
    @rule(number=NUMBERS, by_report=st.booleans())
    def leave(self, number: int, by_report: bool) -> None:
        """A reader unsubscribes or complains."""
        self.unwelcome.add(self.readers[number])
        if not by_report:
            self.store.leave(self.readers[number])
            return
        complaint = SuppressionReason.COMPLAINT
        self.store.subscribers.suppress(
            f"hash-{number + 1}", "x", complaint, evidence="", at=self.now
        )

    def tick(self) -> None:
        """No two begins share a moment: the clock moves on."""
        self.now += timedelta(microseconds=1)

    # ── what always holds ────────────────────────────────────────────────────────────────

    @invariant()
    def promises_hold(self) -> None:
        """After every event, in this order: the first check learns what the others look at."""
        self.rows_move_as_they_may()
        self.mailings_move_as_they_may()
        self.rows_make_sense()
        self.every_try_is_accounted_for()
        self.nothing_waits_in_a_closed_issue()
        self.kept_counts_are_the_counted_ones()

    def rows_move_as_they_may(self) -> None:
        """Rows neither come nor go, and each change of state is in the table."""
        after = self.store.rows()
        assert after.keys() == self.before.keys()
        for id_, row in after.items():
            was = self.before[id_].state
            assert row.state is was or row.state in TRANSITIONS[was], f"{was} → {row.state}"
            assert row.attempts >= self.before[id_].attempts
        self.before = after

    def mailings_move_as_they_may(self) -> None:
        """The mail of each issue goes only where its own table says, one step at a time."""
        c = schema.issues.c
        with self.store.database.reading() as connection:
            found = {
                id_: Mailing(now) for id_, now in connection.execute(sa.select(c.id, c.mailing))
            }
        assert found.keys() == self.mailings.keys()
        for id_, now in found.items():
            was = self.mailings[id_]
            assert now is was or now in MAILING_TRANSITIONS[was], f"{was} → {now}"
        self.mailings = found

    def rows_make_sense(self) -> None:
        """Due exactly while it may be claimed; held and begun only while it is being sent."""
        for row in self.before.values():
            assert S.SENDING in TRANSITIONS[row.state] or not row.due
            assert row.due or row.state not in {S.QUEUED, S.DEFERRED}
            assert (row.claimed_by is not None) == (row.state is S.SENDING)
            assert not row.began or row.state is S.SENDING

    def every_try_is_accounted_for(self) -> None:
        """The history holds every counted try but the accepted one."""
        with self.store.database.reading() as connection:
            kept = list(connection.scalars(sa.select(schema.attempts.c.delivery_id)))
        for id_, row in self.before.items():
            last = 1 if row.state is S.ACCEPTED and row.attempts > kept.count(id_) else 0
            assert kept.count(id_) == row.attempts - last

    def nothing_waits_in_a_closed_issue(self) -> None:
        """What is cancelled or done has nothing due."""
        for id_, mailing in self.mailings.items():
            if mailing in (Mailing.CANCELLED, Mailing.DONE):
                tally = self.store.overview.tally(id_)
                assert tally[S.QUEUED] == tally[S.DEFERRED] == 0

    def kept_counts_are_the_counted_ones(self) -> None:
        """What is told of an issue without a look is what a look at every delivery tells."""
        assert kept_counts(self.store) == counted(self.store)


@pytest.fixture
def examine(database: Database, slow: bool) -> Callable[[], None]:
    """Runs the machine on one engine; more and longer with --slow."""
    machine = type("Machine", (LedgerMachine,), {"database": database})
    profile = settings(
        max_examples=300 if slow else 8,
        stateful_step_count=60 if slow else 25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    return lambda: run_state_machine_as_test(machine, settings=profile)


def test_no_order_of_events_breaks_the_ledger(examine: Callable[[], None]) -> None:
    """Claims, outcomes, crashes, pauses and departures in any order keep the promises."""
    examine()
