"""Says a sentence, a number of things, a day, in one language. Pure but for reading the catalogues once.

Babel and what it knows of a language are loaded with the first number, or day in a language that is not
ours: a sentence needs neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from words.catalogue import Catalogue, load_ours, load_own, speaks
from words.days import write_day

if TYPE_CHECKING:
    from babel import Locale

_PLACE: Final = re.compile(r"(?P<before> ?)\{(?P<name>\w+)\}(?P<after> ?)")
_SPACELESS: Final = ("ja", "zh")
"""Languages in which a space stands beside words in Latin letters alone, and none between sentences."""
_WIDE: Final = re.compile(
    "[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff9f\U00020000-\U0003ffff]"
)
"""Letters and signs of these languages."""
_ENGLISH: Final = "en_001"
"""English of nowhere in particular: the day before the month, as most who read it write."""


def to_say(sentence: str) -> str:
    """Marks a sentence that stands in a table and is said later: extraction finds it by this."""
    return sentence


class Words:
    """One language. Places in a sentence are `{name}`, filled with what is given by that name.

    Safe to share among threads.
    """

    def __init__(self, language: str, own: Path | None = None) -> None:
        """`own` is the author's folder of catalogues. Raises CatalogueError if one is unusable."""
        self.language = language if speaks(language, own) else "en"
        """What is spoken: the language that was asked for, or English where there are no words in it."""
        self._wanted = language
        self._is_spaceless = self.language.partition("-")[0] in _SPACELESS
        self.gap = "" if self._is_spaceless else " "
        """What stands between two sentences."""
        self._catalogue = _catalogue(language, own)

    def say(self, sentence: str, /, **values: object) -> str:
        """A sentence as plain text."""
        return self._fill(self._one(sentence), values)

    def say_count(self, one: str, many: str, n: int, /, **values: object) -> str:
        """A sentence about `n` things, in the form that the number takes; `{n}` is the number."""
        return self._fill(self._form(one, many, n), {"n": self.number(n), **values})

    def html(self, sentence: str, /, **values: object) -> Markup:
        """A sentence as HTML: its own tags are kept, what is filled in is escaped."""
        escaped = {name: escape(value) for name, value in values.items()}
        return Markup(self._fill(self._one(sentence), escaped))  # noqa: S704

    def html_count(self, one: str, many: str, n: int, /, **values: object) -> Markup:
        """Likewise, about `n` things."""
        escaped = {name: escape(value) for name, value in values.items()}
        return Markup(self._fill(self._form(one, many, n), {"n": self.number(n), **escaped}))  # noqa: S704

    def number(self, n: int) -> str:
        """`12,345` as the language groups it."""
        from babel.numbers import format_decimal

        return format_decimal(n, locale=self._locale)

    def day(self, day: date) -> str:
        """`22 November 2026`, `2026年11月22日`: the day as it is where `day` is given."""
        if (ours := write_day(self._wanted, day)) is not None:
            return ours
        from babel.dates import format_date

        return format_date(day, "long", locale=self._locale)

    def moment(self, local: datetime) -> str:
        """`22 Nov 2026, 09:00`: day and minute on the wall where `local` is."""
        from babel.dates import format_datetime, format_skeleton

        day = format_skeleton("yMMMd", local, locale=self._locale)
        return f"{day}, {format_datetime(local, 'HH:mm', locale=self._locale)}"

    def language_name(self, language: str) -> str:
        """What a language is called in itself, with a capital: `Deutsch`, `日本語`; its tag, if unknown."""
        locale = _known_locale(language)
        if locale is None:
            return language
        has_place = locale.script or (locale.territory and "-" in language)
        name = locale.get_display_name(locale) if has_place else locale.get_language_name(locale)
        return f"{name[:1].upper()}{name[1:]}" if name else language

    @cached_property
    def _locale(self) -> Locale:
        return _locale(self._wanted)

    def _fill(self, sentence: str, values: Mapping[str, object]) -> str:
        """A place that nothing is given for stays as it is written: an author's file breaks nothing."""

        def fill(place: re.Match[str]) -> str:
            if place["name"] not in values:
                return place[0]
            value, before, after = str(values[place["name"]]), place["before"], place["after"]
            if self._is_spaceless:
                before = "" if _WIDE.match(value) else before
                after = "" if _WIDE.match(value[-1:]) else after
            return f"{before}{value}{after}"

        return _PLACE.sub(fill, sentence)

    def _one(self, sentence: str) -> str:
        said = self._catalogue.get(sentence)
        return said.forms[0] if said else sentence

    def _form(self, one: str, many: str, n: int) -> str:
        said = self._catalogue.get(one)
        if said is None:
            return one if n == 1 else many
        return said.forms[min(said.rule(n), len(said.forms) - 1)]


@lru_cache(maxsize=64)
def words_of(language: str, own: Path | None = None) -> Words:
    """The words of a language, read once. Raises CatalogueError when an author's own is unusable."""
    return Words(language, own)


def _catalogue(language: str, own: Path | None) -> Catalogue:
    ours = load_ours(language)
    return ours if own is None else {**ours, **load_own(own, language)}


def _locale(language: str) -> Locale:
    """The nearest that is known, else English."""
    from babel import Locale

    return _known_locale(language) or Locale.parse(_ENGLISH)


def _known_locale(language: str) -> Locale | None:
    """The nearest that is known: `zh-Hant-HK`, `zh-Hant`, `zh`."""
    from babel import Locale, UnknownLocaleError

    parts = language.replace("-", "_").split("_")
    for end in range(len(parts), 0, -1):
        name = "_".join(parts[:end])
        try:
            return Locale.parse(_ENGLISH if name == "en" else name)
        except (ValueError, UnknownLocaleError):
            continue
    return None
