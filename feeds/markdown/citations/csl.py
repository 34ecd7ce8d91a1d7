"""CSL's items, of JSON or YAML, → works (Citation Style Language 1.0.2, the data model). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from feeds.markdown.citations.works import MOST_NAMES, Person, Work, address_of, one_line

MOST: Final = 20_000
"""Items of one bibliography that are read."""
_YEAR: Final = re.compile(r"\d{4}")


def read_csl(items: object) -> dict[str, Work]:
    """The works by their keys: of a list, or of a mapping that has one as `references`."""
    if isinstance(items, Mapping):
        items = items.get("references")
    found: dict[str, Work] = {}
    for item in islice(items, MOST) if isinstance(items, list) else ():
        if isinstance(item, Mapping) and (key := _text(item, "id", "citation-key")):
            found.setdefault(key, _read(item))
    return found


def _read(item: Mapping[object, object]) -> Work:
    people = item.get("author") or item.get("editor") or ()
    return Work(
        people=tuple(_people(people)),
        year=_year(item.get("issued")),
        title=_text(item, "title"),
        within=_text(item, "container-title"),
        volume=_text(item, "volume"),
        number=_text(item, "issue", "number"),
        pages=re.sub(r"\s*(?:--+|-|–)\s*", "–", _text(item, "page")),
        publisher=_text(item, "publisher"),
        url=address_of(_text(item, "DOI", "doi"), _text(item, "URL", "url")),
    )


def _people(names: object) -> Iterator[Person]:
    for one in names[:MOST_NAMES] if isinstance(names, list) else ():
        if not isinstance(one, Mapping):
            continue
        before = _text(one, "non-dropping-particle", "dropping-particle")
        family = " ".join(filter(None, (before, _text(one, "family"))))
        if name := family or _text(one, "literal", "name"):
            yield Person(family=name, given=_text(one, "given") if family else "")


def _year(issued: object) -> str:
    """Of `date-parts: [[1984, 5]]`, `{year: 1984}`, or a text."""
    if isinstance(issued, Mapping):
        issued = (
            issued.get("date-parts")
            or issued.get("year")
            or issued.get("raw")
            or issued.get("literal")
        )
    for _depth in range(3):
        issued = issued[0] if isinstance(issued, list) and issued else issued
    if isinstance(issued, Mapping):
        issued = issued.get("year")
    found = _YEAR.search(str(issued)) if isinstance(issued, str | int) else None
    return found[0] if found else ""


def _text(item: Mapping[object, object], *names: str) -> str:
    for name in names:
        value = item.get(name)
        if isinstance(value, str | int | float) and str(value).strip():
            return one_line(re.sub(r"</?(?:i|b|sub|sup|span|sc)\b[^<>]{0,200}>", "", str(value)))
    return ""
