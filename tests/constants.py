"""What Hypothesis takes from the product's source, found sooner.

Some examples of a property are texts and numbers that stand in the modules of the product. Hypothesis asks the disk of
each loaded module whether it is ours, and of each such text, letter by letter, whether a property may have it: a
second and a half of the processor time of the unit tests. What it finds is the same here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from hypothesis.internal.conjecture import providers
from hypothesis.internal.intervalsets import IntervalSet

from tests.worlds.source import PACKAGES, ROOT

_OURS = tuple(f"{ROOT / package}{os.sep}" for package in PACKAGES)

_is_permitted = providers.choice_permitted


def find_sooner() -> None:
    """From now on, in this process."""
    providers.is_local_module_file = is_ours
    providers.choice_permitted = Permission()


def is_ours(path: str) -> bool:
    """Whether Hypothesis looks for constants in a module."""
    return path.startswith(_OURS)


class Permission:
    """Whether a property may have a value; it is asked of thousands of texts for one alphabet after another."""

    def __init__(self) -> None:
        self._alphabet = _Alphabet(IntervalSet())

    def __call__(self, value: Any, bounds: Mapping[str, Any]) -> bool:
        """As Hypothesis has it."""
        if not isinstance(value, str):
            return _is_permitted(value, bounds)
        if self._alphabet.intervals is not bounds["intervals"]:
            self._alphabet = _Alphabet(bounds["intervals"])
        fits = bounds["min_size"] <= len(value) <= bounds["max_size"]
        return fits and all(map(self._alphabet.__getitem__, value))


class _Alphabet(dict[str, bool]):
    """Whether a letter is one of it, looked up once."""

    def __init__(self, intervals: IntervalSet) -> None:
        super().__init__()
        self.intervals = intervals

    def __missing__(self, letter: str) -> bool:
        self[letter] = letter in self.intervals
        return self[letter]
