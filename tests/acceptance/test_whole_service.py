"""Whole processes in trouble: two in containers, a database that goes away, a server that stands still."""

from __future__ import annotations

import email
import email.policy
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from newsletter.app import Newsletter
from storage.model.deliveries import DeliveryState
from tests.peers.counting import Phase, Relay
from tests.peers.frozen import Server
from tests.peers.nursery import run_forked
from tests.worlds.installed import CONNECTIONS, PROGRAM, House, address, build, environment, tell

CONTAINER = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
"""A namespace of processes, as a container has it; the name of the host stays the same."""
RECIPIENTS = 160
RATE = 60
"""Messages per second of each: so slow that all are at work when one stands still."""
HANGS_S = 120
"""After so long a process that was asked to end hangs. tests/integration/newsletter/test_stopping.py asks
for the ten seconds that are promised."""


@dataclass(frozen=True)
class Service:
    """A `newsletter run` and where it listens."""

    process: subprocess.Popen[str]
    site: str
    health: str
    log: list[str]
    """Its lines so far, read all the while: a pipe that nobody reads stops whoever writes to it."""

    def get(self, url: str) -> int:
        """The status of an answer; it must come within the time that a probe waits."""
        return ask(urllib.request.Request(url))

    def sign_up(self, address: str) -> int:
        """The status of the answer to somebody's form."""
        return ask(
            urllib.request.Request(f"{self.site}/subscribe", data=f"email={address}".encode())
        )

    def stop(self) -> tuple[int, str]:
        """Asks it to end, once; its exit status and its log."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(HANGS_S)
        tell(seconds_to_end=round(time.monotonic() - asked, 1))
        return code, "".join(self.log)


def ask(request: urllib.request.Request) -> int:
    """The status of an answer."""
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@contextmanager
def draining(process: subprocess.Popen[str]) -> Iterator[list[str]]:
    """Reads what a process logs, for as long as the context lasts and it does."""
    lines: list[str] = []
    assert process.stderr is not None
    reading = threading.Thread(target=lines.extend, args=(process.stderr,))
    reading.start()
    try:
        yield lines
    finally:
        process.kill()
        reading.join()
        process.stderr.close()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def running(house: House, *within: str) -> Iterator[Service]:
    """The service, ready, started by another command if there is one; killed afterwards if it must be."""
    process = house.start(*within, PROGRAM, "run")
    try:
        found: dict[str, str] = {}
        assert process.stdout is not None
        while "health" not in found:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            label, _, url = line.partition(" ")
            found[label] = url.strip()
        with draining(process) as log:
            yield Service(process, found["site"].rstrip("/"), found["health"], log)
    finally:
        process.kill()
        process.wait()


def settle(folder: Path, storage: str, **options: object) -> House:
    """A newsletter with its outbox, whose site has a port of its own."""
    house = build(folder, storage=storage, smtp="outbox:outbox", recipients=3, **options)  # type: ignore[arg-type]
    with house.config.open("a") as file:
        file.write('[notes]\npoll = "1s"\n[web]\nport = 0\n')
    return house


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


def command(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    """What a command says."""
    return run_forked([PROGRAM, *words], cwd=house.folder, env=environment())


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
        assert service.get(ready) == 200
        assert service.sign_up("before@example.com") == 202
        with server.frozen():
            assert service.get(ready) == 503
            assert service.get(service.health) == 200
            assert service.sign_up("during@example.com") in {202, 503}
        while service.get(ready) != 200:
            pass
        assert service.sign_up("after@example.com") == 202
        with server.frozen():
            assert service.get(ready) == 503
            code, log = service.stop()
        tracebacks = log.count("Traceback")
    assert code in {0, 1}, log
    assert tracebacks == 0, log
    assert command(house, "status").returncode == 0


def test_idle_strangers_take_no_descriptors_from_the_rest(tmp_path: Path) -> None:
    """A process with 1,024 descriptors and 1,100 strangers who say nothing: who reads is served, notes
    are looked at, and their mail goes out.
    """
    house = settle(tmp_path / "home", "sqlite:///newsletter.db")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, hard), hard))
    try:
        with running(house, "prlimit", "--nofile=1024:1024") as service, ExitStack() as stack:
            where = urlsplit(service.site)
            for _ in range(1100):
                idle = socket.create_connection((where.hostname or "", where.port or 0), timeout=30)
                stack.enter_context(closing(idle))
            note = house.folder / "notes" / "second.md"
            note.write_text("---\ntitle: Second\npublish: now\n---\n\nHello again.\n")
            assert service.get(service.health.replace("healthz", "readyz")) == 200
            while service.get(f"{service.site}/issues/second") != 200:
                pass
            while len(list((house.folder / "outbox" / "new").glob("*"))) < 6:
                pass
            assert service.stop()[0] == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_flood_of_sign_ups_over_http_lets_a_reader_through(tmp_path: Path, slow: bool) -> None:
    """Bots from a hundred networks post as fast as they can, search, fetch feeds and try links to readers'
    pages; a reader in their middle has a confirmation, confirms, sees and changes their own page, and the
    service ends when it is told to. 25,000 sign-ups with --slow, and half as many of the others.
    """
    house = settle(tmp_path / "home", "sqlite:///newsletter.db")
    with house.config.open("a") as file:
        file.write('trusted_proxies = ["127.0.0.1"]\n')
    count, outbox = 25_000 if slow else 400, house.folder / "outbox" / "new"
    with running(house) as service, ThreadPoolExecutor(8) as pool:
        bots = [pool.submit(post_many, service.site, range(one, count, 8)) for one in range(8)]
        wait(bots, timeout=5 if slow else 1)
        asked = time.monotonic()
        assert service.sign_up("ada@reader.example") == 202
        seen: set[str] = set()
        while not (letter := find_letter(outbox, "ada@reader.example", seen)):
            pass
        waited = time.monotonic() - asked
        link = re.search(r"/confirm/[0-9a-zA-Z._-]+", letter)
        assert link is not None
        assert ask(urllib.request.Request(f"{service.site}{link.group()}", data=b"")) == 200
        own = f"{service.site}{own_page(house, 'ada@reader.example')}"
        assert service.get(own) == 200
        assert ask(urllib.request.Request(own, data=b"name=Ada&pace=weekly")) == 200
        assert service.get(f"{service.site}/search?q=hello") == 200
        answers = sum((bot.result() for bot in bots), Counter[int]())
        tell(posted=count, reader_waited=round(waited, 1), refused=answers[429])
        code, log = service.stop()
    assert code == 0, log
    assert set(answers) <= {200, 202, 404, 429, 503}
    assert answers[200] > count // 8
    assert "4 active" in command(house, "status").stdout


_PASSING = (
    *(("GET", "/search?q=second+word{}"), ("GET", "/feed.xml"), ("GET", "/search?q={}")),
    *(("POST", "/preferences/{:064x}"), ("GET", "/feeds/{:064x}.xml"), ("GET", "/atom.xml?{}")),
)
"""What else the bots ask for."""


def own_page(house: House, address: str) -> str:
    """The path of a reader's own page."""
    with Newsletter.open(house.config, environ={}) as newsletter:
        reader = newsletter.subscriptions.find(address)
        return f"/preferences/{newsletter.parts.tokens.preferences(reader.id)}"


