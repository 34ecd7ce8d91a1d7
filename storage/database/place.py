"""The file of an SQLite database and its log: whether they are still the ones that were opened.

A process goes on writing to a file that was deleted or moved, and a new connection makes an empty
one in its place; neither is told by SQLite. Where that is the log, the next command writes to another one than
the service does, and either undoes the other's work.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from storage.model import DatabaseLost

_OPEN: Final = Path("/proc/self/fd")
"""Where Linux says which files this process has open; elsewhere the log is not watched."""


_TRIED: Final = 65_536
"""Octets: more than a file's last block has room for."""


class Place:
    """One path, and which file was there when it was first used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[int, int] | None = None
        self._log: Path | None = None
        """The descriptor of the log, when it was found."""

    def remember(self) -> None:
        """The file that is there now is ours; later calls change nothing."""
        if self._known is None:
            self._known = self._found()

    def begin(self) -> None:
        """A file that is to be made now is its owner's alone, as its log will be: it holds every address. What keeps it
        from being made SQLite tells.
        """
        if self._known is None:
            with suppress(OSError):
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def check(self) -> None:
        """Raises DatabaseLost when our file is not there any more. Costs little: it is asked for every page."""
        if self._known is None or (found := self._found()) == self._known:
            return
        what = "is gone" if found is None else "was replaced by another file"
        raise DatabaseLost(
            f"the database {self.path} {what} while it was in use; stop whatever moves it, bring "
            "back the file with its -wal and -shm beside it, and start again"
        )

    def check_log(self) -> None:
        """Raises DatabaseLost when the log that we write was removed by somebody else.

        SQLite removes it itself when nobody has it open any more; whoever has it open has its descriptor.
        """
        log = self.path.resolve().with_name(f"{self.path.name}-wal")
        gone = f"{log} (deleted)"
        links = {str(log), gone}
        if self._log is None or _target(self._log) not in links:
            self._log = next((one for one in _open_files() if _target(one) in links), None)
        if self._log is None or _target(self._log) != gone:
            return
        raise DatabaseLost(
            f"the log of the database, {log}, was removed while it was in use; end whatever uses the database, in order "
            "and not by kill -9, so that it brings what it knows into the file, and start again. The files with -wal and "
            "-shm at their end belong to the database: nothing else may remove them"
        )

    def octets(self) -> int:
        """Of the file and of its log."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def is_free(self) -> bool:
        """Whether there is no file, or an empty one."""
        return not self.path.exists() or not self.path.stat().st_size

    def is_out_of_quota(self) -> bool:
        """Whether nothing can be written beside it any more for the account's quota: tried, for nothing else tells."""
        try:
            with TemporaryFile(dir=self.path.parent, buffering=0) as trial:
                trial.write(bytes(_TRIED))
                os.fsync(trial.fileno())
        except OSError as error:
            return error.errno == errno.EDQUOT
        return False

    def hindrance(self) -> str:
        """What keeps us from writing here, and what to do, as far as a look tells; empty if it tells nothing.

        The folder counts, too: SQLite makes the log of its changes beside the file.
        """
        folder = self.path.parent
        try:
            disk = os.statvfs(folder)
            if disk.f_flag & os.ST_RDONLY:
                return f"the disk of {folder} is mounted read-only; mount it writable, or move the newsletter to another"
            barred = [
                one for one in (self.path, folder) if one.exists() and not os.access(one, os.W_OK)
            ]
            if self.path.is_dir():
                return "it is a folder; name a file"
            if not barred and disk.f_files and not disk.f_favail:
                return f"the disk of {folder} takes no more files (its inodes are used up); remove some that nobody needs"
        except OSError as error:
            return f"{folder}: {error.strerror}"
        if not barred:
            return ""
        owner, runner = _name(barred[0].stat().st_uid), _name(os.geteuid())
        what = "it" if barred[0] == self.path else f"its folder {folder}"
        if owner != runner:
            return f"{what} belongs to {owner}, and this runs as {runner}; run it as {owner}, or give it to {runner}"
        return f"{what} belongs to {owner}, who may not write to it; `chmod u+w` allows it"

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _open_files() -> list[Path]:
    try:
        return list(_OPEN.iterdir())
    except OSError:
        return []


def _target(descriptor: Path) -> str:
    with suppress(OSError):  # closed meanwhile
        return str(descriptor.readlink())
    return ""


def _name(number: int) -> str:
    """Of a user of this machine, or the number of one that has no name here, as in a container."""
    from pwd import getpwuid  # only for a trouble

    try:
        return getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
