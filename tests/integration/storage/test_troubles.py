"""Troubles with the database: every wait ends, and what is wrong is said with what to do."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from pwd import getpwuid
from types import SimpleNamespace

import psycopg
import pytest
import sqlalchemy as sa
import structlog

from storage.database import place, schema
from storage.database.engine import Database
from storage.database.facts import Facts
from storage.database.place import Place
from storage.model.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseLost,
    SchemaNewer,
    StorageError,
)
from storage.readers.signups import NewSignUp
from tests.integration.conftest import _as_unprivileged, _postgres_programs
from tests.peers.databases.frozen import Server
from tests.peers.ports import free_port
from tests.worlds.store import NOON, Store, settled


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where an SQLite database is made."""
    return tmp_path / "newsletter.db"


@pytest.fixture
def sqlite(file: Path) -> Iterator[Database]:
    """An SQLite database that waits for nobody long."""
    opened = Database.open(f"sqlite:///{file}", wait_s=0.2)
    opened.prepare()
    yield opened
    opened.close()


def write(database: Database, key: str = "key") -> None:
    """One small writing transaction."""
    with database.transaction() as connection:
        connection.execute(sa.insert(schema.meta).values(key=key, value="x"))


# ── the file ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_a_file_that_is_gone_is_noticed_and_no_other_made(
    sqlite: Database, file: Path, how: str
) -> None:
    """Deleted, moved or replaced while it is used: said, not ready, and no empty one in its place."""
    write(sqlite)
    assert sqlite.answers()
    if how == "deleted":
        file.unlink()
    elif how == "moved":
        file.rename(file.with_name("elsewhere.db"))
    else:
        copy = file.with_name("copy.db")
        shutil.copy(file, copy)
        copy.rename(file)
    with pytest.raises(DatabaseLost, match=r"newsletter\.db.*bring back"):
        sqlite.check()
    assert not sqlite.answers()
    sqlite.close()  # so that the next one connects anew
    with pytest.raises(DatabaseLost):
        write(sqlite, "other")
    assert file.exists() is (how == "replaced")


def test_a_log_that_somebody_removed_is_noticed_before_another_takes_its_place(
    sqlite: Database, file: Path
) -> None:
    """Whoever tidies `*-wal` up while the service runs: said, and what the service had written is in the file
    when it has ended. A log that SQLite removed itself is none of it.
    """
    write(sqlite)
    sqlite.close()
    write(sqlite, "two")
    sqlite.check()
    file.with_name(f"{file.name}-wal").unlink()
    file.with_name(f"{file.name}-shm").unlink()
    with pytest.raises(DatabaseLost, match=r"-wal, was removed.*start again"):
        sqlite.check()
    assert not sqlite.answers()
    sqlite.close()
    with closing(sqlite3.connect(file)) as later:
        kept = {key for (key,) in later.execute("SELECT key FROM meta")}
    assert "two" in kept


