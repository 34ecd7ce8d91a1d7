"""One work of a bibliography, and how it is called and listed: by author and year, in no style but that. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#$~^|&!:=+-])")
_BLANKS: Final = re.compile(r"\s+")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"\\`{|}]{1,500}")
_ENDS: Final = re.compile(r"[.!?…。]\Z")
LONGEST: Final = 1000
"""Characters of one part of a work."""
MOST_NAMES: Final = 50
"""Authors of one work that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who made it: a family name, or the one name of a body, and given names where there are some."""

    family: str
    given: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is known of it, each part on one line; empty where nothing is."""

    people: tuple[Person, ...] = ()
    year: str = ""
    title: str = ""
    within: str = ""
    """The journal or book that it is a part of."""
    volume: str = ""
    number: str = ""
    pages: str = ""
    publisher: str = ""
    url: str = ""

    @property
    def author(self) -> str:
        """How it is called in a text: one or two names, the first of more; its title without any."""
        names = [one.family for one in self.people]
        if len(names) > 2:
            return f"{names[0]} et al."
        return " & ".join(names) or self.title

    def listed(self, year: str) -> str:
        """Its line of Markdown in a list, with the year as the text calls it."""
        people = "; ".join(", ".join(filter(None, (one.family, one.given))) for one in self.people)
        title = f"“{escape(self.title)}”" if self.within else f"*{escape(self.title)}*"
        parts = [escape(people), escape(year), title if self.title else "", self._place()]
        parts += [escape(self.publisher), f"<{self.url}>" if _ADDRESS.fullmatch(self.url) else ""]
        return " ".join(part if _ENDS.search(part) else f"{part}." for part in parts if part)

    def _place(self) -> str:
        if not self.within:
            return ""
        number = f"{self.volume} ({self.number})" if self.number else self.volume
        where = f"*{escape(self.within)}* {escape(number)}".strip()
        return f"{where}, {escape(self.pages)}" if self.pages else where


@dataclass(frozen=True, slots=True, kw_only=True)
class Bibliography:
    """What a note may cite, and what of it could not be read."""

    works: Mapping[str, Work] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    """The files that it names and that are not there, or hold no bibliography."""


def escape(text: str) -> str:
    """Words of a work as Markdown that shows them as they are."""
    return _SPECIAL.sub(r"\\\1", text)


def one_line(text: str) -> str:
    """A part of a work, on one line and no longer than it may be."""
    return _BLANKS.sub(" ", text).strip()[:LONGEST]


def address_of(doi: str, url: str) -> str:
    """Where it is found: by its DOI, which stays, else by an address."""
    doi = re.sub(r"\A(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", doi.strip(), flags=re.IGNORECASE)
    return f"https://doi.org/{doi}" if doi.startswith("10.") else url.strip()
