"""Event loops of work that ends: what one leaves behind does not stay for ever."""

from __future__ import annotations

from weakref import WeakSet

from newsletter.service import run_in_loop


class Knot:
    """Garbage that only a look for cycles finds."""

    def __init__(self) -> None:
        self.itself = self


def test_a_program_that_sends_again_and_again_loses_its_garbage() -> None:
    """An author's script that calls `send` every hour does not grow by what each call leaves in cycles."""
    knots: WeakSet[Knot] = WeakSet()

    async def work() -> None:
        for _ in range(800):
            knots.add(Knot())

    for _ in range(50):
        run_in_loop(work)
    assert len(knots) < 50 * 800 / 2
