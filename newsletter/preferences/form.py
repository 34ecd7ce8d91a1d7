"""What a reader's form asks for, as wishes; and what a change of them is called in the history. Pure.

A field that the form does not have leaves what it stands for as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from newsletter.preferences.choices import LANGUAGES, is_zone
from storage.model import Pace, Wishes, tag_key
from words import find_zone

PAUSED: Final = "paused"
"""The value of the field `pace` that pauses, until the day in the field `until`."""
LONGEST_PAUSE: Final = timedelta(days=730)
MAX_TOPICS: Final = 100
"""Topics that one reader may choose."""


class Problem(StrEnum):
    """Why a field cannot be taken as it is."""

    DAY_MISSING = "day-missing"
    """Paused, but not until when."""
    DAY_UNREADABLE = "day-unreadable"
    DAY_PAST = "day-past"
    DAY_FAR = "day-far"
    PACE_UNKNOWN = "pace-unknown"
    ZONE_UNKNOWN = "zone-unknown"
    LANGUAGE_UNKNOWN = "language-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a reader wrote."""

    fields: Mapping[str, Sequence[str]]
    """Every value of `name`, `topic`, `topics` (whether topics are asked for at all), `pace`, `until`,
    `language`, `zone`."""

    def one(self, name: str) -> str | None:
        """The first value, without blanks around it; None where the form has no such field."""
        values = self.fields.get(name)
        return values[0].strip() if values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A form, read."""

    wishes: Wishes
    problems: Mapping[str, Problem] = field(default_factory=dict)
    """By the field they are of."""


def read_form(
    form: Form, known: Wishes, *, offered: Collection[str], zone: str, now: datetime
) -> Read:
    """The wishes that the form asks for, over those that are kept.

    `offered` are the keys of the topics that can be chosen; whoever has another one already keeps
    it. `zone` is the newsletter's: a day begins in the reader's, or else there.
    """
    wishes, problems = known, dict[str, Problem]()
    if "topics" in form.fields or "topic" in form.fields:
        wishes = replace(wishes, topics=_read_topics(form, {*offered, *known.topics}))
    language = form.one("language")
    if language is not None and language != known.language:
        if language and language not in LANGUAGES:
            problems["language"] = Problem.LANGUAGE_UNKNOWN
        else:
            wishes = replace(wishes, language=language)
    chosen = form.one("zone")
    if chosen is not None and chosen != known.zone:
        if chosen and not is_zone(chosen):
            problems["zone"] = Problem.ZONE_UNKNOWN
        else:
            wishes = replace(wishes, zone=chosen)
    pace = form.one("pace")
    if pace == PAUSED:
        until = _read_day(form.one("until") or "", find_zone(wishes.zone, zone), now)
        if isinstance(until, Problem):
            problems["until"] = until
        else:
            wishes = replace(wishes, paused_until=until)
    elif pace in set(Pace):
        wishes = replace(wishes, pace=Pace(pace), paused_until=None)
    elif pace is not None:
        problems["pace"] = Problem.PACE_UNKNOWN
    return Read(wishes=wishes, problems=problems)


def _read_topics(form: Form, allowed: Collection[str]) -> tuple[str, ...]:
    keys = dict.fromkeys(map(tag_key, form.fields.get("topic", ())))
    return tuple(key for key in keys if key in allowed)[:MAX_TOPICS]


def _read_day(text: str, zone: ZoneInfo, now: datetime) -> datetime | Problem:
    """The beginning of the day, which is the first on which mail comes again."""
    if not text:
        return Problem.DAY_MISSING
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Problem.DAY_UNREADABLE
    today = now.astimezone(zone).date()
    if day <= today:
        return Problem.DAY_PAST
    if day - today > LONGEST_PAUSE:
        return Problem.DAY_FAR
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def describe_change(before: Wishes, after: Wishes, *, old_name: str = "", name: str = "") -> str:
    """What changed, for the reader's history: `topics: ml, rust; pace: weekly`; empty if nothing."""
    return "; ".join(_changes(before, after, old_name, name))


def _changes(before: Wishes, after: Wishes, old_name: str, name: str) -> Iterator[str]:
    if name != old_name:
        yield f"name: {name or 'none'}"
    if after.topics != before.topics:
        yield f"topics: {', '.join(after.topics) or 'everything'}"
    if after.pace is not before.pace:
        yield f"pace: {after.pace.value}"
    if after.paused_until != before.paused_until:
        until = after.paused_until
        yield f"paused until: {until.isoformat(timespec='minutes') if until else 'not paused'}"
    if after.language != before.language:
        yield f"language: {after.language or 'the newsletter’s'}"
    if after.zone != before.zone:
        yield f"zone: {after.zone or 'the newsletter’s'}"
