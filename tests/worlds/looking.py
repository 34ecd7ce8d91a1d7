"""Work that can be counted: how many characters the patterns of some modules were given to look at.

Time says how busy a machine is; this says whether something is read again and again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from unittest.mock import patch

from mailer.replies.patterns import Words

FROM_THE_FIRST = ("search", "match", "fullmatch", "finditer", "findall", "split")
FROM_THE_SECOND = ("sub", "subn")


@dataclass
class Looked:
    """What was looked at."""

    characters: int = 0

    def counting(self, method: Callable[..., Any], at: int) -> Callable[..., Any]:
        """The method of a pattern, which counts the text that it is given, from where it is to begin."""

        def counted(*given: Any) -> Any:
            begin = given[at + 1] if len(given) > at + 1 and method.__name__ not in _BOUNDED else 0
            self.characters += max(0, len(given[at]) - begin)
            return method(*given)

        return counted


_BOUNDED = {"sub", "subn", "split"}
"""What may be given behind the text there is how often, not where to begin."""


class _Counted:
    """A pattern that counts."""

    def __init__(self, pattern: re.Pattern[str], looked: Looked) -> None:
        self.pattern = pattern.pattern
        for name in FROM_THE_FIRST:
            setattr(self, name, looked.counting(getattr(pattern, name), 0))
        for name in FROM_THE_SECOND:
            setattr(self, name, looked.counting(getattr(pattern, name), 1))


@contextmanager
def looked_at(*modules: ModuleType) -> Iterator[Looked]:
    """Counts what the patterns of these modules, and those words of hosts whose letters are there, look at meanwhile."""
    looked = Looked()
    patches = [
        patch.object(module, name, _Counted(value, looked))
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    ]
    candidates = Words._candidates

    def counted(words: Words, text: str) -> list[re.Pattern[str]]:
        found = candidates(words, text)
        looked.characters += len(text) * len(found)
        return found

    patches.append(patch.object(Words, "_candidates", counted))
    for one in patches:
        one.start()
    try:
        yield looked
    finally:
        for one in patches:
            one.stop()
