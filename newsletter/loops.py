"""Runs a coroutine to its end in an event loop of its own (uvloop)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

import uvloop

T = TypeVar("T")


def run_in_loop(start: Callable[[], Coroutine[object, object, T]]) -> T:
    """The result of the coroutine that `start` makes."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(start())
