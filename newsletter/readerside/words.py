"""The author's own letters to one reader: the welcome and the goodbye, read when one is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from newsletter.config import Config
from newsletter.publishing import Drafting, issue_of
from storage.archive import Issues
from storage.model import (
    DeliveryKind,
    Issue,
    IssueState,
    MessageError,
    NoteError,
)

_MOST_OCTETS: Final = 1_000_000


class OwnWords:
    """Reads a letter as a note is read: Markdown, its title is the subject. Safe to share among threads."""

    def __init__(
        self, config: Config, *, archive: Issues, drafting: Drafting, clock: Callable[[], datetime]
    ) -> None:
        wished = config.subscribers
        self._files = {DeliveryKind.WELCOME: wished.welcome, DeliveryKind.GOODBYE: wished.goodbye}
        self._folder = config.notes.path
        self._archive = archive
        self._drafting = drafting
        self._clock = clock
        self._shown: tuple[object, frozenset[str]] | None = None

    def pictures(self) -> frozenset[str]:
        """Paths below the notes folder of what the letters show, as their files are now.

        Read and rendered once for each version of them and of the archive they may link to.
        """
        mark = self._archive.version(), tuple(map(self._mark, self._files.values()))
        kept = self._shown
        if kept is None or kept[0] != mark:
            shown = frozenset(path for kind in self._files for path in self._media_of(kind))
            self._shown = kept = mark, shown
        return kept[1]

    def _media_of(self, kind: DeliveryKind) -> tuple[str, ...]:
        if self._files[kind] is None:
            return ()
        try:
            return self.write(kind).media
        except MessageError:
            return ()  # told where it would be mailed

    def _mark(self, path: Path | None) -> object:
        try:
            found = self._find(path).stat() if path is not None else None
        except OSError:
            return None
        return None if found is None else (found.st_mtime_ns, found.st_ctime_ns, found.st_size)

    def write(self, kind: DeliveryKind) -> Issue:
        """The letter of this kind. Raises MessageError when its file cannot be used."""
        path = self._files.get(kind)
        if path is None:
            raise MessageError(f"there is no {kind.value} any more")
        try:
            note = self._drafting.parse(_read(self._find(path)), path.name)
            links = self._drafting.links(self._archive.names())
            drafted = self._drafting.draft(note, kind.value, "", links).draft
        except (NoteError, OSError) as error:
            raise MessageError(f"{path.name} cannot be used: {error}") from error
        titled = replace(drafted, title=note.title or kind.value)
        return issue_of(titled, self._clock(), IssueState.WITHDRAWN)

    def _find(self, path: Path) -> Path:
        """Where the configuration says, or of that name in the notes folder."""
        inside = self._folder / path.name
        return inside if not path.is_file() and inside.is_file() else path


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        source = file.read(_MOST_OCTETS + 1)
    if len(source) > _MOST_OCTETS:
        raise OSError("it is longer than a megabyte")
    return source
