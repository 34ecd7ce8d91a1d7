"""Backups and what comes back of them: made while mail goes out, restored on either database, after a kill too."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.app import Newsletter
from newsletter.keeping import BackedUp, Target, restore
from scripts.cli import main
from storage.copies import snapshot
from storage.database import Database, schema
from storage.model import (
    BackupError,
    Conflict,
    DeliveryState,
    Mailing,
    SchemaNewer,
    SubscriberState,
)
from tests.conftest import NOON
from tests.worlds.clock import Clock


class Home:
    """A newsletter in a folder on one of the databases, with the embedded outbox."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.clock = Clock(NOON)
        self.config = folder / "newsletter.toml"
        self.secret = folder / "secret"
        self.copy = folder / "copy.zip"
        (folder / "notes").mkdir()
        self.config.write_text(
            '[newsletter]\ntitle = "T"\nurl = "https://notes.example.org"\n'
            'sender = "a@example.org"\n[schedule]\nhold = "0s"\n'
            f'[storage]\nurl = "{url}"\n[smtp]\nurl = "outbox:outbox"\n'
        )

    @contextmanager
    def opened(self) -> Iterator[Newsletter]:
        """The newsletter."""
        with Newsletter.open(self.config, environ={}, clock=self.clock) as newsletter:
            yield newsletter

    def write(self, name: str) -> None:
        """A note that is due."""
        path = self.folder / "notes" / f"{name}.md"
        path.write_text(f"---\npublish: {self.clock.now.isoformat()}\n---\n# {name}\n\nHello.\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))

    def back_up(self) -> BackedUp:
        """To one file, which is replaced."""
        self.copy.unlink(missing_ok=True)
        with self.opened() as newsletter:
            return newsletter.backup(self.copy)

    @property
    def target(self) -> Target:
        """Where a backup goes."""
        return Target(url=self.url, secret_file=self.secret, clock=self.clock)

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """All that the database holds, but for its facts."""
        database = Database.open(self.url)
        with snapshot(database) as look:
            found = {
                one.name: [tuple(map(_plain, row)) for row in look.rows(one.name)]
                for one in look.tables()
                if one.name not in ("meta", "workers")
            }
        database.close()
        return found

    def mails(self) -> int:
        """Messages in the outbox."""
        return len(list((self.folder / "outbox" / "new").iterdir()))


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


@pytest.fixture
def home(tmp_path: Path, database_url: str) -> Home:
    """Two readers and an issue that they have; a third who left, and a reader's confirmation."""
    home = Home(tmp_path, database_url)
    with home.opened() as newsletter:
        for name in ("ada", "bob", "eve"):
            newsletter.subscriptions.add(f"{name}@example.com", consent="asked")
        newsletter.subscriptions.unsubscribe_address("eve@example.com")
        home.write("first")
        assert newsletter.send().accepted == 2
    return home


def run(home: Home, *arguments: str | Path) -> int:
    """A command; its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(home.config), *map(str, arguments)])
    return int(str(ended.value.code or 0))


def test_what_is_restored_is_what_was_there(home: Home) -> None:
    """Every row comes back, after all that happened since; numbers given once are not given again;
    the file is its owner's only.
    """
    before = home.rows()
    made = home.back_up()
    assert stat.S_IMODE(home.copy.stat().st_mode) == 0o600
    assert made.rows >= sum(map(len, before.values()))
    with home.opened() as newsletter:
        newsletter.subscriptions.add("new@example.com", consent="asked")
    done = restore(home.target, home.copy)
    assert home.rows() == before
    assert done.held == 0
    assert [path.exists() for path in done.aside] == [True]
    with home.opened() as newsletter:
        newsletter.subscriptions.add("later@example.com", consent="asked")
        numbers = [one.id for one in newsletter.subscribers.everyone()]
    assert numbers == [1, 2, 3, 4]


def test_a_backup_tells_what_it_is(home: Home) -> None:
    """Any program that knows zip and JSON reads it: the secret, a member for each table, a manifest."""
    home.back_up()
    with zipfile.ZipFile(home.copy) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.read("secret") == home.secret.read_bytes()
        lines = archive.read("tables/subscribers.jsonl").splitlines()
    assert manifest["schema"] == schema.REVISION
    columns = manifest["tables"]["subscribers"]["columns"]
    addresses = [dict(zip(columns, json.loads(line), strict=True))["address"] for line in lines]
    assert addresses == ["ada@example.com", "bob@example.com", "eve@example.com"]


def test_nothing_is_mailed_that_may_have_been(home: Home) -> None:
    """An issue that the backup believes unsent is paused, one that it does not know is published and
    paused, a confirmation is dropped; what is written later goes out, and what the author resumes.
    """
    home.write("second")
    with home.opened() as newsletter:
        newsletter.poll()
        newsletter.subscriptions.request("joe@example.com", ip="192.0.2.1", source="f", consent="c")
        newsletter.subscriptions.process()
        newsletter.subscriptions.request("ann@example.com", ip="192.0.2.2", source="f", consent="c")
    home.back_up()
    home.write("third")
    with home.opened() as newsletter:
        newsletter.send()
    mailed = home.mails()
    done = restore(home.target, home.copy)
    assert done.held == 1
    with home.opened() as newsletter:
        report = newsletter.send()
        assert (report.accepted, home.mails()) == (0, mailed)
        standing = {one.issue.slug: one.issue for one in newsletter.issues()}
        assert standing["second"].mailing is Mailing.PAUSED
        assert standing["third"].mailing is Mailing.PAUSED
        assert "restored from a backup" in standing["second"].mailing_reason
        home.write("fourth")
        assert newsletter.send().accepted == 2
        newsletter.resume("second")
        assert newsletter.send().accepted == 2
        newsletter.cancel("third")
        assert newsletter.send().accepted == 0


def test_a_digest_that_may_have_gone_out_waits(home: Home) -> None:
    """One that was due since the backup is made again, and paused like everything else; the next is not."""
    with home.opened() as newsletter:
        with newsletter.parts.database.transaction() as connection:
            weekly = sa.text("UPDATE subscribers SET pace = 'weekly' WHERE address LIKE 'ada%'")
            connection.execute(weekly)
        home.write("second")
        assert newsletter.send().accepted == 1
    home.back_up()
    home.clock.move(hours=8)  # it is Sunday, and later than five
    with home.opened() as newsletter:
        assert newsletter.send().accepted == 1
    mailed = home.mails()
    restore(home.target, home.copy)
    with home.opened() as newsletter:
        assert newsletter.send().accepted == 0
        assert home.mails() == mailed
        home.clock.move(days=6)
        home.write("third")
        assert newsletter.send().accepted == 1
        home.clock.move(days=1)
        assert newsletter.send().accepted == 1


def test_what_was_on_the_wire_is_in_doubt(home: Home) -> None:
    """A message that a worker had begun when the backup was made is not sent by itself again."""
    home.write("second")
    with home.opened() as newsletter:
        newsletter.poll()
        parts = newsletter.parts
        claims = parts.ledger.claim("w", now=NOON, limit=1, lease=timedelta(hours=1))
        parts.ledger.record("w", [], [claims[0].delivery_id], now=NOON)
    home.back_up()
    with home.opened() as newsletter:
        newsletter.parts.rescuer.rescue(now=NOON + timedelta(hours=3), resend=False, gone=["w"])
    restore(home.target, home.copy)
    with home.opened() as newsletter:
        newsletter.resume("second")
        assert newsletter.send().accepted == 1
        assert newsletter.status("second").tally[DeliveryState.UNKNOWN] == 1


@pytest.mark.parametrize("exactly", [False, True])
def test_who_is_gone_stays_gone(home: Home, exactly: bool) -> None:
    """Whoever left, was suppressed or was erased since the backup stays so; unless it is to be exactly
    as it was.
    """
    home.back_up()
    with home.opened() as newsletter:
        newsletter.subscriptions.unsubscribe_address("ada@example.com")
        newsletter.subscriptions.erase("bob@example.com")
        newsletter.subscriptions.suppress("ann@example.com", evidence="asked by phone")
    done = restore(home.target, home.copy, exactly=exactly)
    gone = done.departed
    assert (gone.left, gone.suppressed, gone.erased) == ((0, 0, 0) if exactly else (1, 1, 1))
    with home.opened() as newsletter:
        states = {one.address: one.state for one in newsletter.subscribers.everyone()}
        active = SubscriberState.ACTIVE
        left = SubscriberState.UNSUBSCRIBED
        ada = active if exactly else left
        expected = {"ada@example.com": ada, "bob@example.com": active, "eve@example.com": left}
        if not exactly:
            del expected["bob@example.com"]
        assert states == expected
        assert len(newsletter.subscribers.suppressions()) == (0 if exactly else 2)


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


def test_the_commands(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`backup` writes, overwrites nothing and keeps so many in a folder; `restore` asks, and tells
    what is held.
    """
    assert run(home, "backup", home.copy) == 0
    assert run(home, "backup", home.copy) == 1
    assert "is there already" in capsys.readouterr().err
    folder = home.folder / "backups"
    folder.mkdir()
    (folder / "newsletter-20200101T000000Z.zip").touch()
    (folder / "mine.zip").touch()
    assert run(home, "backup", folder, "--keep", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["removed"]) == 1
    assert len(list(folder.iterdir())) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run(home, "restore", home.copy) == 1
    assert "nothing was changed" in capsys.readouterr().err
    assert run(home, "restore", home.copy) == 1
    assert "--yes" in capsys.readouterr().err
    assert run(home, "restore", home.copy, "--yes") == 0
    assert "nothing is mailed by itself" in capsys.readouterr().out
    assert run(home, "restore", folder / "mine.zip", "--yes") == 1
    assert "no backup" in capsys.readouterr().err


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
