"""Walks the notes folder: which files are notes, and how each of them stands. Reads no content.

Paths are POSIX, relative to the folder.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from storage.model import NoteError, NotesFolderError
from storage.notes.globs import compile_globs
from storage.notes.inside import is_plain, stays_inside
from storage.notes.media import PICTURE_TYPES

ABOUT: Final = "about.md"
"""The About page: it lies among the notes, but is none."""

SUFFIXES: Final = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
WORKS: Final = (".bib", ".bibtex", ".json", ".yaml", ".yml")
"""What a file of works that notes cite ends with."""
GUIDES: Final = (
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".11tydata.js",
    ".11tydata.cjs",
    ".11tydata.mjs",
    ".meta",
)
"""What a file that speaks for whole folders may end with, beside Hugo's and Zola's pages of lists."""
UNLISTED: Final = (
    ".eleventyignore",
    ".gitignore",
    ".eleventy.js",
    *(f"eleventy.config.{form}" for form in ("js", "cjs", "mjs", "ts")),
    ".obsidian/publish.json",
)
"""What may speak for the whole folder, too, and is hidden, or of a kind that is looked at here alone."""
_CITED: Final = (*WORKS, *PICTURE_TYPES)
_MOST_CITED: Final = 20_000
"""Files that notes may cite or show and that are looked at; of more, some change unnoticed."""
MAX_DEPTH: Final = 64
"""Folders within folders; deeper is a mistake or an attack."""

_SKIPPED_STARTS: Final = (".", "#", "~")
_SKIPPED_ENDS: Final = ("~", ".swp", ".tmp")
_SKIPPED_NAMES: Final = frozenset({"node_modules"})
_LIST_PAGE: Final = "_index."
_CONFLICT: Final = re.compile(r"\.sync-conflict-|conflicted copy|\(sfconflict ", re.IGNORECASE)
"""How Syncthing, Dropbox, Nextcloud, Obsidian and Seafile name what they could not merge."""

_NO_TEXT: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Characters that neither a database nor a line can hold."""


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
    cited: tuple[FileStat, ...] = ()
    """Files that notes may cite or show, and that may speak for folders of them: works, pictures, data, by the
    paths by which notes have them.
    """


class Which:
    """Which files below a notes folder are its notes."""

    def __init__(
        self,
        *,
        suffixes: Iterable[str] = SUFFIXES,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
    ) -> None:
        """`suffixes` begin with a dot and count in any case; the others are patterns as in
        storage/notes/globs.py: only what fits `include`, if there is one, and nothing that fits
        `exclude`.
        """
        self.suffixes = tuple(suffix.lower() for suffix in suffixes)
        self._only = compile_globs(include)
        self._never = compile_globs(exclude)

    def is_note(self, name: str) -> bool:
        """Whether a file of this name is a note; Hugo's list pages are none."""
        lower = name.lower()
        return lower.endswith(self.suffixes) and not lower.startswith(_LIST_PAGE)

    def takes(self, path: str) -> bool:
        """Whether the patterns leave this file in."""
        return (self._only is None or self._only.match(path) is not None) and self.enters(path)

    def enters(self, path: str) -> bool:
        """Whether this folder, or file, is not excluded."""
        return self._never is None or self._never.match(path) is None


USUAL: Final = Which()
"""As it is without a word about it in the configuration."""


@dataclass(slots=True, kw_only=True)
class _Walk:
    """What one scan has collected so far. Links wait until everything real was seen."""

    root: str
    which: Which
    files: list[FileStat] = field(default_factory=list)
    faults: list[NoteError] = field(default_factory=list)
    cited: list[FileStat] = field(default_factory=list)
    guides: list[FileStat] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)
    """(device, inode) of the folders and files taken, so that no note counts twice."""
    links: list[tuple[os.DirEntry[str], str, int]] = field(default_factory=list)


def scan_folder(root: Path, which: Which, static: Iterable[str] = ()) -> Scan:
    """Every note below `root`, but hidden, backup, temporary and conflict files; and what notes may cite or
    show, also in the folders beside `root` that `static` names.

    A link is followed as long as it stays inside the folder, and each file counts once. What
    cannot be looked at is a fault, not an error. Raises NotesFolderError when the folder is
    missing or unreadable, so that nobody takes that for "all notes were removed".
    """
    walk = _Walk(root=real_root(root), which=which)
    _walk_root(walk)
    _follow_links(walk)
    walk.files.sort(key=lambda file: file.path)
    names = [name for name in static if is_plain(name)]
    beside = [file for name in names for file in _scan_beside(Path(walk.root).parent, name)]
    # What lies in the notes folder itself comes last, and is what a note means by its path.
    cited = [*[*beside, *walk.cited][-_MOST_CITED:], *walk.guides]
    return Scan(files=tuple(walk.files), faults=tuple(walk.faults), cited=tuple(cited))


