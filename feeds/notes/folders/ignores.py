"""Which notes a generator leaves out by their paths alone: lines of a file, expressions, calls in a program. Pure.

Eleventy  `.eleventyignore`; `.gitignore` and `ignores.add("…")`, where its configuration lies
Hugo      `ignoreFiles`
Obsidian  the folders that Publish leaves out, in `.obsidian/publish.json`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from feeds.notes.folders.places import ELEVENTY, GITIGNORE

_MOST: Final = 500
"""Lines that are read."""
_ADDED: Final = re.compile(r"\bignores\s*\.\s*add\(\s*([\"'`])([^\"'`$\n]{1,300})\1\s*\)")
_NO_GIT: Final = re.compile(r"\bsetUseGitIgnore\(\s*false\s*\)")
_CLASS: Final = re.compile(r"\[[^\]\n]*\]")
_LONGEST: Final = 300
_ANY_ENDS: Final = re.compile(r"\A\^?(?:\.\*)+|(?:\.\*)+\$?\Z")
"""What an expression that is looked for means as well without."""
_REPEATED: Final = re.compile(r"(?<!\\)[*+{]")
_GROUP_REPEATED: Final = re.compile(r"(?<!\\)\)[*+{]")
_MOST_REPEATED: Final = 2
"""Parts of an expression that may be of any length: each takes the path's length times as long."""


def read_lines(text: str) -> Iterator[str]:
    """The patterns of a file of them, from where it lies; Eleventy knows no lines that take something in again."""
    lines = (line.strip() for line in islice(text.splitlines(), _MOST))
    for line in lines:
        if line and not line.startswith(("#", "!")):
            yield _CLASS.sub("?", line.removeprefix("./"))


def read_program(text: str) -> Iterator[str]:
    """The patterns that Eleventy's configuration names in so many words; it is not run."""
    yield from (
        _CLASS.sub("?", found[2].removeprefix("./"))
        for found in islice(_ADDED.finditer(text), _MOST)
    )


class GitIgnore:
    """Whether `.gitignore` counts: Eleventy obeys it, unless told otherwise."""

    def __init__(self) -> None:
        self._counts = False

    def passes_over(self, guide: str, source: bytes) -> bool:
        """Whether this guide says nothing; they come in the order in which they are named."""
        if guide in ELEVENTY:
            self._counts = _NO_GIT.search(source.decode("utf-8", "replace")) is None
        return guide == GITIGNORE and not self._counts


def is_ignored(expression: str, path: str) -> bool:
    """Whether Hugo's expression is found in the path of a file. One that is too long, is no expression here or could
    take too long to try is found in any.
    """
    short = _ANY_ENDS.sub("", expression)
    if (
        len(short) > _LONGEST
        or _GROUP_REPEATED.search(short)
        or len(_REPEATED.findall(short)) > _MOST_REPEATED
    ):
        return True
    try:
        return re.search(short, path[-_LONGEST:]) is not None
    except (re.error, RecursionError, OverflowError):
        return True
