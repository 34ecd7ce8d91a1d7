"""Runs a coroutine to its end in an event loop of its own (uvloop)."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

import uvloop

T = TypeVar("T")

_GARBAGE: Final = 10_000
"""Objects made and not gone before garbage is looked for; Python's 700 are a dozen messages."""


_THREADS: Final = 32
"""Threads for what waits. Each may wait for a silent database, and none may hold up the others."""


def run_in_loop(start: Callable[[], Coroutine[object, object, T]]) -> T:
    """The result of the coroutine that `start` makes."""
    with _seldom_collected():
        runner = asyncio.Runner(loop_factory=_make_loop)
        try:
            return runner.run(start())
        finally:
            # A TLS connection that was refused a moment ago can make uvloop's close raise EBUSY.
            # Without memory no thread can be started to wait for the others (RuntimeError).
            # All work is done by then, and its result must not be lost for that.
            with suppress(OSError, RuntimeError):
                runner.close()


def _make_loop() -> asyncio.AbstractEventLoop:
    loop = uvloop.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="waiting"))
    return loop


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Within it, garbage is seldom looked for.

    Sending makes next to no cycles, and looking for them took a twentieth of its time. What is loaded
    already is left out by commands, once: doing so here had a program that sends again and again keep all of its
    garbage, for it counts as loaded the next time, and Python begins to count anew.
    """
    before = gc.get_threshold()
    gc.set_threshold(_GARBAGE, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
