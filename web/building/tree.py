"""A folder of files of ours: what changed is rewritten, each file at once, and what is gone is removed.

A list in the folder says which files are ours, and of some what they were made from: those need not be made to see that
they would be the same. Others are never touched, and a folder that has files
but no such list is refused: it is somebody else's. Everybody may read ours, whatever the umask: a web server with an
account of its own does, and they are what the site shows to all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path, PurePosixPath
from shutil import copy2
from typing import Any, Final

from storage.model import Conflict, NewsletterError

LIST: Final = ".newsletter-build.json"
_PART: Final = ".newsletter-part"
_READABLE: Final = 0o644
"""The mode of a file."""
_OPEN: Final = 0o755
"""The mode of a folder."""
_LONGEST: Final = 250
"""Octets of a name; file systems take 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a file was made from, and how it stood then: one that somebody touched since is made again."""

    source: str
    """All that decides what is in it."""
    size: int
    mtime_ns: int


class Tree:
    """One build into a folder."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.written = self.removed = 0
        self.files: set[str] = set()
        self.problems: list[str] = []
        self._before: set[str] = set()
        self._made_before: Mapping[str, Made] = {}
        self._made: dict[str, Made] = {}
        self._lock: int | None = None

    def begin(self, files: Collection[str]) -> None:
        """Look at what there is; these files are ours from now on. Raises Conflict, NewsletterError."""
        try:
            if not self.directory.is_dir():
                self.directory.mkdir(parents=True)
                self.directory.chmod(_OPEN)
            self._lock = os.open(self.directory, os.O_RDONLY)
            flock(self._lock, LOCK_EX | LOCK_NB)
            self._before, self._made_before = self._read_list()
            self._sweep()
            if not self._before.issuperset(files):  # before any is there: whatever happens then
                self._write_list(self._before.union(files), self._made_before)
        except BlockingIOError:
            raise Conflict(f"another build is at work in {self.directory}") from None
        except OSError as error:
            raise _unusable(self.directory, error) from error

    def end(self) -> None:
        """Another build may come."""
        if self._lock is not None:
            os.close(self._lock)

    def _read_list(self) -> tuple[set[str], dict[str, Made]]:
        try:
            text = (self.directory / LIST).read_text("utf-8")
        except FileNotFoundError:
            if any(found.name != _PART for found in self.directory.iterdir()):
                raise Conflict(
                    f"the folder {self.directory} has files that no build put there; "
                    "name one that is empty or not there yet"
                ) from None
            return set(), {}
        try:
            listed = json.loads(text)
            files = {file for file in listed["files"] if _is_below(file)}
            return files, _read_made(listed)
        except (ValueError, KeyError, TypeError) as error:
            raise Conflict(
                f"{self.directory / LIST} cannot be read; remove the folder and build it anew"
            ) from error

    def _sweep(self) -> None:
        """Remove what a build that was killed had begun to write."""
        for folder in {PurePosixPath(file).parent for file in (*self._before, LIST)}:
            with suppress(FileNotFoundError, NotADirectoryError):
                (self.directory / folder / _PART).unlink()

    def _write_list(self, files: Collection[str], made: Mapping[str, Made]) -> None:
        listed = {
            "files": sorted(files),
            "made": {file: asdict(made[file]) for file in sorted(made)},
        }
        text = json.dumps(listed, ensure_ascii=False, indent=0)
        _replace(self.directory / LIST, lambda part: part.write_bytes(text.encode()))

    def has(self, file: str) -> bool:
        """Whether it is there, new or old."""
        return _is_below(file) and (self.directory / file).is_file()

    def keep(self, file: str, source: str) -> bool:
        """Whether the file is there as it was made from that source; it stays, then."""
        before = self._made_before.get(file)
        if before is None or before != _made(self.directory / file, source):
            return False
        self.files.add(file)
        self._made[file] = before
        return True

    def put(self, file: str, content: bytes, source: str = "") -> bool:
        """Have this content in that file, by its path below the folder; False where it cannot be. With all that it was
        made from as its source, it may be kept the next time.
        """
        is_there = self._place(
            file, lambda path: _has(path, content), lambda part: part.write_bytes(content)
        )
        if is_there and source and (made := _made(self.directory / file, source)) is not None:
            self._made[file] = made
        return is_there

    def copy(self, file: str, source: Path) -> bool:
        """Have a copy of another file there, with its time; False where it cannot be."""
        return self._place(
            file, lambda path: _is_copy(path, source), lambda part: copy2(source, part)
        )

    def _place(
        self, file: str, is_there: Callable[[Path], bool], write: Callable[[Path], object]
    ) -> bool:
        if not _is_below(file) or any(len(os.fsencode(p)) > _LONGEST for p in file.split("/")):
            self.problems.append(
                f"no file can have the name {file[:80]!r}; the service has the page"
            )
            return False
        path = self.directory / file
        self.files.add(file)
        try:
            self._make_folder(PurePosixPath(file).parent)
            if is_there(path):
                return True
            _replace(path, write)
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            self.problems.append(f"{file} is in the way of another page of that name")
            return False
        except OSError as error:
            raise _unusable(path, error) from error
        self.written += 1
        return True

    def _make_folder(self, folder: PurePosixPath) -> None:
        """Those above it, too; the folder of the build is somebody's own."""
        for one in (self.directory / name for name in (*reversed(folder.parents), folder)[1:]):
            one.mkdir(exist_ok=True)
            if one.stat().st_mode & _OPEN != _OPEN:
                one.chmod(_OPEN)

    def finish(self) -> None:
        """Remove what was of an earlier build and is not of this one."""
        try:
            for file in sorted(self._before - self.files):
                with suppress(FileNotFoundError, NotADirectoryError):
                    (self.directory / file).unlink()
                    self.removed += 1
                self._prune(PurePosixPath(file).parent)
            self._write_list(self.files, self._made)
        except OSError as error:
            raise _unusable(self.directory, error) from error

    def _prune(self, folder: PurePosixPath) -> None:
        """Folders that have become empty go, too."""
        while folder.parts:
            try:
                (self.directory / folder).rmdir()
            except OSError:  # it has something in it, or is gone
                return
            folder = folder.parent


