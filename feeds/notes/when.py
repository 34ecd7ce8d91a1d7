"""Points in time as an author writes them, read in the newsletter's zone. Pure.

A wall time that a change of clocks skips or repeats is resolved as RFC 5545 3.3.5 says, and told
(rule G1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from storage.model import ScheduleError

EXAMPLES: Final = "`2026-12-01 09:00`, `2026-12-01T09:00:00+01:00` or `2026-12-01`"

_ABSOLUTE: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:(?:[Tt]|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<offset>[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_RELATIVE: Final = re.compile(
    r"(?:next\s+|on\s+)?(?P<day>[a-z]+)(?:\s+(?:at\s+)?(?P<time>\d.*))?|(?:at\s+)?(?P<only>\d.*)",
    re.ASCII,
)
_CLOCK: Final = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?\s*(?P<half>am|pm)?", re.ASCII
)
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


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
    """A sentence if a change of clocks skips or repeats the wall time, else empty."""


def parse_when(text: str, zone: ZoneInfo, *, now: datetime | None = None) -> When:
    """Reads an ISO date-time with or without offset, a date (00:00), or, if `now` is given, what
    is relative to it: `now`, `today 17:30`, `tomorrow 9:00`, `monday 9am`, `9:00`.

    A weekday or a time alone means the next one that is still to come. A skipped wall time takes
    the offset before the gap, a repeated one its first occurrence (rule G1). Raises ScheduleError.
    """
    words = " ".join(text.split())
    found = _ABSOLUTE.fullmatch(words)
    try:
        if found:
            return _read_absolute(found, zone)
        if now is not None:
            return _read_relative(words.lower(), zone, now.astimezone(zone))
    except (ValueError, OverflowError) as error:
        raise ScheduleError(f"`{words[:60]}` is not a possible date or time") from error
    raise ScheduleError(f"`{words[:60]}` is not a date or time; write it like {EXAMPLES}")


def _read_absolute(found: re.Match[str], zone: ZoneInfo) -> When:
    parts = [int(found[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
    wall = datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001
    if found["offset"]:
        return _at_instant(wall.replace(tzinfo=_read_offset(found["offset"])), zone)
    return _at_wall(wall, zone)


def _read_offset(text: str) -> tzinfo:
    if text in {"Z", "z", "UTC", "GMT"}:
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if text.startswith("-") else size)


def _read_relative(words: str, zone: ZoneInfo, now: datetime) -> When:
    """`now` is in `zone`."""
    if words == "now":
        return _at_instant(now.replace(microsecond=0), zone)
    found = _RELATIVE.fullmatch(words)
    if not found:
        raise ScheduleError(f"`{words[:60]}` is not a date or time; write it like {EXAMPLES}")
    hour, minute, second = _read_clock(found["time"] or found["only"] or "0:00")
    today = datetime(now.year, now.month, now.day, hour, minute, second)  # noqa: DTZ001
    first, step = _read_day(found["day"] or "", now, words)
    when = _at_wall(today + timedelta(days=first), zone)
    if step and when.instant <= now:
        when = _at_wall(today + timedelta(days=first + step), zone)
    return when


def _read_day(word: str, now: datetime, words: str) -> tuple[int, int]:
    """Days from today to the day meant, and how many more if that is past."""
    if not word:
        return 0, 1
    fixed = {"today": 0, "tomorrow": 1}.get(word)
    if fixed is not None:
        return fixed, 0
    for index, name in enumerate(_WEEKDAYS):
        if word in {name, name[:3]}:
            return (index - now.weekday()) % 7, 7
    raise ScheduleError(f"`{words[:60]}` names no day; write `today`, `tomorrow` or a weekday")


def _read_clock(text: str) -> tuple[int, int, int]:
    found = _CLOCK.fullmatch(text)
    if not found or not (found["minute"] or found["half"]):
        raise ScheduleError(f"`{text[:60]}` is not a time of day; write it like `9:00` or `9am`")
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if found["half"] == "pm" else 0)
    return hour, int(found["minute"] or 0), int(found["second"] or 0)


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
