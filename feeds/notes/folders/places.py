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
HUGO_MODULE: Final = tuple(
    f"config/_default/module.{form}" for form in ("toml", "yaml", "yml", "json")
)
"""The part of Hugo's configuration that says which files are its content."""
ELEVENTY: Final = (
    ".eleventy.js",
    *(f"eleventy.config.{form}" for form in ("js", "cjs", "mjs", "ts")),
)
"""Eleventy's configuration, a program, which is not run."""
ELEVENTY_IGNORES: Final = ".eleventyignore"
GITIGNORE: Final = ".gitignore"
OBSIDIAN: Final = ".obsidian/publish.json"
OF_SITES: Final = (*JEKYLL, *QUARTO, *HUGO, *HUGO_MODULE, ELEVENTY_IGNORES, OBSIDIAN)
"""What speaks for a whole site, where the notes folder is one."""
_AT_THE_TOP: Final = (*OF_SITES, *ELEVENTY, GITIGNORE)
QUARTO_FOLDER: Final = ("_metadata.yml", "_metadata.yaml")
BUNDLE: Final = "index.md"
"""Hugo's page of a folder, whose other files are its own; not of the whole folder of notes."""
PROGRAMS: Final = (".11tydata.js", ".11tydata.cjs", ".11tydata.mjs")
"""Eleventy's data as a program, which is not run."""
DATA: Final = (".json", ".11tydata.json")
"""What follows the name of a folder, or of a note, in the names of Eleventy's files about it."""
NIKOLA: Final = ".meta"
"""What follows the name of a note in that of Nikola's file of its keys."""

_ABOVE: Final = 3
"""Folders above the notes folder from which a pattern may count."""
_PIECE: Final = re.compile(r"\*\*/?|\*|\?|\{[^{}]*\}|[^*?{]+|\{")
LONGEST: Final = 300
"""Characters of a pattern that is tried."""


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
    yield from (f"{stem}{end}" for end in (*DATA, *PROGRAMS, NIKOLA))


@lru_cache(maxsize=100)
def _name_above(folder: str, root: str, language: str) -> tuple[str, ...]:
    """Those that speak for a folder, which many notes share."""
    pure, found = PurePosixPath(folder, "note"), list(_AT_THE_TOP)
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
    if guide in _AT_THE_TOP:
        return ""
    if name.endswith(NIKOLA):
        return f"{prefix}{name.removesuffix(NIKOLA)}."
    if name.startswith("_index.") or name in QUARTO_FOLDER or (prefix and name == BUNDLE):
        return prefix
    for end in (*reversed(DATA), *PROGRAMS):
        if name.endswith(end):
            stem = name.removesuffix(end)
            own = PurePosixPath(folder or root).name
            return prefix if stem == own else f"{prefix}{stem}."
    return None


def fits(pattern: str, text: str) -> bool:
    """Hugo's patterns: `*` stays within a folder, `**` crosses them, `{a,b}` is one of these. One that is too long
    fits whatever it is tried on.

    All places where a pattern may have come to are kept at once, so no pattern takes more than its length times the
    text's.
    """
    return len(pattern) > LONGEST or len(text) in _reach(pattern.lower(), text, {0})


def _reach(pattern: str, text: str, starts: set[int]) -> set[int]:
    """Where a match may end that began at one of these places."""
    for piece in _PIECE.findall(pattern):
        starts = _step(piece, text, starts)
    return starts


def _step(piece: str, text: str, starts: set[int]) -> set[int]:
    if piece.startswith("**"):
        return set(range(min(starts), len(text) + 1)) if starts else starts
    if piece == "*":
        return {at for start in starts for at in range(start, _end_of_part(text, start) + 1)}
    if piece == "?":
        return {start + 1 for start in starts if start < _end_of_part(text, start)}
    if piece.startswith("{") and len(piece) > 1:
        return {at for one in piece[1:-1].split(",") for at in _reach(one, text, starts)}
    return {start + len(piece) for start in starts if text.startswith(piece, start)}


def _end_of_part(text: str, start: int) -> int:
    at = text.find("/", start)
    return at if at >= 0 else len(text)
