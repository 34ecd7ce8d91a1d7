"""Power cuts, made up: what a program wrote to a folder, and when it had that synced, is recorded by strace; then the
folder is put together as a disk may hold it that lost what was not synced.

Names are kept as by a file system with a journal: in their order, and up to the last that concerns a file or a folder
once that was synced. What is not made up: a disk that says it has synced and has not.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

SECTOR = 512
_WRITES = ("write", "writev", "pwrite64", "pwritev", "pwritev2")
_SYNCS = ("fsync", "fdatasync")
_NAMES = ("openat", "rename", "link", "unlink")
_LENGTHS = ("ftruncate",)
_UNREAD = (
    "fallocate",
    "copy_file_range",
    "sendfile",
    "renameat",
    "renameat2",
    "linkat",
    "unlinkat",
)
"""Of these nothing is made: whoever uses one has to teach it here first."""
_LINE = re.compile(r"(?P<at>\d+\.\d+) (?P<call>\w+)\((?P<given>.*)\) += (?P<got>\d+)(?:<[^>]*>)?")
_TEXT = re.compile(r'"([^"]*)"')
_OF = re.compile(r"^\d+<([^>]*)>")

Contents = dict[str, bytes | None]
"""Of each file that was touched, by its path in the folder; None where there is none."""


@dataclass(frozen=True, slots=True)
class Step:
    """A call of the system about a file of the folder."""

    at: float
    """When, by the clock of the machine."""
    call: str
    file: str
    """Its path in the folder; of the folder itself it is empty."""
    offset: int = 0
    """Where it was written, or the length that it was given."""
    written: bytes = b""
    other: str = ""
    """The new name."""


def watching(traces: Path) -> list[str | Path]:
    """What is put before a command to have its calls kept in that folder."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is missing: install strace to cut the power")
    calls = ",".join((*_WRITES, *_SYNCS, *_NAMES, *_LENGTHS, *_UNREAD))
    watch = [
        "-ff",
        "-ttt",
        "-y",
        "-xx",
        "-s",
        "2000000",
        "-e",
        f"trace={calls}",
        "-e",
        "signal=none",
    ]
    return [strace, *watch, "-o", traces / "of"]


