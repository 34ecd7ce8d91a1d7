"""How much of a large suite is tried: less while working and in CI, all of it with --slow."""

from __future__ import annotations

import os

FULL = "TESTS_EXAMPLES"
"""Set to `full` for all examples; `--slow` sets it."""


def is_full() -> bool:
    """Whether everything was asked for."""
    return os.environ.get(FULL) == "full"


def examples(count: int) -> int:
    """That many if all were asked for, else an eighth of them, and at least ten: others each time."""
    return count if is_full() else min(count, max(count // 8, 10))


def every(step: int) -> int:
    """The step through a table: one by one if all was asked for, else this.

    A prime step meets every value of every column of a product, in all their places.
    """
    return 1 if is_full() else step
