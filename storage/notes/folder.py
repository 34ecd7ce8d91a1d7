"""The notes folder: finds notes, waits until they are whole, reads them, and never leaves it.

Reads only. Stdlib only. Paths are POSIX, relative to the folder. What the text of a note means
is not known here.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final, Protocol

from storage.model import NoteError, NotesFolderError

ABOUT: Final = "about.md"
"""The About page: it lies among the notes, but is none."""

SUFFIXES: Final = (".md", ".markdown")
SETTLE: Final = 0.5
"""Seconds a file must have rested before it is taken as whole (rule G11)."""
MAX_NOTE_BYTES: Final = 1_000_000
"""A book; more is no note, and rendering must stay short."""
MAX_MEDIA_BYTES: Final = 20_000_000
MAX_DEPTH: Final = 64
"""Folders within folders; deeper is a mistake or an attack."""

MEDIA_TYPES: Final[MappingProxyType[str, str]] = MappingProxyType(
    {
        ".png": "image/png",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".gif": "image/gif",
        ".webp": "image/webp",
        ".avif": "image/avif",
    }
)
"""Pictures that cannot carry a script; SVG can, so it is not here."""

_SKIPPED_STARTS: Final = (".", "#", "~")
_SKIPPED_ENDS: Final = ("~", ".swp", ".tmp")
_SKIPPED_NAMES: Final = frozenset({"node_modules", "_index.md", "_index.markdown"})
_CONFLICT_MARKS: Final = (".sync-conflict-", "conflicted copy")

_NO_TEXT: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Characters that neither a database nor a log line can hold."""

_OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # the path was resolved before: its last part is no link now
    | getattr(os, "O_NONBLOCK", 0)  # a named pipe must not hold the poll
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStat:
    """What one look at a file tells: enough to see that it changed."""

    path: str
    """POSIX path below the notes folder."""
    size: int
    """Bytes."""
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The notes found, sorted by path, and what could not be looked at."""

    files: tuple[FileStat, ...]
    faults: tuple[NoteError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Which files rest, and which are still being written and wait for the next poll."""

    stable: frozenset[str]
    unstable: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A picture that may be served."""

    file: Path
    """Resolved, inside the notes folder."""
    content_type: str
    size: int
    mtime_ns: int
    ctime_ns: int
    """When another file took its place, too: one that is older by its own account."""


class NotesStore(Protocol):
    """Where notes come from. The product only reads it."""

    def scan(self) -> Scan:
        """Looks at every note. Raises NotesFolderError when there is nothing to look at."""
        ...

    def settled(
        self,
        files: Iterable[FileStat],
        *,
        wait: Callable[[float], None],
        now_ns: Callable[[], int],
    ) -> Settled:
        """Tells whole files from half-written ones."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one note. Raises NoteError."""
        ...

    def media(self, path: str) -> MediaFile | None:
        """A picture below the folder, or None if there is none that may be served."""
        ...


@dataclass(slots=True, kw_only=True)
class _Walk:
    """What one scan has collected so far. Links wait until everything real was seen."""

    root: str
    files: list[FileStat] = field(default_factory=list)
    faults: list[NoteError] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)
    """(device, inode) of the folders and files taken, so that no note counts twice."""
    links: list[tuple[os.DirEntry[str], str, int]] = field(default_factory=list)


