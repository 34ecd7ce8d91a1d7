"""MDX: what its imports, exports, expressions and components show without the program that runs them. Pure."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from feeds.markdown.dialects.components import move_out, show_boxes, show_pictures, unwrap
from feeds.markdown.dialects.masks import MOST_UNKNOWN, Masks, Report, line_of, tell

_CODE: Final = re.compile(r"^(?:import|export)\b", re.MULTILINE)
_MOST_LINES: Final = 300
"""Lines of one import or export."""
_VALUE: Final = re.compile(
    r"^export[ \t]+const[ \t]+(\w{1,60})[ \t]*=[ \t]*(?:(\d[\d.]{0,20})|\"([^\"\n]{0,300})\"|'([^'\n]{0,300})')[ \t]*;?[ \t]*$",
    re.MULTILINE,
)
_BRACE: Final = re.compile(r"(?<!\\)[{}]")
_BLANK_LINE: Final = re.compile(r"\n[ \t]*(?=\n)")
_LONGEST: Final = 4000
"""Characters of one expression; what is longer is text."""
_NOT_BEFORE: Final = frozenset("{$=")
_QUOTED: Final = re.compile(r"([\"'])((?:(?!\1)[^\n\\]){0,1000})\1")
_FRAGMENT: Final = re.compile(r"</?>")
_BLOCK_TAG: Final = re.compile(
    r"^[ \t]*(</?(?:div|section|center|aside|article|main|header|footer|details|summary|figure|figcaption)(?:[ \t][^<>\n]{0,500})?>)[ \t]*$",
    re.MULTILINE,
)
"""What stands within such is Markdown in MDX."""
_ELEMENT: Final = re.compile(
    r"<[a-z][\w.-]{0,30}[ \t](?:[^<>{}\n]|\{(?:[^{}\n]|\{[^{}\n]{0,100}+\}){0,300}+\}){0,1000}+>"
)
_COMPUTED: Final = re.compile(r"[ \t]+[\w:-]{1,60}=\{(?:[^{}\n]|\{[^{}\n]{0,100}+\}){0,300}+\}")
"""An attribute of an element that a program would compute."""
_SHOWN: Final = re.compile(
    r"^import[ \t]+(\w{1,60})[ \t]+from[ \t]+['\"]([^'\"\n]{1,300}\.(?:png|jpe?g|gif|webp|avif|svg))['\"]",
    re.MULTILINE | re.IGNORECASE,
)

_SIGN: Final = re.compile(r"\{[ \t]*([\"'])([{}<>&])\1[ \t]*\}")
"""How a brace is written that is meant as one."""
_PLAYED: Final = re.compile(r"<(?:video|audio|iframe|source|img)\b[^<>]*\bsrc=\{")


def read_mdx(text: str, masks: Masks, report: Report) -> str:
    """MDX without its imports, exports and expressions; its boxes as quotations."""
    text = _SIGN.sub(lambda found: masks.put(escape(found[2])), text)
    pictures = dict(_SHOWN.findall(text))
    values = {name: number or one or two for name, number, one, two in _VALUE.findall(text)}
    text = _drop_code(text)
    text = show_pictures(text, pictures)
    text = _ELEMENT.sub(lambda found: _without_computed(found, masks, report), text)
    text = unwrap(show_boxes(move_out(text, masks), masks))
    text = _BLOCK_TAG.sub(r"\n\1\n", _FRAGMENT.sub("", text))
    return _read_expressions(text, masks, report, values)


def _drop_code(text: str) -> str:
    """Without imports and exports, which end where their brackets do and a line is blank."""
    if not _CODE.search(text):
        return text
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if _CODE.match(lines[at]):
            end = _end_of_code(lines, at)
            lines[at:end] = [""] * (end - at)
            at = end
        at += 1
    return "\n".join(lines)


def _end_of_code(lines: list[str], start: int) -> int:
    """The first blank line at which every bracket is closed, else the first blank line at all."""
    first, open_brackets, ticks = 0, 0, 0
    for at in range(start, min(start + _MOST_LINES, len(lines))):
        if not lines[at].strip():
            if open_brackets <= 0 and ticks % 2 == 0:
                return at
            first = first or at
        open_brackets += sum(lines[at].count(one) for one in "{[(")
        ticks += lines[at].count("`")
        open_brackets -= sum(lines[at].count(one) for one in "}])")
    return first or (len(lines) if len(lines) - start <= _MOST_LINES else start + 1)


def _read_expressions(text: str, masks: Masks, report: Report, values: Mapping[str, str]) -> str:
    """The text with what a program would compute: words, numbers and names of such are shown, the rest is told."""
    pieces: list[str] = []
    at = 0
    for start, end in _outermost(text):
        shown = _literal(text[start + 1 : end].strip(), masks, values)
        if shown is None and len(report) < MOST_UNKNOWN:
            source = masks.restore(text[start : end + 1])
            report.append((line_of(text, start, masks), source))
        pieces += (text[at:start], shown or "")
        at = end + 1
    return "".join(pieces) + text[at:]


def _outermost(text: str) -> Iterator[tuple[int, int]]:
    """Where expressions begin and end, those within others left out. Each brace is looked at once."""
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    blanks = [found.start() for found in _BLANK_LINE.finditer(text)]
    for found in _BRACE.finditer(text):
        if found[0] == "{":
            opened.append(found.start())
        elif opened:
            pairs.append((opened.pop(), found.start()))
    last = -1
    for start, end in sorted(pairs):
        if start <= last or end - start > _LONGEST or text[start - 1 : start] in _NOT_BEFORE:
            continue
        if text[start + 1] in "{#%:" or bisect(blanks, start) != bisect(blanks, end):
            continue
        yield start, end
        last = end


def _literal(inside: str, masks: Masks, values: Mapping[str, str]) -> str | None:
    """What an expression shows that is a word, a number or the name of one; None for any other."""
    if not inside or inside.startswith("/*"):
        return ""
    if (found := _QUOTED.fullmatch(inside)) is not None:
        return found[2]
    if (code := masks.single(inside)) is not None and code.startswith("`") and "${" not in code:
        return code.strip("`")
    return inside if inside.isdecimal() else values.get(inside)


def _without_computed(found: re.Match[str], masks: Masks, report: Report) -> str:
    """An element without attributes that a program would compute; one that shows nothing without them is told."""
    if _PLAYED.match(found[0]):
        tell(report, found, masks)
    return _COMPUTED.sub("", found[0])
