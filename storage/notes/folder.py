"""The notes folder: finds notes, waits until they are whole, reads them, and never leaves it.

Reads only. Stdlib only. Paths are POSIX, relative to the folder. What the text of a note means
is not known here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from storage.model import NoteError
from storage.notes.inside import find_inside
from storage.notes.media import MediaFile, MediaFinder, open_media
from storage.notes.walk import (
    ABOUT,
    UNLISTED,
    USUAL,
    FileStat,
    Scan,
    Which,
    real_root,
    scan_folder,
)

SETTLE: Final = 0.5
"""Seconds a file must have rested before it is taken as whole (rule G11)."""
MAX_NOTE_BYTES: Final = 1_000_000
"""A book; more is no note, and rendering must stay short."""
_OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # the path was resolved before: its last part is no link now
    | getattr(os, "O_NONBLOCK", 0)  # a named pipe must not hold the poll
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Which files rest, and which are still being written and wait for the next poll."""

    stable: frozenset[str]
    unstable: frozenset[str]


class NotesStore(Protocol):
    """Where notes come from. Nothing here writes: what mends a note at its author's wish does so beside it."""

    root: Path
    """The notes folder, which may not be there where notes come from a feed alone."""

    def scan(self) -> Scan:
        """Looks at every note. Raises NotesFolderError when there is nothing to look at."""
        ...

    def resting(
        self,
        files: Iterable[FileStat],
        *,
        wait: Callable[[float], None],
        now_ns: Callable[[], int],
    ) -> Rest:
        """Tells whole files from half-written ones."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one note. Raises NoteError."""
        ...

    def small(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Which of these files are there, each with what is in it. Raises NoteError."""
        ...

    def media(self, path: str) -> MediaFile | None:
        """A file that notes show, or None if there is none that may be served."""
        ...

    def finder(self) -> MediaFinder:
        """Finds what notes show, as the folder is now."""
        ...

    def written(self, path: str) -> datetime | None:
        """When the note at `path` was last written; None if there is none."""
        ...

    def about(self) -> bytes | None:
        """The About page's text, or None if the author wrote none. Raises NoteError."""
        ...

    def about_mark(self) -> tuple[int, ...] | None:
        """What changes whenever the About page does; None while there is none."""
        ...


class FolderNotes(NotesStore):
    """Notes in a folder and its sub-folders: an Obsidian vault, a Hugo folder, a checkout."""

    def __init__(self, root: Path, which: Which = USUAL, *, static: Sequence[str] = ()) -> None:
        """`static` names the folders, in this one or beside it, where absolute paths lead to."""
        self.root = root
        self.which = which
        self._static = static

    def scan(self) -> Scan:
        """Every note; see scan_folder."""
        return scan_folder(self.root, self.which, self._static)

    def resting(
        self,
        files: Iterable[FileStat],
        *,
        wait: Callable[[float], None],
        now_ns: Callable[[], int],
    ) -> Rest:
        """Gives files younger than SETTLE a second look, after one short wait for all of them.

        A file is stable if both looks agree in size and time of change; so a time in the future
        holds no note back. `wait` gets seconds and is only called if a file needs it (rule G11).
        """
        files = tuple(files)
        now = now_ns()
        restless = [file for file in files if now - file.mtime_ns < SETTLE * 1e9]
        if restless:
            wait(SETTLE)
        moving = frozenset(file.path for file in restless if self._look(file.path) != file)
        return Rest(
            stable=frozenset(file.path for file in files) - moving,
            unstable=moving,
        )

    def read(self, path: str) -> bytes:
        """The bytes of the note at `path`, at most MAX_NOTE_BYTES.

        Raises NoteError if it is missing, unreadable, too large, no regular file, or not inside
        the folder.
        """
        try:
            handle = os.open(self._inside(path), _OPEN_FLAGS)
        except FileNotFoundError as error:
            real_root(self.root)  # says so, if it is all of the folder that is gone
            raise NoteError(path, "the file does not exist") from error
        except OSError as error:
            raise NoteError(path, f"the file cannot be read: {error.strerror}") from error
        try:
            return _read_regular(handle, path)
        except OSError as error:
            raise NoteError(path, f"the file cannot be read: {error.strerror}") from error
        finally:
            os.close(handle)

    def small(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Which of these files are there, each with what is in it, but for what is larger than a note. Raises
        NoteError for one that cannot be read.
        """
        root = str(self.root)
        for path in paths:
            # Asked fifty times for each note, and the answer is mostly no, which is an exception elsewhere.
            if os.access(place := f"{root}/{path}", os.F_OK) and _is_small(place):
                yield path, self.read(path)

    def media(self, path: str) -> MediaFile | None:
        """The file of a path that a note may show; see open_media."""
        return open_media(self.root, path, self._static)

    def finder(self) -> MediaFinder:
        """Finds what notes show, as the folder is now."""
        return MediaFinder(self.root, self._static)

    def written(self, path: str) -> datetime | None:
        """When the file at `path` was last written; None if there is none."""
        found = self._look(path)
        return datetime.fromtimestamp(found.mtime_ns / 1e9, UTC) if found else None

    def about(self) -> bytes | None:
        """The About page's text, or None if the author wrote none. Raises NoteError like read, also
        when it is a folder or a link that leads nowhere.
        """
        return self.read(ABOUT) if os.path.lexists(self.root / ABOUT) else None

    def about_mark(self) -> tuple[int, ...] | None:
        """What changes whenever the About page's file does; None while there is none."""
        for look in (os.stat, os.lstat):  # a link that leads nowhere is looked at itself
            try:
                found = look(self.root / ABOUT)
            except OSError:
                continue
            return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        return None

    def _inside(self, path: str) -> str:
        """The file behind `path`. Raises NoteError unless it is inside, and visible or one that speaks for all."""
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or "\0" in path or "\\" in path:
            raise NoteError(path, "not a path below the notes folder")
        if path not in UNLISTED and any(part.startswith(".") for part in parts):
            raise NoteError(path, "hidden files and `..` are not read")
        try:
            found = find_inside(str(self.root), parts)
        except ValueError as error:
            raise NoteError(path, "not a path below the notes folder") from error
        if found is None:
            raise NoteError(path, "leads out of the notes folder")
        return found

    def _look(self, path: str) -> FileStat | None:
        try:
            info = (self.root / path).stat()
        except OSError:
            return None
        return FileStat(path=path, size=info.st_size, mtime_ns=info.st_mtime_ns)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def _is_small(place: str) -> bool:
    """Whether it is a file no larger than a note."""
    try:
        info = Path(place).stat()
    except OSError:
        return False
    return stat.S_ISREG(info.st_mode) and info.st_size <= MAX_NOTE_BYTES


def _read_regular(handle: int, path: str) -> bytes:
    """Reads an open file, trusting what the handle says rather than what the path said."""
    info = os.fstat(handle)
    if not stat.S_ISREG(info.st_mode):
        raise NoteError(path, "not a regular file")
    too_large = NoteError(path, f"the file is larger than {MAX_NOTE_BYTES // 1_000_000} MB")
    if info.st_size > MAX_NOTE_BYTES:
        raise too_large
    chunks: list[bytes] = []
    left = MAX_NOTE_BYTES + 1
    while left > 0 and (chunk := os.read(handle, min(left, 1 << 20))):
        chunks.append(chunk)
        left -= len(chunk)
    if left <= 0:
        raise too_large
    return b"".join(chunks)
