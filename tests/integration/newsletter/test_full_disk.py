"""A disk that is full to the last octet, with the database, its log and the notes on it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.peers.databases.smalldisk import SmallDisk, small_disk
from tests.peers.ports import free_port
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.publishing.due import CONNECTIONS, READERS, settle
from tests.worlds.service.installed import PROGRAM, environment, tell

pytestmark = pytest.mark.only_slow
FULL_AT = 20
"""So many messages are accepted by then."""
FULL = "the disk of the database is full"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk with room for a newsletter."""
    with small_disk(tmp_path / "disk", "16m") as made:
        yield made


def settled(tmp_path: Path, disk: SmallDisk, relay: Relay, more: str = "") -> None:
    """A newsletter on the disk with a note that is due."""
    home = tmp_path / "home"
    home.mkdir()
    settle(home, "sqlite:///newsletter.db", f"smtp://127.0.0.1:{relay.port}", more=more)
    shutil.copytree(home, disk.seen, dirs_exist_ok=True)


def run(disk: SmallDisk, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A command with that newsletter."""
    config = disk.folder / "newsletter.toml"
    command = disk.command(PROGRAM, "--config", config, *words)
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(), cwd="/", timeout=280
    )


def fill_while_sending(disk: SmallDisk, relay: Relay) -> threading.Event:
    """Has the disk full when so many messages are accepted; set from then on."""
    filled = threading.Event()

    def mood(phase: Phase, _recipient: str) -> None:
        if phase is Phase.DOT and relay.accepted.total() == FULL_AT and not filled.is_set():
            disk.fill()
            filled.set()

    relay.mood = mood
    return filled


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


def test_a_service_goes_on_by_itself(tmp_path: Path, disk: SmallDisk) -> None:
    """`run` on a disk that is full for a while: what can be read is answered, what cannot be kept is refused, and with
    room again the rest is sent: nobody is missed, and nobody has two.
    """
    port, admin = free_port(), free_port()
    web = f"[web]\nport = {port}\nadmin_port = {admin}\n[subscribers]\ncheck_dns = false\n"
    with Relay().serving() as relay:
        relay.expected = READERS
        settled(tmp_path, disk, relay, web)
        filled = fill_while_sending(disk, relay)
        command = disk.command(PROGRAM, "--config", disk.folder / "newsletter.toml", "run")
        service = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment()
        )
        try:
            assert filled.wait(200)
            assert service.stderr is not None
            while "ledger.record_failed" not in (line := service.stderr.readline()):
                assert line
            site, form = f"http://127.0.0.1:{port}", {"email": "new@example.org"}
            with httpx.Client(timeout=100) as client:
                assert client.get(f"http://127.0.0.1:{admin}/readyz").status_code == 503
                for path in ("/", "/feed.xml"):
                    assert client.get(f"{site}{path}").status_code == 200
                assert client.post(f"{site}/subscribe", data=form).status_code == 503
            disk.free()
            assert relay.everybody.wait(200)
        finally:
            service.terminate()
            service.communicate(timeout=60)
        assert service.returncode == 0
        tell(accepted=relay.accepted.total(), copies=relay.copies)
        assert relay.copies == 0


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


def test_a_disk_without_inodes_is_called_that(tmp_path: Path) -> None:
    """Octets are free and no file can be made: each command says so and does nothing; with one again all are mailed once."""
    with small_disk(tmp_path / "disk", "16m,nr_inodes=64") as disk, Relay().serving() as relay:
        settled(tmp_path, disk, relay)
        taken = []
        with suppress(OSError):
            for number in range(64):
                (disk.seen / f"ballast-{number}").touch(exist_ok=False)
                taken.append(disk.seen / f"ballast-{number}")
        for words in (("send",), ("status",)):
            told = run(disk, *words)
            assert told.returncode == 1
            assert "takes no more files (its inodes are used up)" in told.stderr
            assert "Traceback" not in told.stderr
        for file in taken:
            file.unlink()
        assert run(disk, "send").returncode == 0
        assert relay.accepted.total() == READERS
        assert relay.copies == 0
