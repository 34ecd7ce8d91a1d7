"""Where links between notes lead: from what an author writes to absolute URLs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import IntEnum
from functools import partial
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from feeds.markdown import NoteSource, link_key, loose_keys
from feeds.syndication import FeedFormat, issue_url, media_url
from storage.archive import IssueName
from storage.model import Issue, IssueState
from storage.notes import MediaFinder

_DATE: Final = re.compile(r"\A\d{4}[-_.]?\d{2}[-_.]?\d{2}[-_. ]+")


_PAGES: Final = frozenset(
    {"", "about", "archive", "subscribe", "search", *(known.path for known in FeedFormat)}
)
"""What the site has beside issues and tags; About is a note that is no issue."""


class _Way(IntEnum):
    """How a target names a note; what is least is most exact."""

    PATH = 0
    ALIAS = 1
    """An old address, or another name."""
    SLUG = 2
    NAME = 3
    """The file's name, its folder's for a bundle, each with and without its date; the end of its path; or
    the title."""


class NoteLinks:
    """Resolves wiki and note links among the live issues (feeds.notes.Links).

    It is kept up to date name by name, so that a folder of many notes is published in a time that
    grows with their number, not with its square.
    """

    def __init__(
        self,
        names: Iterable[IssueName],
        url: str,
        files: MediaFinder | None = None,
        sources: Callable[[IssueName], NoteSource | None] = lambda _name: None,
    ) -> None:
        """`files` finds what notes show, `sources` reads a note; without them, nothing is there."""
        self._url = url
        self._sources = sources
        self._files = files
        self._names: dict[str, IssueName] = {}
        self._meant: defaultdict[str, dict[str, _Way]] = defaultdict(dict)
        """For each target the ids of the notes that it may mean."""
        self._moved_at: dict[str, int] = {}
        self.moment = 0
        """Counts what was learned."""
        for name in names:
            self.put(name)

    def put(self, name: IssueName) -> None:
        """Learn or correct one; what is known of it already moves nothing."""
        before = self._names.get(name.note_id)
        if before is not None and replace(before, issue_id=name.issue_id) == name:
            self._names[name.note_id] = name
            return
        self.drop(name.note_id)
        if name.state is IssueState.LIVE:
            self._names[name.note_id] = name
            ways = _ways(name.path, name.title, name.slug, name.aliases)
            for target, way in ways.items():
                self._meant[target][name.note_id] = way
                self._moved_at[target] = self.moment

    def drop(self, note_id: str) -> None:
        """No link leads to this note any more, until it is learned anew."""
        self.moment += 1
        before = self._names.pop(note_id, None)
        if before is not None:
            for target in _ways(before.path, before.title, before.slug, before.aliases):
                self._meant[target].pop(note_id, None)
                self._moved_at[target] = self.moment

    def moved_since(self, targets: Iterable[str], moment: int) -> bool:
        """Whether one of these may lead elsewhere than it did at a `moment`."""
        return any(self._moved_at.get(target, 0) > moment for target in targets)

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """The page of the published note meant by a path, an old address, a slug, a file name or a
        title, in this order; else None. Of several the one nearest to `folder` is meant, then the
        first path in the alphabet. `loose` takes an address by its end, as generators make them
        (`/2015/07/30/x/`, `/blog/x`), and pages of the site. Of whole addresses only old ones of this
        very site are known.
        """
        if target.startswith(("http://", "https://")):
            return self._moved(target)
        name = self._find(target, folder, loose=loose)
        if name is not None:
            return issue_url(self._url, name.slug)
        page = link_key(target).removesuffix(".html")
        return f"{self._url}/{page}" if loose and page in _PAGES else None

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """The published note that is meant, as it was published; None while its file says otherwise."""
        name = self._find(target, folder, loose=False)
        return self._sources(name) if name is not None else None

    def _find(self, target: str, folder: str, *, loose: bool) -> IssueName | None:
        for key in (link_key(target), *(loose_keys(target) if loose else ())):
            if found := self._meant.get(key):
                if len(found) == 1:
                    return self._names[next(iter(found))]
                best = min(found.values())
                names = [self._names[one] for one, way in found.items() if way == best]
                return min(names, key=partial(_distance, folder))
        return None

    def _moved(self, url: str) -> str | None:
        """Where an old address of this site leads now."""
        if not url.startswith(f"{self._url}/"):
            return None
        path = unquote(urlsplit(url.removeprefix(self._url)).path)
        key = link_key(path)
        meant = [
            self._names[one] for one, way in self._meant.get(key, {}).items() if way is _Way.ALIAS
        ]
        part = urlsplit(url).fragment
        if not meant:
            return None
        return issue_url(self._url, meant[0].slug) + (f"#{part}" if part else "")

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """See MediaFinder.find."""
        if self._files is None:
            return None
        return self._files.find(written, "" if folder == "." else folder, anywhere=anywhere)

    def media_url(self, path: str) -> str:
        """Where the site serves an image of a published note."""
        return media_url(self._url, path)

    @staticmethod
    def targets_of(issue: Issue | IssueName) -> tuple[str, ...]:
        """The ways in which other notes may have meant this one."""
        return tuple(_ways(issue.path, issue.title, issue.slug, issue.aliases))


def _distance(folder: str, name: IssueName) -> tuple[int, str, str]:
    common = 0
    for one, other in zip(
        PurePosixPath(folder).parts, PurePosixPath(name.path).parent.parts, strict=False
    ):
        if one != other:
            break
        common += 1
    return -common, name.path, name.note_id


def _ways(path: str, title: str, slug: str, aliases: Iterable[str]) -> dict[str, _Way]:
    """Each target that means a note, with the most exact way in which it does."""
    pure = PurePosixPath(path)
    ways = {link_key(path): _Way.PATH}
    names = [pure.name]
    if pure.stem.casefold() in {"index", "readme"} and pure.parent.name:
        ways.setdefault(link_key(str(pure.parent)), _Way.PATH)
        names = [pure.parent.name]
    for alias in aliases:
        ways.setdefault(link_key(alias), _Way.ALIAS)
    ways.setdefault(link_key(slug), _Way.SLUG)
    ends = ("/".join(pure.parts[at:]) for at in range(1, len(pure.parts) - 1))
    for name in (*ends, *names, *(_DATE.sub("", name) for name in names), title):
        ways.setdefault(link_key(name), _Way.NAME)
    ways.pop("", None)
    return ways