def record(folder: Path, traces: Path, *command: str | Path) -> None:
    """Has what the command does in this folder kept; it must end well."""
    done = subprocess.run([*watching(traces), *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def steps(traces: Path, folder: Path, minds: Callable[[str], bool]) -> list[Step]:
    """What was done in the folder, in its order, by all processes; only about files that somebody `minds`."""
    found = (step for trace in traces.iterdir() for step in _steps(trace, folder))
    return sorted((one for one in found if minds(one.file)), key=lambda step: step.at)


def _steps(trace: Path, folder: Path) -> Iterator[Step]:
    """Of one process."""
    positions: dict[str, int] = {}
    for line in trace.read_text().splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        step = _read(found, folder)
        if step is None:
            continue
        if step.call in {"write", "writev"}:
            offset = positions.get(step.file, 0)
            positions[step.file] = offset + len(step.written)
            step = Step(step.at, step.call, step.file, offset, step.written)
        if step.call == "openat":
            positions[step.file] = 0
            if "O_CREAT" not in found["given"]:
                continue
        yield step


def _read(found: re.Match[str], folder: Path) -> Step | None:
    call, given, at = found["call"], found["given"], float(found["at"])
    texts = [_octets(text) for text in _TEXT.findall(given)]
    if call in _NAMES:
        names = [_within(folder, text.decode()) for text in texts]
        if any(name is None for name in names):
            return None
        is_emptied = "O_TRUNC" in given
        return Step(at, call, names[0] or "", int(is_emptied), b"", (names[1:] or [""])[0] or "")
    of = _OF.match(given)
    name = _within(folder, _octets(of[1]).decode(errors="replace")) if of else None
    if name is None:
        return None
    assert call not in _UNREAD, f"{call} of {name}"
    number = given.rpartition(",")[2].strip()
    written = b"".join(texts)[: int(found["got"])]
    assert not written or len(written) == int(found["got"]), f"not all of a {call} was kept"
    return Step(at, call, name, int(number) if number.isdigit() else 0, written)


def _octets(shown: str) -> bytes:
    return bytes.fromhex(shown.replace("\\x", ""))


def _within(folder: Path, name: str) -> str | None:
    """The path in the folder of what is named there or from anywhere."""
    path = Path(name)
    if not path.is_absolute():
        return name
    return str(path.relative_to(folder)).lstrip(".") if path.is_relative_to(folder) else None


@dataclass(slots=True)
class _File:
    """What stands in it, what of that is certain, and what was done since."""

    now: bytearray
    synced: bytearray
    waiting: list[Step] = field(default_factory=list)


_Names = list[tuple[str, _File | None]]
"""What becomes of names at once."""


class Disk:
    """The files of a folder, and what of them is certain."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, _File | None] = {}
        """Of what was touched."""
        self._kept: dict[str, _File | None] = {}
        self._waiting: list[_Names] = []

    def take(self, step: Step) -> None:
        """One more call was done."""
        if step.call in _SYNCS:
            self._sync(step.file)
        elif step.call in _NAMES:
            self._name(step)
        elif (
            file := self._file(step.file)
        ) is not None:  # else it is open, and has no name any more
            _do(file.now, step)
            file.waiting.append(step)

    def cut(self, chance: Random) -> Iterator[Contents]:
        """What may be left: all, as after a kill; what was synced; of the rest any, torn at sectors."""
        yield {name: bytes(file.now) if file else None for name, file in self._names.items()}
        yield {name: bytes(file.synced) if file else None for name, file in self._kept.items()}
        for _ in range(2):
            names = dict(self._kept)
            for change in self._waiting[: chance.randint(0, len(self._waiting))]:
                names.update(change)
            yield {name: _left(file, chance) if file else None for name, file in names.items()}

    def _file(self, name: str) -> _File | None:
        if name not in self._names:
            path = self._folder / name
            octets = path.read_bytes() if path.is_file() else None
            found = None if octets is None else _File(bytearray(octets), bytearray(octets))
            self._names[name] = self._kept[name] = found
        return self._names[name]

    def _sync(self, name: str) -> None:
        file = self._names.get(name)  # of what nobody touched nothing is waited for
        if file is not None:
            for step in file.waiting:
                _do(file.synced, step)
            file.waiting = []
        concerned = [
            number
            for number, change in enumerate(self._waiting)
            if any(
                (file is not None and which is file) or str(Path(one).parent) == (name or ".")
                for one, which in change
            )
        ]
        for change in self._waiting[: max(concerned, default=-1) + 1]:
            self._kept.update(change)
        self._waiting = self._waiting[max(concerned, default=-1) + 1 :]

    def _name(self, step: Step) -> None:
        file = self._file(step.file)
        change: _Names = []
        if step.call == "openat" and file is None:
            change = [(step.file, _File(bytearray(), bytearray()))]
        elif step.call == "openat" and step.offset and file is not None:
            emptied = Step(step.at, "ftruncate", step.file)
            _do(file.now, emptied)
            file.waiting.append(emptied)
        elif step.call in {"rename", "link"}:
            self._file(step.other)
            change = [(step.other, file)] + [(step.file, None)] * (step.call == "rename")
        elif step.call == "unlink":
            change = [(step.file, None)]
        if change:
            self._names.update(change)
            self._waiting.append(change)


def _left(file: _File, chance: Random) -> bytes:
    left = bytearray(file.synced)
    for piece in (one for step in file.waiting for one in _torn(step)):
        if chance.random() < 0.5:
            _do(left, piece)
    return bytes(left)


def _torn(step: Step) -> Sequence[Step]:
    if step.call == "ftruncate":
        return [step]
    return [
        Step(step.at, step.call, step.file, step.offset + at, step.written[at : at + SECTOR])
        for at in range(0, len(step.written), SECTOR)
    ]


def _do(content: bytearray, step: Step) -> None:
    if len(content) < step.offset:
        content.extend(bytes(step.offset - len(content)))
    if step.call == "ftruncate":
        del content[step.offset :]
    else:
        content[step.offset : step.offset + len(step.written)] = step.written


def put_together(folder: Path, before: Path, left: Contents) -> None:
    """The folder as it was before, with what is left of what was touched since."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(before, folder)
    for name, content in left.items():
        path = folder / name
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
