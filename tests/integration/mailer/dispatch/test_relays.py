"""Several relays and their bounds: rate, shares, failing over and coming back."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mailer.dispatch.dispatcher import Dispatcher, Summary
from mailer.envelope import Envelope
from mailer.policy.settlement import RetryPolicy
from mailer.replies.outcome import Fault, Outcome, Phase, Verdict
from mailer.smtp.relay import Relay, Timeouts, Tls
from mailer.smtp.session import Exchange, Session
from storage.database.engine import Database
from storage.model.deliveries import Claim, DeliveryState
from storage.model.errors import RelayError
from storage.model.issues import Issue
from tests.conftest import NOON
from tests.integration.mailer.dispatch.test_relay_shares import Waiting
from tests.peers.relays.smtp import Move, Peer
from tests.worlds.store import MINUTE, Store

PATIENT = Timeouts()
"""Minutes: a busy machine is no silent relay."""
PIPELINING = "250-peer.test\r\n250-PIPELINING\r\n250 8BITMIME"
POLICY = RetryPolicy(retry=(MINUTE,), expire=48 * 60 * MINUTE)


@pytest.fixture
def store(database: Database) -> Store:
    """The rooms of a fresh database, on each engine in turn."""
    return Store(database)


def fill(claim: Claim) -> Envelope:
    """A short letter."""
    return Envelope(sender="b@news.test", recipient=claim.address, content=b"Hi: x\r\n\r\ny\r\n")


async def at_once(seconds: float) -> None:
    """A sleep that takes no time."""
    await asyncio.sleep(0)


def relay(port: int, *, connections: int = 2, rate: float = 0) -> Relay:
    """A relay on loopback."""
    return Relay(
        host="127.0.0.1", port=port, tls=Tls.NONE, ehlo="c.test", connections=connections, rate=rate
    )


def tally(store: Store, issue: Issue) -> dict[DeliveryState, int]:
    """How many deliveries of the issue are in which state."""
    return dict(store.overview.tally(issue.id).counts)


# ── rates, by a clock that only sleepers move ────────────────────────────────────────────────

ACCEPTED = Outcome(verdict=Verdict.ACCEPTED, fault=Fault.NONE, phase=Phase.DOT, code=250)


class Time:
    """Seconds that pass when every open session waits for them, and only then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.open = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = 0

    def clock(self) -> float:
        """Monotonic seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Returns when the clock has come so far."""
        self._order += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, self._order, woken))
        self.look()
        await woken

    def look(self) -> None:
        """Moves the clock to the next sleeper if all are asleep."""
        if self._sleepers and len(self._sleepers) >= self.open:
            self.now, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)


class Instant:
    """A session that takes everything in no time, and notes when."""

    usable = True
    sent = 0

    def __init__(self, time: Time, taken: list[float]) -> None:
        self._time = time
        self._taken = taken
        time.open += 1

    def examine(self, envelope: Envelope) -> Outcome | None:
        """Everything can be sent."""

    async def exchange(self, ready: Envelope | None, following: Envelope | None) -> Exchange:
        """Notes when the next message is announced: that is what the rate bounds."""
        if following is not None:
            self._taken.append(self._time.now)
        return Exchange(
            ACCEPTED if ready is not None else None, ACCEPTED if following is not None else None
        )

    def abandon(self) -> None:
        """Never called."""
        raise AssertionError

    async def close(self) -> None:
        """One sleeper less is waited for."""
        self._time.open -= 1
        self._time.look()


