"""Runs a coroutine to its end in an event loop of its own (uvloop)."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

import uvloop

T = TypeVar("T")


def run_in_loop(start: Callable[[], Coroutine[object, object, T]]) -> T:
    """The result of the coroutine that `start` makes."""
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    gc.freeze()  # what is loaded stays: no need to look through all of it for every few messages
    try:
        return runner.run(start())
    finally:
        gc.unfreeze()
        # A TLS connection that was refused a moment ago can make uvloop's close raise EBUSY. All
        # work is done by then, and its result must not be lost for that.
        with suppress(OSError):
            runner.close()
