"""The name of a worker process, and whether the process behind such a name is gone."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_SEPARATOR: Final = "/"


def worker_name() -> str:
    """`host/pid/start/random`: no two workers share it, and it tells whose claims were left."""
    parts = (_host(), str(os.getpid()), _start_of(os.getpid()), secrets.token_hex(4))
    return _SEPARATOR.join(parts)


def gone_workers(names: Iterable[str]) -> frozenset[str]:
    """Those of this machine whose process has ended, so that nobody need wait for their lease.

    Nothing is said of other machines' workers: their lease tells.
    """
    return frozenset(name for name in names if _is_gone(name))


def _is_gone(name: str) -> bool:
    host, _, rest = name.partition(_SEPARATOR)
    pid, _, rest = rest.partition(_SEPARATOR)
    start = rest.partition(_SEPARATOR)[0]
    if host != _host() or not pid.isdigit():
        return False
    return not _is_running(int(pid)) or _start_of(int(pid)) != start


def _host() -> str:
    return socket.gethostname().replace(_SEPARATOR, "-")


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, as somebody else
        return True
    return True


def _start_of(pid: int) -> str:
    """When the process began, in the kernel's ticks: tells a process from a later one with its id.

    Empty where the kernel does not say (macOS), which compares equal to itself.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