def _is_below(file: object) -> bool:
    """Whether a path stays in the folder, whatever it says."""
    if not isinstance(file, str) or not file or "\0" in file or "\\" in file:
        return False
    return all(part not in ("", ".", "..") for part in file.split("/")) and file != LIST


def _has(path: Path, content: bytes) -> bool:
    try:
        found = path.stat()
        is_open = found.st_mode & _READABLE == _READABLE
        return is_open and found.st_size == len(content) and path.read_bytes() == content
    except (FileNotFoundError, NotADirectoryError):
        return False


def _read_made(listed: Mapping[str, Mapping[str, Any]]) -> dict[str, Made]:
    """None where another version of the program wrote otherwise: everything is made again, then."""
    try:
        return {file: Made(**one) for file, one in listed["made"].items()}
    except (KeyError, TypeError, AttributeError):
        return {}


def _made(path: Path, source: str) -> Made | None:
    """How a file of this source stands; None for one that is not there, or that not everybody may read."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if found.st_mode & _READABLE != _READABLE:
        return None
    return Made(source=source, size=found.st_size, mtime_ns=found.st_mtime_ns)


def _is_copy(path: Path, source: Path) -> bool:
    try:
        ours, theirs = path.stat(), source.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    is_open = ours.st_mode & _READABLE == _READABLE
    return is_open and (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Whoever reads the file has the old one or the new one, never a part."""
    part = path.with_name(_PART)
    write(part)
    part.chmod(_READABLE)
    part.replace(path)


def _unusable(path: Path, error: OSError) -> NewsletterError:
    return NewsletterError(f"{path} cannot be written: {error.strerror}")
