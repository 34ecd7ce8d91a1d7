"""How a part of a newsletter comes to be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, RLock

from newsletter.parts.part import part


class Made:
    """Parts that count how often they are made."""

    def __init__(self) -> None:
        self.making = RLock()
        self.count = 0
        self.together = Barrier(8)

    @part
    def lower(self) -> object:
        """One that another one stands on."""
        self.count += 1
        return object()

    @part
    def upper(self) -> tuple[object]:
        """One that needs another."""
        return (self.lower,)


def test_a_part_is_made_once_whoever_asks() -> None:
    """Eight threads that ask at the same moment get the same thing, and so does a part above it."""
    made = Made()

    def ask(_: int) -> object:
        made.together.wait()
        return made.upper[0] if _ % 2 else made.lower

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert made.count == 1
    assert set(found) == {made.lower}


def test_nothing_is_made_before_it_is_asked_for() -> None:
    """A part that nobody asks for costs nothing; asked of the class it says what it is."""
    assert Made().count == 0
    assert Made.lower.__doc__ == "One that another one stands on."
