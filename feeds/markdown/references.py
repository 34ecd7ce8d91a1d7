"""What the Markdown of a note refers to, and on which line: for whoever proofreads it. Pure.

Reads with the parser that readers' HTML comes from, so that code is code for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from html.parser import HTMLParser
from itertools import pairwise

from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from feeds.markdown.characters import clean_text, split_size
from feeds.markdown.dialects import hide_formulas, translate_dialects
from feeds.markdown.parser import PARSER, plain

_BREAKS = frozenset({"softbreak", "hardbreak"})
_PROSE = frozenset({"text", "field", "html_inline"})
_TAG = re.compile(
    r"(?<=\s)#(?=[\d/-]*[^\s\d/\-!-,.:-@\[-^`{-~])"
    r"([^\s!-,.:-@\[-^`{-~\u2000-\u200b\u200e-\u206f\u3000-\u303f\uff00-\uff0f]+)"
)
"""Letters of any script with their marks, and what Obsidian allows beside them."""


class ReferenceKind(StrEnum):
    """How a note refers to something."""

    LINK = "link"
    """`[label](target)`, or `<a href>`."""
    WIKI = "wiki"
    """`[[target]]`."""
    PICTURE = "picture"
    """`![alternative](target)`, or `<img>`."""
    EMBED = "embed"
    """`![[target]]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One link or picture as the author wrote it."""

    kind: ReferenceKind
    target: str
    label: str | None
    """The words of a wiki link; the alternative text of a picture, None if it has none and does not
    say that it is decorative (`alt=""` in HTML does)."""
    has_width: bool
    """Whether a picture says how wide it is to be shown."""
    line: int
    """In the Markdown, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A piece of text outside code, comments of HTML included."""

    text: str
    line: int
    """Where it begins in the Markdown, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of Markdown; those of raw HTML are not among them."""

    level: int
    """1 to 6, as it is written."""
    text: str
    line: int
    """In the Markdown, from 1."""


def find_references(body: str) -> list[Reference]:
    """Every link and picture, in order, but for addresses that merely stand in the text."""
    found = (one for line, token in _leaves(body) for one in _references(line, token))
    return [one for one in map(_without_language, found) if one is not None]


def _without_language(found: Reference) -> Reference | None:
    """The reference with its address as it is without its generator's language; None if nothing is left."""
    if "{" not in found.target:
        return found
    target = translate_dialects(clean_text(found.target), "").text.strip()
    return replace(found, target=target) if target else None


def find_headings(body: str) -> list[Heading]:
    """The headings, in order."""
    tokens = PARSER.parse(_without_formulas(body), {})
    return [
        Heading(
            level=int(opening.tag[1]),
            text=plain(inline.children or ()),
            line=opening.map[0] + 1 if opening.map else 1,
        )
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open"
    ]


def find_lost_cells(body: str) -> list[tuple[int, int]]:
    """Rows of tables that have more cells than the first, whose others nobody sees: the line, from 1, and how many."""
    cleaned = _without_formulas(body)
    lines = cleaned.split("\n")
    found: list[tuple[int, int]] = []
    columns = 0
    for token in PARSER.parse(cleaned, {}):
        columns = 0 if token.type == "table_open" else columns + (token.type == "th_open")
        if token.type == "tr_open" and token.map and columns:
            cells = escapedSplit(lines[token.map[0]].strip("> \t"))
            surplus = cells[not cells[0] :][columns:]
            if lost := sum(bool(cell.strip()) for cell in surplus):
                found.append((token.map[0] + 1, lost))
    return found


def find_prose(body: str) -> list[Prose]:
    """The text outside code, in order."""
    return [
        Prose(text=token.content, line=line)
        for line, token in _leaves(body)
        if token.type in _PROSE or token.type == "html_block"
    ]


def _without_formulas(body: str) -> str:
    """The cleaned body with a word for each line of a formula."""
    text, formulas = hide_formulas(clean_text(body))
    return formulas.as_blank(text)


def find_tags(body: str, path: str = "") -> tuple[str, ...]:
    """Every `#tag` in the text as Obsidian reads it, in order and as written: after a blank or at
    the start of a line, of letters, digits, `_`, `-` and `/`, and not of digits alone. None in code,
    headings, links, formulas and comments.
    """
    found: dict[str, None] = {}
    tokens = PARSER.parse(translate_dialects(clean_text(body), path).text, {})
    for before, token in pairwise(tokens):
        if token.type == "inline" and before.type != "heading_open":
            found |= dict.fromkeys(_tags_of(token.children or ()))
    return tuple(found)


def _tags_of(children: Sequence[Token]) -> Iterator[str]:
    """The tags in one run of text; what markup divides is no word (`#a**b**` is the tag `a`)."""
    open_links, before = 0, " "
    for token in children:
        open_links += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "text":
            if not open_links:
                yield from _TAG.findall(before + token.content)
            before = token.content[-1:] or before
        elif token.type in _BREAKS:
            before = " "
        elif token.content:
            before = "x"  # code, a formula or an address: a `#` behind it begins no tag


def _leaves(body: str) -> Iterator[tuple[int, Token]]:
    """(line, token) of what has no token inside; pictures count as such."""
    for token in PARSER.parse(_without_formulas(body), {}):
        line = token.map[0] + 1 if token.map else 1
        if token.type == "inline":
            yield from _inline_leaves(line, token.children or ())
        else:
            yield line, token


def _inline_leaves(line: int, children: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    for token in children:
        yield line, token
        line += (token.type in _BREAKS) or token.content.count("\n")


def _references(line: int, token: Token) -> Iterator[Reference]:
    match token.type:
        case "link_open":
            yield _reference(ReferenceKind.LINK, str(token.attrs.get("href", "")), line)
        case "image":
            alt, width, _height = split_size(plain(token.children or ()))
            source = str(token.attrs.get("src", ""))
            yield _reference(ReferenceKind.PICTURE, source, line, alt or None, bool(width))
        case "wiki":
            yield _wiki(token, line)
        case "html_inline" | "html_block":
            yield from _Tags(line).read(token.content)


def _wiki(token: Token, line: int) -> Reference:
    target, label = str(token.meta["target"]), str(token.meta["label"])
    if not token.meta["embed"]:
        return _reference(ReferenceKind.WIKI, target, line, label)
    alt, width, _height = split_size("" if label == target else f"|{label}")
    return _reference(ReferenceKind.EMBED, target, line, alt.lstrip("|") or None, bool(width))


def _reference(
    kind: ReferenceKind, target: str, line: int, label: str | None = None, has_width: bool = False
) -> Reference:
    return Reference(kind=kind, target=target, label=label, has_width=has_width, line=line)


class _Tags(HTMLParser):
    """Links and pictures in a piece of raw HTML; what is not closed or not HTML is passed over."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self._first = line
        self._found: list[Reference] = []

    def read(self, html: str) -> list[Reference]:
        self.feed(html)
        return self._found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        line = self._first + self.getpos()[0] - 1
        if tag == "img" and values.get("src"):
            found = _reference(
                ReferenceKind.PICTURE, values["src"], line, values.get("alt"), "width" in values
            )
        elif tag == "a" and values.get("href"):
            found = _reference(ReferenceKind.LINK, values["href"], line)
        else:
            return
        self._found.append(found)
