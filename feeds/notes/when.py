"""Points in time as an author writes them, read in the newsletter's zone. Pure.

A wall time that a change of clocks skips or repeats is resolved as RFC 5545 3.3.5 says, and told
(rule G1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from feeds.notes.dates import WEEKDAYS, Moment, read_clock, read_moment
from storage.model import NotATime, ScheduleError

EXAMPLES: Final = "`2026-12-01 09:00`, `2026-12-01T09:00:00+01:00` or `2026-12-01`"
_SPOKEN: Final = "`tomorrow 9:00`, `next tuesday 9am`, `in 2 hours` or `2026-12-01 09:00`"

_MIDNIGHT: Final = timedelta()
_EITHER: Final = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}\b", re.ASCII)
_NUMBERS: Final = {
    name: number
    for number, names in enumerate(
        (
            "a an one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ),
        1,
    )
    for name in names.split()
}
_IN: Final = re.compile(
    rf"in\s+(?P<count>\d{{1,4}}|(?:{'|'.join(_NUMBERS)})\b)\s*(?P<unit>minutes?|mins?|hours?|hrs?|h|days?|weeks?)",
    re.ASCII,
)
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1),
                 "w": timedelta(weeks=1)}  # fmt: skip
_PAST: Final = re.compile(
    rf"\byesterday\b|\bago\b|\A(?:on\s+)?last\s+(?:night|week|month|year|{'|'.join(f'{day[:3]}(?:{day[3:]})?' for day in WEEKDAYS)})\b"
)
_RELATIVE: Final = re.compile(
    r"(?:next\s+|this\s+|on\s+)?(?P<day>(?:the\s+)?day\s+after\s+tomorrow|(?!at\b)[a-z]+)(?:,?\s+(?:at\s+)?(?P<time>\d.*))?"
    r"|(?:at\s+)?(?P<only>\d.*)",
    re.ASCII,
)
_TURNED: Final = re.compile(
    r"(?P<time>(?:at\s+)?\d{1,2}(?::\d{2}){0,2}\s*(?:[ap]\.?m\.?)?),?\s+(?P<day>(?:on\s+|next\s+)?(?![ap]m\b)[a-z]+)",
    re.ASCII,
)
_CLOCK: Final = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?\s*(?P<half>[ap]\.?m\.?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A point in time and what the author meant by it."""

    instant: datetime
    """Aware, UTC."""
    wall: str
    """Local time as written, without an offset: `2026-12-01T09:00:00`."""
    zone: str
    """IANA name of the zone that `wall` is in."""
    remark: str
    """A sentence if a change of clocks skips or repeats the wall time, or its zone is not known; else empty."""
    has_time: bool = True
    """Whether a time of day was written, and not only a day."""


def parse_when(
    text: str, zone: ZoneInfo, *, now: datetime | None = None, day_time: timedelta = _MIDNIGHT
) -> When:
    """Reads a date and time (feeds/notes/dates.py), or, if `now` is given, what is relative to it:
    `now`, `in 2 hours`, `today 17:30`, `tomorrow 9`, `next tuesday 9am`, `9:00`, `1 Sep`.

    `day_time` is the time of a day that comes without one. A weekday, a time or a date without a
    year means the next one that is still to come. A skipped wall time takes the offset before the
    gap, a repeated one its first occurrence (rule G1). Raises ScheduleError, NotATime where nothing can be read.
    """
    words = " ".join(text.split())
    try:
        found = read_moment(words)
        if found is not None and (found.has_year or now is not None):
            return _read_absolute(found, zone, now, day_time)
        if now is not None and not is_either(words):
            return _read_relative(words, zone, now.astimezone(zone), day_time)
    except (ValueError, OverflowError, OSError) as error:
        raise NotATime(f"`{words[:60]}` is not a possible date or time") from error
    raise NotATime(_refusal(words))


def is_either(text: str) -> bool:
    """Whether this may be a date in which nobody knows if day or month comes first: `12/01/2026`."""
    return _EITHER.match(text.strip()) is not None


def _refusal(words: str, examples: str = EXAMPLES) -> str:
    if is_either(words):
        return f"in `{words[:60]}` nobody knows whether day or month comes first; write {EXAMPLES}"
    return f"`{words[:60]}` is not a date or time; write it like {examples}"


def _read_absolute(
    found: Moment, zone: ZoneInfo, now: datetime | None, day_time: timedelta
) -> When:
    wall = found.wall if found.has_time else found.wall + day_time
    if not found.has_year and now is not None:
        wall = _next_of(wall, zone, now)
    if found.offset is not None:
        return _at_instant(wall.replace(tzinfo=found.offset), zone)
    when = replace(_at_wall(wall, zone), has_time=found.has_time)
    if not found.unknown_zone:
        return when
    told = f"`{found.unknown_zone}` names no one zone, so {wall:%H:%M} is read in {zone}; write an offset"
    return replace(when, remark=f"{told}; {when.remark}" if when.remark else told)


