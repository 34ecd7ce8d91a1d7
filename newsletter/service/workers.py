"""The name of a worker process, and whether the process behind such a name is gone, or lives.

Only what is seen is said: a process id means nothing outside the machine, the boot and the namespace of
processes (a container has its own) in which it was given.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2s
from pathlib import Path
from typing import Final

_SEPARATOR: Final = "/"
_PROC: Final = Path("/proc")
_ENDED: Final = ("Z", "X", "x")
"""States of a process that has ended and was not asked for yet (proc_pid_stat(5))."""


def worker_name() -> str:
    """`host/pid/start/place/random`: no two workers share it, and it tells whose claims were left."""
    pid = os.getpid()
    parts = (_host(), str(pid), _start_of(pid), _place(pid), secrets.token_hex(4))
    return _SEPARATOR.join(parts)


def gone_workers(names: Iterable[str]) -> frozenset[str]:
    """Those whose process has certainly ended, so that nobody need wait for their lease.

    Nothing is said of workers on other machines and in other namespaces: their lease tells.
    """
    return frozenset(name for name in names if _is_running(name) is False)


def living_workers(names: Iterable[str]) -> frozenset[str]:
    """Those whose process certainly runs, if only to wait for a database or for being continued."""
    return frozenset(name for name in names if _is_running(name) is True)


def _is_running(name: str) -> bool | None:
    """Whether the worker's process runs; None if that cannot be seen from here."""
    _, _, rest = name.partition(_SEPARATOR)
    pid, _, rest = rest.partition(_SEPARATOR)
    start, _, rest = rest.partition(_SEPARATOR)
    place = rest.partition(_SEPARATOR)[0]
    if not place or place != _place(os.getpid()) or not pid.isdigit() or len(pid) > 10:
        return None
    return _start_of(int(pid)) == start


def _host() -> str:
    return socket.gethostname().replace(_SEPARATOR, "-")


@lru_cache(maxsize=1)
def _place(pid: int) -> str:
    """Where process ids mean the same as here: this boot of this machine, this namespace of processes.

    Empty where that cannot be told (macOS), or where /proc shows the processes of another namespace.
    """
    try:
        if (_PROC / "self").readlink() != Path(str(pid)):
            return ""
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii")
        namespace = (_PROC / "self/ns/pid").readlink()
    except (OSError, ValueError):
        return ""
    return blake2s(f"{boot}{namespace}".encode(), digest_size=6).hexdigest()


def _start_of(pid: int) -> str:
    """When the process began, in the kernel's ticks: tells a process from a later one with its id.

    Empty where there is no such process any more, or the kernel does not say (macOS).
    """
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state in _ENDED else fields[18]
