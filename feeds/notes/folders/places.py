"""Where generators keep what they say of whole folders, and where a note stands by their patterns. Pure.

Such a file is called a guide here. Paths are POSIX, below the notes folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

JEKYLL: Final = ("_config.yml", "_config.yaml")
QUARTO: Final = ("_quarto.yml", "_quarto.yaml")
HUGO: Final = tuple(
    f"{folder}{name}.{form}"
    for folder in ("", "config/_default/")
    for name in ("hugo", "config")
    for form in ("toml", "yaml", "yml", "json")
)
OF_SITES: Final = (*JEKYLL, *QUARTO, *HUGO)
"""What speaks for a whole site, where the notes folder is one."""
QUARTO_FOLDER: Final = ("_metadata.yml", "_metadata.yaml")
BUNDLE: Final = "index.md"
"""Hugo's page of a folder, whose other files are its own; not of the whole folder of notes."""
PROGRAMS: Final = (".11tydata.js", ".11tydata.cjs", ".11tydata.mjs")
"""Eleventy's data as a program, which is not run."""
DATA: Final = (".json", ".11tydata.json")
"""What follows the name of a folder, or of a note, in the names of Eleventy's files about it."""

_ABOVE: Final = 3
"""Folders above the notes folder from which a pattern may count."""
_PIECE: Final = re.compile(r"\*\*/?|\*|\?|\{[^{}]*\}|[^*?{]+|\{")
_MOST_STARS: Final = 6
"""Of a pattern; with more it could take long to see what it fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a note stands."""

    path: str
    root: str
    """The notes folder's own path."""
    language: str
    """The note's, as far as its path says it, else the newsletter's."""

    @property
    def logical(self) -> Iterator[str]:
        """The note's path as Hugo's patterns may mean it: they count from its folder of content, which the notes
        folder may be, lie in, or have in it.
        """
        plain = str(PurePosixPath(self.path).with_suffix(""))
        plain = plain.removesuffix("/index").lower()
        yield f"/{plain}"
        if plain.startswith("content/"):
            yield plain.removeprefix("content")
        above = [part.lower() for part in PurePosixPath(self.root).parts if part != "/"]
        for count in range(1, _ABOVE + 1):
            yield "/" + "/".join((*above[-count:], plain))


def name_guides(place: Place) -> Iterator[str]:
    """Every path at which something may be said of the note, what counts most last."""
    folder, _slash, name = place.path.rpartition("/")
    yield from (one for one in _name_above(folder, place.root, place.language) if one != place.path)
    stem = f"{folder}/{PurePosixPath(name).stem}" if folder else PurePosixPath(name).stem
    yield from (f"{stem}{end}" for end in (*DATA, *PROGRAMS))


@lru_cache(maxsize=100)
def _name_above(folder: str, root: str, language: str) -> tuple[str, ...]:
    """Those that speak for a folder, which many notes share."""
    pure, found = PurePosixPath(folder, "note"), list(OF_SITES)
    for above in reversed(pure.parents):
        prefix = "" if above == PurePosixPath() else f"{above}/"
        name = above.name or PurePosixPath(root).name
        found += (f"{prefix}_index.md", f"{prefix}_index.{language}.md")
        found += (f"{prefix}{BUNDLE}",) if prefix else ()
        found += (f"{prefix}{one}" for one in QUARTO_FOLDER)
        found += (f"{prefix}{name}{end}" for end in (*DATA, *PROGRAMS))
    return tuple(dict.fromkeys(found))


def find_concerned(guide: str, root: str) -> str | None:
    """With what the paths of all notes begin of which a file at this path speaks; None for a file that is no guide."""
    folder, _slash, name = guide.rpartition("/")
    prefix = f"{folder}/" if folder else ""
    if guide in OF_SITES:
        return ""
    if name.startswith("_index.") or name in QUARTO_FOLDER or (prefix and name == BUNDLE):
        return prefix
    for end in (*reversed(DATA), *PROGRAMS):
        if name.endswith(end):
            stem = name.removesuffix(end)
            own = PurePosixPath(folder or root).name
            return prefix if stem == own else f"{prefix}{stem}."
    return None


def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    """Hugo's patterns: `*` stays within a folder, `**` crosses them, `{a,b}` is one of these. None for one that
    would take long to try.
    """
    if pattern.count("*") > _MOST_STARS or len(pattern) > 300:
        return None
    return re.compile(_PIECE.sub(_translate, pattern.lower()), re.DOTALL)


def _translate(found: re.Match[str]) -> str:
    piece = found[0]
    if piece.startswith("**"):
        return ".*"
    if piece == "*":
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if piece.startswith("{") and len(piece) > 1:
        return f"(?:{'|'.join(_PIECE.sub(_translate, one) for one in piece[1:-1].split(','))})"
    return re.escape(piece)
