"""What sums a note up, for feeds, archive, previews and the line that mail programs show: plain text. Pure.

The first paragraph that says something: not a picture's words, not a lone link or formula, not a greeting, a
byline or tags, nothing that is folded away; cut at a sentence, else at a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Final

from markdown_it.token import Token

from feeds.markdown.characters import clean_line, shorten
from feeds.markdown.html import PieceKind, read_pieces
from feeds.markdown.parser import plain
from storage.model import columns, is_narrow

SUMMARY_LIMIT: Final = 200
"""Columns: characters that are wide count twice."""

_WEAK: Final = 60
"""A paragraph that is shorter and no sentence is a greeting, a byline or a label."""
_MOST: Final = 12
"""Paragraphs that are looked at; what comes later sums nothing up."""
_ENDS: Final = re.compile(r"[.!?…。！？｡؟۔।][\"'”’»)\]）」』]*\Z")
_SENTENCE: Final = re.compile(
    r"(?:(?<!\b[A-Z])(?<!\b[A-Z][a-z])[.!?…؟۔।][\"'”’»)\]]*(?=\s+[^\sa-z])|[。！？｡][」』）]*)"
)
_WORD: Final = re.compile(r"\w")
_TAGS_ALONE: Final = re.compile(r"(?:#[^\s#]+\s*)+")
_ADDRESS: Final = re.compile(r"\S+://\S+|<?\S+@\S+>?")
_CUT_FIELD: Final = re.compile(r"\s*\{(?:\{[^{}]*\}?)?…\Z")
_DETAILS: Final = re.compile(r"<(/?)details\b", re.IGNORECASE)


def find_summary(tokens: Sequence[Token], is_display: Callable[[str], bool], html: str) -> str:
    """The words that sum these tokens up, not cut yet; of raw HTML alone its own first words.

    `is_display` tells a displayed formula that stands alone.
    """
    weak = ""
    for words in islice(filter(None, map(_words_of, _paragraphs(tokens, is_display))), _MOST):
        if len(words) >= _WEAK or _ENDS.search(words):
            return words
        weak = weak or words
    is_raw = any(token.type == "html_block" for token in tokens)
    found = weak or _fallback(tokens, is_display)
    return found or (_first_words(html) if is_raw else "")


def summarise(text: str, limit: int = SUMMARY_LIMIT) -> str:
    """`text` on one line, cut at a sentence that is not too short or at a word, and in no merge field,
    to at most `limit` columns.
    """
    line = clean_line(text)
    if columns(line) <= limit:
        return line
    room = limit if is_narrow(line) else _characters(line, limit)
    found = (one.end() for one in _SENTENCE.finditer(line, 0, room + 3))
    ends = [end for end in found if end <= room]
    if (
        ends
        and ends[-1] > room * 0.5
        and line.count("{{", 0, ends[-1]) == line.count("}}", 0, ends[-1])
    ):
        return line[: ends[-1]]
    return _CUT_FIELD.sub("…", shorten(line, room))


def _characters(line: str, limit: int) -> int:
    """How many characters of the line take so many columns."""
    used = 0
    for count, character in enumerate(line):
        used += columns(character)
        if used > limit:
            return count
    return len(line)


def _paragraphs(tokens: Sequence[Token], is_display: Callable[[str], bool]) -> Iterator[Token]:
    """Paragraphs in no list, quote, box or details, without those that are one formula."""
    folded = 0
    for before, token in pairwise(tokens):
        if before.type == "html_block":
            for closing in _DETAILS.findall(before.content):
                folded = max(0, folded + (-1 if closing else 1))
        if token.type != "inline" or before.type != "paragraph_open" or before.level or folded:
            continue
        if not is_display(token.content):
            yield token


def _words_of(token: Token) -> str:
    """What a paragraph says; empty for one that is pictures, a link, tags or bold alone."""
    children = list(_without_pictures(token.children or ()))
    solid = [one for one in children if one.type != "text" or one.content.strip()]
    words = plain(children)
    if not _WORD.search(words) or _TAGS_ALONE.fullmatch(words) or _ADDRESS.fullmatch(words):
        return ""
    for kind in ("link", "strong", "em"):
        if solid and (solid[0].type, solid[-1].type) == (f"{kind}_open", f"{kind}_close"):
            inside = sum(one.type == f"{kind}_open" for one in solid)
            is_line = not _ENDS.search(words) or len(words) < _WEAK
            if inside == 1 and is_line:
                return ""
    return words


def _without_pictures(children: Sequence[Token]) -> Iterator[Token]:
    """Inline tokens but for pictures and their captions."""
    in_caption = False
    for token in children:
        if token.type in {"caption_open", "caption_close"}:
            in_caption = token.type == "caption_open"
        elif not in_caption and token.type != "image":
            yield token


def _fallback(tokens: Sequence[Token], is_display: Callable[[str], bool]) -> str:
    """The first words of a list, a quote or a box, else a lone line; no cell of a table, no term."""
    lines: list[str] = []
    for before, token in pairwise(tokens):
        if token.type != "inline" or before.type in {"th_open", "td_open", "dt_open"}:
            continue
        words = plain(list(_without_pictures(token.children or ())))
        if not is_display(token.content) and _WORD.search(words):
            children = token.children or []
            is_title = (
                bool(children) and children[0].type == "strong_open" and not _ENDS.search(words)
            )
            if before.type == "paragraph_open" and before.level and not is_title:
                return words
            lines.append(words)
    return next(iter(lines), "")


def _first_words(html: str) -> str:
    """Of a note that is nothing but HTML."""
    words = ""
    for piece in read_pieces(html):
        if piece.kind is PieceKind.BREAK and _WORD.search(words):
            break
        words += piece.value if piece.kind is PieceKind.TEXT else " "
    return clean_line(words)
