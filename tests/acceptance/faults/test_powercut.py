"""The power is cut in the middle of a sending."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg
import pytest

from newsletter import Newsletter
from storage.model import DeliveryState
from tests.acceptance.faults.powercut import (
    Contents,
    Disk,
    Step,
    put_together,
    record,
    steps,
    watching,
)
from tests.peers.databases.cluster import Cluster, cluster
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import CONNECTIONS, PROGRAM, House, address, build, tell

READERS = 200
CUTS = 40
SEED = 20261128
SEEN = "secret.seen"
SERVER_CUTS = 8
"""Each of them four times, with a server that is started on what is left."""
SMALL = ("shared_buffers=1MB", "min_wal_size=2MB", "max_wal_size=2MB", "bgwriter_delay=10ms")
"""A server that keeps few pages in memory, and uses the parts of its log again soon."""


@dataclass(frozen=True, slots=True)
class Took:
    """The relay had the content of a message."""

    at: float
    who: str
    seen: bytes = b""
    """What stood beside the secret then: how far the database had come."""


Taken = list[Took]


@contextmanager
def relaying(home: Path) -> Iterator[tuple[Relay, Taken]]:
    """A relay that remembers when, of the newsletter in that folder."""
    taken: Taken = []

    def mood(phase: Phase, recipient: str) -> None:
        if phase is Phase.DOT:
            taken.append(Took(time.time(), recipient, (home / SEEN).read_bytes()))

    with Relay().serving() as relay:
        relay.mood = mood  # type: ignore[assignment]
        yield relay, taken


def everybody() -> set[str]:
    """All who are to have the issue."""
    return {address(number) for number in range(READERS)}


@dataclass(frozen=True, slots=True)
class Cut:
    """One state that may be left."""

    left: Contents
    had: set[str]
    """Who had the issue by then."""
    seen: bytes
    is_last: bool
    """Of those that the same cut may leave."""


def cutting(
    disk: Disk, done: list[Step], taken: Taken, cuts: set[int], chance: Random
) -> Iterator[Cut]:
    """What may be left after so many of the calls."""
    for number, step in enumerate(done[:-1]):
        disk.take(step)
        if number in cuts:
            before = [one for one in taken if one.at < done[number + 1].at]
            states = list(disk.cut(chance))
            for left in states:
                seen = before[-1].seen if before else b""
                yield Cut(left, {one.who for one in before}, seen, left is states[-1])


@pytest.mark.only_slow
def test_a_power_cut_repeats_no_more_than_a_kill(tmp_path: Path) -> None:
    """Over SQLite, wherever it comes, and whatever of what was not synced is left: the database is whole, nobody is said
    to have had what the relay had not, and who had it is unknown of for one message of each connection at most (promise
    2).
    """
    chance, most = Random(SEED), 0
    with relaying(tmp_path / "home") as (relay, taken):
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        house = build(tmp_path / "home", storage="sqlite:///n.db", smtp=smtp, recipients=READERS)
        before, traces = tmp_path / "before", tmp_path / "traces"
        shutil.copytree(house.folder, before)
        traces.mkdir()
        record(house.folder, traces, PROGRAM, "send")
    assert {one.who for one in taken} == everybody()
    done = steps(traces, house.folder, {"", "n.db", "n.db-wal"}.__contains__)
    cuts = set(chance.sample(range(len(done) - 1), CUTS))
    for one in cutting(Disk(before), done, taken, cuts, chance):
        put_together(tmp_path / "after", before, one.left)
        with closing(sqlite3.connect(tmp_path / "after" / "n.db")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        recorded = accepted(House(tmp_path / "after"))
        assert recorded <= one.had
        most = max(most, len(one.had - recorded))
    tell(steps=len(done), cuts=CUTS, most_in_doubt=most)
    assert most <= CONNECTIONS


@pytest.mark.only_slow
def test_a_power_cut_leaves_a_note_as_it_was_or_mended(tmp_path: Path) -> None:
    """`check --fix` writes to a file of the author's: wherever the cut comes, all of the old or all of the new is there."""
    house = build(tmp_path / "home", storage="sqlite:///n.db", smtp="outbox:outbox", recipients=1)
    note = house.folder / "notes" / "first.md"
    old = f"---\ntitle: First\npublsh: now\n---\n\n{'Words. ' * 1_000}\n".encode()
    note.write_bytes(old)
    before, traces = tmp_path / "before", tmp_path / "traces"
    shutil.copytree(house.folder, before)
    traces.mkdir()
    record(house.folder, traces, PROGRAM, "check", "--fix", note)
    new = note.read_bytes()
    assert new == old.replace(b"publsh", b"publish")
    done = steps(traces, house.folder, lambda name: name.startswith("notes"))
    disk, chance = Disk(before), Random(SEED)
    for step in done:
        disk.take(step)
        for left in disk.cut(chance):
            assert left.get("notes/first.md", old) in {old, new}
    assert "fsync" in {step.call for step in done}


