r"""Where formulas stand in a text, and where a dollar is money. Pure.

`$…$`, `$$…$$`, `\(…\)`, `\[…\]` and environments such as `\begin{align}…\end{align}`. The rules for
dollars are pandoc's (`tex_math_dollars`): no blank after the opening one, none before the closing one, and no
digit after that; some of our own keep prices and shell variables what they are.

One pass cuts the text into marks, a second one from its end says for each mark where the next possible
closing stands: the time is linear, whatever stands between.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

LONGEST: Final = 2000
"""Characters of one formula; what is longer is text."""

ENVIRONMENTS: Final = (
    "equation", "align", "alignat", "aligned", "gather", "gathered", "multline", "flalign", "eqnarray",
    "split", "displaymath", "math", "cases", "dcases", "matrix", "pmatrix", "bmatrix", "Bmatrix",
    "vmatrix", "Vmatrix", "array", "smallmatrix",
)  # fmt: skip

_MARK: Final = re.compile(
    r"(?P<begin>\\begin\{(?P<env>[A-Za-z]{1,12}\*?)\})"
    r"|(?P<end>\\end\{(?P<ended>[A-Za-z]{1,12}\*?)\})"
    r"|(?P<open>\\{1,2}[(\[])|(?P<close>\\{1,2}[)\]])"
    r"|(?P<escaped>\\[\s\S])|(?P<dollars>\$+)"
    r"|(?P<bound>\n[ \t>]*(?=\n)|\ufdd0)"
)
_TEX: Final = re.compile(r"\\[A-Za-z]|[\^=+<>]|_\w")
_LETTER: Final = re.compile(r"[A-Za-z]")
_WORD: Final = re.compile(r"[A-Za-z]{3}")
_WORDS: Final = re.compile(r"\s[^\sA-Za-z]*[A-Za-z]{2}")
_QUOTED: Final = re.compile(r"[\"@`]")
_INLINE: Final = frozenset({"$", r"\(", r"\\(", "math"})
_BOUND: Final = "\n"
"""The kind of what no formula reaches over."""
_SIGNS: Final = re.compile(r"[\\^_={}<>+*]")
_SPACED: Final = re.compile(
    r"^[ \t]*\$\$[ \t]*\n((?:(?![ \t]*\$\$)[^\n\ufdd0]{0,500}\n){1,60})[ \t]*\$\$[ \t]*$",
    re.MULTILINE,
)
"""Between two dollars that are all of their lines."""
_BLANK_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")
_SENTENCE: Final = re.compile(r"(?<![\\{])\b[a-z]{2,}[ ,]+(?:[a-z]+[ ,]+){3}")
_CONTINUED: Final = re.compile(r"\n[ \t]*(?:>[ \t]?)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """One formula of a note."""

    tex: str
    """Between its delimiters; an environment with them."""
    display: bool
    """On a line of its own."""
    source: str
    """As it is written, delimiters and all."""


class _Piece(NamedTuple):
    """A mark in the text that may open or close a formula."""

    kind: str
    """What it opens or closes: `$`, `$$`, `(`, `[`, an environment's name; empty for what is
    passed over."""
    opens: bool
    closes: bool
    start: int
    end: int


def find_formulas(text: str, put: Callable[[Formula], str]) -> str:
    """`text` with what `put` gives in the place of each formula. Code stands under masks already."""
    if "$" not in text and "\\" not in text:
        return text
    spaced = _find_spaced(text)
    pieces = [
        _read(text, found)
        for found in _MARK.finditer(text)
        if not (found.lastgroup == "bound" and _is_within(spaced, found.start()))
    ]
    closings = _closings(pieces)
    parts: list[str] = []
    at = 0
    for piece, closing in zip(pieces, closings, strict=True):
        if closing is None or piece.start < at:
            continue
        formula = _formula(text, piece, closing)
        if formula is not None:
            parts += (text[at : piece.start], put(formula))
            at = closing.end
    return "".join(parts) + text[at:]


def _find_spaced(text: str) -> list[range]:
    """Where a blank line is within a displayed formula, as Obsidian takes it: each part of it looks like one, and
    none is a sentence.
    """
    if "$$\n" not in text and "$$ " not in text:
        return []
    return [
        range(*found.span(1))
        for found in _SPACED.finditer(text)
        if len(parts := _BLANK_LINES.split(found[1].strip("\n"))) > 1
        and all(_SIGNS.search(part) and not _SENTENCE.search(part) for part in parts)
    ]


def _is_within(places: Sequence[range], at: int) -> bool:
    """Whether one of these, in their order, holds it."""
    number = bisect_right(places, at, key=lambda one: one.start)
    return number > 0 and at in places[number - 1]


def _read(text: str, found: re.Match[str]) -> _Piece:
    kind, opens, closes = "", False, False
    match found.lastgroup:
        case "env" | "begin":
            kind, opens = found["env"], found["env"].rstrip("*") in ENVIRONMENTS
        case "ended" | "end":
            kind, closes = found["ended"], True
        case "open":
            kind, opens = found[0].translate(_FACING), True
        case "close":
            kind, closes = found[0].translate(_FACING), True
        case "dollars" if len(found[0]) == 1:
            kind, opens, closes = "$", _may_open(text, found), _may_close(text, found)
        case "dollars":
            kind, opens, closes = "$$", len(found[0]) == 2, len(found[0]) == 2
        case "bound":
            kind = _BOUND
    return _Piece(kind=kind, opens=opens, closes=closes, start=found.start(), end=found.end())


_FACING: Final = str.maketrans(")]", "([")


def _may_open(text: str, found: re.Match[str]) -> bool:
    """No blank after it; a letter before it makes it a currency (`US$5`), an address is one."""
    before = text[found.start() - 1 : found.start()]
    after = text[found.end() : found.end() + 1]
    if after == "" or after.isspace() or (before.isascii() and before.isalpha()):
        return False
    word = text[max(0, found.start() - 200) : found.start()].split()[-1:] if before.strip() else []
    return not any("://" in part for part in word)


def _may_close(text: str, found: re.Match[str]) -> bool:
    """No blank before it, no digit after it, and no variable of a shell: `$HOME/$USER`."""
    before = text[found.start() - 1 : found.start()]
    after = text[found.end() : found.end() + 1]
    named = after.isascii() and (after.isdigit() or after.isupper() or after in {"_", "{"})
    return before != "" and not before.isspace() and (after == "" or not named)


def _closings(pieces: list[_Piece]) -> list[_Piece | None]:
    """For each piece that opens the next one that closes its kind, before any bound.

    Environments stand within each other, so each end belongs to one beginning.
    """
    following: dict[str, list[_Piece]] = {}
    bound: int | None = None
    closings: list[_Piece | None] = []
    for piece in reversed(pieces):
        ends = following.setdefault(piece.kind, [])
        closing = ends[-1] if piece.opens and ends else None
        if closing is not None and piece.kind[:1].isalpha():
            ends.pop()
        if closing is not None and bound is not None and bound < closing.start:
            closing = None
        closings.append(closing)
        if piece.kind.startswith("$"):
            following["$"] = []  # a formula within a line ends at the next dollar, or is none
        if piece.closes:
            following.setdefault(piece.kind, []).append(piece)
        if piece.kind == _BOUND:
            bound = piece.start
    return closings[::-1]


def _formula(text: str, opening: _Piece, closing: _Piece) -> Formula | None:
    """What stands between the two, if that is a formula."""
    if closing.start - opening.end > LONGEST:
        return None
    inside = text[opening.end : closing.start]
    goes_on = text[closing.end : closing.end + 1].isalpha()
    alone = opening.kind.endswith("[") and _stands_alone(text, opening, closing)
    is_prose = _is_prose(opening, inside, goes_on=goes_on) and not (
        alone and _LETTER.search(inside) and not _WORD.search(inside)
    )
    if not inside.strip() or is_prose:
        return None
    source = _CONTINUED.sub("\n", text[opening.start : closing.end])
    tex = source
    if not text.startswith("\\begin", opening.start):
        tex = source[opening.end - opening.start : closing.start - closing.end].strip()
    return Formula(tex=tex, display=opening.kind not in _INLINE, source=source)


def _stands_alone(text: str, opening: _Piece, closing: _Piece) -> bool:
    """Whether the two and what is between them are a line."""
    before = text[text.rfind("\n", 0, opening.start) + 1 : opening.start]
    return (
        not before.strip(" \t>")
        and re.match(r"[ \t]*(?:\n|\Z)", text[closing.end : closing.end + 100]) is not None
    )


def _is_prose(opening: _Piece, inside: str, *, goes_on: bool) -> bool:
    r"""What stands between two dollars or brackets and is no formula.

    A price and words after it (`5 a month, or 50$`), a shell's words (`"$a"/"$b"`, `$host:$port`), the stars of a
    restaurant (`$$ is cheap, $$`), and brackets that Markdown's own escape may mean (`\[sic\]`).
    """
    if opening.kind.endswith("["):
        return not inside.startswith("\n") and not _TEX.search(inside)
    if not opening.kind.startswith("$") or _SIGNS.search(inside):
        return False
    if opening.kind == "$$":
        return not inside.startswith("\n") and bool(_WORD.search(inside))
    if goes_on and _WORD.search(inside):
        return True
    return bool(_QUOTED.search(inside) or (inside[0].isdigit() and _WORDS.search(inside)))
