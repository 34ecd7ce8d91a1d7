"""Readers' domains as the dispatcher uses them: how many connections at once, and how fast."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from mailer.dispatch.dispatcher import Dispatcher, Summary
from mailer.envelope import Envelope
from mailer.policy.settlement import RetryPolicy
from mailer.policy.strays import WAITS_FOR_DOMAIN
from mailer.replies.outcome import Outcome, Phase, parse_reply
from mailer.smtp.relay import Relay
from mailer.smtp.session import Exchange
from storage.database.engine import Database
from storage.model.deliveries import Claim, DeliveryState
from storage.model.issues import Issue
from storage.model.readers import ConsentEventKind
from storage.readers.gone import Gone
from tests.conftest import NOON
from tests.worlds.store import MINUTE, Store, new_subscriber

POLICY = RetryPolicy(retry=(MINUTE,), expire=timedelta(days=2))
GO_ON = parse_reply(354, "go ahead", phase=Phase.DATA)
TAKEN = parse_reply(250, "2.0.0 ok", phase=Phase.DOT)
GONE = parse_reply(550, "5.1.1 user unknown", phase=Phase.RCPT)
PUT_OFF = parse_reply(450, "4.7.28 unusual rate of mail", phase=Phase.RCPT)


@pytest.fixture
def store(database: Database) -> Store:
    """The rooms of a fresh database, on each engine in turn."""
    return Store(database)


def fill(claim: Claim) -> Envelope:
    """A short letter."""
    return Envelope(sender="b@news.test", recipient=claim.address, content=b"Hi: x\r\n\r\ny\r\n")


def publish(store: Store, readers: dict[str, int]) -> Issue:
    """An issue for so many readers at each domain, in turn."""
    addresses = [f"reader{n}@{domain}" for domain, count in readers.items() for n in range(count)]
    addresses.sort()
    store.subscribers.add(
        [
            new_subscriber(n, address=address, key=address, hash=address)
            for n, address in enumerate(addresses)
        ],
        kind=ConsentEventKind.ADDED,
    )
    return store.publish()


class World:
    """A relay that passes on what the domains say, and time, moved by those who wait for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.open = 0
        self.busy: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.tried: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.pace: dict[str, float] = {}
        """Seconds that a domain wants between two messages; it puts off what comes sooner."""
        self.astray: set[str] = set()
        """Domains that know nobody any more."""
        self._last: dict[str, float] = {}
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = 0

    def clock(self) -> float:
        """Monotonic seconds."""
        return self.now

    def wall(self) -> datetime:
        """The same as a time of day."""
        return NOON + timedelta(seconds=self.now)

    async def sleep(self, seconds: float) -> None:
        """Returns when the clock has come so far."""
        self._order += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, self._order, woken))
        self.look()
        await woken

    def look(self) -> None:
        """Moves the clock to the next sleeper if all are asleep."""
        self._sleepers = [one for one in self._sleepers if not one[2].done()]
        heapq.heapify(self._sleepers)
        if self._sleepers and len(self._sleepers) >= self.open:
            self.now, _, woken = heapq.heappop(self._sleepers)
            woken.set_result(None)

    def answer(self, envelope: Envelope) -> Outcome:
        """What the reader's domain says to RCPT."""
        domain = envelope.recipient.rpartition("@")[2]
        self.tried[domain] += 1
        if domain in self.astray:
            return GONE
        last, self._last[domain] = self._last.get(domain, -9e9), self.now
        return PUT_OFF if self.now - last < self.pace.get(domain, 0) else GO_ON


class Door:
    """A session with that relay; a round trip takes a tenth of a second."""

    usable = True
    sent = 0

    def __init__(self, world: World) -> None:
        self._world = world
        self._at: set[str] = set()
        world.open += 1

    def examine(self, envelope: Envelope) -> Outcome | None:
        """Everything can be sent."""

    def _be_at(self, *envelopes: Envelope | None) -> None:
        at = {one.recipient.rpartition("@")[2] for one in envelopes if one is not None}
        self._world.busy.subtract(self._at)
        self._world.busy.update(at)
        self._world.most |= self._world.busy
        self._at = at

    async def exchange(self, ready: Envelope | None, following: Envelope | None) -> Exchange:
        """Takes what is ready; announces the next to its domain."""
        self._be_at(ready, following)
        await self._world.sleep(0.1)
        if ready is not None:
            self._world.taken[ready.recipient] += 1
        announced = self._world.answer(following) if following is not None else None
        self._be_at(following if announced is GO_ON else None)
        return Exchange(TAKEN if ready is not None else None, announced)

    def abandon(self) -> None:
        """Never called."""
        raise AssertionError

    async def close(self) -> None:
        """One less is waited for."""
        self._be_at()
        self._world.open -= 1
        self._world.look()


def dispatcher(
    store: Store,
    world: World,
    *,
    connections: int,
    bound: int = 0,
    progress: Callable[[Summary], None] | None = None,
) -> Dispatcher:
    """A worker in that world."""

    async def connect(relay: Relay) -> Door:
        return Door(world)

    return Dispatcher(
        store.ledger,
        [Relay(host="relay.test", port=25, connections=connections)],
        fill,
        POLICY,
        worker="w",
        clock=world.wall,
        connect=connect,
        sleep=world.sleep,
        monotonic=world.clock,
        domain_connections=bound,
        progress=progress,
    )


def test_no_more_connections_than_configured_are_busy_with_a_domain(store: Store) -> None:
    """The others send to other domains meanwhile, and everybody gets one (rule B17)."""
    publish(store, {"big.test": 60, "small.test": 30})
    world = World()
    summary = asyncio.run(dispatcher(store, world, connections=6, bound=2).drain())
    assert summary == Summary(accepted=90)
    assert world.most == {"big.test": 2, "small.test": 2}
    assert set(world.taken.values()) == {1}


