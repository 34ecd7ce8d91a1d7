"""Reads catalogues of words: ours from words/catalogues/, an author's own from a folder.

A catalogue is a gettext `.po` file, read as it is: nothing is compiled. Of an author's own only what
fits is used; whatever is wrong with it is told with its file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from gettext import c2py
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from babel.messages import Catalog

HERE: Final = Path(__file__).parent / "catalogues"

LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", "ja", "zh", "ar")
"""The languages that the product speaks; English is what stands in the code."""
VARIANTS: Final = ("zh-Hant",)
"""Other ways of writing one of them, where its own words would be wrong; what has no words there is
said in English.
"""
_TRADITIONAL: Final = frozenset({"hant", "tw", "hk", "mo"})
"""Chinese in traditional characters: as a script, or the regions that write so (CLDR, likely subtags)."""

_OURS: Final = frozenset(name.replace("-", "_").lower() for name in (*LANGUAGES, *VARIANTS))
_PLACE: Final = re.compile(r"\{(\w+)\}")
_TAG: Final = re.compile(r"</?[a-z][^<>]*>")
_LINE: Final = re.compile(
    r'\s*(?:#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?"(?:[^"\\]|\\.)*"\s*)?'
)
"""A line of a `.po` file, whole: the reader would pass over a string that does not end."""
_MOST: Final = 2_000_000
"""Octets of an author's own file."""


class CatalogueError(ValueError):
    """A catalogue that cannot be used; says which file, and where in it."""


PluralRule = Callable[[int], int]
"""Which of a language's forms a number takes, from 0."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in another language."""

    forms: tuple[str, ...]
    """One, or as many as the language has for numbers."""
    rule: PluralRule


Catalogue = Mapping[str, Said]
"""English, the first form of it → what is said instead."""


def load_ours(language: str) -> Catalogue:
    """What the product says in this language, or in the nearest one it speaks; empty for English."""
    for name in _names(language):
        if name == "en":
            return {}
        if name in _OURS:
            return _catalogue(read(HERE / f"{name}.po"))
    return {}


def load_own(folder: Path, language: str) -> Catalogue:
    """What the author says in this language: the first of `pt_BR.po`, `pt.po` that is there.

    A sentence that leaves out or invents a place to be filled is left aside. Raises CatalogueError.
    """
    files = _own_files(folder)
    for name in _names(language):
        if (file := files.get(name)) is not None:
            return _catalogue(read(file))
    return {}


def check_own(folder: Path) -> list[str]:
    """What is wrong with an author's catalogues, each with its file and line; empty if nothing is.

    Raises CatalogueError when one cannot be read at all.
    """
    from babel import Locale, UnknownLocaleError  # most authors have none

    found: list[str] = []
    for file in sorted(_own_files(folder).values()):
        try:
            Locale.parse(file.stem.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            found.append(f"{file.name}: no language is called {file.stem}; name it like sv.po")
            continue
        found += [f"{file.name}, {fault}" for fault in faults(read(file))]
    return found


def speaks(language: str, own: Path | None) -> bool:
    """Whether there are words in this language, the product's or the author's."""
    names = _names(language)
    spoken = {*_OURS, *(_own_files(own) if own is not None else ())}
    return any(name in spoken for name in names)


def read(file: Path) -> Catalog:
    """A catalogue as it stands in its file. Raises CatalogueError with file and line."""
    from babel.messages.pofile import PoFileError  # English needs no catalogue

    try:
        return _parse(file.read_bytes())
    except PoFileError as error:
        raise CatalogueError(f"{file.name}, line {error.lineno}: {error}") from error
    except CatalogueError as error:
        raise CatalogueError(f"{file.name}, {error}") from error
    except (OSError, ValueError, LookupError) as error:
        raise CatalogueError(f"{file.name}: {error}") from error


def _parse(raw: bytes) -> Catalog:
    """Raises what the reader raises, and CatalogueError for what it would pass over."""
    from babel.messages.pofile import read_po

    if len(raw) > _MOST:
        raise CatalogueError(f"larger than {_MOST // 1_000_000} MB")
    for number, line in enumerate(raw.decode().splitlines(), 1):
        if not _LINE.fullmatch(line):
            raise CatalogueError(f"line {number}: not as a line of a catalogue must be")
    catalog = read_po(BytesIO(raw), abort_invalid=True)
    c2py(catalog.plural_expr)
    return catalog


def faults(catalog: Catalog) -> Iterator[str]:
    """What in a catalogue cannot be said: places that are missing or invented, tags that differ."""
    for message in catalog:
        ids, strings = _forms(message.id), _forms(message.string)
        if not message.id or not any(strings):
            continue
        for string in filter(None, strings):
            if (fault := _fault(ids, string)) is not None:
                yield f"line {message.lineno}: “{ids[0]}” {fault}"


def _fault(ids: tuple[str, ...], string: str) -> str | None:
    """What is wrong with one form of a sentence."""
    wanted, given = set(_PLACE.findall(ids[-1])), set(_PLACE.findall(string))
    # One thing may be said without its number: "1 issue", "un numéro".
    least = wanted - {"n"} if len(ids) > 1 else wanted
    if not least <= given <= wanted:
        names = ", ".join(sorted(wanted ^ given))
        return f"is translated with other places: {{{names}}}"
    if sorted(_TAG.findall(ids[-1])) != sorted(_TAG.findall(string)):
        return "is translated with other HTML tags"
    return None


def _catalogue(catalog: Catalog) -> Catalogue:
    rule = c2py(catalog.plural_expr)
    said = {}
    for message in catalog:
        ids, strings = _forms(message.id), _forms(message.string)
        fits = all(string and _fault(ids, string) is None for string in strings)
        if message.id and strings and fits and not message.fuzzy:
            said[ids[0]] = Said(strings, rule)
    return MappingProxyType(said)


def _forms(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text) if isinstance(text, tuple) else ()


def _own_files(folder: Path) -> dict[str, Path]:
    """An author's catalogues by their names as `_names` writes them."""
    found = folder.glob("*.po") if folder.is_dir() else ()
    return {file.stem.replace("-", "_").lower(): file for file in found if file.is_file()}


def _names(language: str) -> list[str]:
    """`pt-BR` → pt_br, pt: the names that a catalogue for it may have, the nearest first."""
    parts = language.replace("-", "_").lower().split("_")
    names = ["_".join(parts[:end]) for end in range(len(parts), 0, -1)]
    if parts[0] == "zh" and _TRADITIONAL & {*parts} and "hans" not in parts:
        names = [*names[:-1], *(["zh_hant"] if "zh_hant" not in names else []), "zh"]
    return names
