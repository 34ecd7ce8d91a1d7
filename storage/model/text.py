"""How words are counted, and times and odd characters shown, for mail, pages and terminals. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""In English whatever the host speaks: strftime would follow its locale."""


_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What steers a terminal, or how the rest of a line is read: controls but tab and line feed, other
ends of lines, embeddings, overrides and isolates (UAX 9), lone surrogates. Marks of direction
and joiners are letters' company in some languages, and stay."""


def show(text: str) -> str:
    """`text` for people to look at: what steers is written out, by its number."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def show_json(document: str) -> str:
    """The same in a JSON document, which keeps its meaning (RFC 8259 7)."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


_NARROW: Final = re.compile("[\x20-\x9f\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e]*+")
"""Nothing that may take no column or two, or be a blank of its own kind."""


def is_narrow(text: str) -> bool:
    """Whether each of its characters surely takes one column."""
    return _NARROW.fullmatch(text) is not None


def columns(text: str) -> int:
    """How many columns `text` takes in a fixed-width font (UAX 11): wide characters take two."""
    if text.isascii() or is_narrow(text):
        return len(text)
    return sum(map(_column, text))


def _column(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def count(number: int, one: str, many: str = "") -> str:
    """A number and what it is of: `1 reader`, `2,000 readers`; `many` where that is not `one` and an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def stamp(at: datetime | None) -> str | None:
    """ISO 8601 in UTC, exact to the microsecond, for programs: `2026-12-01T09:00:00Z`; None for None."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def names_in(text: str) -> frozenset[str]:
    """The names that stand in a text with blanks between them, as tables of many are written."""
    return frozenset(text.split())


_STRESSED: Final = re.compile(r"<em>(.*?)</em>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>|&#?\w+;")
_DOTTED: Final = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Kana, and the signs of China."""
_UPRIGHT: Final = re.compile(
    "[\u0590-\u109f\u1100-\u11ff\u1780-\u17ff\u3130-\u318f\uac00-\ud7ff\ufb1d-\ufdff\ufe70-\ufefc]"
)
"""Hebrew, Arabic, the scripts of India and beyond, Korean: letters that do not lean."""
_LETTER: Final = re.compile(r"[^\W\d_]")


def mark_stress(html: str) -> str:
    """Sanitised HTML whose stressed words say what they are written in, if italics are not for it.

    `dotted` is Japanese and Chinese, which sets dots beside its signs; `upright` what has no italics. It is
    the script of the words that counts, not the language around them: `<em>log</em>` leans anywhere.
    """
    return _STRESSED.sub(_mark_stress, html) if "<em>" in html else html


def _mark_stress(found: re.Match[str]) -> str:
    words = _TAG.sub("", found[1])
    dotted, upright = len(_DOTTED.findall(words)), len(_UPRIGHT.findall(words))
    if words.isascii() or 2 * max(dotted, upright) < len(_LETTER.findall(words)):
        return found[0]
    kind = "dotted" if dotted >= upright else "upright"
    return f'<em class="{kind}">{found[1]}</em>' if dotted or upright else found[0]
