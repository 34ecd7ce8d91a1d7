"""A database that is missing, or a copy of itself: noticed by the mark beside the secret."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from newsletter.watermark import Watermark
from scripts.cli import main
from storage.database.engine import Database
from storage.model.errors import DatabaseLost
from storage.model.issues import Mailing
from tests.conftest import NOON


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A newsletter with one reader and the embedded outbox."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "newsletter.toml").write_text(
        '[newsletter]\ntitle = "T"\nurl = "https://notes.example.org"\nsender = "a@example.org"\n'
        '[schedule]\nhold = "0s"\n[smtp]\nurl = "outbox:outbox"\n'
    )
    with opened(tmp_path) as newsletter:
        newsletter.subscriptions.add("ada@example.com", consent="asked")
    return tmp_path


@contextmanager
def opened(home: Path) -> Iterator[Newsletter]:
    """The newsletter."""
    with Newsletter.open(home / "newsletter.toml", environ={}) as newsletter:
        yield newsletter


def write(home: Path, name: str) -> None:
    """A note that is due."""
    (home / "notes" / f"{name}.md").write_text(f"---\npublish: now\n---\n# {name}\n\nHello.\n")


def copy(home: Path, aside: str) -> None:
    """A copy of the database, closed."""
    shutil.copy(home / "newsletter.db", home / aside)


def restore(home: Path, aside: str) -> None:
    """The copy in the place of the database."""
    for name in ("newsletter.db", "newsletter.db-wal", "newsletter.db-shm"):
        (home / name).unlink(missing_ok=True)
    shutil.copy(home / aside, home / "newsletter.db")


def run(*arguments: str) -> int:
    """A command; its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(str(ended.value.code or 0))


def mails(home: Path) -> int:
    """Messages in the outbox."""
    return len(list((home / "outbox" / "new").iterdir())) if (home / "outbox").exists() else 0


def test_a_missing_database_is_not_made_anew(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asks is told, no empty file appears, and `db init` makes one when that is meant."""
    (home / "newsletter.db").unlink()
    with pytest.raises(DatabaseLost, match="db init"), opened(home):
        pass
    assert not (home / "newsletter.db").exists()
    config = ["--config", str(home / "newsletter.toml")]
    assert run(*config, "subscribers", "list") == 1
    assert "bring it back" in capsys.readouterr().err
    assert run(*config, "db", "init") == 0
    assert run(*config, "db", "init") == 1
    with opened(home) as newsletter:
        assert not list(newsletter.subscribers.everyone())


def test_a_copy_from_before_mails_nothing_by_itself(home: Path) -> None:
    """An issue that the copy believes unsent is paused, and so is one that it does not know at all;
    what is written later goes out as ever.
    """
    write(home, "first")
    with opened(home) as newsletter:
        newsletter.poll()
    copy(home, "before")
    write(home, "second")
    with opened(home) as newsletter:
        assert newsletter.send().accepted == 2
    restore(home, "before")
    with opened(home) as newsletter:
        assert newsletter.send().accepted == 0
        found = {one.issue.slug: one.issue for one in newsletter.issues()}
        assert {issue.mailing for issue in found.values()} == {Mailing.PAUSED}
        assert all("copy from before" in issue.mailing_reason for issue in found.values())
        assert mails(home) == 2
        write(home, "third")
        assert newsletter.send().accepted == 1
        newsletter.resume("first")
        assert newsletter.send().accepted == 1
    with opened(home) as newsletter:
        assert newsletter.status("second").issue.mailing is Mailing.PAUSED


def test_a_database_that_is_as_it_was_is_no_copy(home: Path) -> None:
    """Opened again, also from a copy of the last moment, it goes on mailing."""
    write(home, "first")
    with opened(home) as newsletter:
        newsletter.send()
    copy(home, "now")
    restore(home, "now")
    write(home, "second")
    with opened(home) as newsletter:
        assert newsletter.send().accepted == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"database": {"x": 1}}', '{"database": []}'])
def test_a_mark_that_cannot_be_read_stops_nobody(home: Path, text: str) -> None:
    """It is a help, not a lock: the log tells of it and it is written anew."""
    (home / "secret.seen").write_text(text)
    with opened(home) as newsletter:
        assert newsletter.totals().total == 0


def test_the_same_holds_on_each_engine(database_url: str, tmp_path: Path) -> None:
    """A server's database that was emptied, or is behind its mark, is recognised as well."""
    database = Database.open(database_url)
    mark = Watermark(tmp_path / "secret", database, lambda: NOON)
    mark.refuse_missing()
    database.prepare()
    mark.keep()
    mark.refuse_missing()
    assert ":" not in database.name.partition("//")[2].partition("@")[0]
    database.close()