def test_without_a_bound_all_connections_may_be_busy_with_one_domain(store: Store) -> None:
    """0, the default, leaves the domains to the relay."""
    publish(store, {"big.test": 60})
    world = World()
    assert asyncio.run(dispatcher(store, world, connections=6).drain()) == Summary(accepted=60)
    assert world.most["big.test"] > 2


# An hour of the clock, hundreds of tries: the database has no part in the pace.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_domain_that_puts_mail_off_is_slowed_and_nobody_is_lost(
    store: Store, *, slow: bool
) -> None:
    """It converges on what the domain takes; other domains do not wait for it (rule B18). With --slow that is shown of
    240 readers.
    """
    picky, fast = (240, 60) if slow else (80, 20)
    issue = publish(store, {"fast.test": fast, "picky.test": picky})
    world = World()
    world.pace["picky.test"] = 0.4
    stop = asyncio.Event()
    fast_done: list[float] = []

    def see(summary: Summary) -> None:
        if not fast_done and sum("fast" in address for address in world.taken) == fast:
            fast_done.append(world.now)
        if summary.accepted == picky + fast:
            stop.set()

    async def scenario() -> None:
        await asyncio.wait_for(
            dispatcher(store, world, connections=4, bound=4, progress=see).run(stop), 240
        )

    asyncio.run(scenario())
    assert store.overview.tally(issue.id).counts == {DeliveryState.ACCEPTED: picky + fast}
    assert set(world.taken.values()) == {1}
    assert world.tried["fast.test"] == fast
    assert fast_done[0] < world.now / 10
    assert world.tried["picky.test"] < picky * 2.5
    assert world.now < picky / 8 * 60


def test_a_delivery_that_is_held_back_uses_no_attempt(store: Store) -> None:
    """Who was not tried has no try on record, a reason, and a later time (rule B18)."""
    issue = publish(store, {"shut.test": 400})
    world = World()
    world.pace["shut.test"] = 1e9
    world.answer = lambda envelope: PUT_OFF  # type: ignore[method-assign]
    summary = asyncio.run(dispatcher(store, world, connections=4, bound=4).drain())
    assert summary == Summary(deferred=400)
    untried = [one for one in store.overview.deliveries(issue.id) if not one.attempts]
    assert len(untried) > 100
    assert {one.reason for one in untried} != {""}
    assert all(one.due_at is not None and one.due_at > NOON for one in untried)
    assert max(one.due_at for one in untried if one.due_at) - NOON <= timedelta(minutes=8)


@pytest.mark.parametrize("bound", [0, 2])
def test_a_domain_that_knows_nobody_is_paused_alone(store: Store, bound: int) -> None:
    """Of 120 readers a few dozen are lost, the others wait; other domains go on (rule B5)."""
    world = World()
    world.astray = {"one.example"}
    issue = publish(store, {"one.example": 120, "two.example": 120})
    asyncio.run(dispatcher(store, world, connections=3, bound=bound).drain())
    lost = len(store.subscribers.suppressions())
    assert 25 <= lost <= 30
    assert world.tried["one.example"] <= 35
    tally = store.overview.tally(issue.id)
    assert tally[DeliveryState.ACCEPTED] == 120
    assert tally[DeliveryState.DEFERRED] + tally[DeliveryState.QUEUED] >= 85


def test_a_pause_is_remembered_until_it_is_lifted(store: Store) -> None:
    """Another start does not ask again; who lifts what bounced lifts the pause, and who waited for that
    is mailed at once (rule B5).
    """
    world = World()
    world.astray = {"one.example"}
    publish(store, {"one.example": 100})
    asyncio.run(dispatcher(store, world, connections=1).drain())
    tried = world.tried["one.example"]
    world.astray, world.now = set(), 7200.0
    asyncio.run(dispatcher(store, world, connections=1).drain())
    assert world.tried["one.example"] == tried
    gone = Gone(store.database)
    lift = partial(gone.lift, NOON, waiting=WAITS_FOR_DOMAIN, now=world.wall())
    assert lift("two.example") == 0
    assert store.ledger.next_due() > world.wall(), "another domain's lift changes nothing"
    assert lift("one.example") >= 25
    assert not store.subscribers.suppressions()
    asyncio.run(dispatcher(store, world, connections=1).drain())
    assert sum(world.taken.values()) == 100 - tried


@pytest.mark.parametrize("bound", [0, 2])
def test_a_pause_ends_before_a_large_domain_fills_the_memory(store: Store, bound: int) -> None:
    """Who waits for a paused domain is put off in portions, and who is behind them goes on (rule B5)."""
    store.ledger.pause_domain("one.example", until=NOON + timedelta(days=1))
    issue = publish(store, {"one.example": 3000, "two.example": 5})
    world = World()
    asyncio.run(dispatcher(store, world, connections=2, bound=bound).drain())
    tally = store.overview.tally(issue.id)
    assert (tally[DeliveryState.ACCEPTED], tally[DeliveryState.DEFERRED]) == (5, 3000)
    assert not world.tried["one.example"]


def test_a_small_domain_that_died_is_cleaned(store: Store) -> None:
    """Twenty readers whose domain knows them no more are never mailed again (rule C6)."""
    world = World()
    world.astray = {"small.example"}
    publish(store, {"small.example": 20, "two.example": 50})
    asyncio.run(dispatcher(store, world, connections=2).drain())
    assert len(store.subscribers.suppressions()) == 20
