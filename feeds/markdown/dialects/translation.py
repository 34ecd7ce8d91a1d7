"""A note as its generator or program writes it → Markdown that everybody reads. Pure.

code and formulas hidden | comments out | citations | generators' languages | boxes | players | words | code back
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Final

from feeds.markdown.characters import clean_line, shorten
from feeds.markdown.citations import Bibliography, Citing, mend_tex
from feeds.markdown.dialects.callouts import name_containers, unify_callouts
from feeds.markdown.dialects.comments import (
    cut_open_comment,
    drop_comments,
    drop_marks,
    tell_what_members_read,
)
from feeds.markdown.dialects.components import read_components
from feeds.markdown.dialects.generators import mark_formulas, translate
from feeds.markdown.dialects.masks import MOST_UNKNOWN, Masks, Report, tell
from feeds.markdown.dialects.mdx import read_mdx
from feeds.markdown.dialects.myst import is_myst, read_labels
from feeds.markdown.dialects.pandoc import read_drawn, read_pandoc
from feeds.markdown.dialects.players import find_controls, link_players
from feeds.markdown.dialects.programs import mend_addresses, read_fences, read_programs
from feeds.markdown.dialects.words import mark_words, take_abbreviations
from feeds.markdown.maths import Formulas

_JSX: Final = frozenset({".mdx"})
"""Where nothing is code because it is indented."""
_THEMED: Final = re.compile(
    r"^import[ \t][^\n]{1,300}from[ \t]+['\"]@(?:theme|site|docusaurus)/", re.MULTILINE
)
_PANDOC: Final = frozenset({".qmd", ".rmd"})
"""Where `~sub~` and `^sup^` are the language's own."""
_AS_WRITTEN: Final = re.compile("\\s*([^\n\ufdd0-\ufdef]{2,200})")
"""The beginning of a tag up to its first line's end, or to what is masked in it."""
_MOST_PLACED: Final = 100
"""How many are looked for in the text; what is told is less, but for a note made to cost much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something of a generator's language that is not known, and was left out."""

    line: int
    """In the body, from 1."""
    source: str
    """Its beginning, on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A note's body in Markdown and HTML."""

    text: str
    unknown: tuple[Unknown, ...]
    abbreviations: Mapping[str, str]
    formulas: Formulas
    """What the marks in `text` stand for."""
    players: tuple[Unknown, ...] = ()
    """Frames, videos and sounds, which are links now."""
    controls: tuple[Unknown, ...] = ()
    """Forms, their fields and buttons, and links of scripts, of which the text alone is shown."""
    uncited: tuple[Unknown, ...] = ()
    """Citations of what no bibliography has, which are shown by their keys."""


def translate_dialects(
    body: str, path: str, bibliography: Bibliography | None = None
) -> Translated:
    """Translates the cleaned body of the note at `path`, which cites what its `bibliography` has, if it
    names one. Raises nothing, in time that is linear.
    """
    suffix = PurePosixPath(path).suffix.lower()
    suffix = ".mdx" if _is_themed(body) else suffix
    masks = Masks(formulas=Formulas(body))
    report: Report = []
    text = masks.hide_code(body, indented=suffix not in _JSX)
    text = read_labels(text) if is_myst(text, masks) else text
    text = read_fences(text, masks, report)
    text = masks.hide_formulas(mark_formulas(text))
    tell_what_members_read(text, masks, report)
    text = drop_comments(text)
    text = cut_open_comment(text, masks, report)
    text = masks.refer(text, report)
    text = read_mdx(masks.outdent(text), masks, report) if suffix in _JSX else text
    is_pandoc = suffix in _PANDOC
    text = read_pandoc(text, masks, report) if is_pandoc else read_drawn(text, masks)
    uncited: Report = []
    text = _cite(text, masks, uncited, bibliography, is_pandoc=is_pandoc)
    text = read_programs(name_containers(text), masks, report)
    text = translate(text, masks, report)
    text = read_components(text, masks, report, jsx=suffix in _JSX)
    text = unify_callouts(drop_marks(text), masks)
    players: list[str] = []
    text = link_players(mend_addresses(text), players.append)
    controls = list(islice(find_controls(text), MOST_UNKNOWN))
    text, abbreviations = take_abbreviations(text)
    text = mark_words(text, scripts=is_pandoc)
    return Translated(
        text=masks.restore(text),
        unknown=_named(_placed(report, body)),
        abbreviations=abbreviations,
        formulas=masks.formulas,
        players=_named(_placed([(None, tag) for tag in players[:MOST_UNKNOWN]], body)),
        controls=_named(_placed([(None, tag) for tag in controls], body)),
        uncited=_named(_placed(uncited, body)),
    )


def _is_themed(body: str) -> bool:
    """Whether a note has components of Docusaurus, whose `.md` is MDX."""
    if not any(named in body for named in ("@theme/", "@site/", "@docusaurus/")):
        return False
    return _THEMED.search(body) is not None and _THEMED.search(Masks().hide_code(body)) is not None


def _cite(
    text: str,
    masks: Masks,
    uncited: Report,
    bibliography: Bibliography | None,
    *,
    is_pandoc: bool,
) -> str:
    """The text with its citations as readers see them, where it may have some."""
    mended = mend_tex(text)
    if "@" not in mended or (mended == text and bibliography is None and not is_pandoc):
        return text

    works = bibliography or Bibliography()
    return Citing(
        works, put=masks.put, told=lambda found: tell(uncited, found, masks), everywhere=is_pandoc
    ).read(mended)


def _placed(told: Sequence[tuple[int | None, str]], body: str) -> Report:
    """What was told with its lines in the body as it was written: of the places of a tag, each of which counts once,
    the one nearest to the line where it was met, since what was translated before it may have lost lines. What was
    made on the way keeps that line, or has the one of what was told before it.
    """
    if not told:  # nearly always
        return []
    starts = [0, *(found.end() for found in re.finditer("\n", body))]
    places: dict[str, list[int]] = {}
    placed: Report = []
    line = 1
    for met, tag in told:
        line = met or line
        written = _AS_WRITTEN.match(tag)
        if written is not None and len(placed) < _MOST_PLACED:
            begin = written[1]
            if begin not in places:
                found_at = (found.start() for found in re.finditer(re.escape(begin), body))
                places[begin] = [bisect_right(starts, at) for at in found_at]
            if free := places[begin]:
                line = min(free, key=lambda place: abs(place - line))
                free.remove(line)
        placed.append((line, tag))
    return placed


def _named(found: list[tuple[int, str]]) -> tuple[Unknown, ...]:
    return tuple(Unknown(line=line, source=shorten(clean_line(tag), 60)) for line, tag in found)
