"""The files that notes show: where they lie, what an author means by a path, and what may be served.

Reads only. Standard library only. A file has one path, by which it is kept and served: below the notes
folder, or below the folder above it where it lies in one of the named static folders there
(`static/images/a.png`), as site generators have them. Nothing else outside the notes folder is looked at.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from storage.notes.inside import find_inside, is_plain

MAX_MEDIA_BYTES: Final = 20_000_000
MAX_FILE_BYTES: Final = 500_000_000
"""Of what is downloaded: an hour of sound, a book."""
MAX_NAMES: Final = 200_000
"""Files that are looked at for a bare name; a vault has fewer."""
MAX_DEPTH: Final = 64

PICTURE_TYPES: Final[MappingProxyType[str, str]] = MappingProxyType(
    {
        ".png": "image/png",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".gif": "image/gif",
        ".webp": "image/webp",
        ".avif": "image/avif",
        ".svg": "image/svg+xml",
    }
)
"""Pictures. SVG can carry a script, so whoever serves it forbids scripts (a sandbox)."""

FILE_TYPES: Final[MappingProxyType[str, str]] = MappingProxyType(
    {
        ".mp3": "audio/mpeg",
        ".m4a": "audio/mp4",
        ".m4b": "audio/mp4",
        ".ogg": "audio/ogg",
        ".oga": "audio/ogg",
        ".opus": "audio/ogg",
        ".flac": "audio/flac",
        ".wav": "audio/wav",
        ".mp4": "video/mp4",
        ".m4v": "video/mp4",
        ".webm": "video/webm",
        ".pdf": "application/pdf",
        ".epub": "application/epub+zip",
        ".zip": "application/zip",
    }
)
"""What readers hear, see or keep: served as files, and enclosures of feeds."""

MEDIA_TYPES: Final[MappingProxyType[str, str]] = MappingProxyType({**PICTURE_TYPES, **FILE_TYPES})


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file that may be served."""

    file: Path
    """Inside the notes folder or a static folder, where no link leads out of it."""
    content_type: str
    size: int
    mtime_ns: int
    ctime_ns: int
    """When another file took its place, too: one that is older by its own account."""

    @property
    def mark(self) -> str:
        """Another one once the file has changed."""
        return f"{self.size} {self.mtime_ns} {self.ctime_ns}"


def open_media(root: Path, path: str, static: Sequence[str] = ()) -> MediaFile | None:
    """The file of this path, or None: missing, hidden, outside, too large, or of no type in
    MEDIA_TYPES. `static` names folders beside the notes folder.
    """
    pure = PurePosixPath(path)
    if pure.suffix.lower() not in MEDIA_TYPES or not is_plain(path):
        return None
    if (inside := _look(root, pure)) is not None:
        return inside
    for name in static:
        if is_plain(name) and pure.is_relative_to(name):
            above = Path(os.path.realpath(root)).parent
            folder = Path(os.path.realpath(above / name))
            if folder.is_relative_to(above):
                return _look(folder, pure.relative_to(name))
    return None


def _look(folder: Path, path: PurePosixPath) -> MediaFile | None:
    """The file below a folder; a link may lead elsewhere in it, and not out."""
    try:
        found = find_inside(str(folder), path.parts)
        if found is None:
            return None
        file = Path(found)
        info = file.lstat()
    except (OSError, ValueError):
        return None
    suffix = file.suffix.lower()
    limit = MAX_FILE_BYTES if suffix in FILE_TYPES else MAX_MEDIA_BYTES
    suits = suffix in MEDIA_TYPES and stat.S_ISREG(info.st_mode) and info.st_size <= limit
    if not suits:
        return None
    return MediaFile(
        file=file,
        content_type=MEDIA_TYPES[suffix],
        size=info.st_size,
        mtime_ns=info.st_mtime_ns,
        ctime_ns=info.st_ctime_ns,
    )


class MediaFinder:
    """What authors mean by a path, as the folder is during one look.

    A bare name is looked for in the whole folder only where it lies nowhere else, and the folder is
    walked once at most.
    """

    def __init__(self, root: Path, static: Sequence[str] = ()) -> None:
        self._root = root
        self._static = tuple(name for name in static if is_plain(name))
        self._names: dict[str, list[str]] | None = None

    def find(self, written: str, folder: str, *, anywhere: bool = False) -> str | None:
        """The path of the file that a note in `folder` (empty for the notes folder itself) means by
        `written`, decoded; None if there is none. `anywhere` is Obsidian's way: a name, or the end
        of a path, and the nearest file of it.
        """
        for path in self._candidates(written, folder):
            for spelling in _spellings(path):
                if open_media(self._root, spelling, self._static) is not None:
                    return spelling
        return self._find_anywhere(written, folder) if anywhere else None

    def _candidates(self, written: str, folder: str) -> Iterator[str]:
        below = written.lstrip("/")
        if not written.startswith("/"):
            beside = _join(folder, written)
            climbed = beside.removeprefix("../")
            if beside == climbed or any(climbed.startswith(f"{name}/") for name in self._static):
                yield climbed
        below = _join("", below)
        if below.startswith("../"):
            return
        yield below
        yield from (f"{name}/{below}" for name in self._static)

    def _find_anywhere(self, written: str, folder: str) -> str | None:
        ending = _key(_join("", written.lstrip("/")))
        name = ending.rpartition("/")[2]
        if not name or ending.startswith("../"):
            return None
        if self._names is None:
            self._names = _list_names(Path(os.path.realpath(self._root)))
        found = [
            path
            for path in self._names.get(name, ())
            if f"/{_key(path)}".endswith(f"/{ending}") and open_media(self._root, path) is not None
        ]
        return min(found, key=lambda path: _distance(path, folder), default=None)


def _spellings(path: str) -> tuple[str, ...]:
    """MacOS writes names apart (NFD), most others together (NFC)."""
    forms = (path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path))
    return tuple(dict.fromkeys(forms))


def _key(path: str) -> str:
    """Names are compared as people read them (Obsidian, macOS): no case, one form."""
    return unicodedata.normalize("NFC", path).casefold()


def _join(folder: str, written: str) -> str:
    """A path put together; what climbs out begins with `../` for each step."""
    parts: list[str] = []
    for part in (*folder.split("/"), *written.split("/")):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def _distance(path: str, folder: str) -> tuple[int, int, str]:
    """The nearest first: the most folders in common, then the shortest path, then the alphabet."""
    own, theirs = PurePosixPath(path).parent.parts, PurePosixPath(folder).parts
    common = 0
    for one, other in zip(own, theirs, strict=False):
        if one != other:
            break
        common += 1
    return -common, len(own), path


def _list_names(root: Path) -> dict[str, list[str]]:
    """Every file that could be shown, by its name; no links, nothing hidden."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    waiting = [("", 0)]
    count = 0
    while waiting and count < MAX_NAMES:
        prefix, depth = waiting.pop()
        try:
            with os.scandir(root / prefix) as entries:
                found = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError:
            continue
        for entry in found:
            path = f"{prefix}/{entry.name}" if prefix else entry.name
            if entry.is_symlink() or entry.name == "node_modules":
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth < MAX_DEPTH:
                    waiting.append((path, depth + 1))
            elif PurePosixPath(entry.name).suffix.lower() in MEDIA_TYPES:
                names[_key(entry.name)].append(path)
                count += 1
    return dict(names)
