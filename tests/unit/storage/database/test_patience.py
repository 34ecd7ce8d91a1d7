"""A question to the database that many ask at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from storage.database.patience import Probe


def test_who_asks_while_somebody_does_hears_the_same_answer() -> None:
    """Of an operator's probe and the service's own look at the same moment neither hears that the database is away."""
    looks: list[str] = []
    asked, held = threading.Event(), threading.Event()

    def look() -> bool:
        looks.append("look")
        asked.set()
        return held.wait(60)

    probe = Probe(look)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(probe.ask, 60)
        assert asked.wait(60)
        others = [pool.submit(probe.ask, 60) for _ in range(3)]
        # Whoever has no patience is told that nobody knows, and asks for no look of their own.
        assert [probe.ask(0) for _ in range(3)] == [False] * 3
        assert looks == ["look"]
        held.set()
        assert [one.result() for one in (first, *others)] == [True] * 4
    assert probe.ask(60)


def test_a_look_that_fails_is_no_answer_and_the_next_one_looks_again() -> None:
    """A fault of a moment is not remembered."""
    looks: list[Callable[[], bool]] = [lambda: 1 // 0 == 0, lambda: False, lambda: True]

    def look() -> bool:
        return looks.pop(0)()

    probe = Probe(look)
    excepthook, threading.excepthook = threading.excepthook, lambda _: None
    try:
        assert [probe.ask(60) for _ in range(3)] == [False, False, True]
    finally:
        threading.excepthook = excepthook
