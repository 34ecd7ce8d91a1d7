"""Starts and ends processes: every program of the benchmark is begun here."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from storage.model import NewsletterError

ROOT: Final = Path(__file__).parents[2]
_PATIENCE_S: Final = 60
"""For a peer to listen, or to end."""

SYSTEM: Final = "/usr/sbin"
"""Where Postfix and nginx are, which is not on everybody's path."""

Command = Sequence[str | Path]


class Missing(NewsletterError):
    """A program that a row needs is not installed; the row says so."""


class BenchError(NewsletterError):
    """A run did not do what it was to be measured at, so its figure would be worth nothing."""


def program(name: str) -> str:
    """The program's path. Raises Missing."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM}")
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def on_core(core: int | None, command: Command) -> Command:
    """The command, kept to one core; None lets it run on all. Raises Missing."""
    if core is None:
        return command
    return [program("taskset"), "-c", str(core), *command]


def run(command: Command, *, timeout_s: float = 60, check: bool = True) -> str:
    """Run a program to its end; its standard output. Raises BenchError when it fails."""
    try:
        # The commands are our own words, and nothing goes through a shell.
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=check, cwd=ROOT, timeout=timeout_s
        )
    except subprocess.CalledProcessError as error:
        raise BenchError(f"{command[0]} failed: {error.stderr.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{command[0]} does not come to an end") from error
    return done.stdout


def start(
    command: Command, *, folder: Path = ROOT, environ: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a program of which one reads what it prints, and tells it what to do."""
    pipe = subprocess.PIPE
    # As in `run`: our own words, no shell.
    return subprocess.Popen(  # noqa: S603
        command, cwd=folder, env=environ, stdin=pipe, stdout=pipe, text=True
    )


def start_module(module: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a module of ours."""
    return start([sys.executable, "-m", module, *arguments])


def read_line(process: subprocess.Popen[str]) -> str:
    """The next line that it prints; empty when it has ended."""
    return process.stdout.readline() if process.stdout is not None else ""


@contextmanager
def running(command: Command, *ports: int) -> Iterator[int]:
    """A server, from when it listens on all of the ports; its number. Raises BenchError when it does not."""
    with ended(start(command)) as process:
        for port in ports:
            _wait_for(port, process)
        yield process.pid


def keep_to(process: int, cores: Iterable[int]) -> None:
    """All threads of a process run on these cores from now on."""
    for thread in _threads(process):
        os.sched_setaffinity(int(thread.name), cores)


def cores_of(process: int) -> set[int]:
    """Where its first thread runs, and all others of a service."""
    return os.sched_getaffinity(process)


def handed_over(process: int) -> int:
    """How often a thread of the process has gone to sleep to wait for something."""
    told = "".join((thread / "status").read_text() for thread in _threads(process))
    return sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("voluntary"))


def processor_time(process: int) -> float:
    """Seconds for which its threads have been at work, however long they waited for a core."""
    told = ((thread / "schedstat").read_text() for thread in _threads(process))
    return sum(int(line.split()[0]) for line in told) / 1e9


def children_time(process: int, title: str) -> float:
    """The same of a process's children whose title begins so, and of all that have ended."""
    # Behind the program's name, which may hold spaces: the 16th and 17th field of all.
    ended = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[13:15]
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    alive = sum(_time_if_called(int(child), title) for child in children)
    return sum(map(int, ended)) / os.sysconf("SC_CLK_TCK") + alive


def _time_if_called(child: int, title: str) -> float:
    """None of one that ends meanwhile: its parent says so next time."""
    with suppress(FileNotFoundError, ProcessLookupError):
        if Path(f"/proc/{child}/cmdline").read_bytes().startswith(title.encode()):
            return processor_time(child)
    return 0.0


def _threads(process: int) -> list[Path]:
    return list(Path(f"/proc/{process}/task").iterdir())


@contextmanager
def running_module(module: str, *arguments: str) -> Iterator[int]:
    """A server of ours; the port that it prints."""
    with ended(start_module(module, *arguments)) as process:
        line = read_line(process)
        if not line:
            raise BenchError(f"{module} does not listen")
        yield int(line)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """The process, ended with the block."""
    with process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise BenchError("a server of the benchmark does not listen")
