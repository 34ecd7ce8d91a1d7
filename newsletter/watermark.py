"""The watermark: how far a database had come, kept beside the secret as well as in it.

A database that is missing where one was, or that is older than what this machine has seen of it, was
deleted, moved or restored from a copy. The first is not made again without a word, and from the
second nothing is mailed that may have been mailed before, until the author says so. If the folder
with the secret is restored, too, the mark comes along, and nothing is noticed.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

from storage.database import Database, Facts
from storage.model import DatabaseLost, Log, Tally

if TYPE_CHECKING:
    from storage.ledger import Overview

log = Log()

FACT: Final = "watermark"
"""The fact how far a database has come, a whole number."""
_WHOSE: Final = "database"


class _Mark(TypedDict):
    level: int
    at: str


class Watermark:
    """The mark of one database, in a file beside the secret."""

    def __init__(
        self,
        secret_file: Path,
        database: Database,
        clock: Callable[[], datetime],
    ) -> None:
        self._file = secret_file.with_name(f"{secret_file.name}.seen")
        self._database = database
        self._facts = Facts(database)
        self._clock = clock
        self._last: Tally | None = None

    def refuse_missing(self) -> None:
        """Raises DatabaseLost when there is no database where one is known to have been."""
        mark = self._marks().get(self._database.name)
        if mark is not None and self._database.is_empty():
            raise DatabaseLost(
                f"there is no database at {self._database.name}, where one was in use at "
                f"{mark['at']}: bring it back, or begin with an empty one by `newsletter db init`"
            )

    def keep(self) -> None:
        """From now on a database is known to be here. Changes nothing when it is."""
        if self._database.name not in self._marks():
            self._keep(self._level())

    def hold_restored(self, hold: Callable[[str], int]) -> bool:
        """Pause all mail if the database is older than the mark; whether it was.

        `hold` does, for the reason it is given, and says of how many issues.
        """
        mark = self._marks().get(self._database.name)
        level = self._level()
        if mark is None or level >= mark["level"]:
            return False
        reason = (
            f"this database is a copy from before {mark['at']}, and may not know what was sent "
            "since; `newsletter resume` sends it to all who seem to be waiting, `cancel` to nobody"
        )
        paused = hold(reason)
        self._facts.put(FACT, str(mark["level"] + 1))
        self._keep(mark["level"] + 1)
        log.warning("database.restored", last_seen=mark["at"], paused=paused)
        return True

    def raise_if_moved(self, overview: Overview) -> None:
        """Raise the mark if mail has moved since this was last called."""
        tally = overview.tally()
        if tally == self._last or (self._last is None and not tally.total):
            return
        level = self._level() + 1
        self._facts.put(FACT, str(level))
        self._keep(level)
        self._last = tally

    def outdo(self, level: int) -> int:
        """The level of a copy that knowingly takes the database's place, when it had that one: higher than
        any that was seen, so that it is not taken for a copy again. To be kept in both places.
        """
        mark = self._marks().get(self._database.name)
        return max(level, 0 if mark is None else mark["level"]) + 1

    def raise_to(self, level: int) -> None:
        """Keep beside the secret that the database has come so far."""
        self._keep(level)

    def forget(self) -> None:
        """A new database may be made here."""
        self._write({name: m for name, m in self._marks().items() if name != self._database.name})

    def _level(self) -> int:
        return int(self._facts.get(FACT) or 0)

    def _keep(self, level: int) -> None:
        at = self._clock().isoformat(timespec="seconds")
        self._write({**self._marks(), self._database.name: _Mark(level=level, at=at)})

    def _marks(self) -> Mapping[str, _Mark]:
        try:
            found = json.loads(self._file.read_text("utf-8"))[_WHOSE]
            return {str(k): _Mark(level=int(m["level"]), at=str(m["at"])) for k, m in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            log.warning("watermark.unreadable", file=str(self._file), reason=str(error))
            return {}

    def _write(self, marks: Mapping[str, _Mark]) -> None:
        """In one step; where it cannot be written nothing is recognised, and the log says so."""
        try:
            descriptor, name = tempfile.mkstemp(dir=self._file.parent, prefix=".seen-")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({_WHOSE: marks}, file)
                file.flush()
                # A power cut may leave the new name of an empty file, and that is when an old copy is put back.
                os.fsync(file.fileno())
            Path(name).replace(self._file)
        except OSError as error:
            log.warning("watermark.unwritable", file=str(self._file), reason=str(error))
