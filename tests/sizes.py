"""How many examples a property is tried on: fewer while working, all of them in CI and with --slow."""

from __future__ import annotations

import os

FULL = "TESTS_EXAMPLES"
"""Set to `full` for all examples; `--slow` sets it."""


def examples(count: int) -> int:
    """So many if all were asked for, else a quarter of them, and at least a dozen."""
    return count if os.environ.get(FULL) == "full" else min(count, max(count // 4, 12))
