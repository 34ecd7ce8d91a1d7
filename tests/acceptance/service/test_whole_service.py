"""Whole processes in trouble: two in containers, a database that goes away, a server that stands still."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from storage.model.deliveries import DeliveryState
from tests.peers.databases.frozen import Server
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import CONNECTIONS, PROGRAM, address, build, tell
from tests.worlds.service.running import HANGS_S, command, pause, running, settle

CONTAINER = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
"""A namespace of processes, as a container has it; the name of the host stays the same."""


RECIPIENTS = 160


RATE = 60
"""Messages per second of each: so slow that all are at work when one stands still."""


@pytest.fixture
def container() -> tuple[str, ...]:
    """What puts a command into a namespace of processes."""
    if (
        shutil.which("unshare") is None
        or subprocess.run([*CONTAINER, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("unshare is missing, or may not make a namespace of processes here")
    return CONTAINER


def inside(process: subprocess.Popen[str]) -> int:
    """The process that was put into a namespace: the child of the one that made it."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return int(children.read_text().split()[0])


def test_two_services_in_containers_share_an_issue(
    postgres: str, tmp_path: Path, container: tuple[str, ...]
) -> None:
    """Each has process ids of its own and one name of the host. One stands still for longer than its
    lease, in the middle: the other finishes, and the first, awake again, sends nothing that it has
    lost. Nobody gets it twice but for the messages that were on its wire (rules B9, G4).
    """
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE containers TEMPLATE migrated")
    with Relay().serving() as relay:
        relay.expected = RECIPIENTS
        house = build(
            tmp_path / "home",
            storage=f"{postgres}/containers",
            smtp=f"smtp://127.0.0.1:{relay.port}?tls=none",
            recipients=RECIPIENTS,
            rate=RATE,
        )
        text = house.config.read_text().replace("[dispatch]\n", '[dispatch]\nlease = "10s"\n')
        house.config.write_text(f"{text}[web]\nport = 0\n")
        enough, standing = RECIPIENTS // 4, Stopped()
        relay.mood = standing.after(relay, enough)
        first = house.start(*container, PROGRAM, "run")
        assert first.stdout is not None
        while not first.stdout.readline().startswith("health"):
            pass
        standing.process = inside(first)
        second = house.start(*container, PROGRAM, "worker")
        try:
            assert relay.everybody.wait(120)
            assert standing.happened
            os.kill(standing.process, signal.SIGCONT)
            ends = {}
            for name, one in (("run", first), ("worker", second)):
                os.kill(inside(one), signal.SIGTERM)
                _, log = one.communicate(timeout=60)
                ends[name] = one.returncode, log
        finally:
            first.kill()
            second.kill()
    tell(recipients=RECIPIENTS, copies=relay.copies, most_open=relay.most_open)
    assert set(relay.accepted) == {address(number) for number in range(RECIPIENTS)}
    assert relay.most_open > CONNECTIONS, "only one of them was at work"
    assert relay.copies <= CONNECTIONS, ends
    assert max(relay.accepted.values()) <= 2
    assert [code for code, _ in ends.values()] == [0, 0], ends
    states = Counter(delivery.state for delivery in house.deliveries())
    assert states[DeliveryState.ACCEPTED] + states[DeliveryState.UNKNOWN] == RECIPIENTS


class Stopped:
    """Has a process stand still once a relay has taken so many messages."""

    process = 0
    happened = False

    def after(self, relay: Relay, count: int) -> Callable[[Phase, str], str | None]:
        """The mood of the relay: as it should be, but for that."""

        def mood(phase: Phase, recipient: str) -> str | None:
            del phase, recipient
            if self.process and not self.happened and relay.accepted.total() >= count:
                self.happened = True
                os.kill(self.process, signal.SIGSTOP)
            return None

        return mood