class FolderNotes(NotesStore):
    """Notes in a folder and its sub-folders: an Obsidian vault, a Hugo folder, a checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def scan(self) -> Scan:
        """Every `*.md` and `*.markdown`, but hidden, backup, temporary and conflict files.

        A link is followed as long as it stays inside the folder, and each file counts once. What
        cannot be looked at is a fault, not an error. Raises NotesFolderError when the folder is
        missing or unreadable, so that nobody takes that for "all notes were removed".
        """
        walk = _Walk(root=self._real_root())
        _walk_root(walk)
        _follow_links(walk)
        walk.files.sort(key=lambda file: file.path)
        return Scan(files=tuple(walk.files), faults=tuple(walk.faults))

    def settled(
        self,
        files: Iterable[FileStat],
        *,
        wait: Callable[[float], None],
        now_ns: Callable[[], int],
    ) -> Settled:
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
        return Settled(
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
            raise NoteError(path, "the file does not exist") from error
        except OSError as error:
            raise NoteError(path, f"the file cannot be read: {error.strerror}") from error
        try:
            return _read_regular(handle, path)
        except OSError as error:
            raise NoteError(path, f"the file cannot be read: {error.strerror}") from error
        finally:
            os.close(handle)

    def media(self, path: str) -> MediaFile | None:
        """The picture at `path`, or None: missing, hidden, outside, too large, or of a type that
        is not in MEDIA_TYPES.
        """
        content_type = MEDIA_TYPES.get(PurePosixPath(path).suffix.lower())
        if content_type is None:
            return None
        try:
            file = self._inside(path)
            info = file.stat()
        except (NoteError, OSError):
            return None
        suits = file.suffix.lower() in MEDIA_TYPES and stat.S_ISREG(info.st_mode)
        if not suits or info.st_size > MAX_MEDIA_BYTES:
            return None
        return MediaFile(
            file=file,
            content_type=content_type,
            size=info.st_size,
            mtime_ns=info.st_mtime_ns,
            ctime_ns=info.st_ctime_ns,
        )

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

    def _real_root(self) -> str:
        try:
            return os.path.realpath(self.root, strict=True)
        except OSError as error:
            raise _folder_error(self.root, error) from error

    def _inside(self, path: str) -> Path:
        """The real file behind `path`. Raises NoteError unless it is visible and inside."""
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or "\0" in path or "\\" in path:
            raise NoteError(path, "not a path below the notes folder")
        if any(part.startswith(".") for part in parts):
            raise NoteError(path, "hidden files and `..` are not read")
        root = Path(self._real_root())
        try:
            real = Path(os.path.realpath(root.joinpath(*parts)))
        except (OSError, ValueError) as error:
            raise NoteError(path, "not a path below the notes folder") from error
        if not _stays_inside(str(real), str(root)):
            raise NoteError(path, "leads out of the notes folder")
        return real

    def _look(self, path: str) -> FileStat | None:
        try:
            info = (self.root / path).stat()
        except OSError:
            return None
        return FileStat(path=path, size=info.st_size, mtime_ns=info.st_mtime_ns)


# ── scanning ─────────────────────────────────────────────────────────────────────────────────


def _walk_root(walk: _Walk) -> None:
    """Walks the whole folder; unlike below, here a failure is fatal."""
    try:
        with os.scandir(walk.root):
            pass
    except OSError as error:
        raise _folder_error(Path(walk.root), error) from error
    _walk_folder(walk, walk.root, "", 0)


def _walk_folder(walk: _Walk, folder: str, prefix: str, depth: int) -> None:
    """Takes the notes of one folder and of those below it; links are put aside."""
    if depth > MAX_DEPTH:
        walk.faults.append(NoteError(prefix.rstrip("/"), f"more than {MAX_DEPTH} folders deep"))
        return
    try:
        entries = _list_folder(walk, folder)
    except OSError as error:
        walk.faults.append(
            NoteError(prefix.rstrip("/"), f"the folder cannot be read: {error.strerror}")
        )
        return
    for entry in entries:
        if not _is_skipped(entry.name) and (prefix or entry.name != ABOUT):
            _take_entry(walk, entry, prefix + entry.name, depth)


def _list_folder(walk: _Walk, folder: str) -> list[os.DirEntry[str]]:
    """The entries of a folder; none if the walk was there before, by whatever name."""
    info = Path(folder).stat()
    identity = (info.st_dev, info.st_ino)
    if identity in walk.seen:
        return []
    walk.seen.add(identity)
    with os.scandir(folder) as entries:
        return list(entries)


def _is_skipped(name: str) -> bool:
    """Hidden, backup, temporary and conflict files, and Hugo's list pages."""
    return (
        name.startswith(_SKIPPED_STARTS)
        or name.endswith(_SKIPPED_ENDS)
        or name in _SKIPPED_NAMES
        or _CONFLICT_MARKS[0] in name
        or _CONFLICT_MARKS[1] in name
    )


def _take_entry(walk: _Walk, entry: os.DirEntry[str], path: str, depth: int) -> None:
    if entry.is_symlink():
        walk.links.append((entry, path, depth))
    elif entry.is_dir(follow_symlinks=False):
        _walk_folder(walk, entry.path, path + "/", depth + 1)
    elif entry.name.lower().endswith(SUFFIXES):
        _take_file(walk, entry, path)


def _take_file(walk: _Walk, entry: os.DirEntry[str], path: str) -> None:
    try:
        info = entry.stat()
    except OSError as error:
        walk.faults.append(NoteError(path, f"the file cannot be looked at: {error.strerror}"))
        return
    identity = (info.st_dev, info.st_ino)
    if not stat.S_ISREG(info.st_mode) or (identity in walk.seen and entry.is_symlink()):
        return
    if _NO_TEXT.search(path):
        shown = path.encode("utf-8", "backslashreplace").decode()
        walk.faults.append(NoteError(shown, "the file's name has characters that are no text"))
        return
    walk.seen.add(identity)
    walk.files.append(FileStat(path=path, size=info.st_size, mtime_ns=info.st_mtime_ns))


def _follow_links(walk: _Walk) -> None:
    """Follows links that stay inside the folder; following may find more of them."""
    while walk.links:
        entry, path, depth = walk.links.pop()
        folder = _is_folder(entry)
        if not folder and not entry.name.lower().endswith(SUFFIXES):
            continue
        if not _stays_inside(os.path.realpath(entry.path), walk.root):
            walk.faults.append(NoteError(path, "a link that leads out of the notes folder"))
        elif folder:
            _walk_folder(walk, entry.path, path + "/", depth + 1)
        else:
            _take_file(walk, entry, path)


def _is_folder(link: os.DirEntry[str]) -> bool:
    """Whether a link leads to a folder; a link in a circle leads nowhere."""
    try:
        return link.is_dir()
    except OSError:
        return False


# ── reading ──────────────────────────────────────────────────────────────────────────────────


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


def _stays_inside(real: str, root: str) -> bool:
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def _folder_error(root: Path, error: OSError) -> NotesFolderError:
    return NotesFolderError(
        str(root),
        f"the notes folder cannot be read ({error.strerror}); create it, or set `[notes] path`",
    )
