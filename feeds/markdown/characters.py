"""Which characters may reach a feed, a mail or a page, and how they are broken into lines. Pure.

XML 1.0 cannot carry most control characters (rule E1), and headers and plain text must not (rule A21).
They are removed once, when a note is read; what comes after needs no check of its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from storage.model import columns, is_narrow

_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_ODD_BREAKS: Final = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_USUAL: Final = re.compile(
    "[\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]*+"
)
"""All the others. To see that a text has nothing else takes half as long as to look for what is odd."""
_BLANKS: Final = re.compile("[ \t\n]+")
_NO_PART_OF_ID: Final = re.compile(r"[^a-z0-9 _-]+")
_JOINS: Final = re.compile(r"[\s_-]+")
_SIZE: Final = re.compile(r"(\d{1,4})(?:\s*x\s*(\d{1,4}))?", re.ASCII)


def clean_text(text: str) -> str:
    """`text` with only characters of the XML Char production, minus C1 controls (XML 1.0 2.2).

    Line ends become LF. Separators such as U+2028 become a space; controls, lone surrogates and
    noncharacters are removed (rules A21, E1).
    """
    if _USUAL.fullmatch(text):  # nearly always: one pass instead of four
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("", _ODD_BREAKS.sub(" ", text))


def clean_line(text: str) -> str:
    """`text` as one line: cleaned, runs of blanks made one, none at the ends."""
    text = clean_text(text)
    if "  " in text or "\n" in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    return text.strip()


def shorten(text: str, limit: int) -> str:
    """`text` cut at a word to at most `limit` characters, the last an ellipsis if it was cut."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    head, blank, _rest = cut.rpartition(" ")
    kept = head if blank and len(head) > limit // 2 else cut[:-1]
    return kept.rstrip(" ,;:.–—-") + "…"


def heading_id(text: str) -> str:
    """An id from a heading's words, as generators make it: `What's new?` is `whats-new`."""
    folded = unicodedata.normalize("NFC", clean_line(text)).casefold()
    if folded.isascii():
        kept = _NO_PART_OF_ID.sub("", folded)
    else:
        kept = "".join(c for c in folded if c in " -_" or unicodedata.category(c)[0] in "LNM")
    return _JOINS.sub("-", kept).strip("-")[:100]


def split_size(label: str) -> tuple[str, str, str]:
    """Obsidian's `alt|300` and `alt|300x200`: the text, the width and the height in pixels, each empty
    where it is not given.
    """
    text, bar, size = label.rpartition("|")
    found = _SIZE.fullmatch(size.strip()) if bar else None
    if found is None:
        return label, "", ""
    return text.strip(), found[1], found[2] or ""


# ── lines ────────────────────────────────────────────────────────────────────────────────────

_UNIT: Final = re.compile(r"\S*\{\{[^{}\n]{0,80}\}\}\S*|\S+")
"""What must stay on one line: a word, or a merge field with the blanks inside it."""
_NUMBER: Final = re.compile(r" \[(?=\d{1,4}\])")
_GLUE: Final = "\x01"
"""For a blank at which no line ends, as wide as one; no text has it."""
_WIDE_PART: Final = re.compile(r"[!-~]+|.")


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