def post_many(site: str, numbers: range) -> Counter[int]:
    """A bot's forms, each from a network of its own over a proxy; how they were answered."""
    where, answers = urlsplit(site), Counter[int]()
    connection = HTTPConnection(where.hostname or "", where.port, timeout=60)
    for number in numbers:
        body = f"email=bot{number}@host{number % 5000}.example"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": f"198.{18 + number % 2}.{number % 100}.{number % 250}",
        }
        connection.request("POST", "/subscribe", body, headers)
        answer = connection.getresponse()
        answer.read()
        answers[answer.status] += 1
        if number % 2:
            method, path = _PASSING[number // 2 % len(_PASSING)]
            connection.request(method, path.format(number), b"" if method == "POST" else None)
            answer = connection.getresponse()
            answer.read()
            answers[answer.status] += 1
    connection.close()
    return answers


def find_letter(outbox: Path, to: str, seen: set[str]) -> str:
    """The text of the mail that somebody got, or nothing yet. Each mail is read once, or the test would take
    the processor from the service.
    """
    for path in outbox.glob("*"):
        if path.name in seen:
            continue
        seen.add(path.name)
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if to in str(message["To"]):
            body = message.get_body(("plain",))
            return body.get_content() if body is not None else ""
    return ""


def leader_of(url: str) -> int:
    """The process whose children all of the server's are."""
    with psycopg.connect(f"{url}/postgres") as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        stat = Path(f"/proc/{row[0]}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])
