"""A disk of a few megabytes that only the processes of a test see, and that can be filled to the last octet."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_HOLD = 'mount -t tmpfs -o size="$1" none "$2" && echo there && exec sleep infinity'


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A file system in memory, mounted at a folder in a view of its own."""

    folder: Path
    """Where the processes on it see it."""
    holder: int
    """The process that keeps the view."""

    @property
    def seen(self) -> Path:
        """The same folder as this process sees it."""
        return Path(f"/proc/{self.holder}/root{self.folder}")

    def command(self, *words: str | Path) -> Sequence[str | Path]:
        """What starts a program that sees the disk."""
        return ("nsenter", f"--mount=/proc/{self.holder}/ns/mnt", *words)

    def fill(self, *, leave: int = 0) -> None:
        """Takes all that is free, but for so many octets."""
        ballast = os.open(self.seen / "ballast", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        try:
            taken = 0
            try:
                while written := os.write(ballast, b"\0" * 4096):
                    taken += written
            except OSError:
                os.truncate(ballast, max(0, taken - leave))
        finally:
            os.close(ballast)

    def free(self) -> None:
        """Gives it back."""
        (self.seen / "ballast").unlink()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """One at that folder until the end of the context; `size` as mount writes it. Needs root."""
    if os.geteuid() != 0:
        pytest.skip("only root may give a process a disk of its own")
    folder.mkdir()
    holder = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", _HOLD, "sh", size, folder],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "there\n"
        yield SmallDisk(folder, holder.pid)
    finally:
        holder.kill()
        holder.communicate()
