"""Owns a sudden change of many notes: it is not believed, but held, told and asked about.

A disk that is not mounted, half a checkout, another folder in its place: what vanishes then stays
published, its mail waits, and notes that nobody knew stay unpublished until the old ones are back or
the author says that it is meant. What is decided here is pure; what is to be remembered between two
looks, by whichever process, are facts of the store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from storage.database import Facts
from storage.model import Conflict

MANY: Final = 10
"""This many published notes that go within `LATELY` are many, if they are a `SHARE` of all …"""
SHARE: Final = 0.25
CROWD: Final = 100
"""… and this many are, however many there are …"""
WHOLE: Final = 5
"""… and this many, if nothing else was published."""
LATELY: Final = timedelta(hours=1)
NAMED: Final = 20
"""Paths that are told."""

_HELD: Final = "notes:held"
_MEANT: Final = "notes:meant"
_WENT: Final = "notes:went"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def is_sudden(going: int, lately: int, live: int) -> bool:
    """Whether `going` more are too many to be believed, after those that went `lately`; `live` are
    the published notes there still are, those that are going among them.
    """
    many, all_there_were = going + lately, live + lately
    if going == 0:
        return False
    if many == all_there_were:
        return many >= WHOLE
    return many >= CROWD or (many >= MANY and many >= SHARE * all_there_were)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A change that waits for the author."""

    since: datetime
    going: int
    """Published notes that seem to be gone, or not for readers any more."""
    new: int
    """Notes that came with it, and are not published until it is decided."""
    examples: tuple[str, ...]
    """Paths of the first of those that are going."""

    @property
    def sentence(self) -> str:
        """What happened and what to do."""
        also = f", and {self.new} that nobody knew are there" if self.new else ""
        return (
            f"{self.going} published notes are missing at once, such as {self.examples[0]}{also}: nothing "
            "is withdrawn, nothing new is published, and mail of what is missing waits. Is the folder "
            "the right one, and its disk mounted? When they are back all goes on where it was; if you "
            "took them away, `newsletter missing --withdraw` says so"
        )


class SuddenChange:
    """What is remembered of one newsletter's: that it is held, that it is meant, what went lately."""

    def __init__(self, facts: Facts, clock: Callable[[], datetime]) -> None:
        self._facts = facts
        self._clock = clock

    def standing(self) -> Held | None:
        """What waits for the author now."""
        if (text := self._facts.get(_HELD)) is None:
            return None
        kept = json.loads(text)
        return Held(
            since=datetime.fromisoformat(kept["since"]),
            going=kept["going"],
            new=kept["new"],
            examples=tuple(kept["examples"]),
        )

    def is_to_be_held(self, going: Collection[str], live: int) -> bool:
        """Whether what is going at these paths is to be held, and not only done."""
        if not going:
            return False
        return is_sudden(len(going), self._went_lately(), live) and not self._is_meant(len(going))

    def hold(self, going: Collection[str], new: int) -> tuple[Held, bool]:
        """Remember what is held; and whether that is news."""
        before = self.standing()
        held = Held(
            since=before.since if before else self._clock(),
            going=len(going),
            new=new,
            examples=tuple(sorted(going)[:NAMED]),
        )
        if held == before:
            return held, False
        kept = {
            "since": held.since.isoformat(),
            "going": held.going,
            "new": held.new,
            "examples": held.examples,
        }
        self._facts.put(_HELD, json.dumps(kept))
        return held, before is None or (before.going, before.new) != (held.going, held.new)

    def settle(self, went: int) -> bool:
        """Nothing is held now, and so many notes went; whether something was held until now."""
        was_held = self.standing() is not None
        if was_held:
            self._facts.drop(_HELD)
        if went:
            self._count(went)
        if went or was_held:
            self._facts.drop(_MEANT)
        return was_held

    def accept(self) -> Held:
        """The author means it: the next look does what was held. Raises Conflict when nothing is."""
        if (held := self.standing()) is None:
            raise Conflict("no published notes are missing")
        self._facts.put(_MEANT, f"{self._clock().isoformat()} {held.going}")
        return held

    def _is_meant(self, going: int) -> bool:
        """Whether the author said so lately, of as many at least."""
        at, count = self._read(_MEANT)
        return going <= count and self._is_late(at)

    def _count(self, went: int) -> None:
        """Add to those that went lately, but for what the author said is meant."""
        if self._is_meant(went):
            self._facts.drop(_WENT)
            return
        lately = self._went_lately()
        since = self._read(_WENT)[0] if lately else self._clock()
        self._facts.put(_WENT, f"{since.isoformat()} {lately + went}")

    def _went_lately(self) -> int:
        since, count = self._read(_WENT)
        return count if self._is_late(since) else 0

    def _read(self, key: str) -> tuple[datetime, int]:
        """A moment and a number that were kept; long ago and 0 when nothing was."""
        at, _, count = (self._facts.get(key) or f"{_NEVER.isoformat()} 0").partition(" ")
        return datetime.fromisoformat(at), int(count)

    def _is_late(self, moment: datetime) -> bool:
        """Whether it was within `LATELY`; a clock that was set back makes nothing later."""
        return abs(self._clock() - moment) <= LATELY
