"""The running service: one scheduler, an orderly end, and what a killed worker leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mailer.authentication.keys import KeyType, make_key
from newsletter.app import Newsletter
from newsletter.mailing.results import SendReport
from storage.model.deliveries import DeliveryState, Tally
from storage.model.errors import Conflict
from tests.peers.nursery import Forked
from tests.peers.relays.smtp import Peer

ROOT = Path(__file__).parents[3]
READERS = 5
ALONE = """
import os
from newsletter.cores import keeping
keeping._NAME = f"\\0newsletter-test-{os.getpid()}-{{}}"  # whoever else keeps to a core of this machine
"""
RUN = """
import sys
from newsletter.app import Newsletter
with Newsletter.open(sys.argv[1], environ={}) as newsletter:
    newsletter.run(ready=lambda _: print("ready", flush=True))
"""


@dataclass
class HeldPeer(Peer):
    """A relay that answers the final dot only when it is let go."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def _move(self, name: str, writer: asyncio.StreamWriter) -> bool:
        if name == "DOT":
            self.reached.set()
            await self.go.wait()
        return await super()._move(name, writer)


def settle_in(folder: Path, storage: str, relay: str) -> Path:
    """A newsletter with readers and one note that is due; returns its configuration."""
    (folder / "notes").mkdir()
    (folder / "notes" / "note.md").write_text("---\npublish: now\n---\n# Note\n\nHello.\n")
    config = folder / "newsletter.toml"
    config.write_text(
        f"""
[newsletter]
title = "Working Notes"
url = "https://notes.example.com"
sender = "Working Notes <notes@example.com>"
[notes]
poll = "1s"
[schedule]
hold = "0s"
[storage]
url = "{storage}"
[smtp]
url = "{relay}"
connections = 1
"""
    )
    with Newsletter.open(config, environ={}) as newsletter:
        for number in range(READERS):
            newsletter.subscriptions.add(f"reader{number}@example.com", consent="test")
    return config


class Running:
    """A service in a process of its own, as asyncio has one that it started."""

    def __init__(self, process: Forked[bytes], stdout: asyncio.StreamReader) -> None:
        self._process = process
        self.stdout = stdout
        self.pid = process.pid
        self.send_signal = process.send_signal
        self.kill = process.kill

    async def wait(self) -> int:
        """How it ended."""
        return await asyncio.to_thread(self._process.wait)


@asynccontextmanager
async def running(config: Path, before: str = "") -> AsyncIterator[Running]:
    """The service in a process of its own, ready; killed afterwards if it still is there."""
    command = [sys.executable, "-c", before + RUN, config]
    with Forked[bytes](command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        stdout = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(stdout)
        reading, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: protocol, process.stdout
        )
        try:
            while (line := await asyncio.wait_for(stdout.readline(), 120)) != b"ready\n":
                assert line  # a line of the log
            yield Running(process, stdout)
        finally:
            process.kill()
            reading.close()


def tally(config: Path) -> Tally:
    """How the deliveries stand."""
    with Newsletter.open(config, environ={}) as newsletter:
        return newsletter.parts.overview.tally()


def send(config: Path) -> SendReport:
    """What `send` does, in this process."""
    with Newsletter.open(config, environ={}) as newsletter:
        return newsletter.send()


async def until(holds: Callable[[], bool]) -> None:
    """Until the condition holds; fails after two minutes."""
    for _ in range(1200):
        if await asyncio.to_thread(holds):
            return
        await asyncio.to_thread(threading.Event().wait, 0.1)
    pytest.fail("it never came to hold")


def test_sigterm_finishes_what_is_on_the_wire(database_url: str, tmp_path: Path) -> None:
    """A stop in the middle of a message: it is recorded, the rest stays queued without an attempt,
    and a later run sends exactly the rest.
    """

    async def main() -> None:
        async with HeldPeer().serving() as peer:
            assert isinstance(peer, HeldPeer)
            config = settle_in(tmp_path, database_url, f"smtp://127.0.0.1:{peer.port}")
            async with running(config) as process:
                await asyncio.wait_for(peer.reached.wait(), 120)
                process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0)
                peer.go.set()
                assert await asyncio.wait_for(process.wait(), 120) == 0
            stopped_at = len(peer.messages)
            with Newsletter.open(config, environ={}) as newsletter:
                issue = newsletter.parts.archive.live()[0]
                deliveries = list(newsletter.parts.overview.deliveries(issue.id))
                assert newsletter.parts.rescuer.workers() == []
            accepted = [one for one in deliveries if one.state is DeliveryState.ACCEPTED]
            queued = [one for one in deliveries if one.state is DeliveryState.QUEUED]
            assert len(accepted) == stopped_at >= 1
            assert len(accepted) + len(queued) == READERS
            assert all(one.attempts == 0 and one.due_at is not None for one in queued)
            report = await asyncio.to_thread(send, config)
            assert report.accepted == len(queued)
            assert len(peer.messages) == READERS

    asyncio.run(main())