def test_a_look_for_a_page_goes_through_no_open_files(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page asks whether the file is still ours, which costs one look; only the service asks for the log."""
    write(sqlite)
    glance = sqlite.glance(sa.select(schema.meta.c.value))
    assert glance is not None
    asked: list[None] = []
    monkeypatch.setattr(place, "_open_files", lambda: asked.append(None) or [])
    assert glance.ask() is not None
    assert asked == []
    sqlite.check()
    assert asked == [None]


def test_a_damaged_file_is_told_with_what_to_do(sqlite: Database, file: Path) -> None:
    """Pages of zeros: not ready, and the error says damaged and names the way back."""
    write(sqlite)
    sqlite.fold()
    sqlite.close()
    with file.open("r+b") as octets:
        octets.seek(100)
        octets.write(b"\xff" * (file.stat().st_size - 100))
    with pytest.raises(DatabaseDamaged, match="backup"):
        sqlite.prepare()
    assert not sqlite.answers()


def test_who_may_not_write_is_told_what_is_needed(sqlite: Database) -> None:
    """In words about the file, not in the library's about its state."""
    write(sqlite)

    def write_more() -> None:
        with sqlite.transaction() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            connection.exec_driver_sql("CREATE TABLE more (id INTEGER)")

    with pytest.raises(StorageError, match="must be able to write to it"):
        write_more()


def test_a_newer_database_is_refused_and_left_alone(database: Database) -> None:
    """Neither a start nor an upgrade touches tables of a later version; both say which it is."""
    with database.transaction() as connection:
        connection.execute(sa.update(schema.alembic_version).values(version_num="9999"))
    with pytest.raises(SchemaNewer, match="9999, newer"):
        database.prepare()
    with pytest.raises(SchemaNewer, match="9999, newer"):
        database.upgrade()


# ── waiting ──────────────────────────────────────────────────────────────────────────────────


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program writes to the file, and does not end."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_who_only_reads_waits_for_no_writer(sqlite: Database, file: Path) -> None:
    """Opening a store again and looking at it takes no place among the writers."""
    assert Facts(sqlite).settle("secret", "one") == "one"
    with locked(file):
        assert Facts(sqlite).settle("secret", "two") == "one"
        assert Store(sqlite).overview.tallies() == {}
        with pytest.raises(DatabaseBusy):
            write(sqlite)


def test_a_read_only_server_can_be_looked_at(server: Server) -> None:
    """`status` on a standby: nothing that only reads writes."""
    database = Database.open(server.url)
    database.prepare()
    Facts(database).settle("secret", "one")
    setting = "ALTER DATABASE postgres SET default_transaction_read_only = on"
    with database.transaction() as connection:
        connection.execute(sa.text(setting))
    database.close()
    standby = Database.open(server.url)
    standby.prepare()
    assert Facts(standby).settle("secret", "two") == "one"
    assert Store(standby).overview.tallies() == {}
    with pytest.raises(StorageError, match="read-only"):
        write(standby)
    standby.close()


@pytest.mark.parametrize(
    ("barred", "is_read_only", "told"),
    [
        (
            "notes.db",
            False,
            "it belongs to {owner}, who may not write to it; `chmod u+w` allows it",
        ),
        ("", False, "its folder {folder} belongs to {owner}, who may not write"),
        ("", True, "the disk of {folder} is mounted read-only; mount it writable, or move"),
    ],
)
def test_what_cannot_be_written_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, barred: str, is_read_only: bool, told: str
) -> None:
    """A disk that is read-only is no matter of owners; a file and its folder name who may not."""
    path = tmp_path / "notes.db"
    path.touch()
    flags = os.statvfs(tmp_path).f_flag
    known = SimpleNamespace(f_flag=flags | os.ST_RDONLY if is_read_only else flags & ~os.ST_RDONLY)
    monkeypatch.setattr("storage.database.place.os.statvfs", lambda _: known)
    monkeypatch.setattr("storage.database.place.os.access", lambda one, _: one != tmp_path / barred)
    expected = told.format(folder=tmp_path, owner=getpwuid(os.geteuid()).pw_name)
    assert expected in Place(path).hindrance()


def test_somebody_elses_database_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who runs this, and whose it is; a user without a name, as in a container, is a number."""
    monkeypatch.setattr("storage.database.place.os.access", lambda *_: False)
    monkeypatch.setattr("storage.database.place.os.geteuid", lambda: 4_000_000)
    told = Place(tmp_path / "notes.db").hindrance()
    assert (
        f"belongs to {getpwuid(tmp_path.stat().st_uid).pw_name}, and this runs as user 4000000"
        in told
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [("folder", "it is a folder"), ("nowhere/notes.db", "No such file or directory")],
)
def test_what_cannot_be_opened_says_why(tmp_path: Path, name: str, told: str) -> None:
    """The sentence of SQLite says no more than that it could not."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match=f"cannot be written: .*{told}"):
        Database.open(f"sqlite:///{tmp_path / name}").prepare()


