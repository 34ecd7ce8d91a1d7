"""A disk that is full to the last octet, with the database, its log and the notes on it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.counting import Phase, Relay
from tests.peers.smalldisk import SmallDisk, small_disk
from tests.worlds.due import CONNECTIONS, READERS, settle
from tests.worlds.installed import PROGRAM, environment, tell

pytestmark = pytest.mark.only_slow
FULL_AT = 20
"""So many messages are accepted by then."""
FULL = "the disk of the database is full"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk with room for a newsletter."""
    with small_disk(tmp_path / "disk", "16m") as made:
        yield made


def settled(tmp_path: Path, disk: SmallDisk, relay: Relay) -> None:
    """A newsletter on the disk with a note that is due."""
    home = tmp_path / "home"
    home.mkdir()
    settle(home, "sqlite:///newsletter.db", f"smtp://127.0.0.1:{relay.port}")
    shutil.copytree(home, disk.seen, dirs_exist_ok=True)


def run(disk: SmallDisk, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command with that newsletter."""
    config = disk.folder / "newsletter.toml"
    command = disk.command(PROGRAM, "--config", config, *words)
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(), cwd="/", timeout=280
    )


def fill_while_sending(disk: SmallDisk, relay: Relay) -> None:
    """Has the disk full when so many messages are accepted."""
    filled: list[bool] = []

    def mood(phase: Phase, _recipient: str) -> None:
        if phase is Phase.DOT and relay.accepted.total() == FULL_AT and not filled:
            filled.append(True)
            disk.fill()

    relay.mood = mood


def test_a_sending_ends_where_the_disk_stays_full(tmp_path: Path, disk: SmallDisk) -> None:
    """`send` tries for a minute and a half, then says that the disk is full and ends with 1; with room again the
    next one sends the rest: nobody is missed, and who was on the wire may have two.
    """
    with Relay().serving() as relay:
        settled(tmp_path, disk, relay)
        fill_while_sending(disk, relay)
        ended = run(disk, "send")
        assert ended.returncode == 1
        assert FULL in ended.stderr.splitlines()[-1]
        assert "Traceback" not in ended.stderr
        assert "unrecorded=" in ended.stderr
        disk.free()
        rest = run(disk, "send")
        assert rest.returncode == 0, rest.stderr
        tell(accepted=relay.accepted.total(), copies=relay.copies)
        assert len(relay.accepted) == READERS
        assert relay.copies <= CONNECTIONS


def test_every_command_says_that_the_disk_is_full(tmp_path: Path, disk: SmallDisk) -> None:
    """Also where SQLite itself speaks of an error of input; and afterwards all is as it was."""
    with Relay().serving() as relay:
        settled(tmp_path, disk, relay)
        rows = "".join(f"new{number}@example.org\n" for number in range(3_000))
        (tmp_path / "list.csv").write_text(f"email\n{rows}")
        bring_in = ("subscribers", "import", tmp_path / "list.csv", "--consent", "fair")
        disk.fill()
        for words in (("send",), ("status",), ("backup", disk.folder / "b.zip"), bring_in):
            told = run(disk, *words)
            assert told.returncode == 1
            assert FULL in told.stderr
            assert len(told.stderr.splitlines()) == 1
        disk.fill(leave=200_000)
        half = run(disk, *bring_in)
        assert (half.returncode, FULL in half.stderr) == (1, True)
        disk.free()
        assert run(disk, *bring_in).returncode == 0
        assert "reader" in run(disk, "subscribers", "list", "--limit", "1").stdout
        assert run(disk, "send").returncode == 0
        assert relay.accepted.total() == READERS + 3_000
        assert relay.copies == 0


def test_what_cannot_be_written_leaves_nothing_half(tmp_path: Path, disk: SmallDisk) -> None:
    """A backup and a built site that find no room are told, and no half file stands in their place."""
    with Relay().serving() as relay:
        settled(tmp_path, disk, relay)
        assert run(disk, "send").returncode == 0
        noise = disk.seen / "notes" / "noise.bin"
        noise.write_bytes(b"\1" * 100)
        disk.fill(leave=120_000)
        built = run(disk, "build", disk.folder / "site")
        assert built.returncode == 1, built.stdout
        assert "Traceback" not in built.stderr
        assert "no space" in built.stderr.lower() or "full" in built.stderr
        disk.free()
        assert run(disk, "build", disk.folder / "site").returncode == 0
        empty = [
            file
            for file in (disk.seen / "site").rglob("*")
            if file.is_file() and not file.stat().st_size
        ]
        assert empty == []
