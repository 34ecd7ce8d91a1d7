"""Keeps the threads of a sender on one core: they take turns anyway, and cores do not like to share.

Python runs one thread at a time. When the event loop and the thread that commits are on two cores, each
turn wakes a core and fetches its data anew; on one core it is a switch of a microsecond.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

_NAME: Final = "\0newsletter-core-{}"
"""A name that only the kernel knows; whoever holds it keeps to that core, and it goes with the process."""


@contextmanager
def kept_to_one(*, wanted: bool) -> Iterator[int | None]:
    """Within it this thread, and those that it starts, stay on one core; gives its number.

    None where that is not wanted or of no use: with one core only, where the system cannot do it, and when
    other senders of this machine keep to every other core already.
    """
    own = _reserve(_cores()) if wanted else None
    if own is None:
        yield None
        return
    core, hold = own
    before = os.sched_getaffinity(0)
    try:
        with suppress(OSError):  # it was taken away a moment ago
            os.sched_setaffinity(0, {core})
        yield core
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, before)
        hold.close()


def _cores() -> Sequence[int]:
    """Those that this process may use, from a different one on in each process; none if there is but one."""
    if not hasattr(os, "sched_setaffinity"):
        return ()
    allowed = sorted(os.sched_getaffinity(0))
    at = os.getpid() % len(allowed)
    return (*allowed[at:], *allowed[:at]) if len(allowed) > 1 else ()


def _reserve(cores: Sequence[int]) -> tuple[int, socket.socket] | None:
    """The first core that no other sender keeps to, and what holds it."""
    for core in cores:
        hold = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            hold.bind(_NAME.format(core))
        except OSError:
            hold.close()
        else:
            return core, hold
    return None
