"""Reads the small values of exports: rows of CSV, times, tags, yes and no. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

csv.field_size_limit(64 * 1024 * 1024)

_NO: Final = frozenset({"", "false", "no", "0", "f", "n"})
_NEVER: Final = re.compile(r"0000-00-00|\w{3}, \d{1,2} \w{3} -\d")
"""The day zero of MySQL, and what PHP makes of it: `Mon, 30 Nov -0001`, which drafts of WordPress have."""
_FORMS: Final = (
    "%Y-%m-%d %H:%M:%S %Z",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y %I:%M%p",
    "%b %d, %Y, %I:%M %p",
    "%B %d, %Y %I:%M %p",
    "%b %d, %Y",
    "%B %d, %Y",
    "%m/%d/%y %I:%M%p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
)


def read_rows(text: str) -> Iterator[dict[str, str]]:
    """Rows of a CSV by their headings, in small letters with `_` for whatever is no letter or digit."""
    head = text[:4096].partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count))
    names = [_key(name) for name in next(rows, [])]
    for row in rows:
        if any(cell.strip() for cell in row):
            yield {name: cell.strip() for name, cell in zip(names, row, strict=False) if name}


def first(row: dict[str, str], *names: str) -> str:
    """The first of these columns that has something in it."""
    return next((row[name] for name in names if row.get(name)), "")


def is_yes(value: str) -> bool:
    """`true`, `1`, `yes`; whatever is not empty and no kind of no."""
    return value.strip().lower() not in _NO


def read_time(value: object) -> datetime | None:
    """A time as systems write it, in UTC where it names no zone; None for one that says nothing.

    ISO 8601, RFC 5322, seconds or milliseconds since 1970, and the forms of American reports.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(float(value))
    text = str(value or "").strip()
    if not text or _NEVER.match(text):
        return None
    if re.fullmatch(r"\d{9,13}", text):
        return _from_number(float(text))
    found = _from_iso(text) or _from_mail(text) or _from_report(text)
    if found is None:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def split_tags(value: str) -> tuple[str, ...]:
    """Tags in one cell, with commas, semicolons or bars between."""
    return unique(part.strip().strip("\"'#[]") for part in re.split(r"[,;|]", value))


def unique(tags: Iterator[str]) -> tuple[str, ...]:
    """Each once, whatever its case, as it came first; none that is empty."""
    seen: dict[str, str] = {}
    for tag in tags:
        plain = " ".join(tag.split())
        if plain:
            seen.setdefault(plain.casefold(), plain)
    return tuple(seen.values())


def last_part(address: str) -> str:
    """The last part of an address's path, without its suffix: the slug it was known by."""
    path = urlsplit(address).path.rstrip("/")
    return re.sub(r"\.html?\Z", "", path.rpartition("/")[2])


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def _from_number(number: float) -> datetime | None:
    seconds = number / 1000 if number > 1e11 else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _from_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r" (?:UTC|GMT)\Z", "+00:00", text))
    except ValueError:
        return None


def _from_mail(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None


def _from_report(text: str) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the caller says UTC
        except ValueError:
            continue
    return None
