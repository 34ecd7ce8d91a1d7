"""Secrets that were in use and are lost again: the operator is told, by every way there is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.keeping import restore
from newsletter.secret import Keyring, merge_secrets
from newsletter.tokens import fingerprints
from tests.conftest import NOON
from tests.worlds.rows import each
from tests.worlds.service.installed import House
from tests.worlds.service.kept import Home
from tests.worlds.service.running import command

NEW, NEWER = "ab" * 32, "cd" * 32


@pytest.fixture
def home(database_url: str, tmp_path: Path) -> Home:
    """A newsletter with a reader."""
    home = Home(tmp_path, database_url)
    with home.opened() as newsletter:
        newsletter.subscriptions.add("ada@example.com", consent="asked")
    return home


def name(secret: str) -> str:
    """What the database knows of a secret."""
    return fingerprints(Keyring.parse(secret))[0]


def faults(home: Home) -> list[str]:
    """What whoever opens it is told."""
    with home.opened() as newsletter:
        told = newsletter.parts.generations.find_faults()
        newsletter.watching.watch.run()
        alerted = [one for one in newsletter.watching.watch.troubles if one.kind.value == "secret"]
        (diagnosed,) = [[d.message for d in newsletter.doctor() if d.name == "secret"]]
    assert [one.sentence for one in alerted] == (["\n".join(told)] if told else [])
    assert diagnosed[1:] == told
    return told


def test_a_secret_that_was_in_use_and_is_lost_is_told(home: Home) -> None:
    """Put in above the old one all is well; lost again, alert, doctor and status say that links of mails lead nowhere,
    until it is back, or its author says that it is gone on purpose.
    """
    old = home.secret.read_text()
    home.secret.write_text(f"{NEW}\n{old}")
    assert faults(home) == []
    home.secret.write_text(old)
    (told,) = faults(home)
    assert f"in use from {NOON:%Y-%m-%d} on is not in" in told
    assert f"`gone {name(NEW)}`" in told
    assert NEW not in told
    home.secret.write_text(f"{NEWER}\n{NEW}\n{old}")
    assert faults(home) == []
    home.secret.write_text(f"{NEWER}\ngone {name(NEW)}\n{old}")
    assert faults(home) == []


@each(
    ("change", "told"),
    [
        (Path.unlink, "No such file or directory"),
        (lambda path: path.write_text(""), "holds no secret"),
        (lambda path: path.write_text("ab" * 16), "line 1 holds 16 bytes; a secret needs 32"),
        (lambda path: path.write_text(NEW), "not the one this database was made with"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not a text file"),
    ],
)
def test_a_secret_that_nothing_can_be_started_with_is_told_by_what_runs(
    change: Callable[[Path], object], told: str, tmp_path: Path
) -> None:
    """Missing, emptied, shorter, another one, or damaged under a process that goes on with what it has read."""
    folder = tmp_path / told.replace(" ", "-")[:20]
    folder.mkdir()
    home = Home(folder, f"sqlite:///{folder}/n.db")
    with home.opened() as newsletter:
        change(home.secret)
        (fault,) = newsletter.parts.generations.find_faults()
    assert "Nothing can be started any more" in fault
    assert told in fault


def test_a_newer_secret_than_the_running_one_is_told(home: Home) -> None:
    """Others sign with the new line already, and the service that was not reloaded knows none of their links."""
    old = home.secret.read_text()
    with home.opened() as running_one:
        home.secret.write_text(f"{NEW}\n{old}")
        assert running_one.parts.generations.find_faults() == []  # nobody has signed with it
        with home.opened():
            pass
        (told,) = running_one.parts.generations.find_faults()
    assert "newer secret than this process" in told


def test_a_restore_keeps_the_secrets_that_came_since(home: Home) -> None:
    """A backup of before brings the database back, and mails sent meanwhile keep their links."""
    old = home.secret.read_text()
    home.back_up()
    home.secret.write_text(f"{NEW}\n{old}")
    with home.opened() as newsletter:
        link = newsletter.parts.tokens.unsubscribe(1)
    restore(home.target, home.copy)
    with home.opened() as newsletter:
        assert newsletter.parts.tokens.read_unsubscribe(link) == 1
    assert faults(home) == []


@each(
    ("kept", "brought", "then"),
    [
        (f"{NEW}\n{NEWER}\n", f"{NEWER}\n", f"{NEW}\n{NEWER}\n"),
        (f"{NEWER}\n", f"{NEW}\n{NEWER}\n", f"{NEW}\n{NEWER}\n"),
        (f"{NEW}\n", f"{NEWER}\n", f"{NEWER}\n"),
        ("short\n", f"{NEWER}\n", f"{NEWER}\n"),
        (
            f"{'12' * 32}\n{NEWER}\n",
            f"{NEW}\n{NEWER}\n",
            f"{'12' * 32}\n{NEW}\n{NEWER}\n",
        ),
        (f"gone {name(NEW)}\n{NEWER}\n", f"{NEW}\n{NEWER}\n", f"gone {name(NEW)}\n{NEWER}\n"),
    ],
)
def test_secrets_of_two_files_are_merged(kept: str, brought: str, then: str) -> None:
    """Of one newsletter all stay, the newest first and the oldest last, but for what is gone; of two, what is brought."""
    assert merge_secrets(kept.encode(), brought.encode(), fingerprints) == then.encode()


def test_status_tells_of_a_lost_secret(home: Home) -> None:
    """In a line, and as JSON."""
    house = House(home.folder)
    old = home.secret.read_text()
    home.secret.write_text(f"{NEW}\n{old}")
    with home.opened():
        pass
    home.secret.write_text(old)
    assert f"gone {name(NEW)}" in command(house, "status").stdout
    assert len(json.loads(command(house, "status", "--json").stdout)["secret"]) == 1
