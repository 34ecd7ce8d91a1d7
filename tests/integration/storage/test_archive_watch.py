"""The archive's version as the site asks it before every answer, on real databases."""

from __future__ import annotations

import sys
from pathlib import Path

from storage.archive.issues import Issues
from storage.archive.watch import FRESH_S, ArchiveWatch
from storage.database.engine import Database
from tests.peers.nursery import run_forked
from tests.worlds.store import Store

PUBLISH = """
import sys
from storage.database.engine import Database
from tests.worlds.store import Store
database = Database.open(sys.argv[1])
Store(database).publish(sys.argv[2])
database.close()
"""


class Watched:
    """A watch with a clock of its own, over one store."""

    def __init__(self, database: Database) -> None:
        self.now = 100.0
        self.archive = Issues(database)
        self.watch = ArchiveWatch(database, self.archive, clock=lambda: self.now)

    def version(self) -> int:
        """As the site learns it: at a glance, else in a thread."""
        seen = self.watch.glance()
        return self.watch.read() if seen is None else seen


def test_a_change_of_this_process_is_seen_by_the_next_question(store: Store) -> None:
    """On both databases, without any time passing."""
    watched = Watched(store.database)
    for name in ("one", "two", "three"):
        before = watched.version()
        assert watched.version() == before
        store.publish(name)
        assert watched.version() == watched.archive.version() == before + 1


def test_a_change_of_another_process_is_seen(store: Store, database_url: str) -> None:
    """On SQLite by the next question, on PostgreSQL a tenth of a second later at the latest."""
    watched = Watched(store.database)
    before = watched.version()
    command = [sys.executable, "-c", PUBLISH, database_url, "theirs"]
    done = run_forked(command, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr
    if not store.database.is_sqlite:
        watched.now += FRESH_S * 1.01
    assert watched.version() == before + 1


def test_a_glance_is_enough_while_nothing_changes(store: Store) -> None:
    """PostgreSQL is asked ten times a second at most, SQLite never in a thread."""
    watched = Watched(store.database)
    version = watched.version()
    watched.now += FRESH_S * 0.9
    assert watched.watch.glance() == version
    watched.now += FRESH_S * 0.2
    assert watched.watch.glance() == (version if store.database.is_sqlite else None)


def test_a_glance_waits_for_nobody_who_writes(store: Store) -> None:
    """While a transaction is open, what was committed before it is told."""
    watched = Watched(store.database)
    before = watched.version()
    with store.database.transaction():
        assert watched.watch.glance() == before


def test_a_database_that_is_gone_is_not_answered_for(tmp_path: Path) -> None:
    """A file that was replaced under the site is for the careful way to tell."""
    file = tmp_path / "newsletter.db"
    database = Database.open(f"sqlite:///{file}")
    database.prepare()
    watched = Watched(database)
    assert watched.watch.glance() == watched.archive.version()
    file.rename(tmp_path / "moved.db")
    assert watched.watch.glance() is None
    (tmp_path / "moved.db").rename(file)
    assert watched.watch.glance() == watched.archive.version()
    database.close()