def test_a_send_that_is_told_to_end_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """SIGTERM in the middle of an issue: what is on the wire is finished, and the next send mails the
    rest, each once (rule G7).
    """
    with Relay().serving() as relay:
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        house = build(
            tmp_path / "home",
            storage="sqlite:///newsletter.db",
            smtp=smtp,
            recipients=100,
            rate=100,
        )
        relay.expected = 20
        process = house.start(PROGRAM, "send")
        assert relay.everybody.wait(60)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=HANGS_S)
        before = relay.accepted.total()
        states = Counter(delivery.state for delivery in house.deliveries())
        assert states == {DeliveryState.ACCEPTED: before, DeliveryState.QUEUED: 100 - before}
        done = house.start(PROGRAM, "send")
        _, log = done.communicate(timeout=120)
        assert done.returncode == 0, log
    tell(before=before, copies=relay.copies)
    assert 20 <= before < 100
    assert relay.accepted == Counter(address(number) for number in range(100))


def delete(file: Path, aside: Path) -> None:
    """As `rm` does; a copy was made before."""
    for part in sorted(file.parent.glob(f"{file.name}*")):
        shutil.copy2(part, aside / part.name)
        part.unlink()


def replace(file: Path, aside: Path) -> None:
    """Moved away, and another file in its place."""
    for part in sorted(file.parent.glob(f"{file.name}*")):
        part.rename(aside / part.name)
    file.write_bytes(b"")


@pytest.mark.parametrize("trouble", [delete, replace])
def test_a_database_that_goes_away_ends_the_service_and_is_not_made_anew(
    tmp_path: Path, trouble: Callable[[Path, Path], None]
) -> None:
    """The service says so and ends; a start makes no empty one in its place; with the file back all
    readers are there; and `db init` is the author's word for beginning anew.
    """
    house = settle(tmp_path / "home", "sqlite:///newsletter.db")
    file, aside = house.folder / "newsletter.db", tmp_path / "aside"
    aside.mkdir()
    with running(house) as service:
        assert service.get(service.health.replace("healthz", "readyz")) == 200
        trouble(file, aside)
        assert service.process.wait(60) == 1
    log = "".join(service.log)
    assert re.search("database .* (is gone|was replaced)", log), log
    refused = command(house, "send")
    assert refused.returncode == 1
    assert "newsletter db init" in refused.stderr, refused.stderr
    assert not file.exists() or not file.stat().st_size
    if trouble is delete:
        assert command(house, "db", "init").returncode == 0
        assert command(house, "db", "init").returncode == 1, "there is one now"
        assert "0 active" in command(house, "status").stdout
        return
    for part in aside.iterdir():
        shutil.copy2(part, house.folder / part.name)
    assert "3 active" in command(house, "status").stdout


def test_a_server_that_stands_still_is_told_and_survived(postgres: str, tmp_path: Path) -> None:
    """Not ready, a form answered, one line in the log for the trouble and one for its end; the
    service obeys when it is told to end meanwhile, and commands work again after it.
    """
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE standing TEMPLATE migrated")
    house = settle(tmp_path / "home", f"{postgres}/standing")
    server = Server(postgres, leader_of(postgres))
    with running(house) as service:
        ready = service.health.replace("healthz", "readyz")
        while service.get(ready) != 200:
            pause()  # a busy machine may be late for a moment, and says so
        assert service.sign_up("before@example.com") == 202
        with server.frozen():
            assert service.get(ready) == 503
            assert service.get(service.health) == 200
            assert service.sign_up("during@example.com") in {202, 503}
        while service.get(ready) != 200:
            pause()
        assert service.sign_up("after@example.com") == 202
        with server.frozen():
            assert service.get(ready) == 503
            code, log = service.stop()
        tracebacks = log.count("Traceback")
    assert code in {0, 1}, log
    assert tracebacks == 0, log
    assert command(house, "status").returncode == 0


def leader_of(url: str) -> int:
    """The process whose children all of the server's are."""
    with psycopg.connect(f"{url}/postgres") as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        stat = Path(f"/proc/{row[0]}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])
