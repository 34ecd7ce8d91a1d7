"""BibTeX and BibLaTeX → works, by bibtexparser and pylatexenc: the only door to both. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from feeds.markdown.citations.works import LONGEST, MOST_NAMES, Person, Work, address_of, one_line

if TYPE_CHECKING:
    from bibtexparser.model import Entry

_YEAR: Final = re.compile(r"\d{4}")
_LOGO: Final = re.compile(r"\{?\\((?:La|Bib|Xe|pdf)?TeX)\b\s*\}?(?:\{\})?")
"""Words that TeX draws, and its reader leaves out."""
_PERCENT: Final = re.compile(r"(?<!\\)%")


@lru_cache(maxsize=8)
def read_bibtex(text: str) -> Mapping[str, Work]:
    """The works of a file by their keys. What cannot be read of it is passed over."""
    from bibtexparser import middlewares
    from bibtexparser.entrypoint import parse_string

    stack = [middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    library = parse_string(text, append_middleware=stack)
    return MappingProxyType({entry.key: _read(entry) for entry in library.entries})


def _read(entry: Entry) -> Work:
    fields = {name.lower(): one.value for name, one in entry.fields_dict.items()}

    def part(*names: str) -> str:
        found = next((fields[name] for name in names if fields.get(name)), "")
        return _plain(str(found))

    year = _YEAR.search(str(fields.get("year") or fields.get("date") or ""))
    people = fields.get("author") or fields.get("editor") or []
    return Work(
        people=tuple(_person(one) for one in people[:MOST_NAMES])
        if isinstance(people, list)
        else (),
        year=year[0] if year else part("year"),
        title=part("title"),
        within=part("journaltitle", "journal", "booktitle"),
        volume=part("volume"),
        number=part("number", "issue"),
        pages=re.sub(r"\s*(?:--+|–)\s*", "–", part("pages")),
        publisher=part("publisher", "institution", "school", "organization", "howpublished"),
        url=address_of(str(fields.get("doi") or ""), str(fields.get("url") or "")),
    )


def _person(name: object) -> Person:
    given, before, last, after = (
        " ".join(getattr(name, part, ())) for part in ("first", "von", "last", "jr")
    )
    family = " ".join(filter(None, (before, last)))
    return Person(
        family=_plain(family or str(name)), given=_plain(", ".join(filter(None, (given, after))))
    )


def _plain(value: str) -> str:
    """A value without TeX: its accents as letters, its braces gone."""
    if not any(one in value for one in "\\{}$~%-`'"):
        return one_line(value)
    from pylatexenc.latex2text import LatexNodes2Text

    written = _PERCENT.sub(r"\\%", _LOGO.sub(r"\1", value[:LONGEST]))
    try:
        return one_line(LatexNodes2Text(math_mode="text").latex_to_text(written))
    except Exception:  # noqa: BLE001 - whatever it stumbles over, the author's words are there
        return one_line(re.sub(r"[{}\\$]", "", written))
