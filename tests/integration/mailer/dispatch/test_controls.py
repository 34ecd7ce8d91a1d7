"""What another process decides about an issue in flight."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import pytest

from mailer.dispatch.dispatcher import Summary
from mailer.smtp.session import Session
from storage.database.engine import Database
from storage.model.deliveries import DeliveryState
from storage.model.issues import Mailing
from tests.conftest import NOON
from tests.integration.mailer.dispatch.test_relays import PIPELINING, dispatcher, tally
from tests.peers.nursery import run_forked
from tests.peers.relays.smtp import Peer
from tests.worlds.store import Store


@pytest.fixture
def store(database: Database) -> Store:
    """The rooms of a fresh database, on each engine in turn."""
    return Store(database)


PAUSE = "Ledger(d).pause_issue(1, 'by the author', now=NOON)"
CANCEL = "Mailings(d).cancel(1)"


def control(url: str, action: str) -> None:
    """Does something to the store from a process of its own."""
    lines = (
        "from storage.database.engine import Database",
        "from storage.ledger.mailings import Mailings",
        "from storage.ledger.ledger import Ledger",
        "from tests.conftest import NOON",
        f"d = Database.open({url!r})",
        action,
    )
    done = run_forked([sys.executable, "-c", "\n".join(lines)])
    assert done.returncode == 0, done.stderr


def drain_and(store: Store, act: Callable[[], None], *, after: int = 7) -> tuple[Summary, Peer]:
    """Drains, and has something done when so many were accepted."""
    peer = Peer({"EHLO": PIPELINING})
    acted = False

    def see(summary: Summary) -> None:
        nonlocal acted
        if summary.accepted >= after and not acted:
            acted = True
            act()

    async def scenario() -> Summary:
        async with peer.serving():
            patient = dispatcher(
                store, peer, connections=3, progress=see, connect=Session.open
            )  # the act may keep everybody waiting for a while
            return await patient.drain()

    return asyncio.run(scenario()), peer


@pytest.mark.parametrize("action", [PAUSE, CANCEL])
def test_another_process_stops_an_issue_in_flight(
    store: Store, database_url: str, action: str
) -> None:
    """What is on the wire is finished, one message per connection and one announced; no more."""
    store.join(100)
    issue = store.publish()
    summary, peer = drain_and(store, lambda: control(database_url, action))
    assert 7 <= summary.accepted <= 7 + 3 * 2
    assert summary == Summary(accepted=summary.accepted)  # nobody of them left or was suppressed
    assert len(peer.messages) == summary.accepted
    rest = DeliveryState.QUEUED if action == PAUSE else DeliveryState.CANCELLED
    assert tally(store, issue) == {
        DeliveryState.ACCEPTED: summary.accepted,
        rest: 100 - summary.accepted,
    }


def test_a_paused_issue_gives_way_and_goes_on_when_resumed(store: Store, database_url: str) -> None:
    """Another issue is sent meanwhile; resumed, each reader gets the first one once."""
    store.join(40)
    first = store.publish()
    second = store.publish("second")
    other = Store(Database.open(database_url))
    try:

        def pause() -> None:
            assert other.ledger.pause_issue(first.id, "wait", now=NOON)

        summary, peer = drain_and(store, pause)
        assert tally(store, second) == {DeliveryState.ACCEPTED: 40}
        assert store.issues.get(first.id).mailing is Mailing.PAUSED
        assert other.mailings.resume(first.id, now=NOON)
    finally:
        other.database.close()
    again, rest = drain_and(store, lambda: None)
    assert summary.accepted + again.accepted == 80
    assert len(peer.messages) + len(rest.messages) == 80


def test_readers_who_left_in_flight_are_counted_as_such(store: Store) -> None:
    """Suppressed are those who left or were suppressed, exactly."""
    readers = store.join(30)
    issue = store.publish()

    def leave() -> None:
        for reader in readers[20:]:
            store.leave(reader)

    summary, _ = drain_and(store, leave, after=2)
    assert summary == Summary(accepted=20, suppressed=10)
    assert tally(store, issue)[DeliveryState.SUPPRESSED] == 10
