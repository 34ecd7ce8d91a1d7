"""What is remembered of a feed between two looks: facts of the store, one JSON text."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Final

from storage.database import Facts

_KEY: Final = "feed:followed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How it stands with a feed."""

    configured: str = ""
    """The address that `[notes] feed` had: another one is another feed."""
    url: str = ""
    """Where it was for good at the last answer."""
    etag: str = ""
    modified: str = ""
    answered_by: str = ""
    """The address that those two are of."""
    asked_at: datetime | None = None
    """The last question."""
    read_at: datetime | None = None
    """The last time that it could be read, or was as it had been."""
    next_at: datetime | None = None
    """The next question; None where it is asked at once."""
    answer: str = ""
    """The last answer, as a sentence without its end."""
    is_well: bool = True
    """Whether that was one to go on with."""
    failures: int = 0
    """In a row."""
    ended: bool = False
    """It answered 410: nobody asks any more."""
    window: tuple[str, ...] = ()
    """Paths of the entries that were in it last."""
    entries: int = 0
    """In it last."""
    begun: bool = False
    """Whether it was taken up for the first time, which mails nothing."""
    held: str = ""
    """Why nothing new is taken up; empty where nothing is held."""
    held_since: datetime | None = None
    held_new: int = 0
    examples: tuple[str, ...] = ()
    """Titles of the first of those."""
    accepted: bool = False
    """The author has said that what is held is meant."""
    hub: str = ""
    """Who tells of changes, if the feed names anybody, and of which"""
    topic: str = ""
    """address."""
    remarks: tuple[str, ...] = ()
    """What its author should know of it, a sentence each."""


_TIMES: Final = ("asked_at", "read_at", "next_at", "held_since")
_LISTS: Final = ("window", "examples", "remarks")


class FeedMemory:
    """Keeps it for one newsletter."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def load(self, configured: str) -> Followed:
        """What is known of the feed at the configured address; nothing of one that was never asked."""
        text = self._facts.get(_KEY)
        kept = json.loads(text) if text else {}
        if kept.get("configured") != configured:
            return Followed(configured=configured)
        names = {one.name for one in fields(Followed)}
        values = {name: value for name, value in kept.items() if name in names}
        for name in _TIMES:
            if values.get(name):
                values[name] = datetime.fromisoformat(values[name])
        for name in _LISTS:
            values[name] = tuple(values.get(name, ()))
        return Followed(**values)

    def keep(self, followed: Followed) -> None:
        """Remember this."""
        values = asdict(followed)
        for name in _TIMES:
            if values[name] is not None:
                values[name] = values[name].isoformat()
        self._facts.put(_KEY, json.dumps(values))


def forget_answer(followed: Followed) -> Followed:
    """The same, to be asked for anew and whole."""
    return replace(followed, etag="", modified="", answered_by="", next_at=None, ended=False)
