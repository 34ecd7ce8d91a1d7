"""Power cuts, made up: what a program wrote to its SQLite database, and when it had that synced, is recorded by strace;
then the files are put together as a disk may hold them that lost what was not synced.

What is not made up: folders that forget a file, and a disk that says it has synced and has not.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

FILES = ("n.db", "n.db-wal")
SECTOR = 512
_CALLS = "pwrite64,fsync,fdatasync,ftruncate,unlink"
_LINE = re.compile(r"(?P<at>\d+\.\d+) (?P<call>\w+)\((?P<given>.*)\) += (?P<got>\d+)")
_FILE = re.compile(r"/(n\.db(?:-wal)?)[>\"]")

Contents = dict[str, bytes | None]
"""Of each file; None where there is none."""


@dataclass(frozen=True, slots=True)
class Step:
    """A call of the system about one of the files."""

    at: float
    """When, by the clock of the machine."""
    call: str
    file: str
    offset: int = 0
    written: bytes = b""


def record(folder: Path, traces: Path, *command: str | Path) -> list[Step]:
    """What the command does to the database in this folder; it must end well."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is missing: install strace to cut the power")
    watch = [strace, "-ff", "-ttt", "-y", "-xx", "-s", "1000000", "-e", f"trace={_CALLS}"]
    done = subprocess.run(
        [*watch, "-o", traces / "of", *command], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = (line for file in traces.iterdir() for line in file.read_text().splitlines())
    return sorted(filter(None, map(_read, lines)), key=lambda step: step.at)


def _read(line: str) -> Step | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    before, *text = found["given"].split('"')
    file = _FILE.search(_plain(f'/{text[0]}"' if found["call"] == "unlink" else before))
    if file is None:
        return None
    number = found["given"].rpartition(",")[2].strip()
    return Step(
        float(found["at"]),
        found["call"],
        file[1],
        int(number) if number.isdigit() else 0,
        _octets(text[0]) if found["call"] == "pwrite64" else b"",
    )


def _octets(shown: str) -> bytes:
    return bytes.fromhex(shown.replace("\\x", ""))


def _plain(shown: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), shown)


class Disk:
    """Two files, and what of them is certain."""

    def __init__(self, folder: Path) -> None:
        self.now: Contents = {
            name: (folder / name).read_bytes() if (folder / name).exists() else None
            for name in FILES
        }
        self._synced = dict(self.now)
        self._waiting: dict[str, list[Step]] = {name: [] for name in FILES}

    def take(self, step: Step) -> None:
        """One more call was done."""
        if step.call in {"fsync", "fdatasync"}:
            self._synced[step.file] = self.now[step.file]
            self._waiting[step.file] = []
        else:
            self.now[step.file] = _done(self.now[step.file], step)
            self._waiting[step.file].append(step)

    def cut(self, chance: Random) -> Iterator[Contents]:
        """What may be left: all, as after a kill; what was synced; of the rest any, torn at sectors."""
        yield dict(self.now)
        yield dict(self._synced)
        for _ in range(2):
            left = dict(self._synced)
            for name, steps in self._waiting.items():
                for piece in (one for step in steps for one in _torn(step)):
                    if chance.random() < 0.5:
                        left[name] = _done(left[name], piece)
            yield left


def _torn(step: Step) -> Sequence[Step]:
    if step.call != "pwrite64":
        return [step]
    return [
        Step(step.at, step.call, step.file, step.offset + at, step.written[at : at + SECTOR])
        for at in range(0, len(step.written), SECTOR)
    ]


def _done(content: bytes | None, step: Step) -> bytes | None:
    if step.call == "unlink":
        return None
    before = content or b""
    if step.call == "ftruncate":
        return before[: step.offset].ljust(step.offset, b"\0")
    padded = before.ljust(step.offset, b"\0")
    return padded[: step.offset] + step.written + padded[step.offset + len(step.written) :]