@pytest.mark.only_slow
def test_a_power_cut_leaves_a_mark_beside_the_secret(tmp_path: Path) -> None:
    """A disk that breaks at a power cut is when a copy of the database is brought back, and that it is one is known by the
    mark alone: wherever the cut comes, there is one.
    """
    house = build(tmp_path / "home", storage="sqlite:///n.db", smtp="outbox:outbox", recipients=1)
    old = (house.folder / SEEN).read_bytes()
    before, traces = tmp_path / "before", tmp_path / "traces"
    shutil.copytree(house.folder, before)
    traces.mkdir()
    record(house.folder, traces, PROGRAM, "send")
    new = (house.folder / SEEN).read_bytes()
    done = steps(traces, house.folder, lambda name: "seen" in name)
    disk, chance, left = Disk(before), Random(SEED), set[bytes]()
    for step in done:
        disk.take(step)
        left |= {one.get(SEEN, old) for one in disk.cut(chance)}
    assert {old, new} <= left
    assert all(
        one.endswith(b"}}}") for one in left
    )  # each is whole: there are some between the two


@pytest.mark.only_slow
def test_a_power_cut_under_a_server_repeats_no_more_than_a_kill(tmp_path: Path) -> None:
    """Over PostgreSQL, with pages and parts of its log on their way: a server starts on whatever is left of its folder,
    its tables and indexes are whole, and it knows of as much as SQLite does. What is then sent reaches everybody, and
    repeats no more than what is in doubt.
    """
    chance, most, copies = Random(SEED), 0, 0
    with cluster() as server, relaying(tmp_path / "home") as (relay, taken):
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        with server.running():
            with psycopg.connect(f"{server.url}/postgres", autocommit=True) as first:
                first.execute("CREATE DATABASE n")
            house = build(
                tmp_path / "home", storage=f"{server.url}/n", smtp=smtp, recipients=READERS
            )
        before, traces = server.home / "before", server.home / "traces"
        shutil.copytree(server.data, before)
        traces.mkdir()
        kept = shutil.copytree(house.folder, tmp_path / "kept")
        server.own(traces)
        with (
            server.running(*watching(traces), settings=SMALL),
            psycopg.connect(f"{server.url}/n", autocommit=True) as pressing,
        ):
            send(house, lambda: press(pressing))
        assert {one.who for one in taken} == everybody()
        done = steps(traces, server.data, lambda name: name != "postmaster.pid")
        sending = [number for number, step in enumerate(done) if is_within(step, taken)]
        written = {done[number].file for number in sending if done[number].written}
        assert len({name for name in written if name.startswith("pg_wal/")}) > 1
        assert any(name.startswith("base/") for name in written)
        cuts = set(chance.sample(sending, SERVER_CUTS))
        for one in cutting(Disk(before), done, list(taken), cuts, chance):
            put_together(server.data, before, one.left)
            put_together(house.folder, kept, {SEEN: one.seen})
            server.own(server.data).chmod(0o700)
            with server.running(whole=False):
                look_through(server)
                recorded = accepted(house)
                assert recorded <= one.had
                most = max(most, len(one.had - recorded))
                if one.is_last:
                    copies = max(copies, sent_again(house, taken, one.had))
    tell(steps=len(done), cuts=SERVER_CUTS, most_in_doubt=most, most_copies=copies)
    assert most <= CONNECTIONS
    assert copies <= CONNECTIONS


def send(house: House, meanwhile: Callable[[], None] = lambda: None) -> None:
    """All that is due, and something else over and over until it is sent."""
    process = house.start(PROGRAM, "send")
    while process.poll() is None:
        meanwhile()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err


def press(server: psycopg.Connection) -> None:
    """Has the server begin a new part of its log, and write all pages for good."""
    server.execute("SELECT pg_switch_wal()")
    server.execute("CHECKPOINT")


def is_within(step: Step, taken: Taken) -> bool:
    """Whether it was done between the first message and the last."""
    return taken[0].at < step.at < taken[-1].at


def look_through(server: Cluster) -> None:
    """Every page is what was written, and every index has each row."""
    look = [server.programs / "pg_amcheck", "--install-missing", "--heapallindexed", "-U", "test"]
    done = subprocess.run(
        [*look, "-h", "127.0.0.1", "-p", str(server.port), "n"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def sent_again(house: House, taken: Taken, had: set[str]) -> int:
    """Sends to the end; how many had it twice. All must have it."""
    taken.clear()
    send(house)
    now = [one.who for one in taken]
    assert had.union(now) == everybody()
    return len(now) - len(everybody() - had)


def accepted(house: House) -> set[str]:
    """Who had the issue, as far as the product knows; nobody before there is one."""
    with Newsletter.open(house.config, environ={}) as newsletter:
        return {
            one.address
            for status in newsletter.issues()
            for one in newsletter.parts.overview.deliveries(
                status.issue.id, state=DeliveryState.ACCEPTED
            )
        }
