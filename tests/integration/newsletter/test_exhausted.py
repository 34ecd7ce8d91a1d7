"""A process that finds no room on the disk, no memory, no descriptor: it says so, loses nothing, and goes on."""

from __future__ import annotations

import os
import queue
import resource
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

from newsletter.app import Newsletter
from tests.peers.nursery import Forked, run_forked
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.publishing.due import CONNECTIONS, READERS, send, settle, states
from tests.worlds.service.installed import PROGRAM, environment, tell

SQUEEZED_AT = 20
"""So many messages are accepted by then."""


def squeeze_disk(pid: int) -> None:
    """Files may not grow."""
    limit(pid, resource.RLIMIT_FSIZE, 4096)


def squeeze_memory(pid: int) -> None:
    """Nothing more may be allocated but what is there."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    limit(pid, resource.RLIMIT_AS, pages * os.sysconf("SC_PAGE_SIZE") + 500_000)


def squeeze_descriptors(pid: int) -> None:
    """Nothing more may be opened."""
    limit(pid, resource.RLIMIT_NOFILE, len(list(Path(f"/proc/{pid}/fd").iterdir())))


KINDS: dict[str, tuple[Callable[[int], None], int]] = {
    "disk": (squeeze_disk, resource.RLIMIT_FSIZE),
    "memory": (squeeze_memory, resource.RLIMIT_AS),
    "descriptors": (squeeze_descriptors, resource.RLIMIT_NOFILE),
}


def limit(pid: int, what: int, most: int | None) -> None:
    """Sets the soft limit of a running process; None: as far as it may have."""
    hard = resource.prlimit(pid, what)[1]
    resource.prlimit(pid, what, (hard if most is None else most, hard))


class Sending:
    """`newsletter send` in a process of its own, which is squeezed in the middle."""

    def __init__(self, config: Path, relay: Relay, kind: str) -> None:
        self._squeeze, self._what = KINDS[kind]
        self._relay = relay
        self._squeezed = False
        self.told: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        # A forked process has more memory than it needs, and would find some.
        start = subprocess.Popen[str] if kind == "memory" else Forked[str]
        self.process = start(
            [PROGRAM, "--config", config, "send", "--json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        relay.mood = self._mood
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _mood(self, phase: Phase, _recipient: str) -> None:
        if (
            phase is Phase.DOT
            and self._relay.accepted.total() == SQUEEZED_AT
            and not self._squeezed
        ):
            self._squeezed = True
            self._squeeze(self.process.pid)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.told.append(line)
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, *words: str) -> None:
        """Until a line with one of these words, or the end."""
        while (line := self._lines.get(timeout=100)) is not None:
            if any(word in line for word in words):
                return

    def release(self) -> None:
        """There is room again, if it still runs."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):  # it may end just now
                limit(self.process.pid, self._what, None)

    def end(self) -> int:
        """Waits for it; what it exits with."""
        return self.process.wait(100)


@pytest.mark.parametrize("kind", KINDS)
def test_a_send_without_room_goes_on_when_there_is_some(tmp_path: Path, kind: str) -> None:
    """In the middle of sending there is no room any more, and later there is: whoever was on the wire may have two,
    all others have one, by this process or the next; it is told once, in words.
    """
    with Relay().serving() as relay:
        config = settle(
            tmp_path, f"sqlite:///{tmp_path / 'n.db'}", f"smtp://127.0.0.1:{relay.port}"
        )
        with Sending(config, relay, kind) as sending:
            sending.wait_for("failed", "unusable", "trouble")
            sending.release()
            code = sending.end()
        told = "".join(sending.told)
        tell(exit=code, accepted=relay.accepted.total())
        if code:
            send(config)
        assert states(config) == {"accepted": READERS}
        assert len(relay.accepted) == READERS
        assert relay.copies <= CONNECTIONS
        assert "Traceback" not in told
        assert told.count("record_failed") <= 1


def test_an_import_without_room_is_told_and_can_be_run_again(tmp_path: Path) -> None:
    """The disk is full in the middle of a list: said in words, exit 1; the same file again brings the rest, once."""
    config = settle(tmp_path, f"sqlite:///{tmp_path / 'n.db'}", "smtp://127.0.0.1:9")
    lines = "".join(f"new{number}@example.org\n" for number in range(3000))
    (tmp_path / "list.csv").write_text(f"email\n{lines}")
    command = [PROGRAM, "--config", config, "subscribers", "import", tmp_path / "list.csv"]
    command += ["--consent", "fair"]
    most = (tmp_path / "n.db").stat().st_size + 500_000
    full = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert full.returncode == 1
    assert "newsletter: the disk of the database" in full.stderr
    assert "Traceback" not in full.stderr
    again = run_forked(command, env=environment())
    assert again.returncode == 0, again.stderr
    with Newsletter.open(config, environ={}) as newsletter:
        assert sum(newsletter.subscribers.counts().values()) == READERS + 3000