def test_an_end_is_not_held_up_by_a_lock(file: Path) -> None:
    """Who waits for a lock when the process is to end waits two seconds more, not half a minute."""
    patient = Database.open(f"sqlite:///{file}", wait_s=3600)
    patient.prepare()
    with locked(file), ThreadPoolExecutor() as pool:
        waiting = pool.submit(write, patient)
        direct = pool.submit(patient.direct, lambda cursor: cursor.execute("SELECT 1"))
        patient.hurry()
        assert isinstance(waiting.exception(timeout=60), DatabaseBusy)
        assert isinstance(direct.exception(timeout=60), DatabaseBusy)
    patient.close()


def test_a_trouble_has_one_line_and_its_end_another(sqlite: Database, file: Path) -> None:
    """However often it fails; and while nothing can be written the probe says so."""
    sqlite.tell_troubles()
    with structlog.testing.capture_logs() as told:
        with locked(file):
            for _ in range(3):
                with pytest.raises(DatabaseBusy):
                    write(sqlite)
            assert not sqlite.answers()
        write(sqlite)
        assert sqlite.answers()
    assert [line["event"] for line in told] == ["database.trouble", "database.recovered"]


def test_a_full_disk_is_told_and_not_ready(sqlite: Database) -> None:
    """The reason is named; what can be read can still be read."""
    with sqlite.reading() as connection:
        pages = connection.scalar(sa.text("PRAGMA page_count"))
        connection.execute(sa.text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StorageError, match="full"):
        write(sqlite, "x" * 100_000)
    assert not sqlite.answers()
    assert Facts(sqlite).get("no") is None


# ── a server ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of this test alone."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is missing: install postgresql to run this on it")
    folder = Path(tempfile.mkdtemp(prefix="newsletter-frozen-"))
    prefix, port = _as_unprivileged(folder), free_port()
    make = [programs / "initdb", "-D", folder / "data", "-U", "test", "-A", "trust", "-N"]
    subprocess.run([*prefix, *make], check=True, stdout=subprocess.DEVNULL)
    options = ["-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    process = subprocess.Popen(
        [*prefix, programs / "postgres", "-D", folder / "data", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"postgresql://test@127.0.0.1:{port}/postgres"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(url).close()
                break
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                os.sched_yield()
        yield Server(url, process.pid)
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait()
        shutil.rmtree(folder)


def test_a_server_that_was_stopped_ends_every_wait(server: Server) -> None:
    """Looks, writes and groups of outcomes fail instead of hanging; the probe says no; and all of it
    works again once the server goes on.
    """
    database = Database.open(server.url)
    database.prepare()
    store = Store(database)
    store.join(3)
    store.publish()
    ids = [claim.delivery_id for claim in store.claim()]
    assert store.begin(*ids) == {*ids}
    with server.frozen(), ThreadPoolExecutor() as pool:
        asked = [
            pool.submit(write, database),
            pool.submit(store.overview.tally),
            pool.submit(store.settle, settled(ids[0])),
            pool.submit(database.try_lock, "scheduler"),
        ]
        assert not database.answers()
        for one in asked:
            assert isinstance(one.exception(timeout=120), StorageError)
    store.settle(settled(ids[0]))
    assert store.overview.tally().total == 3
    assert database.answers()
    database.close()


def test_a_statement_that_takes_long_is_waited_for(server: Server) -> None:
    """A busy server is not a silent one: nothing is cut while it answers somebody else."""
    database = Database.open(server.url)
    database.hurry()  # asked whether it is there after two seconds
    with database.reading() as connection:
        assert connection.scalar(sa.text("SELECT 7 FROM pg_sleep(5)")) == 7
    database.close()


# ── what no database keeps ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("odd", ["a\0b", "\0", "a\ud800"])
def test_what_no_database_keeps_is_not_found(store: Store, odd: str) -> None:
    """NUL and halves of characters in what a stranger asks for find nothing, on both engines."""
    store.publish()
    assert store.issues.by_slug(odd) is None
    assert store.issues.live(tag=odd) == []
    assert not store.issues.serves_media(odd)
    assert store.subscribers.find(odd) is None
    row = NewSignUp(
        address=odd, address_key=odd, domain=odd, ip=odd, source=odd, consent=odd, at=NOON
    )
    store.signups.keep(row)
    (kept,) = store.signups.waiting()
    assert "\0" not in kept.address
