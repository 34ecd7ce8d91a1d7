"""The servers and clients that the product is measured with, each in a process of its own.

All listen on 127.0.0.1 only, and all end with the `with` block that started them.
"""

from __future__ import annotations

import math
import os
import pwd
import re
import resource
import shutil
import socket
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from scripts.bench.processes import (
    BenchError,
    Missing,
    children_time,
    free_port,
    on_core,
    program,
    run,
    running,
    running_module,
)

_PATIENCE_S: Final = 20
_HTTP_CONNECTIONS: Final = 32


# ── SMTP ─────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Postfix's own test server; its port. Raises Missing."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with running([program("smtp-sink"), *user, f"127.0.0.1:{port}", "1000"], port):
        yield port


def fast_sink() -> AbstractContextManager[int]:
    """Our server that only parses; its port."""
    return running_module("scripts.bench.sink")


def delay(port: int, milliseconds: float) -> AbstractContextManager[int]:
    """The way to `port`, made longer by so much in each direction; the port of its near end."""
    return running_module("scripts.bench.delay", str(port), str(milliseconds))


@dataclass(frozen=True, slots=True)
class Source:
    """What Postfix's own load generator did."""

    rate: float
    """Messages per second."""
    cpu_ms: float
    """Milliseconds of processor time per message."""


def smtp_source(port: int, *, sessions: int, octets: int, messages: int) -> Source:
    """Sends by Postfix's own load generator. Raises Missing or BenchError.

    `-d` keeps its connections, as the product does: without it it connects anew for each message
    and is less than half as fast. It knows no pipelining.
    """
    command = [program("smtp-source"), "-d", "-s", str(sessions), "-l", str(octets)]
    command += ["-m", str(messages), f"127.0.0.1:{port}"]
    started, used = time.perf_counter(), _children_s()
    run(command, timeout_s=_PATIENCE_S + messages / 50)
    seconds = time.perf_counter() - started
    return Source(messages / seconds, (_children_s() - used) * 1000 / messages)


def _children_s() -> float:
    """Processor time of all programs that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def messages_taken(port: int) -> int:
    """How many messages the fast sink has taken since it was started."""
    with _Dialogue(port) as dialogue:
        return int(dialogue.ask(b"VRFY x").split()[1])


def round_trip_s(port: int, tries: int = 15) -> float:
    """Seconds from a command to its reply while nothing else is on the way; the median."""
    times = []
    with _Dialogue(port) as dialogue:
        for _ in range(tries):
            started = time.perf_counter()
            dialogue.ask(b"NOOP")
            times.append(time.perf_counter() - started)
    return statistics.median(times)


class _Dialogue:
    """A connection on which one command is said and answered at a time."""

    def __init__(self, port: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), _PATIENCE_S)
        self._replies = self._line.makefile("rb")
        self._replies.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._replies.close()
        self._line.close()

    def ask(self, command: bytes) -> str:
        self._line.sendall(command + b"\r\n")
        return self._replies.readline().decode("ascii")


# ── signing ──────────────────────────────────────────────────────────────────────────────────


def openssl_rate(*, seconds: float) -> float:
    """RSA-2048 signatures per second of `openssl speed` on all cores together, in whole seconds. Raises Missing."""
    cores = str(os.cpu_count() or 1)
    command = [
        program("openssl"),
        "speed",
        "-seconds",
        str(math.ceil(seconds)),
        "-mr",
        "-multi",
        cores,
    ]
    found = re.findall(r"^\+F2:\d+:2048:([\d.]+):", run([*command, "rsa2048"]), re.MULTILINE)
    if not found:
        raise BenchError("openssl speed did not say how many signatures it made")
    return float(found[-1])


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Postgres:
    """A private server with its usual settings: what is committed is on disk."""

    programs: Path
    port: int
    process: int

    def processor_s(self) -> float:
        """Seconds of processor that its sessions have taken."""
        return children_time(self.process, "postgres: bench ")

    def new_database(self, name: str) -> str:
        """Makes an empty database; its URL."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "bench"]
        run([self.programs / "createdb", *where, name])
        return f"postgresql://bench@127.0.0.1:{self.port}/{name}"


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL server in the folder. Raises Missing."""
    programs = _postgres_programs()
    folder.mkdir()
    prefix = _as_unprivileged(folder)
    port = free_port()
    data = str(folder / "data")
    run([*prefix, programs / "initdb", "-D", data, "-U", "bench", "-A", "trust"])
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    control = [*prefix, programs / "pg_ctl", "-D", data, "-w"]
    # It writes to a log of its own: a server that kept our pipe would never let us read its end.
    run([*control, "-o", options, "-l", folder / "log", "start"])
    try:
        process = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        yield Postgres(programs, port, process)
    finally:
        run([*control, "-m", "immediate", "stop"], check=False)


def _postgres_programs() -> Path:
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[4].split(".")[0]), default=None)
    found = newest or shutil.which("initdb")
    if found is None:
        raise Missing("PostgreSQL is not installed")
    return Path(found).resolve().parent


def _as_unprivileged(folder: Path) -> list[str | Path]:
    """PostgreSQL refuses to run as root: Debian's account for it does."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    folder.parent.chmod(0o755)  # it must be able to pass
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


# ── HTTP ─────────────────────────────────────────────────────────────────────────────────────

_HTTP_TRIES: Final = 10
_NGINX: Final = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit; {user}
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000;
  types {{ application/rss+xml xml; }}
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


@contextmanager
def nginx(folder: Path, core: int) -> Iterator[str]:
    """Serves the files of the folder with one process on one core; its address. Raises Missing."""
    port = free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(_NGINX.format(port=port, folder=folder, user=user), encoding="utf-8")
    command = [program("nginx"), "-p", str(folder), "-c", str(config), "-e", "stderr"]
    with running(on_core(core, command), port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def site(config: Path, port: int, core: int) -> Iterator[str]:
    """`newsletter run` on one core; the site's address. Raises Missing."""
    with running(on_core(core, _serving(config)), port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def free_site(config: Path, port: int, admin_port: int) -> Iterator[tuple[str, int]]:
    """`newsletter run` on all cores; the site's address and the number of the process."""
    with running(_serving(config), port, admin_port) as process:
        yield f"http://127.0.0.1:{port}", process


def _serving(config: Path) -> list[str]:
    interpreter = [sys.executable, "-c", "from scripts.cli import main; main()"]
    return [*interpreter, "--config", str(config), "--quiet", "run"]


def request_rate(
    url: str,
    *,
    core: int | None,
    seconds: float,
    headers: Sequence[str] = (),
    connections: int = _HTTP_CONNECTIONS,
    script: Path | None = None,
) -> float:
    """Requests per second that `wrk` gets answered over so many connections; those of the script, if there is one.

    On a busy machine a short time may pass without one: it is tried again. Raises Missing, BenchError.
    """
    command = [program("wrk"), "-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s"]
    if seconds < 1:  # it knows no less, but counts to where it is interrupted
        command = [program("timeout"), "-s", "INT", "--preserve-status", f"{seconds}", *command]
    command += [part for header in headers for part in ("-H", header)]
    command += ["-s", str(script)] if script is not None else []
    told = ""
    for _ in range(_HTTP_TRIES):
        told = run(on_core(core, [*command, url]))
        found = re.search(r"Requests/sec:\s+([\d.]+)", told)
        if found is None or "Non-2xx or 3xx" in told:
            break
        if rate := float(found[1]):
            return rate
    raise BenchError(f"{url} did not answer as it should: {told.strip()}")
