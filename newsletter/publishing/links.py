"""Where links between notes lead: from what an author writes to absolute URLs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TypeAlias
from urllib.parse import quote

from feeds.markdown import link_key
from feeds.syndication import issue_url
from storage.archive import IssueName
from storage.model import Issue, IssueState
from storage.notes import MediaFinder

_Rank: TypeAlias = tuple[bool, str, str]
"""Of the issues that one target may mean, the least is meant."""


class NoteLinks:
    """Resolves wiki and note links among the live issues (feeds.notes.Links).

    It is kept up to date name by name, so that a folder of many notes is published in a time that
    grows with their number, not with its square.
    """

    def __init__(
        self, names: Iterable[IssueName], url: str, files: MediaFinder | None = None
    ) -> None:
        """`files` finds what notes show; without it, nothing is there."""
        self._url = url
        self._files = files
        self._names: dict[str, IssueName] = {}
        self._slugs: defaultdict[str, dict[_Rank, str]] = defaultdict(dict)
        for name in names:
            self.put(name)

    def put(self, name: IssueName) -> None:
        """Learn or correct one."""
        if (before := self._names.pop(name.note_id, None)) is not None:
            for target in _targets(before.path, before.title):
                self._slugs[target].pop(_rank(target, before), None)
        if name.state is IssueState.LIVE:
            self._names[name.note_id] = name
            for target in _targets(name.path, name.title):
                self._slugs[target][_rank(target, name)] = name.slug

    def note_url(self, target: str) -> str | None:
        """The page of the published note meant by a path, a file name or a title; else None.

        An exact path beats a bare name or title; else the first path in the alphabet is meant.
        """
        meant = self._slugs.get(link_key(target))
        return issue_url(self._url, meant[min(meant)]) if meant else None

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """See MediaFinder.find."""
        if self._files is None:
            return None
        return self._files.find(written, "" if folder == "." else folder, anywhere=anywhere)

    def media_url(self, path: str) -> str:
        """Where the site serves an image of a published note."""
        return f"{self._url}/media/{quote(path)}"

    @staticmethod
    def targets_of(issue: Issue) -> tuple[str, ...]:
        """The ways in which other notes may have meant this one."""
        return _targets(issue.path, issue.title)


def _rank(target: str, name: IssueName) -> _Rank:
    return (target != link_key(name.path), name.path, name.note_id)


def _targets(path: str, title: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(link_key, (path, PurePosixPath(path).name, title))))