def test_a_killed_worker_is_rescued_at_once(database_url: str, tmp_path: Path) -> None:
    """After SIGKILL nobody waits for the lease; nobody is skipped, and at most the one message
    that was on the wire comes twice (rule B9).
    """

    async def main() -> None:
        async with HeldPeer().serving() as peer:
            assert isinstance(peer, HeldPeer)
            config = settle_in(tmp_path, database_url, f"smtp://127.0.0.1:{peer.port}")
            async with running(config) as process:
                await asyncio.wait_for(peer.reached.wait(), 120)
                process.kill()
                await process.wait()
            peer.go.set()
            report = await asyncio.to_thread(send, config)
            assert report.accepted == READERS
            assert report.problems == ()
            assert (await asyncio.to_thread(tally, config))[DeliveryState.ACCEPTED] == READERS
            assert set(peer.recipients) == {f"reader{n}@example.com" for n in range(READERS)}
            assert len(peer.messages) <= READERS + 1

    asyncio.run(main())


def test_a_second_run_is_refused_on_sqlite(tmp_path: Path) -> None:
    """Two schedulers on one file are a mistake, and the second says so; `send` is none."""

    async def main() -> None:
        config = settle_in(tmp_path, f"sqlite:///{tmp_path}/n.db", "outbox:outbox")
        async with running(config) as process:
            with (
                Newsletter.open(config, environ={}) as second,
                pytest.raises(Conflict, match="another `newsletter run`"),
            ):
                await asyncio.to_thread(second.run)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 120) == 0
        report = await asyncio.to_thread(send, config)
        assert report.problems == ()

    asyncio.run(main())


def test_a_second_run_stands_by_on_postgresql(postgres: str, tmp_path: Path) -> None:
    """It serves and waits, and schedules when the first is gone, however that ended."""
    import psycopg

    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE standby TEMPLATE migrated")

    async def main() -> None:
        config = settle_in(tmp_path, f"{postgres}/standby", "outbox:outbox")
        async with running(config) as first, running(config):
            await until(lambda: tally(config)[DeliveryState.ACCEPTED] == READERS)
            first.kill()
            await first.wait()
            (tmp_path / "notes" / "next.md").write_text("---\npublish: now\n---\n# Next\n\nHi.\n")
            await until(lambda: tally(config)[DeliveryState.ACCEPTED] == 2 * READERS)

    asyncio.run(main())


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="this system keeps no thread to a core"
)
@pytest.mark.parametrize(
    ("more", "keeps"),
    [
        pytest.param("", True, id="as it is"),
        pytest.param('[dkim]\nselector = "s"\nkey = "dkim.pem"\n', False, id="while it signs"),
        pytest.param("[dispatch]\nown_core = false\n", False, id="told not to"),
    ],
)
def test_a_service_keeps_to_one_core(tmp_path: Path, more: str, *, keeps: bool) -> None:
    """All threads of a service are on one core, whatever it does, unless it signs just now or is not to."""
    key = tmp_path / "dkim.pem"
    key.touch(0o600)
    key.write_bytes(make_key(KeyType.ED25519))

    async def scenario() -> set[frozenset[int]]:
        async with HeldPeer().serving() as peer:
            assert isinstance(peer, HeldPeer)
            config = settle_in(
                tmp_path, f"sqlite:///{tmp_path}/newsletter.db", f"smtp://127.0.0.1:{peer.port}"
            )
            config.write_text(config.read_text() + more)
            async with running(config, ALONE) as service:
                await asyncio.wait_for(peer.reached.wait(), 120)
                found = cores_of(service.pid)
                peer.go.set()
                service.send_signal(signal.SIGTERM)
                assert await service.wait() == 0
                return found

    (cores,) = asyncio.run(scenario())
    usable = os.sched_getaffinity(0)
    assert len(cores) == (1 if keeps else len(usable))
    assert cores <= usable


def cores_of(process: int) -> set[frozenset[int]]:
    """Where each of its threads may run."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return {frozenset(os.sched_getaffinity(int(thread.name))) for thread in threads}
