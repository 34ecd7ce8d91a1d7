"""Where links between notes lead: from what an author writes to absolute URLs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import quote

from feeds.feed import issue_url
from feeds.notes import link_key
from storage.issues import IssueName
from storage.records import Issue, IssueState


class NoteLinks:
    """Resolves wiki and note links among the live issues (feeds.notes.Links)."""

    def __init__(self, names: Iterable[IssueName], url: str) -> None:
        self._url = url
        self._slugs: dict[str, str] = {}
        live = sorted((n for n in names if n.state is IssueState.LIVE), key=lambda n: n.path)
        for name in live:
            for target in _targets(name.path, name.title):
                self._slugs.setdefault(target, name.slug)
        for name in live:
            self._slugs[link_key(name.path)] = name.slug  # an exact path beats a bare name

    def note_url(self, target: str) -> str | None:
        """The page of the published note meant by a path, a file name or a title; else None."""
        slug = self._slugs.get(link_key(target))
        return None if slug is None else issue_url(self._url, slug)

    def media_url(self, path: str) -> str:
        """Where the site serves an image of a published note."""
        return f"{self._url}/media/{quote(path)}"

    @staticmethod
    def targets_of(issue: Issue) -> tuple[str, ...]:
        """The ways in which other notes may have meant this one."""
        return _targets(issue.path, issue.title)


def _targets(path: str, title: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(link_key, (path, PurePosixPath(path).name, title))))
