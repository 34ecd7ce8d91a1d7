"""The notes of a folder and of a feed as one store; a feed alone, where its author has no folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from storage.notes.entries import FeedEntries, is_entry
from storage.notes.folder import FolderNotes, NotesStore, Rest
from storage.notes.media import MediaFile, MediaFinder
from storage.notes.walk import FileStat, Scan


class JoinedNotes(NotesStore):
    """A folder's notes, and after them the entries of a feed."""

    def __init__(self, folder: FolderNotes, entries: FeedEntries, *, has_folder: bool) -> None:
        """Without `has_folder` no notes are looked for in the folder, and it need not be there."""
        self.root = folder.root
        self._folder = folder
        self._entries = entries
        self._has_folder = has_folder

    def scan(self) -> Scan:
        """Every note. Raises NotesFolderError when there should be a folder and is none."""
        found = self._folder.scan() if self._has_folder else Scan(files=(), faults=())
        return replace(found, files=(*found.files, *self._entries.files()))

    def resting(
        self,
        files: Iterable[FileStat],
        *,
        wait: Callable[[float], None],
        now_ns: Callable[[], int],
    ) -> Rest:
        """An entry is always whole."""
        files = tuple(files)
        own = [file for file in files if not is_entry(file.path)]
        rest = self._folder.resting(own, wait=wait, now_ns=now_ns)
        entries = frozenset(file.path for file in files if is_entry(file.path))
        return Rest(stable=rest.stable | entries, unstable=rest.unstable)

    def read(self, path: str) -> bytes:
        """The bytes of one note. Raises NoteError."""
        return self._entries.note(path) if is_entry(path) else self._folder.read(path)

    def small(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Which of these files of the folder are there."""
        return self._folder.small(paths)

    def media(self, path: str) -> MediaFile | None:
        """A file of the folder that notes show; entries have none of their own."""
        return self._folder.media(path)

    def finder(self) -> MediaFinder:
        """Finds what notes show, as the folder is now."""
        return self._folder.finder()

    def written(self, path: str) -> datetime | None:
        """When the note at `path` last changed; None if there is none."""
        if is_entry(path):
            return self._entries.changed_at(path)
        return self._folder.written(path)

    def about(self) -> bytes | None:
        """The About page's text, which is in the folder."""
        return self._folder.about()

    def about_mark(self) -> tuple[int, ...] | None:
        """What changes whenever the About page does."""
        return self._folder.about_mark()