def _next_of(wall: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """The next such day and time that is still to come; the 29th of February may be years off."""
    year = now.astimezone(zone).year
    for later in range(9):
        try:
            candidate = wall.replace(year=year + later)
        except ValueError:
            continue
        if _at_wall(candidate, zone).instant > now:
            return candidate
    raise ValueError(wall)


def _read_relative(words: str, zone: ZoneInfo, now: datetime, day_time: timedelta) -> When:
    """`now` is in `zone`."""
    told, words = words, words.lower()
    if words == "now":
        return _at_instant(now.replace(microsecond=0), zone)
    if ahead := _IN.fullmatch(words):
        count = _NUMBERS.get(ahead["count"]) or int(ahead["count"])
        ahead_by = count * _UNITS[ahead["unit"][0]]
        if ahead["unit"][0] in "dw":  # days are those of the calendar (RFC 5545 3.3.6)
            return _at_wall(now.replace(tzinfo=None, microsecond=0) + ahead_by, zone)
        moment = now.astimezone(UTC) + ahead_by
        return _at_instant(moment.replace(microsecond=0), zone)
    if _PAST.search(words):
        raise ScheduleError(f"`{told[:60]}` has passed; write a time to come, like {_SPOKEN}")
    found = _RELATIVE.fullmatch(_in_order(words))
    if not found or found["day"] == "in":
        raise NotATime(_refusal(told, _SPOKEN))
    today = datetime(now.year, now.month, now.day)  # noqa: DTZ001
    first, step = _read_day(found["day"] or "", now, told)
    clock = _read_clock(found, day_time, told)
    when = _at_wall(today + timedelta(days=first) + clock, zone)
    if step and when.instant <= now:
        when = _at_wall(today + timedelta(days=first + step) + clock, zone)
    return replace(when, has_time=bool(found["time"] or found["only"]))


def _in_order(words: str) -> str:
    """The day before the time, as `tomorrow 9am` for `9am tomorrow`, and noon as a number."""
    for name, time in (("midnight", "0:00"), ("noon", "12:00")):
        words = re.sub(rf"\b{name}\b", time, words)
    turned = _TURNED.fullmatch(words)
    return f"{turned['day']} {turned['time']}" if turned else words


def _read_day(word: str, now: datetime, words: str) -> tuple[int, int]:
    """Days from today to the day meant, and how many more if that is past."""
    if not word:
        return 0, 1
    fixed = {"today": 0, "tonight": 0, "tomorrow": 1}.get(word, 2 if " after " in word else None)
    if fixed is not None:
        return fixed, 0
    for index, name in enumerate(WEEKDAYS):
        if word in {name, name[:3]}:
            return (index - now.weekday()) % 7, 7
    raise NotATime(f"`{words[:60]}` names no day; write `today`, `tomorrow` or a weekday")


def _read_clock(found: re.Match[str], day_time: timedelta, words: str) -> timedelta:
    text = found["time"] or found["only"]
    if text is None:
        if found["day"] == "tonight":
            raise NotATime("`tonight` says no time of day; write it like `today 20:00`")
        return day_time
    if found["day"]:  # `friday 17.30`; alone it may be a day of a month
        text = re.sub(r"\A(\d{1,2})\.(?=\d\d(?!\d))", r"\1:", text)
    clock = _CLOCK.fullmatch(text)
    if not clock or not (clock["minute"] or clock["half"] or found["day"]):
        if not found["day"]:
            raise NotATime(_refusal(words, _SPOKEN))
        raise NotATime(f"`{text[:60]}` is not a time of day; write it like `9:00` or `9am`")
    time = read_clock(clock["hour"], clock["minute"], clock["second"], clock["half"])
    return _this_evening(time, words) if found["day"] == "tonight" and not clock["half"] else time


def _this_evening(time: timedelta, words: str) -> timedelta:
    """Nine tonight is nine in the evening; one and twelve may be this day's or the next's."""
    if timedelta(hours=5) <= time < timedelta(hours=12):
        return time + timedelta(hours=12)
    if time < timedelta(hours=13):
        raise NotATime(f"`{words[:60]}` may be today or tomorrow; write it like `today 20:00`")
    return time


def _at_instant(moment: datetime, zone: ZoneInfo) -> When:
    wall = moment.astimezone(zone).replace(tzinfo=None)
    return When(instant=moment.astimezone(UTC), wall=wall.isoformat(), zone=str(zone), remark="")


def _at_wall(wall: datetime, zone: ZoneInfo) -> When:
    """Resolves a wall time with fold=0: PEP 495 gives what RFC 5545 3.3.5 asks for."""
    local = wall.replace(tzinfo=zone)
    instant = local.astimezone(UTC)
    return When(
        instant=instant,
        wall=wall.isoformat(),
        zone=str(zone),
        remark=_remark(wall, instant.astimezone(zone), zone),
    )


def _remark(wall: datetime, shown: datetime, zone: ZoneInfo) -> str:
    """`shown` is what a clock in the zone shows at the instant chosen for `wall`."""
    said = f"{wall:%H:%M} on {wall.date().isoformat()} in {zone}"
    if shown.replace(tzinfo=None) != wall:
        return f"{said} does not exist, since clocks go forward; it is read as {shown:%H:%M}"
    if shown.utcoffset() != shown.replace(fold=1).utcoffset():
        return f"{said} comes twice, since clocks go back; the first is taken (UTC{shown:%z})"
    return ""
