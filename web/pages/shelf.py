"""What lists and neighbours need of the live issues, kept in memory until the archive changes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Protocol

from storage.model import Issue, tag_key


class Archive(Protocol):
    """The part of the archive that is read here."""

    def version(self) -> int:
        """Grows with every change that readers could see."""
        ...

    def live(self, *, tag: str | None = None, limit: int | None = None) -> list[Issue]:
        """Issues readers can see, newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The issues before and after one, in time."""

    older: Issue | None = None
    newer: Issue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The live issues, newest first, without their bodies."""

    issues: tuple[Issue, ...]

    def tagged(self, tag: str) -> list[Issue]:
        """Those that carry a tag, newest first."""
        return [issue for issue in self.issues if tag in issue.tags]

    def spelling(self, tag: str) -> str | None:
        """A tag as the archive writes it, whatever its case and form here; None if no issue carries it."""
        wanted = tag_key(tag)
        spellings = (one for issue in self.issues for one in issue.tags)
        return next((one for one in spellings if tag_key(one) == wanted), None)

    def tags(self) -> list[tuple[str, int]]:
        """Every tag with how many issues carry it, in alphabetical order."""
        counts: dict[str, int] = {}
        for issue in self.issues:
            for tag in issue.tags:
                counts[tag] = counts.get(tag, 0) + 1
        return sorted(counts.items(), key=lambda item: (item[0].casefold(), item[0]))

    def neighbours(self, issue_id: int) -> Neighbours:
        """What to read before and after an issue; nothing for one that is not here."""
        for place, issue in enumerate(self.issues):
            if issue.id == issue_id:
                newer = self.issues[place - 1] if place else None
                older = self.issues[place + 1] if place + 1 < len(self.issues) else None
                return Neighbours(older=older, newer=newer)
        return Neighbours()


class ShelfKeeper:
    """Reads the archive again only when its version moved. Safe to share among threads."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lock = threading.Lock()
        self._kept: tuple[int, Shelf] | None = None

    def shelf(self) -> Shelf:
        """The shelf as the archive is now. Raises StorageError."""
        version = self._archive.version()
        with self._lock:
            if self._kept is None or self._kept[0] != version:
                # The version was read first: a change in between is only read twice, never missed.
                self._kept = (version, _read(self._archive))
            return self._kept[1]


def _read(archive: Archive) -> Shelf:
    bare = (replace(issue, html="", text="") for issue in archive.live())
    return Shelf(issues=tuple(bare))
