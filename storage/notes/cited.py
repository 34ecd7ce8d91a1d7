"""Owns what the poll remembers of files that notes cite or show: works and pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from storage.database import Facts
from storage.notes.walk import FileStat

_CITED: Final = "cited"
"""The fact what these files were like."""


class CitedFiles:
    """Works and pictures in the folder as the last look that took them up found them, also across restarts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[str, list[int]] | None = None

    def changed(self, files: Iterable[FileStat]) -> frozenset[str]:
        """The paths of those that came, went or are not what they were."""
        if self._known is None:
            self._known = json.loads(self._facts.get(_CITED) or "{}")
        known, now = self._known or {}, _marks(files)
        return frozenset(
            path for path in known.keys() | now.keys() if known.get(path) != now.get(path)
        )

    def keep(self, files: Iterable[FileStat]) -> None:
        """Remember them as they are."""
        now = _marks(files)
        if now != self._known:
            self._facts.put(_CITED, json.dumps(now))
            self._known = now


def _marks(files: Iterable[FileStat]) -> dict[str, list[int]]:
    return {file.path: [file.size, file.mtime_ns] for file in files}
