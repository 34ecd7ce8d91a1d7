"""The whole service as a process beside a test: settled, started, asked over HTTP and ended."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.peers.nursery import run_forked
from tests.worlds.service.installed import PROGRAM, House, build, environment, tell

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


def pause() -> None:
    """A moment between two questions whether something is so by now: whoever asks without one takes the processor from
    the service that is to do it.
    """
    threading.Event().wait(0.02)


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


def command(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    """What a command says."""
    return run_forked([PROGRAM, *words], cwd=house.folder, env=environment())
