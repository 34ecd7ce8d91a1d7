"""Plain text broken into lines of so many columns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from storage.model import columns, is_narrow

_UNIT: Final = re.compile(r"\S*\{\{[^{}\n]{0,80}\}\}\S*|\S+")
"""What must stay on one line: a word, or a merge field with the blanks inside it."""
_NUMBER: Final = re.compile(r" \[(?=\d{1,4}\])")
_GLUE: Final = "\x03"
"""For a blank at which no line ends, as wide as one; no text has it, nor a formula's place (maths/formulas.py)."""
_OPENS: Final = "「『（［｛〈《【〔“‘"
_CLOSES: Final = (
    "、。，．・：；？！」』）］｝〉》】〕”’…‥ー々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ"
)
"""What begins no line in scripts without blanks (JIS X 4051, CLREQ); the others end none."""
_WIDE_PART: Final = re.compile(rf"[{_OPENS}]{{0,8}}(?:[!-~]+|.)[{_CLOSES}]{{0,8}}")


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns; a longer word stays whole, unless its script has no
    blanks.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        is_plain = "{{" not in paragraph and is_narrow(paragraph)
        kept = paragraph
        if " [" in paragraph:  # the number of a link stays with its last word
            kept = _NUMBER.sub(f"{_GLUE}[", paragraph)
        wrapped = _wrap_plain(kept, width) if is_plain else _wrap_line(kept, width)
        if kept is paragraph:
            lines += wrapped
        else:
            lines += (line.replace(_GLUE, " ").strip(" ") for line in wrapped)
    return lines


def _wrap_plain(text: str, width: int) -> Iterator[str]:
    """What `_wrap_line` gives for most lines, in which a column is a character."""
    if len(text) <= width and "  " not in text:
        yield text.strip(" ")
        return
    line = " ".join(text.split()) if "  " in text else text.strip(" ")
    start = 0
    while len(line) - start > width:
        end = line.rfind(" ", start, start + width + 1)
        if end < 0:  # a longer word stays whole
            end = line.find(" ", start + width)
            if end < 0:
                break
        yield line[start:end]
        start = end + 1
    yield line[start:]


def _wrap_line(text: str, width: int) -> Iterator[str]:
    line = ""
    used = 0
    for unit in _UNIT.findall(text):
        for piece in (unit,) if unit.isascii() else _break_wide(unit, width):
            size = columns(piece)
            if line and used + 1 + size > width:
                yield line
                line, used = "", 0
            line, used = (f"{line} {piece}", used + 1 + size) if line else (piece, size)
    yield line


def _break_wide(unit: str, width: int) -> Iterator[str]:
    """Cuts a word only if it is of wide characters, which are written without blanks; a narrow word
    among them stays whole.
    """
    if columns(unit) <= max(width, len(unit)) or "://" in unit:
        yield unit
        return
    line = ""
    used = 0
    for part in _WIDE_PART.findall(unit):
        size = columns(part)
        if line and used + size > width:
            yield line
            line, used = "", 0
        line += part
        used += size
    yield line
