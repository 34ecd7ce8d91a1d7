"""The gates under whatever workers do: claim, begin, settle, give back, die; and days that pass."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.policy.cohort import Cohort
from mailer.policy.warmup import WarmUp
from storage.database import schema
from storage.database.engine import Database
from storage.ledger.gates import Gates
from storage.ledger.ledger import Ledger
from storage.model.deliveries import DeliveryState
from storage.model.issues import Mailing
from tests.conftest import NOON
from tests.sizes import examples
from tests.worlds.store import LEASE, Store, settled

READERS = 60
FIRST = 4
SIZE = 15
D = schema.deliveries.c

Act = tuple[str, str, int]
ACTS = st.tuples(
    st.sampled_from(["claim", "claim", "begin", "settle", "refuse", "retire", "die", "day"]),
    st.sampled_from(["one", "two"]),
    st.integers(1, 20),
)


class World:
    """Two workers behind gates, and what was first tried on which day, as the test saw it."""

    def __init__(self, folder: Path, gates: Callable[[], Gates]) -> None:
        self.database = Database.open(f"sqlite:///{folder / 'n.db'}")
        self.database.prepare()
        self.store = Store(self.database)
        self.store.join(READERS)
        self.issue = self.store.publish()
        # Each worker is a process of its own: it shares nothing but the database.
        self.ledgers = {name: Ledger(self.database, gates()) for name in ("one", "two")}
        self.now: datetime = NOON
        self.claimed: dict[str, list[int]] = {"one": [], "two": []}
        self.begun: dict[str, list[int]] = {"one": [], "two": []}
        self.carried = 0
        """Claims that were carried over the last midnight: they were allowed the day before."""

    def act(self, what: str, worker: str, count: int) -> None:
        """One step of one worker."""
        self.now += timedelta(seconds=1)
        ledger, claimed, begun = self.ledgers[worker], self.claimed[worker], self.begun[worker]
        if what == "claim":
            claims = ledger.claim(worker, now=self.now, limit=count, lease=LEASE)
            claimed += [claim.delivery_id for claim in claims]
        elif what == "begin":
            ids, claimed[:] = claimed[:count], claimed[count:]
            begun += sorted(ledger.record(worker, [], ids, now=self.now))
        elif what in ("settle", "refuse"):
            ids, begun[:] = begun[:count], begun[count:]
            good = what == "settle"
            state = DeliveryState.ACCEPTED if good else DeliveryState.REJECTED
            outcomes = [settled(one, state, at=self.now) for one in ids]
            ledger.record(worker, outcomes, [], now=self.now)
        elif what == "retire":
            ledger.retire(worker, now=self.now)
            claimed.clear()
        elif what == "die":
            self.store.rescuer.rescue(now=self.now, resend=bool(count % 2), gone={worker})
            claimed.clear()
            begun.clear()
        else:
            self.now += timedelta(days=1)
            self.carried = sum(len(ids) for ids in self.claimed.values())

    def days(self) -> list[int]:
        """Readers by the day they were tried first, from the rows; who is claimed counts today."""
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(D.state, D.first_tried_at)).all()
        today = self.now.date()
        counts = [0] * ((today - NOON.date()).days + 1)
        for row in rows:
            if row.first_tried_at is not None:
                counts[(row.first_tried_at.date() - NOON.date()).days] += 1
            elif row.state == DeliveryState.SENDING.value:
                counts[-1] += 1
        return counts

    def mailing(self) -> Mailing:
        """How the issue stands."""
        return self.store.issues.get(self.issue.id).mailing


def play(acts: list[Act], gates: Callable[[], Gates], check: Callable[[World], None]) -> None:
    """Does all acts in a fresh world, and checks it after each."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), gates)
        try:
            for act in acts:
                world.act(*act)
                check(world)
        finally:
            world.database.close()


@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTS, min_size=10, max_size=40))
def test_no_day_is_ever_overdrawn(acts: list[Act]) -> None:
    """Whatever happens, a day tries no more readers than twice the busiest before it (rule B17)."""

    def check(world: World) -> None:
        *before, today = world.days()
        assert today <= max(FIRST, 2 * max(before, default=0), world.carried)

    play(acts, lambda: Gates(warmup=WarmUp(first=FIRST, timezone="UTC")), check)


@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTS.filter(lambda act: act[0] != "day"), min_size=10, max_size=40))
def test_nobody_beyond_the_cohort_is_tried_before_the_wait_is_over(acts: list[Act]) -> None:
    """Two workers that crash and come back try no more than the cohort, and stop when it refuses."""
    cohort = Cohort(size=SIZE, wait=timedelta(hours=1), refusals=0.2)

    def check(world: World) -> None:
        assert sum(world.days()) <= SIZE
        rejected = world.store.overview.tally(world.issue.id)[DeliveryState.REJECTED]
        if rejected > cohort.bearable():
            world.act("claim", "two", 1)
            assert world.mailing() is Mailing.PAUSED

    play(acts, lambda: Gates(cohort=cohort), check)
