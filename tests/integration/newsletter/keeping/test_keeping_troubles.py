"""Backups that meet trouble: of a later program, damaged, killed in the middle, from another machine or engine."""

from __future__ import annotations

import os
import signal
import stat
import warnings
import zipfile
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.keeping import Target, restore
from storage.copies import snapshot
from storage.database import Database, schema
from storage.model import (
    BackupError,
    Conflict,
    Mailing,
    SchemaNewer,
)
from tests.worlds.service.kept import Home


def test_a_living_service_is_not_pulled_from_under_its_feet(home: Home) -> None:
    """While a process schedules, or a worker holds a lease, nothing is changed."""
    home.back_up()
    before = home.rows()
    database = Database.open(home.url)
    lock = database.try_lock("scheduler")
    assert lock is not None
    with pytest.raises(Conflict, match="newsletter run"):
        restore(home.target, home.copy)
    lock.release()
    database.close()
    with home.opened() as newsletter:
        home.write("second")
        newsletter.poll()
        before = home.rows()
        newsletter.parts.ledger.claim(
            "elsewhere/1/2/3/4", now=home.clock.now, limit=1, lease=timedelta(minutes=1)
        )
    with pytest.raises(Conflict, match="sending from"):
        restore(home.target, home.copy)
    home.clock.now += timedelta(minutes=2)
    assert restore(home.target, home.copy).rows
    assert len(home.rows()["issues"]) < len(before["issues"])


def test_a_backup_of_a_later_program_is_refused(home: Home) -> None:
    """Its tables mean what nobody here knows."""
    home.back_up()
    altered = home.folder / "later.zip"
    with zipfile.ZipFile(home.copy) as old, zipfile.ZipFile(altered, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                content = content.replace(b'"schema": "', b'"schema": "9')
            new.writestr(name, content)
    before = home.rows()
    with pytest.raises(SchemaNewer):
        restore(home.target, altered)
    assert home.rows() == before


def killed(home: Home, module: str, name: str) -> None:
    """A restore in a process of its own that is killed when it comes to this function."""

    def die(*_: object, **_more: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads of pytest's own are not used in the child
        child = os.fork()
    if child == 0:
        holder, _, last = name.rpartition(".")
        room = import_module(module)
        setattr(getattr(room, holder) if holder else room, last, die)
        try:
            restore(home.target, home.copy, discard=True)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_killed_in_the_middle(home: Home) -> None:
    """A kill leaves what there was, or the copy, held; the same command once more ends it well."""
    home.write("second")
    with home.opened() as newsletter:
        newsletter.poll()
    home.back_up()
    before = home.rows()
    with home.opened() as newsletter:
        newsletter.send()
    sent, mailed = home.rows(), home.mails()
    for name in ("Restoring.number", "Restoring.hold"):
        killed(home, "storage.copies.restoring", name)
        assert home.rows() == sent
    killed(home, "newsletter.keeping.restore", "_put_secret")
    with home.opened() as newsletter:
        assert newsletter.send().accepted == 0
        assert home.mails() == mailed
    restore(home.target, home.copy, discard=True)
    assert home.rows()["subscribers"] == before["subscribers"]
    with home.opened() as newsletter:
        assert newsletter.send().accepted == 0
        assert newsletter.status("second").issue.mailing is Mailing.PAUSED


def test_another_secret_comes_with_its_database(home: Home) -> None:
    """On a machine that began anew the secret is replaced too, and the one that was there is kept."""
    home.back_up()
    known = home.secret.read_bytes()
    home.secret.write_text("ab" * 32)
    home.secret.chmod(0o600)
    done = restore(home.target, home.copy, discard=True)
    assert home.secret.read_bytes() == known
    assert stat.S_IMODE(home.secret.stat().st_mode) == 0o600
    (aside,) = done.aside
    assert aside.read_text() == "ab" * 32
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    with home.opened() as newsletter:
        assert newsletter.totals().total == 2


def test_another_newsletters_backup_is_told(home: Home) -> None:
    """Nobody of one list is taken over into the other, and what was there is kept; a second time it is its own."""
    home.back_up()
    with home.opened() as newsletter:
        newsletter.parts.facts.put("namespace", "00000000-0000-5000-8000-000000000000")
        newsletter.subscriptions.unsubscribe_address("ada@example.com")
    done = restore(home.target, home.copy)
    assert done.is_anothers
    assert done.departed.left == 0
    assert done.aside
    assert not restore(home.target, home.copy, exactly=True).is_anothers


# ── on one engine is enough ──────────────────────────────────────────────────────────────────


@pytest.fixture
def small(tmp_path: Path) -> Home:
    """A newsletter on SQLite with a backup."""
    home = Home(tmp_path, f"sqlite:///{tmp_path / 'newsletter.db'}")
    with home.opened() as newsletter:
        newsletter.subscriptions.add("ada@example.com", consent="asked")
    home.back_up()
    return home


def test_a_damaged_backup_changes_nothing(small: Home) -> None:
    """One that was cut off is refused before anything is touched."""
    small.copy.write_bytes(small.copy.read_bytes()[:-50])
    before = small.rows()
    with pytest.raises(BackupError, match="cut off"):
        restore(small.target, small.copy)
    assert small.rows() == before


def test_a_folder_is_no_backup(small: Home) -> None:
    """It is not called damaged: somebody named the folder instead of the file in it."""
    with pytest.raises(BackupError, match=r"cannot be read: Is a directory$"):
        restore(small.target, small.copy.parent)


def test_a_damaged_database_makes_room(small: Home) -> None:
    """It is moved aside, whole, and the backup takes its place."""
    path = small.folder / "newsletter.db"
    path.write_bytes(b"no database at all" * 100)
    done = restore(small.target, small.copy)
    assert done.aside[0].read_bytes().startswith(b"no database")
    with small.opened() as newsletter:
        assert len(list(newsletter.subscribers.everyone())) == 1


def test_from_one_engine_to_the_other(small: Home, postgres: str, tmp_path: Path) -> None:
    """A newsletter that has grown moves from SQLite to PostgreSQL by a backup."""
    import psycopg

    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE grown")
    url = f"{postgres}/grown"
    before = small.rows()
    restore(Target(url=url, secret_file=small.secret, clock=small.clock), small.copy)
    small.url = url
    assert small.rows() == before


def test_while_others_write(small: Home) -> None:
    """What is copied is of one moment: a reader who comes in the middle is in all of it or in none."""
    with small.opened() as newsletter:
        database = newsletter.parts.database
        with snapshot(database) as look:
            first = look.count("subscribers")
            newsletter.subscriptions.add("late@example.com", consent="asked")
            assert len(list(look.rows("subscribers"))) == first
            assert len(list(look.rows("consent_events"))) == first
        with database.reading() as connection:
            assert (
                connection.scalar(sa.select(sa.func.count()).select_from(schema.subscribers)) == 2
            )
