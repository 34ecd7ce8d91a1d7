"""Dates as people and their programs write them, before any zone is known. Pure.

ISO and its relatives (`2026-12-01`, `2013/7/13`, `20261201T090000Z`), `1.9.2026`, `1 Sep 2026`, `September 1st,
2026`, `Tue, 01 Sep 2026 09:00:00 +0200` (RFC 5322 3.3), seconds or milliseconds since 1970. A date of which
nobody knows whether the day or the month comes first (`12/01/2026`) is none; `12/31/2026` is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Final
from unicodedata import digit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feeds.notes.months import MONTH_WORD, month_of

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MONTH: Final = "|".join(
    f"{name[:3]}(?:{name[3:]}|(?<=sep)t)?" if name[3:] else name for name in MONTHS
)
_WEEKDAY: Final = (
    "(?:(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in WEEKDAYS) + r")\.?,?\s+)?"
)
_YEAR: Final = r"(?:,?\s+(?P<year>\d{4}))?"
_TIME: Final = (
    r"(?:(?:[Tt]|,?\s+(?P<at>at\s+)?)(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})"
    r"(?:[.,]\d{1,9})?)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<offset>[Zz]|(?:UTC|GMT)(?:[+-]\d(?::\d{2})?(?!\d))?|(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?)?"
    r"(?:(?<=[Mm.]|\d)\s+(?:\(?(?P<zone>[A-Z]{2,5})\)?|\([A-Z][A-Z ]{2,60}\)))?)?"
)
_FORMS: Final = tuple(
    (form + _TIME, re.ASCII | re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        rf"(?P<day>\d{{1,2}})-(?P<word>{_MONTH})-(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})-(?P<word>{_MONTH})-(?P<day>\d{{1,2}})",
        r"(?P<year>\d{4})\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?P<word>{_MONTH})\.?{_YEAR}",
        rf"{_WEEKDAY}(?P<word>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_YEAR}",
    )
)
_ELSEWHERE: Final = tuple(
    (form + _TIME.replace(r"\d", "[0-9]"), re.IGNORECASE)
    for form in (
        (
            rf"(?:{MONTH_WORD}\.?,?\s+)?(?P<day>[0-9]{{1,2}})(?:\.|er|º|°|ª|:e)?\s+(?:de\s+|d['’])?(?P<word>{MONTH_WORD})\.?,?"
            r"\s+(?:del?\s+)?(?P<year>[0-9]{4})(?:\s*(?:г|р)\.?)?"
        ),
        rf"(?P<year>[0-9]{{4}})\.?\s+(?P<word>{MONTH_WORD})\.?\s+(?P<day>[0-9]{{1,2}})\.?",
    )
)
"""Dates with the name of a month in another language: `3 de febrero de 2021`, `2021. február 3.`"""
_EPOCH: Final = re.compile(r"-?\d{9,10}|-?\d{12,13}", re.ASCII)


_DAY_TELLS: Final = re.compile(r"\A(1[3-9]|2\d|3[01])([/-])(0?[1-9]|1[0-2])\2(\d{4})")
_TELLING_DAY: Final = re.compile(r"\A(0?[1-9]|1[0-2])([/-])(1[3-9]|2\d|3[01])\2(\d{4})")
"""A number above twelve is the day."""
_RUN_TOGETHER: Final = re.compile(
    r"((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)T?([0-2]\d)([0-5]\d)([0-5]\d)?(?!\d)", re.ASCII
)
"""ISO 8601's basic format, and the number that a slip box gives its notes: `202612010900`."""
_ZONES: Final = {
    "UT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "JST": 9, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Names of zones that mean one offset wherever notes are written, America's by RFC 5322 4.3."""


def _at_minute(found: re.Match[str]) -> str:
    return f"{found[1]}:{int(found[2]):02}"


def _in_numbers(found: re.Match[str]) -> str:
    """A day by its week or by its place in the year (ISO 8601 5.2.2, 5.2.3); a week alone is its Monday."""
    year, week, day, place = found.groups()
    if place:
        return (date(int(year), 1, 1) + timedelta(days=int(place) - 1)).isoformat()
    return date.fromisocalendar(int(year), int(week), int(day or 1)).isoformat()


_PLACE: Final = re.compile(r"(?:\[|\s)([A-Z][A-Za-z_]{1,20}(?:/[A-Z][A-Za-z_-]{1,30}){1,2})\]?\Z")
_UNUSUAL: Final = (
    (re.compile(r"\A<(\d{4}-\d\d-\d\d)(?: \w{2,5}\.?)?( \d{1,2}:\d\d)?>\Z"), r"\1\2"),  # Org
    (
        # As C and date(1) print it: the year comes last.
        re.compile(
            r"\A[A-Z][a-z]{2} +([A-Z][a-z]{2}) +(\d{1,2}) +(\d\d:\d\d:\d\d)( [A-Z]{2,5})? +(\d{4})\Z"
        ),
        r"\2 \1 \5 \3\4",
    ),
    (re.compile(r"\((?:GMT|UTC)([+-])(\d)\)\Z"), r"\g<1>0\2:00"),  # Notion
    (re.compile(r"\((?:GMT|UTC)([+-]\d\d?:\d\d)\)\Z"), r"\1"),
    (
        re.compile(
            r"(?<=\s)(\d{1,2})\s?[時时点點시]\s?(\d{1,2})\s?[分분](?:\s?\d{1,2}\s?[秒초])?\Z"
        ),
        _at_minute,
    ),
    (re.compile(r"(?<=\s)(\d{1,2})\s?[時时点點시]\Z"), r"\1:00"),
    (re.compile(r"\A(\d{4})-?(?:W(\d\d)(?:-?([1-7]))?|(?<=-)(\d{3}))\Z"), _in_numbers),
    (re.compile(r"(?<=\d)[_–‑−](?=\d)"), "-"),
    (re.compile(r"\A(\d{4})\. ?(\d{1,2})\. ?(\d{1,2})\.?(?=\s|\Z)"), r"\1-\2-\3"),  # Korean's
    (re.compile(r"\s?[(（][^\x00-\x7f]{1,3}[)）](?=\s|\Z)"), ""),  # a weekday behind the day
    (re.compile(r"\s?(?:上午|午前|오전|早上)\s?(\d{1,2}:\d\d)"), r" \1 AM"),
    (re.compile(r"\s?(?:下午|午後|오후|晚上)\s?(\d{1,2}:\d\d)"), r" \1 PM"),
    (re.compile(r"\A(?:ngày )?(\d{1,2}) tháng (\d{1,2}),? năm (\d{4})"), r"\3-\2-\1"),
    (re.compile(r"\A[^\W\d_]{2,14}\.?,?(?: den|,) +(?=\d)"), ""),  # a weekday before the day
    (re.compile(r"(?<=\d)(st|nd|rd|th)? of (?=[^\W\d_])"), r"\1 "),
    (
        re.compile(
            r"(?<=[\d.])(?:,? (?:um|kl\.?|klo|à|às|alle|a las|o|в|at)|,? ?@) (?=\d{1,2}(?:[:.]\d\d|h))"
        ),
        " ",
    ),
    (
        re.compile(r"(?<=\d )(\d{1,2}) ?h ?(\d\d)?\Z"),
        lambda found: f"{found[1]}:{found[2] or '00'}",
    ),
    (re.compile(r"(?<=\d\d)(,? )(\d{1,2})\.(\d\d)(?: ?Uhr)?\Z"), r"\1\2:\3"),
    (re.compile(r"\A(\d{9,10})\.\d{1,9}\Z"), r"\1"),
)
"""What programs write otherwise than people, as those write it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date as written."""

    wall: datetime
    """Without a zone; 00:00 where no time is given, year 4, a leap year, where no year is."""
    offset: tzinfo | None
    has_time: bool
    has_year: bool
    unknown_zone: str = ""
    """The name of a zone that is written and means no one offset."""


def read_moment(words: str) -> Moment | None:
    """The date and time in `words`, or None if they are of no form that is known.

    Raises ValueError or OverflowError for one that cannot be, as the 30th of February.
    """
    words, zone = _split_zone(words)
    found = _read_words(words)
    if found is None or zone is None or found.offset is not None or not found.has_time:
        return found
    return replace(found, offset=zone)


def _split_zone(words: str) -> tuple[str, ZoneInfo | None]:
    """A date without the name of a place behind it: `… Europe/Paris`, `…+01:00[Europe/Paris]` (RFC 9557)."""
    named = _PLACE.search(words)
    if named is None:
        return words, None
    try:
        return words[: named.start()], ZoneInfo(named[1])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return words, None


def _read_words(words: str) -> Moment | None:
    if not words.isascii():
        written, words = words, _in_digits(words)
        found = _read_usual(words)
        # With other digits a year is often of another calendar, too: nobody wrote notes in 1399.
        is_ours = found is None or words == written or found.wall.year > _FIRST_YEAR
        return found if is_ours else None
    return _read_usual(words)


_FIRST_YEAR: Final = 1800


def _in_digits(words: str) -> str:
    """The text with the digits of other scripts as those that are read everywhere."""
    return "".join(str(digit(one)) if one.isdecimal() else one for one in words)


def _read_usual(words: str) -> Moment | None:
    for unusual, usual in _UNUSUAL:
        words = unusual.sub(usual, words)
    if (run := _RUN_TOGETHER.match(words)) is not None:
        words = f"{'-'.join(run.groups()[:3])}T{':'.join(filter(None, run.groups()[3:]))}{words[run.end() :]}"
    if _EPOCH.fullmatch(words):
        return _read_epoch(int(words))
    words = _TELLING_DAY.sub(r"\3.\1.\4", _DAY_TELLS.sub(r"\1.\3.\4", words))
    for form in _FORMS:
        found = _compiled(*form).fullmatch(words)
        if found and _says_a_time(found):
            return _read_form(found)
    for form in _ELSEWHERE:
        found = _compiled(*form).fullmatch(words)
        if found and _says_a_time(found) and month_of(found["word"]) is not None:
            return _read_form(found)
    return None


@cache
def _compiled(form: str, flags: re.RegexFlag) -> re.Pattern[str]:
    """Most dates are of the first form, and each takes as long to compile as a thousand dates to read."""
    return re.compile(form, flags)


def read_clock(hour: str, minute: str | None, second: str | None, half: str | None) -> timedelta:
    """A time of day. Raises ValueError for one that cannot be, as 13 pm."""
    hours, minutes, seconds = int(hour), int(minute or 0), int(second or 0)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(hour)
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(hour)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _says_a_time(found: re.Match[str]) -> bool:
    """A bare number after a date without its year may be the year's; after a whole one it is the hour."""
    is_whole = found["year"] is not None
    told = is_whole or found["minute"] or found["half"] or found["at"]
    return not found["hour"] or bool(told)


def _read_epoch(number: int) -> Moment:
    seconds = number / 1000 if abs(number) >= 10**11 else number
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
    return Moment(wall=moment.replace(tzinfo=None), offset=UTC, has_time=True, has_year=True)


def _read_form(found: re.Match[str]) -> Moment:
    given = found.groupdict()
    word = given.get("word")
    month = (month_of(word) or _month_of(word)) if word else int(given["month"] or 0)
    day = datetime(int(given["year"] or 4), month, int(given["day"]))  # noqa: DTZ001
    clock = timedelta()
    if given["hour"]:
        clock = read_clock(given["hour"], given["minute"], given["second"], given["half"])
    named = given["zone"] or ""
    offset = _read_offset(given["offset"]) if given["offset"] else None
    if offset is None and named in _ZONES:
        offset = timezone(timedelta(hours=_ZONES[named]))
    return Moment(
        wall=day + clock,
        offset=offset,
        has_time=bool(given["hour"]),
        has_year=bool(given["year"]),
        unknown_zone=named if offset is None and named.isupper() else "",
    )


def _month_of(word: str) -> int:
    start = word.lower()[:3]
    return next((n for n, name in enumerate(MONTHS, 1) if name.startswith(start)), 0)


def _read_offset(text: str) -> tzinfo:
    if text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    text = text.upper().removeprefix("UTC").removeprefix("GMT")
    whole, _, part = text[1:].partition(":")
    hours, minutes = int(whole[:2]), int(whole[2:] or part or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if text.startswith("-") else size)
