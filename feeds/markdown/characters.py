"""Which characters may reach a feed, a mail or a page. Pure.

XML 1.0 cannot carry most control characters (rule E1), and headers and plain text must not (rule A21).
They are removed once, when a note is read; what comes after needs no check of its own.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_ODD_BREAKS: Final = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_USUAL: Final = re.compile(
    "[\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]*+"
)
"""What is neither forbidden nor an odd break. To see that a text is all of it takes half as long as to look for those."""
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
