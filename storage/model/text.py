"""How words are counted and days are written, for mail, pages and terminals alike. Pure."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Final

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""In English whatever the host speaks: strftime would follow its locale."""


def write_day(day: date) -> str:
    """`22 November 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def columns(text: str) -> int:
    """How many columns `text` takes in a fixed-width font (UAX 11): wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(map(_column, text))


def _column(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
