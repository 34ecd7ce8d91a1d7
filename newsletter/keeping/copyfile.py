"""The file of a backup: a zip archive with a line of JSON for each row, written and read in one pass.

    manifest.json        what it is: see `Manifest`
    secret               the secret file as it was
    tables/NAME.jsonl    a JSON array for each row, its values in the order of the manifest's columns;
                         octets as {"base64": "…"}

Any program that knows zip and JSON can read it. The manifest comes last, so that a file that was cut
off has none; it holds the number of rows and the SHA-256 of each member.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Self, TypeAlias

from storage.model import BackupError

Cell: TypeAlias = "int | float | str | bytes | bool | None"

FORMAT: Final = 1
"""Raised when an older program could not read what is written."""
_MANIFEST: Final = "manifest.json"
_SECRET: Final = "secret"  # noqa: S105 - a member's name
_LARGEST_MANIFEST: Final = 1_000_000
_LARGEST_SECRET: Final = 100_000
_LARGEST_LINE: Final = 100_000_000
"""Octets of one row: an issue with its pictures of formulas is far smaller."""


_BROKEN: Final = (
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
)
"""What zipfile, zlib and json raise over a file that is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEntry:
    """One table in a backup."""

    columns: tuple[str, ...]
    rows: int
    sha256: str
    """Of its member's octets, in hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    made_at: datetime
    program: str
    """The version that wrote it."""
    schema: str
    """Of its tables."""
    engine: str
    """`sqlite` or `postgresql`; it can be restored to either."""
    tables: Mapping[str, TableEntry]
    numbers: Mapping[str, int]
    """By table, the highest number ever given to a row."""
    secret: str
    """SHA-256 of the secret file, in hex."""

    @property
    def rows(self) -> int:
        """Of all tables together."""
        return sum(entry.rows for entry in self.tables.values())


@dataclass(slots=True)
class CopyWriter:
    """Writes one backup, to a name of its own until it is complete."""

    _zip: zipfile.ZipFile
    tables: dict[str, TableEntry] = field(default_factory=dict)

    def table(self, name: str, columns: tuple[str, ...], rows: Iterable[Iterable[Cell]]) -> None:
        """Write one table."""
        digest, count = hashlib.sha256(), 0
        with self._zip.open(f"tables/{name}.jsonl", "w", force_zip64=True) as member:
            for row in rows:
                line = _encode(row)
                digest.update(line)
                member.write(line)
                count += 1
        self.tables[name] = TableEntry(columns=columns, rows=count, sha256=digest.hexdigest())

    def finish(
        self,
        *,
        secret: bytes,
        made_at: datetime,
        program: str,
        schema: str,
        engine: str,
        numbers: Mapping[str, int],
    ) -> Manifest:
        """Write the secret, and last of all the manifest."""
        manifest = Manifest(
            made_at=made_at,
            program=program,
            schema=schema,
            engine=engine,
            tables=dict(self.tables),
            numbers=dict(numbers),
            secret=hashlib.sha256(secret).hexdigest(),
        )
        self._zip.writestr(_SECRET, secret)
        self._zip.writestr(_MANIFEST, _spell(manifest))
        return manifest


@contextlib.contextmanager
def writing(path: Path) -> Iterator[CopyWriter]:
    """A backup that stands at `path` once it was read again whole, for its owner only (mode 600).

    Until then, and after an error, nothing is there but what was. Raises BackupError.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as error:
        raise BackupError(f"{path}: the backup cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                yield CopyWriter(archive)
            file.flush()
            os.fsync(file.fileno())
        with CopyReader(Path(name)) as reader:
            reader.verify()
        Path(name).replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise BackupError(f"{path}: the backup cannot be written: {error.strerror}") from error
    finally:
        Path(name).unlink(missing_ok=True)


class CopyReader:
    """Reads one backup. Everything in it is checked before it is believed."""

    def __init__(self, path: Path) -> None:
        """Raises BackupError when it is no backup, is incomplete, or is of a later format."""
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
            self.manifest = _parse(self._small(_MANIFEST, _LARGEST_MANIFEST))
        except FileNotFoundError as error:
            raise BackupError(f"{path}: there is no such file") from error
        except (IsADirectoryError, PermissionError) as error:
            raise BackupError(f"{path}: cannot be read: {error.strerror}") from error
        except zipfile.BadZipFile as error:
            raise BackupError(
                f"{path}: is no backup of a newsletter, or was cut off on its way"
            ) from error
        except _BROKEN as error:
            raise BackupError(
                f"{path}: is no backup of a newsletter, or was damaged: {error}"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def secret(self) -> bytes:
        """The secret file. Raises BackupError when it is not the one that was kept."""
        with self._guarded(_SECRET):
            found = self._small(_SECRET, _LARGEST_SECRET)
        if hashlib.sha256(found).hexdigest() != self.manifest.secret:
            raise BackupError(f"{self._path}: the secret in it is damaged")
        return found

    def rows(self, table: str) -> Iterator[tuple[Cell, ...]]:
        """The rows of a table. Raises BackupError, at the latest at the end, when they are not what
        was kept.
        """
        entry = self.manifest.tables[table]
        digest, count = hashlib.sha256(), 0
        with self._guarded(table), self._zip.open(f"tables/{table}.jsonl") as member:
            for line in _lines(member):
                digest.update(line)
                count += 1
                yield _decode(line, len(entry.columns))
        if (count, digest.hexdigest()) != (entry.rows, entry.sha256):
            raise BackupError(f"{self._path}: its table {table} is damaged or incomplete")

    def verify(self) -> None:
        """Read all of it. Raises BackupError when anything is not as it was written."""
        self.secret()
        for table in self.manifest.tables:
            for _ in self.rows(table):
                pass

    def _small(self, name: str, most: int) -> bytes:
        with self._zip.open(name) as member:
            found = member.read(most + 1)
        if len(found) > most:
            raise ValueError(f"{name} is too large")
        return found

    @contextlib.contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        try:
            yield
        except _BROKEN as error:
            raise BackupError(f"{self._path}: {what} in it is damaged: {error}") from error


def read_manifest(path: Path) -> Manifest:
    """What a backup says of itself. Raises BackupError."""
    with CopyReader(path) as reader:
        return reader.manifest


# ── rows ─────────────────────────────────────────────────────────────────────────────────────


def _encode(row: Iterable[Cell]) -> bytes:
    values = [
        {"base64": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value
        for value in row
    ]
    return json.dumps(values, separators=(",", ":")).encode("ascii") + b"\n"


def _decode(line: bytes, columns: int) -> tuple[Cell, ...]:
    """Raises ValueError for what no row is."""
    values = json.loads(line)
    if not isinstance(values, list) or len(values) != columns:
        raise ValueError("a row has another number of columns")
    return tuple(map(_cell, values))


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, dict) and list(value) == ["base64"]:
        try:
            return base64.b64decode(value["base64"], validate=True)
        except (binascii.Error, TypeError) as error:
            raise ValueError("octets in it are not base64") from error
    raise ValueError("a value in it is of no known kind")


def _lines(member: IO[bytes]) -> Iterator[bytes]:
    while line := member.readline(_LARGEST_LINE):
        if not line.endswith(b"\n"):
            raise ValueError("a row is cut off, or longer than any that is written")
        yield line


# ── manifest ─────────────────────────────────────────────────────────────────────────────────


def _spell(manifest: Manifest) -> str:
    document = {
        "format": FORMAT,
        "program": manifest.program,
        "made_at": manifest.made_at.isoformat(),
        "schema": manifest.schema,
        "engine": manifest.engine,
        "tables": {
            name: {"columns": list(entry.columns), "rows": entry.rows, "sha256": entry.sha256}
            for name, entry in manifest.tables.items()
        },
        "numbers": dict(manifest.numbers),
        "secret_sha256": manifest.secret,
    }
    return json.dumps(document, indent=2)


def _parse(text: bytes) -> Manifest:
    found = json.loads(text)
    if int(found["format"]) > FORMAT:
        raise ValueError(f"it has format {found['format']}, this program reads {FORMAT}")
    made_at = datetime.fromisoformat(found["made_at"])
    if made_at.tzinfo is None:
        raise ValueError("its time has no zone")
    return Manifest(
        made_at=made_at,
        program=str(found["program"]),
        schema=str(found["schema"]),
        engine=str(found["engine"]),
        tables={
            str(name): TableEntry(
                columns=tuple(map(str, entry["columns"])),
                rows=int(entry["rows"]),
                sha256=str(entry["sha256"]),
            )
            for name, entry in found["tables"].items()
        },
        numbers={str(name): int(last) for name, last in found["numbers"].items()},
        secret=str(found["secret_sha256"]),
    )


def _sync_folder(folder: Path) -> None:
    """A new name survives a power cut, where folders can be told so."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
