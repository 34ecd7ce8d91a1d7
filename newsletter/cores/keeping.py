"""Keeps the threads of a process on one core: they take turns anyway, and cores do not like to share.

Python runs one thread at a time. When the event loop and a thread that asks the database are on two cores, each
turn wakes a core and fetches its data anew; on one core it is a switch of a microsecond. What takes no turns is let
go of that core: a program of its own, and the threads that sign.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_NAME: Final = "\0newsletter-core-{}"
"""A name that only the kernel knows; whoever holds it keeps to that core, and it goes with the process."""
_TASKS: Final = Path("/proc/self/task")
_kept: Final[dict[int, set[int]]] = {}
"""By each core that threads of this process keep to, the cores on which they may be otherwise."""


@contextmanager
def kept_to_one(*, wanted: bool) -> Iterator[int | None]:
    """Within it this thread, and those that it starts, stay on one core; gives its number.

    None where that is not wanted or of no use: with one core only, where the system cannot do it, and when
    other services and senders of this machine keep to every other core already.
    """
    own = _reserve(_cores()) if wanted else None
    if own is None:
        yield None
        return
    core, hold = own
    before = os.sched_getaffinity(0)
    if not _place(0, {core}):
        hold.close()
        yield None
        return
    _kept[core] = before
    try:
        yield core
    finally:
        _place(0, before)
        del _kept[core]
        hold.close()


def allowed_cores() -> set[int]:
    """On which this thread may be, but for keeping to one of them; none where the system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return set()
    now = os.sched_getaffinity(0)
    return _kept.get(min(now), now) if len(now) == 1 else now


@contextmanager
def on_every_core() -> Iterator[None]:
    """Within it this thread may use every core, and so may a program that it starts."""
    core = _let_go(0)
    try:
        yield
    finally:
        if core is not None:
            _place(0, {core})


@contextmanager
def spread() -> Iterator[None]:
    """Within it every thread may use every core, as those want to that compute beside each other; threads that begin
    meanwhile keep to one with the others afterwards.
    """
    let_go = {thread: core for thread in _threads() if (core := _let_go(thread)) is not None}
    others = _threads() - let_go.keys()
    try:
        yield
    finally:
        for core in set(let_go.values()):
            for thread in _threads() - others:
                _place(thread, {core})


def _cores() -> Sequence[int]:
    """Those that this process may use, from any one on; none if there is but one. By chance, for in a container every
    service has the same number, and sees no name of the others.
    """
    if not hasattr(os, "sched_setaffinity"):
        return ()
    allowed = sorted(os.sched_getaffinity(0))
    at = int.from_bytes(os.urandom(4), "big") % len(allowed)
    return (*allowed[at:], *allowed[:at]) if len(allowed) > 1 else ()


def _reserve(cores: Sequence[int]) -> tuple[int, socket.socket] | None:
    """The first core that nobody else keeps to, and what holds it."""
    for core in cores:
        hold = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            hold.bind(_NAME.format(core))
        except OSError:
            hold.close()
        else:
            return core, hold
    return None


def _threads() -> set[int]:
    """All of this process, whoever started them; this one where the system does not tell."""
    try:
        return {int(thread.name) for thread in _TASKS.iterdir()}
    except OSError:
        return {threading.get_native_id()}


def _let_go(thread: int) -> int | None:
    """Lets a thread use every core; the one that it kept to, None where it kept to none."""
    if not _kept:
        return None
    with suppress(OSError):  # it has ended
        own = os.sched_getaffinity(thread)
        core = min(own)
        if own == {core} and core in _kept:
            _place(thread, _kept[core])
            return core
    return None


def _place(thread: int, cores: set[int]) -> bool:
    """Has a thread use these cores; 0 is the one that asks. False where a core was taken away a moment ago, the thread
    has ended, or a filter of calls does not let us choose.
    """
    try:
        os.sched_setaffinity(thread, cores)
    except OSError:
        return False
    return True
