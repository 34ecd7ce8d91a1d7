"""Owns opening an export: a folder, a zip file or a single file, and reading it within bounds.

Names are paths with `/`, whatever machine wrote them. Nothing is unpacked, so no name of an archive
leads anywhere on this machine.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from storage.model import PostsFileError

MAX_FILE: Final = 512 * 1024 * 1024
"""Octets of one file of an export; WordPress writes a whole blog into one."""
MAX_FILES: Final = 200_000
_JUNK: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class _Store(Protocol):
    def size(self, name: str) -> int: ...

    def read(self, name: str) -> bytes: ...


class Export:
    """The files of an export, by name."""

    def __init__(self, label: str, names: list[str], store: _Store) -> None:
        if len(names) > MAX_FILES:
            raise PostsFileError(f"{label}: more than {MAX_FILES:,} files; is this an export?")
        self.label = label
        self.names = sorted(name for name in names if not _is_junk(name))
        self._store = store

    def named(self, *endings: str) -> list[str]:
        """Names that end so, whatever their case: `.html`, `posts.csv`, `posts/`."""
        return [name for name in self.names if name.lower().endswith(endings)]

    def below(self, folder: str, *endings: str) -> list[str]:
        """Names directly in a folder of that name, wherever it is."""
        return [name for name in self.named(*endings) if _folder(name).lower() == folder]

    def size(self, name: str) -> int:
        """Its octets."""
        return self._store.size(name)

    def read(self, name: str) -> bytes:
        """A file's octets. Raises PostsFileError for one that is too large or damaged."""
        size = self._store.size(name)
        if size > MAX_FILE:
            raise PostsFileError(f"{name}: {size:,} octets are more than the {MAX_FILE:,} allowed")
        try:
            return self._store.read(name)
        except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise PostsFileError(f"{name}: it cannot be read: {error}") from error

    def text(self, name: str) -> str:
        """A file as text: UTF-8, or UTF-16 with its mark, or else Windows-1252."""
        return decode(self.read(name))


def decode(data: bytes) -> str:
    """Text of a system that does not say how it wrote it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


@contextmanager
def open_export(path: Path) -> Iterator[Export]:
    """The export at a path. Raises PostsFileError."""
    try:
        if path.is_dir():
            yield Export(path.name, _walk(path), _Folder(path))
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [one.filename for one in archive.infolist() if not one.is_dir()]
                yield Export(path.name, names, _Archive(archive))
        else:
            if not stat.S_ISREG(path.stat().st_mode):
                raise PostsFileError(f"{path.name}: neither a file nor a folder")
            yield Export(path.name, [path.name], _Folder(path.parent))
    except FileNotFoundError as error:
        raise PostsFileError(f"{path}: there is no such file or folder") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise PostsFileError(f"{path}: it cannot be read: {error}") from error


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def size(self, name: str) -> int:
        return (self._root / name).stat().st_size

    def read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()


class _Archive:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def size(self, name: str) -> int:
        return self._archive.getinfo(name).file_size

    def read(self, name: str) -> bytes:
        # Not what the archive says of itself: a bomb lies.
        with self._archive.open(name) as stream:
            data = stream.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise PostsFileError(f"{name}: more than {MAX_FILE:,} octets")
        return data


def _walk(root: Path) -> list[str]:
    """Regular files below; links are not followed, so none leads out."""
    names: list[str] = []
    for folder, _, files in os.walk(root):
        for file in files:
            path = Path(folder, file)
            if not path.is_symlink() and path.is_file():
                names.append(path.relative_to(root).as_posix())
        if len(names) > MAX_FILES:
            break
    return names


def _folder(name: str) -> str:
    return name.rpartition("/")[0].rpartition("/")[2]


def _is_junk(name: str) -> bool:
    return name.startswith(_JUNK[0]) or name.rpartition("/")[2] in _JUNK