def _scan_beside(above: Path, name: str) -> Iterator[FileStat]:
    """The pictures of a static folder. No link is followed, and what cannot be looked at is passed over."""
    is_own = stays_inside(os.path.realpath(above / name), str(above))
    waiting, left = [(name, 0)] if is_own else [], _MOST_CITED
    while waiting and left > 0:
        prefix, depth = waiting.pop()
        try:
            with os.scandir(above / prefix) as listed:
                entries = [entry for entry in listed if not _is_skipped(entry.name)]
        except OSError:
            continue
        for entry in entries:
            path = f"{prefix}/{entry.name}"
            if entry.is_dir(follow_symlinks=False) and depth < MAX_DEPTH:
                waiting.append((path, depth + 1))
            elif _is_cited(entry) and (file := _look_at_cited(entry, path)) is not None:
                left -= 1
                yield file


def real_root(root: Path) -> str:
    """Where the notes folder really is. Raises NotesFolderError when it is nowhere."""
    try:
        return os.path.realpath(root, strict=True)
    except OSError as error:
        raise _folder_error(root, error) from error


def _walk_root(walk: _Walk) -> None:
    """Walks the whole folder; unlike below, here a failure is fatal, also one in the middle of the list,
    as a stale handle of NFS is.
    """
    try:
        entries = _list_folder(walk, walk.root)
    except OSError as error:
        raise _folder_error(Path(walk.root), error) from error
    _take_entries(walk, entries, "", 0)
    for path in UNLISTED:
        with suppress(OSError):  # mostly it is not there
            info = Path(walk.root, path).lstat()
            if stat.S_ISREG(info.st_mode):
                walk.guides.append(
                    FileStat(path=path, size=info.st_size, mtime_ns=info.st_mtime_ns)
                )


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
    _take_entries(walk, entries, prefix, depth)


def _take_entries(
    walk: _Walk, entries: Iterable[os.DirEntry[str]], prefix: str, depth: int
) -> None:
    for entry in entries:
        if _is_skipped(entry.name) or (not prefix and entry.name == ABOUT):
            continue
        path = prefix + entry.name
        try:
            _take_entry(walk, entry, path, depth)
        except OSError as error:
            # Some file systems do not list what an entry is, and are asked for it.
            walk.faults.append(_unseen(path, error))


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
    """Hidden, backup, temporary and conflict files."""
    return (
        name.startswith(_SKIPPED_STARTS)
        or name.endswith(_SKIPPED_ENDS)
        or name in _SKIPPED_NAMES
        or _CONFLICT.search(name) is not None
    )


def _take_entry(walk: _Walk, entry: os.DirEntry[str], path: str, depth: int) -> None:
    if entry.is_symlink():
        walk.links.append((entry, path, depth))
    elif entry.is_dir(follow_symlinks=False):
        if walk.which.enters(path):
            _walk_folder(walk, entry.path, path + "/", depth + 1)
    elif walk.which.is_note(entry.name) and walk.which.takes(path):
        _take_file(walk, entry, path)
    else:
        _take_other(walk, entry, path)


def _take_other(walk: _Walk, entry: os.DirEntry[str], path: str) -> None:
    """What is no note. However many pictures there are, what may hide notes is not missed for them."""
    name = entry.name.lower()
    is_guide = name.endswith(GUIDES) or name.startswith(_LIST_PAGE)
    taken = walk.guides if is_guide else walk.cited
    if (
        (is_guide or _is_cited(entry))
        and len(taken) < _MOST_CITED
        and (file := _look_at_cited(entry, path)) is not None
    ):
        taken.append(file)


def _is_cited(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(_CITED)


def _look_at_cited(entry: os.DirEntry[str], path: str) -> FileStat | None:
    """Nothing is lost with one that cannot be looked at: whoever cites it is told."""
    try:
        info = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    if not stat.S_ISREG(info.st_mode) or _NO_TEXT.search(path):
        return None
    return FileStat(path=path, size=info.st_size, mtime_ns=info.st_mtime_ns)


def _take_file(walk: _Walk, entry: os.DirEntry[str], path: str) -> None:
    try:
        info = entry.stat()
    except OSError as error:
        walk.faults.append(_unseen(path, error))
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
        try:
            folder = entry.is_dir()
        except OSError as error:
            # What lies below may be there as ever, and is not taken for gone.
            if error.errno != errno.ELOOP:
                walk.faults.append(_unseen(path, error))
                continue
            folder = False
        which = walk.which
        taken = which.enters(path) if folder else which.is_note(entry.name) and which.takes(path)
        if not taken:
            continue
        if not stays_inside(os.path.realpath(entry.path), walk.root):
            walk.faults.append(NoteError(path, "a link that leads out of the notes folder"))
        elif folder:
            _walk_folder(walk, entry.path, path + "/", depth + 1)
        else:
            _take_file(walk, entry, path)


def _unseen(path: str, error: OSError) -> NoteError:
    return NoteError(path, f"it cannot be looked at: {error.strerror}")


def _folder_error(root: Path, error: OSError) -> NotesFolderError:
    return NotesFolderError(
        str(root),
        f"the notes folder cannot be read ({error.strerror}); create it, or set `[notes] path`",
    )
