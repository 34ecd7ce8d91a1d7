"""The store itself: transactions, waits and locks."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from storage.database import schema
from storage.database.engine import Database
from storage.model.errors import DatabaseBusy, StorageError
from tests.peers.nursery import Forked
from tests.worlds.facts import META, keys, put
from tests.worlds.store import Store

ROOT = Path(__file__).parents[3]


@contextmanager
def another_process(url: str, code: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has the database open; it has printed its first line and waits."""
    script = f"import sys\nfrom storage.database.engine import Database\ndb = Database.open({url!r})\n{code}"
    process = Forked(
        [sys.executable, "-c", script + "\nsys.stdin.read()"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


# ── transactions ─────────────────────────────────────────────────────────────────────────────


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    """An error of any kind undoes everything since its begin, and passes on."""
    with (  # noqa: PT012 - what is inside is what is undone
        pytest.raises(ZeroDivisionError),
        database.transaction() as connection,
    ):
        put(connection, "first")
        raise ZeroDivisionError
    assert keys(database) == set()


def test_a_look_is_consistent(database: Database) -> None:
    """What others commit meanwhile is not half seen."""
    with database.reading() as connection:
        assert list(connection.scalars(sa.select(META.key))) == []
        with database.transaction() as other:
            put(other, "news")
        assert list(connection.scalars(sa.select(META.key))) == []
    assert keys(database) == {"news"}


def test_several_questions_are_one_look(database: Database) -> None:
    """While a thread looks, all that it reads is of one moment and asked by one connection; other threads and what it
    reads afterwards are not. A refusal in the middle is told as everywhere, and ends it.
    """
    with ThreadPoolExecutor(1) as other:
        with database.looking(), database.reading() as first:
            assert keys(database) == set()
            with database.transaction() as connection:
                put(connection, "news")
            with database.looking(), database.reading() as second:
                assert second is first
            assert keys(database) == set()
            assert other.submit(keys, database).result() == {"news"}
        assert keys(database) == {"news"}
    with pytest.raises(StorageError), database.looking(), database.reading() as connection:
        connection.execute(sa.text("SELECT nothing"))
    assert keys(database) == {"news"}


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    """The site answers while an import is written."""
    with database.transaction() as connection:
        put(connection, "not yet")
        assert keys(database) == set()


def test_rows_refer_to_rows_that_are_there(database: Database) -> None:
    """Foreign keys hold on both engines."""
    with pytest.raises(StorageError), database.transaction() as connection:
        connection.execute(sa.insert(schema.slugs).values(slug="lost", issue_id=404))


def test_a_number_once_given_is_never_given_again(database: Database) -> None:
    """A link in the wild never comes to mean another reader."""
    store = Store(database)
    (first,) = store.join(1)
    with database.transaction() as connection:
        connection.execute(sa.delete(schema.subscribers))
    (second,) = store.join(1)
    assert second > first


def test_a_file_locked_for_longer_than_the_wait_is_busy(tmp_path: Path) -> None:
    """A second writer on SQLite waits, then is told that trying again is safe."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    first, second = Database.open(url), Database.open(url, wait_s=0.05)
    first.prepare()
    with first.transaction() as connection:
        put(connection, "mine")
        with pytest.raises(DatabaseBusy, match="trying again is safe"), second.transaction():
            pass
        assert keys(second) == set()
    with second.transaction() as connection:
        put(connection, "yours")
    assert keys(first) == {"mine", "yours"}
    first.close()
    second.close()


def test_writers_take_turns(database: Database) -> None:
    """Read, compute, write from many threads loses no update and raises nothing."""
    with database.transaction() as connection:
        put(connection, "count", "0")
    mine = META.key == "count"

    def count(_: int) -> None:
        with database.transaction() as connection:
            query = sa.select(META.value).where(mine).with_for_update()
            value = int(connection.scalar(query) or 0) + 1
            connection.execute(sa.update(schema.meta).where(mine).values(value=str(value)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(30)))
    with database.reading() as connection:
        assert connection.scalar(sa.select(META.value)) == "30"


def test_a_deadlock_is_busy(database: Database) -> None:
    """Of two transactions that wait for each other one is told to try again, and the other goes on."""
    if database.is_sqlite:
        return  # one writer at a time cannot wait for another in a circle
    with database.transaction() as connection:
        put(connection, "a")
        put(connection, "b")
    meeting = Barrier(2)

    def write(first: str, second: str) -> str:
        try:
            with database.transaction() as connection:
                connection.execute(sa.text("SET LOCAL deadlock_timeout = '50ms'"))
                connection.execute(sa.update(schema.meta).where(META.key == first).values(value=""))
                meeting.wait(60)
                connection.execute(
                    sa.update(schema.meta).where(META.key == second).values(value="")
                )
        except DatabaseBusy:
            return "busy"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(write, "a", "b"), pool.submit(write, "b", "a")]
        assert sorted(answer.result() for answer in answers) == ["busy", "done"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("not a url", "not a database URL"),
        ("mysql://user:hunter2@host/db", "mysql is not supported"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_url_that_means_no_database_is_told(url: str, words: str) -> None:
    """The error names the setting and what would do, and never the password."""
    with pytest.raises(StorageError, match=words) as caught:
        Database.open(url)
    assert "[storage] url" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A missing folder or server is a StorageError when first used, with what to look at and no password."""
    nowhere = Database.open(f"sqlite:///{tmp_path / 'missing' / 'a.db'}")
    with pytest.raises(StorageError):
        nowhere.prepare()
    with pytest.raises(StorageError):
        nowhere.try_lock("run")
    refused = Database.open("postgresql://user:hunter2@127.0.0.1:1/db")
    with pytest.raises(StorageError) as caught:
        refused.prepare()
    told = str(caught.value)
    assert told.startswith("the database cannot be reached: ")
    assert told.endswith("refused; does it run, and is `[storage] url` right?")
    assert "hunter2" not in told
    assert not refused.answers()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """A wrong path does not destroy the file that is there."""
    path = tmp_path / "notes.md"
    path.write_text("# Not a database\n" * 100)
    with pytest.raises(StorageError):
        Database.open(f"sqlite:///{path}").prepare()
    assert path.read_text().startswith("# Not a database")


# ── locks ────────────────────────────────────────────────────────────────────────────────────


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask: it holds every address, and so does the log beside it."""
    before = os.umask(0o000)
    try:
        opened = Database.open(f"sqlite:///{tmp_path / 'n.db'}")
        opened.prepare()
    finally:
        os.umask(before)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["n.db", "n.db-shm", "n.db-wal"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    opened.close()


def test_a_lock_is_held_by_one_and_given_back(database: Database, database_url: str) -> None:
    """Whoever comes second gets None until the first lets go; letting go twice is harmless."""
    second = Database.open(database_url)
    lock = database.try_lock("run")
    assert lock is not None
    assert second.try_lock("run") is None
    assert database.try_lock("run") is None
    other = second.try_lock("another name")
    assert other is not None
    lock.release()
    lock.release()
    again = second.try_lock("run")
    assert again is not None
    again.release()
    other.release()
    second.close()


def test_a_lock_ends_with_its_process_even_by_kill_9(database: Database, database_url: str) -> None:
    """A crash leaves nothing that somebody must clean up (rule G4)."""
    code = "lock = db.try_lock('run')\nprint(lock is not None, flush=True)"
    with another_process(database_url, code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert database.try_lock("run") is None
        process.kill()
        process.wait()
        deadline = time.monotonic() + 120
        # The kernel frees a file at once; PostgreSQL must first read that its client is gone.
        while (lock := database.try_lock("run")) is None:
            assert time.monotonic() < deadline
    lock.release()