# The database has no part in rates.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("connections", "rate"), [(1, 4.0), (3, 4.0), (3, 0.5), (5, 7.0)])
def test_the_rate_is_met_exactly(store: Store, connections: int, rate: float) -> None:
    """Over a minute as many messages leave as configured, within 2 % or one message (rule B17)."""
    store.join(int(rate * 60 * 1.25))
    store.publish()
    time = Time()
    taken: list[float] = []

    async def connect(relay: Relay) -> Instant:
        return Instant(time, taken)

    dispatcher = Dispatcher(
        store.ledger,
        [relay(25, connections=connections, rate=rate)],
        fill,
        POLICY,
        worker="w",
        clock=lambda: NOON,
        connect=connect,
        sleep=time.sleep,
        monotonic=time.clock,
    )
    assert asyncio.run(dispatcher.drain()).accepted == len(taken)
    in_a_minute = sum(at < 60 for at in taken)
    assert abs(in_a_minute - rate * 60) <= max(0.02 * rate * 60, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_relay_has_its_own_rate(store: Store) -> None:
    """Two relays send at the sum of their rates, each at its own (rule B17)."""
    store.join(180)
    store.publish()
    time = Time()
    taken: dict[int, list[float]] = {1: [], 2: []}

    async def connect(relay: Relay) -> Instant:
        return Instant(time, taken[relay.port])

    dispatcher = Dispatcher(
        store.ledger,
        [relay(1, connections=2, rate=1), relay(2, connections=2, rate=2)],
        fill,
        POLICY,
        worker="w",
        clock=lambda: NOON,
        connect=connect,
        sleep=time.sleep,
        monotonic=time.clock,
    )
    assert asyncio.run(dispatcher.drain()).accepted == 180
    assert [len(taken[1]), len(taken[2])] == pytest.approx([60, 120], abs=2)


# ── failing over and coming back ─────────────────────────────────────────────────────────────


def dispatcher(store: Store, *peers: Peer, connections: int = 2, **changes: object) -> Dispatcher:
    """A worker for these peers, whose sleeps take no time."""
    settings: dict[str, object] = {
        "worker": "w",
        "clock": lambda: NOON,
        "sleep": at_once,
        "connect": lambda relay: Session.open(relay, PATIENT),
        **changes,
    }
    login = {"username": "ada", "password": "s3cret"}
    relays = [
        replace(relay(peer.port, connections=connections), **login if "AUTH" in peer.script else {})
        for peer in peers
    ]
    return Dispatcher(store.ledger, relays, fill, POLICY, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("ehlo", [PIPELINING, "250 peer.test"])
def test_what_a_dying_relay_had_not_begun_goes_to_the_other(store: Store, ehlo: str) -> None:
    """One relay stops in the middle: the other takes over at once, and nobody is mailed twice."""
    store.join(60)
    issue = store.publish()
    dying = Peer(
        {
            "EHLO": ehlo,
            "MAIL": ["250 ok"] * 5 + ["421 4.3.2 down"],
            "GREET": ["220 hi"] * 2 + ["554 no"],
        }
    )
    good = Peer({"EHLO": ehlo})

    async def scenario() -> Summary:
        async with dying.serving(), good.serving():
            return await dispatcher(store, dying, good).drain()

    summary = asyncio.run(scenario())
    assert summary.accepted + summary.deferred == 60
    assert summary.deferred <= 2  # one per connection was told 421 in its face
    assert summary.relay_error == ""
    assert len(dying.messages) + len(good.messages) == summary.accepted
    assert tally(store, issue)[DeliveryState.ACCEPTED] == summary.accepted


def test_a_relay_comes_back_while_the_other_works(store: Store) -> None:
    """A relay that was down for some tries gets its share again in the same run."""
    store.join(200)
    store.publish()
    is_back = asyncio.Event()

    def letting_in() -> Iterator[Move]:
        is_back.set()
        yield "250 ok"

    greetings = ["421 4.3.2 starting"] * 3 + ["220 hi"]
    back = Peer({"EHLO": PIPELINING, "GREET": greetings, "MAIL": letting_in()})
    good = Waiting({"EHLO": PIPELINING}).wait(100, is_back)

    async def scenario() -> Summary:
        async with back.serving(), good.serving():
            return await dispatcher(store, back, good, connections=1, patience=99).drain()

    assert asyncio.run(scenario()) == Summary(accepted=200)
    assert back.messages
    assert len(back.messages) + len(good.messages) == 200


@pytest.mark.parametrize(("reply", "logins"), [("535 5.7.8 who are you?", 1), ("454 later", 4)])
def test_a_refused_login_ends_the_run_and_is_said(store: Store, reply: str, logins: int) -> None:
    """Another try would only lock the account, unless the relay asks for one (RFC 4954 6, B20)."""
    store.join(5)
    issue = store.publish()
    peer = Peer({"EHLO": "250-p\r\n250 AUTH PLAIN", "AUTH": reply})

    async def scenario() -> Summary:
        async with peer.serving():
            return await dispatcher(store, peer).drain()

    assert f"login refused: {reply}" in asyncio.run(scenario()).relay_error
    assert peer.verbs.count("AUTH") == logins
    assert peer.verbs.count("QUIT") == logins  # rule B22
    assert tally(store, issue) == {DeliveryState.QUEUED: 5}


def test_the_service_seldom_repeats_a_refused_login(store: Store) -> None:
    """It waits a quarter of an hour, and sends when the login is taken again (rule B20)."""
    store.join(3)
    store.publish()
    peer = Peer({"EHLO": "250-p\r\n250 AUTH PLAIN", "AUTH": ["535 5.7.8 no"] * 3 + ["235 welcome"]})
    slept: list[float] = []
    stop = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    def see(summary: Summary) -> None:
        if summary.accepted == 3:
            stop.set()

    async def scenario() -> None:
        async with peer.serving():
            running = dispatcher(store, peer, connections=1, sleep=sleep, progress=see)
            await asyncio.wait_for(running.run(stop), 120)

    asyncio.run(scenario())
    tries = peer.verbs.index("MAIL")  # all before it were refused, but the last
    assert peer.verbs[:tries].count("AUTH") == 4
    assert sum(seconds > 890 for seconds in slept) >= 3


def test_the_service_goes_on_with_the_relay_that_works(store: Store) -> None:
    """A relay that stays down holds up nothing that becomes due later."""
    store.join(5)
    store.publish()
    down = Peer({"EHLO": PIPELINING, "MAIL": "421 4.3.2 down"})
    good = Peer()
    stop, first = asyncio.Event(), asyncio.Event()

    def see(summary: Summary) -> None:
        if len(good.messages) >= 1:
            first.set()
        if summary.accepted + summary.deferred >= 10:
            stop.set()

    async def scenario() -> Dispatcher:
        async with down.serving(), good.serving():
            running = dispatcher(store, down, good, progress=see, sleep=asyncio.sleep, poll_s=0.01)
            task = asyncio.create_task(running.run(stop))
            await asyncio.wait_for(first.wait(), 120)
            await asyncio.to_thread(store.publish, "second")
            await asyncio.wait_for(task, 120)
            return running

    assert asyncio.run(scenario()).summary.deferred <= 4
    assert store.rescuer.workers() == []


def test_a_relay_that_bounds_connections_serves_those_it_has(store: Store) -> None:
    """Refusing the third connection is no trouble for the first two."""
    store.join(50)
    store.publish()

    def greet() -> Iterator[str]:
        while True:
            yield "220 hi" if peer.now_open <= 2 else "421 4.7.0 too many connections"

    peer = Peer({"EHLO": PIPELINING, "GREET": greet()})

    async def scenario() -> Summary:
        async with peer.serving():
            return await dispatcher(store, peer, connections=5).drain()

    assert asyncio.run(scenario()) == Summary(accepted=50)


def test_a_relay_that_cannot_be_reached_costs_no_claim(store: Store) -> None:
    """While one relay is being tried for the first time the other one sends everything."""
    store.join(30)
    store.publish()
    good = Peer()

    async def connect(relay: Relay) -> Session:
        if relay.port == 1:
            await asyncio.sleep(0.05)
            raise RelayError("nobody there")
        return await Session.open(relay, PATIENT)

    async def scenario() -> Summary:
        async with good.serving():
            nobody = Peer(port=1)
            return await dispatcher(store, nobody, good, connect=connect).drain()

    assert asyncio.run(scenario()) == Summary(accepted=30)
