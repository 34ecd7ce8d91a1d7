"""Where a line of a paragraph ends for its readers, though it does not in Markdown. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final
from unicodedata import category, east_asian_width, name

from markdown_it.token import Token

_COUNTED: Final = re.compile(r"(?:\A|\n)\(?[aAiI1#](?:\.\)|[.)])[ \t]")
"""A line that may be the first of some that count in a way that makes no list here: `a.`, `(1)`, `1.)`, pandoc's `#.`."""
_COUNT: Final = re.compile(r"(\(?)([A-Za-z]{1,5}|\d{1,3}|#)(\.\)|[.)])[ \t]")
_SECOND: Final = {"a": "b", "A": "B", "i": "ii", "I": "II", "1": "2", "#": "#"}

_SIGN: Final = re.compile(
    "(?:([‒–—―])|[\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff•‣⁃◦·][\ufe0f\ufe0e]?)[ \t\xa0]"
)
"""A dash, or a sign or pictogram that stands before an item: what other programs copy in place of a list."""
_SIGNED: Final = re.compile(rf"\n(?:{_SIGN.pattern})")


def end_lines(written: str, children: Sequence[Token], *, every: bool) -> None:
    """Ends lines that would be a list to whoever sees them, and are none in Markdown; or every line of the paragraph."""
    if every:
        for token in children:
            if token.type == "softbreak":
                token.type, token.tag = "hardbreak", "br"
        return
    if _COUNTED.search(written) is not None:
        _keep_counted_apart(children)
    if not written.isascii() and _SIGNED.search(written) is not None:
        _keep_signed_apart(children)
    if not written.isascii():
        _join_unspaced(children)


def _join_unspaced(children: Sequence[Token]) -> None:
    """Takes the end of a line away between scripts without blanks: readers would see a blank there."""
    said = [token for token in children if not token.type.startswith(("em_", "strong_"))]
    for before, token, after in zip(said, said[1:], said[2:], strict=False):
        if token.type == "softbreak" and before.type == after.type == "text":
            ends, begins = before.content[-1:], after.content[:1]
            if ends and begins and _is_unspaced(ends) and _is_unspaced(begins):
                token.type, token.tag, token.content = "text", "", ""


@lru_cache(maxsize=4096)
def _is_unspaced(character: str) -> bool:
    """Of Chinese or Japanese, signs of sentences included; Korean has blanks, and pictograms are words."""
    return (
        east_asian_width(character) in "WF"
        and category(character)[0] in "LPNZ"
        and not name(character, "").startswith("HANGUL")
    )


def _keep_counted_apart(children: Sequence[Token]) -> None:
    """Ends the lines before those that count, if they do from their first to their second: run together nobody could
    tell one from the other.
    """
    counted = [
        (before, found[1] + found[3], found[2])
        for before, token in zip([None, *children], children, strict=False)
        if (before is None or before.type == "softbreak")
        and token.type == "text"
        and (found := _COUNT.match(token.content)) is not None
    ]
    shapes = {
        shape
        for (_, shape, first), (_, other, second) in pairwise(counted)
        if shape == other and _SECOND.get(first) == second
    }
    for before, shape, _count in counted:
        if before is not None and shape in shapes:
            before.type, before.tag = "hardbreak", "br"


def _keep_signed_apart(children: Sequence[Token]) -> None:
    """Ends the lines before those that begin with a sign, if two of them follow each other; and before dashes, as of who
    speaks, if every line begins with one but perhaps the first. Else a dash is one of a sentence.
    """
    lines = [
        (before, _SIGN.match(token.content) if token.type == "text" else None)
        for before, token in zip([None, *children], children, strict=False)
        if before is None or before.type in {"softbreak", "hardbreak"}
    ]
    are_dashes = len(lines) > 2 and all(found and found[1] for _, found in lines[1:])
    are_dashes = are_dashes or all(found and found[1] for _, found in lines)
    are_items = any(
        one and other and not (one[1] or other[1]) for (_, one), (_, other) in pairwise(lines)
    )
    for before, found in lines:
        if before is not None and found and (are_dashes if found[1] else are_items):
            before.type, before.tag = "hardbreak", "br"
