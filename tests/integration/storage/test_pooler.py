"""Behind a PgBouncer that gives connections out by the transaction all is as it is without."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa

from newsletter.app import Newsletter
from storage.database import Database
from storage.database.facts import Facts
from storage.model.errors import DatabaseBusy
from tests.integration.newsletter.test_service import settle_in
from tests.peers.databases.pgbouncer import pooling
from tests.peers.relays.counting import Relay
from tests.worlds.store import Store, settled

THREADS = 8


@pytest.fixture(scope="module")
def direct(postgres: str) -> Iterator[str]:
    """A database, straight."""
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE pooled TEMPLATE migrated")
        yield f"{postgres}/pooled"
        connection.execute("DROP DATABASE pooled WITH (FORCE)")


@pytest.fixture(scope="module")
def pooled(direct: str) -> Iterator[str]:
    """The same through three connections that all share."""
    with pooling(urlsplit(direct).port or 0, "pooled") as url:
        yield url


def test_many_share_few_connections(pooled: str) -> None:
    """Claims, begins and outcomes of more threads than there are connections, each statement run so often
    that the driver would prepare it: nothing is lost, nothing is done twice, no statement is missing.
    """
    database = Database.open(pooled)
    store = Store(database)
    store.join(200)
    store.publish("pooled")

    def work(number: int) -> int:
        done = 0
        while claims := store.claim(f"worker{number}", limit=7):
            for claim in claims:
                assert store.begin(claim.delivery_id, worker=f"worker{number}")
                store.settle(settled(claim.delivery_id), worker=f"worker{number}")
                done += 1
        return done

    with ThreadPoolExecutor(THREADS) as threads:
        assert sum(threads.map(work, range(THREADS))) == 200
    assert {row.state.value for row in store.rows().values()} == {"accepted"}
    database.close()


def test_one_schedules_at_a_time(pooled: str, direct: str) -> None:
    """The lock of the schedule is one process's, however connections are passed around, and whether the
    other comes through the pooler or not.
    """
    first, second, straight = (Database.open(url) for url in (pooled, pooled, direct))
    lock = first.try_lock("scheduler")
    assert lock is not None
    for number in range(20):  # connections are passed around
        Facts(second).put(f"key{number % 3}", str(number))
        assert second.try_lock("scheduler") is None
        assert straight.try_lock("scheduler") is None
        assert lock.is_held()
    for number in range(50):  # free at once, not when the pooler has seen that a session is gone
        lock.release()
        lock = (straight, first)[number % 2].try_lock("scheduler")
        assert lock is not None, number
    assert second.try_lock("scheduler") is None
    lock.release()
    for one in (first, second, straight):
        one.close()


def test_waits_have_their_limits(pooled: str) -> None:
    """Whoever waits for a row that another holds is told that the database is busy; and nothing that was
    said for that stays on the connection for the next one.
    """
    first, second = Database.open(pooled), Database.open(pooled, wait_s=0.2)
    Facts(first).put("row", "1")
    with first.transaction() as connection:
        connection.execute(sa.text("UPDATE meta SET value = '2' WHERE key = 'row'"))
        with pytest.raises(DatabaseBusy):
            Facts(second).put("row", "3")
    for _ in range(5):
        with first.reading() as connection:
            assert connection.scalar(sa.text("SHOW lock_timeout")) == "0"
            assert connection.scalar(sa.text("SHOW enable_seqscan")) == "on"
    assert Facts(second).get("row") == "2"
    first.close()
    second.close()


def test_an_issue_goes_out(pooled: str, tmp_path: Path) -> None:
    """From a note to every reader, once."""
    with Relay().serving() as relay:
        config = settle_in(tmp_path, pooled, f"smtp://127.0.0.1:{relay.port}")
        with Newsletter.open(config, environ={}) as newsletter:
            assert newsletter.send().accepted == len(list(newsletter.subscribers.everyone()))
        assert relay.copies == 0


def test_without_a_pooler_statements_are_prepared(direct: str) -> None:
    """A server that is asked directly is told our limits, once for each connection."""
    database = Database.open(direct)
    with database.reading() as connection:
        assert connection.scalar(sa.text("SHOW lock_timeout")) == "30s"
        assert connection.scalar(sa.text("SHOW jit")) == "off"
    database.close()
