"""Prepared Markdown tokens → text/plain that reads well in order (rules D18, D19). Pure.

Not made from the HTML: the author's structure is better known before it. Paragraphs wrap at 72
columns, addresses and code never; links are numbered and written out at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it.token import Token

from feeds.markdown.characters import clean_text
from feeds.markdown.html import SHOWING, Piece, PieceKind, read_pieces, sanitise
from feeds.markdown.links import LinkResolver
from feeds.markdown.parser import RAW_TAG, shown
from feeds.markdown.plain.lines import wrap
from feeds.markdown.speech import name_image
from storage.model import columns

WIDTH: Final = 72
MIN_WIDTH: Final = 20
"""What is left for text in deep quotes and lists."""

_LOOSE: Final = re.compile(r"(?<! ) *\n[ \n]*")
_MARKS: Final = {
    "em_open": "_", "em_close": "_", "strong_open": "*", "strong_close": "*",
    "s_open": "~", "s_close": "~", "softbreak": " ", "hardbreak": "\n", "caption_open": "\n",
}  # fmt: skip


def build_text(
    tokens: Sequence[Token],
    resolver: LinkResolver,
    urls: Sequence[str],
    settle: Callable[[str], str],
) -> str:
    """The text of a note, its footnotes, then the numbered addresses; `settle` puts in what only
    stood there for its width.

    `urls` are the links of the HTML made from the same tokens: each occurs in the text, unbroken
    (rule D18). Only LF and printable characters; empty for a note without content.
    """
    inline = _Inline(resolver)
    builder = _Builder(inline)
    for token in tokens:
        builder.take(token)
    text = settle(builder.finish())
    # A browser may find links in broken raw HTML that token by token are none.
    missing = [url for url in urls if url not in text]
    return clean_text("\n\n".join(filter(None, [text, *inline.references(missing)])))


# ── inline ───────────────────────────────────────────────────────────────────────────────────


_BOXES: Final = {"☑": "[x] ", "☒": "[-] ", "☐": "[ ] "}


class _Inline:
    """Turns inline tokens into text and numbers the addresses of one note."""

    def __init__(self, resolver: LinkResolver) -> None:
        self.resolver = resolver
        self._numbers: dict[str, int] = {}

    def references(self, more: Sequence[str]) -> list[str]:
        """The numbered addresses and `more`, one per line, never wrapped: one block or none."""
        for url in more:
            self._reference(url)
        return ["\n".join(f"[{number}] {url}" for url, number in self._numbers.items())]

    def read(self, children: Sequence[Token]) -> str:
        """The text of a paragraph, heading or cell."""
        if len(children) == 1 and children[0].type == "text":
            return children[0].content
        pieces: list[str] = []
        links: list[tuple[str, int]] = []  # per open link its URL and where its label begins
        for token in shown(children):
            if token.type == "html_inline":
                self._read_raw(token.content, pieces, links)
            elif token.type == "link_open":
                links.append((str(token.attrs.get("href", "")), len(pieces)))
            elif token.type == "link_close":
                self._close_link(pieces, links)
            else:
                pieces.append(self._read_leaf(token))
        while links:
            self._close_link(pieces, links)
        return "".join(pieces)

    def pieces(self, pieces: Sequence[Piece]) -> str:
        """The text of a block of raw HTML."""
        return "".join(self._read_piece(piece) for piece in pieces)

    def _read_leaf(self, token: Token) -> str:
        if token.type == "code_inline":
            return f"`{token.content}`"
        if token.type == "image":
            return self._image(str(token.attrs.get("src", "")), str(token.attrs.get("alt", "")))
        if token.type == "footnote_ref":
            return f"[^{token.meta['id'] + 1}]"
        if token.type == "formula":
            return str(token.meta["of"].as_lines(token.content))
        if token.type == "task":
            return _BOXES[token.meta["box"]]
        return _MARKS.get(token.type, token.content)

    def _close_link(self, pieces: list[str], links: list[tuple[str, int]]) -> None:
        if not links:
            return
        url, start = links.pop()
        if url and not url.startswith("#") and "".join(pieces[start:]) != url:
            pieces.append(self._reference(url))

    def _read_raw(self, tag: str, pieces: list[str], links: list[tuple[str, int]]) -> None:
        """Handles one raw tag that is no part of what vanishes."""
        found = RAW_TAG.match(tag)
        closing, name = (bool(found[1]), found[2].lower()) if found else (False, "")
        if name == "a" and closing:
            self._close_link(pieces, links)
        elif name == "a":
            links.append((self._raw_href(tag), len(pieces)))
        elif not closing and name in SHOWING:
            pieces.append(self.pieces(read_pieces(sanitise(tag, self.resolver))).strip(" "))

    def _raw_href(self, tag: str) -> str:
        html = sanitise(f"{tag}x</a>", self.resolver)
        return next((p.value for p in read_pieces(html) if p.kind is PieceKind.LINK), "")

    def _read_piece(self, piece: Piece) -> str:
        if piece.kind is PieceKind.BREAK:
            return "\n"
        if piece.kind is PieceKind.LINK:
            return self._reference(piece.value)
        if piece.kind is PieceKind.IMAGE:
            return self._image(piece.value, piece.label)
        return re.sub(r"\s+", " ", piece.value)

    def _image(self, url: str, alt: str) -> str:
        return f"{name_image(alt)}{self._reference(url)}"

    def _reference(self, url: str) -> str:
        return f" [{self._numbers.setdefault(url, len(self._numbers) + 1)}]"


# ── blocks ───────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True, kw_only=True)
class _Frame:
    """A block that holds blocks: a quote, a list, an item, a note at the foot."""

    kind: str
    first: str = ""
    """What stands before its first line,"""
    rest: str = ""
    """and before all others."""
    indent: int = 0
    """Characters before its lines, with those of all that it stands in."""
    tight: bool = False
    number: int | None = None
    """The next item's number in an ordered list."""
    blocks: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Its blocks under each other, each line with its prefix."""
        lines = ("\n" if self.tight else "\n\n").join(self.blocks).split("\n")
        head = f"{self.first}{lines[0]}".rstrip()
        return "\n".join([head, *(f"{self.rest}{line}".rstrip() for line in lines[1:])])


class _Builder:
    """Takes block tokens one by one. Bears tokens that do not pair."""

    def __init__(self, inline: _Inline) -> None:
        self._inline = inline
        self._frames = [_Frame(kind="note")]
        self._rows: list[list[str]] = []
        self._tag = ""
        self._handlers: dict[str, Callable[[Token], None]] = {
            "inline": self._take_inline,
            "heading_open": self._take_opening,
            "paragraph_open": self._take_opening,
            "fence": self._take_code,
            "code_block": self._take_code,
            "hr": self._take_rule,
            "html_block": self._take_html,
            "blockquote_open": self._open_quote,
            "bullet_list_open": self._open_list,
            "ordered_list_open": self._open_list,
            "list_item_open": self._open_item,
            "footnote_open": self._open_footnote,
            "dt_open": self._take_opening,
            "dd_open": self._open_meaning,
            "table_open": self._open_table,
            "tr_open": self._open_row,
            "th_open": self._take_opening,
            "td_open": self._take_opening,
            "table_close": self._close_table,
        }
        self._closing = {
            "blockquote_close": "quote",
            "bullet_list_close": "list",
            "ordered_list_close": "list",
            "list_item_close": "item",
            "footnote_close": "footnote",
            "dd_close": "meaning",
        }

    def take(self, token: Token) -> None:
        """Adds one token of the document."""
        if kind := self._closing.get(token.type):
            self._close(kind)
        elif handler := self._handlers.get(token.type):
            handler(token)

    def finish(self) -> str:
        """The whole text, but for the addresses."""
        while len(self._frames) > 1:
            self._close(self._frames[-1].kind)
        return self._frames[0].text().strip("\n")

    @property
    def _width(self) -> int:
        return max(MIN_WIDTH, WIDTH - self._frames[-1].indent)

    def _add(self, block: str) -> None:
        if block.strip():
            self._frames[-1].blocks.append(block)

    def _open(self, kind: str, first: str = "", rest: str = "", number: int | None = None) -> None:
        indent = self._frames[-1].indent + len(rest)
        self._frames.append(_Frame(kind=kind, first=first, rest=rest, indent=indent, number=number))

    def _close(self, kind: str) -> None:
        if len(self._frames) < 2 or self._frames[-1].kind != kind:
            return
        frame = self._frames.pop()
        if frame.blocks or frame.kind == "item":
            self._frames[-1].blocks.append(frame.text())

    def _take_opening(self, token: Token) -> None:
        self._tag = token.tag
        if token.type == "paragraph_open" and token.hidden:
            for frame in self._frames[-2:]:
                frame.tight = frame.tight or frame.kind in {"list", "item"}

    def _take_inline(self, token: Token) -> None:
        text = self._inline.read(token.children or ())
        if self._tag in {"th", "td"} and self._rows:
            self._rows[-1].append(" ".join(text.split()))
            return
        if "\n" in text:
            text = _LOOSE.sub("\n", text).strip("\n")
        lines = wrap(text, self._width)
        if self._tag.startswith("h"):
            mark = "=" if self._tag == "h2" else "-"
            lines.append(mark * min(self._width, max(3, *map(columns, lines))))
        self._add("\n".join(lines))

    def _take_code(self, token: Token) -> None:
        lines = token.content.expandtabs(4).rstrip("\n").split("\n")
        self._add("\n".join(f"    {line}".rstrip() for line in lines))

    def _take_rule(self, _token: Token) -> None:
        self._add("* * *")

    def _take_html(self, token: Token) -> None:
        pieces = read_pieces(sanitise(token.content, self._inline.resolver))
        text = self._inline.pieces(pieces)
        lines = filter(None, map(str.strip, text.split("\n")))
        self._add("\n".join(piece for line in lines for piece in wrap(line, self._width)))

    def _open_quote(self, _token: Token) -> None:
        self._open("quote", first="> ", rest="> ")

    def _open_list(self, token: Token) -> None:
        ordered = token.type == "ordered_list_open"
        self._open("list", number=int(token.attrs.get("start", 1)) if ordered else None)

    def _open_item(self, _token: Token) -> None:
        outer = self._frames[-1]
        marker = "- " if outer.number is None else f"{outer.number}. "
        if outer.number is not None:
            outer.number += 1
        self._open("item", first=marker, rest=" " * len(marker))

    def _open_footnote(self, token: Token) -> None:
        self._open("footnote", first=f"[^{token.meta['id'] + 1}] ", rest="    ")

    def _open_meaning(self, _token: Token) -> None:
        self._open("meaning", first="    ", rest="    ")

    def _open_table(self, _token: Token) -> None:
        self._rows = []

    def _open_row(self, _token: Token) -> None:
        self._rows.append([])

    def _close_table(self, _token: Token) -> None:
        rows, self._rows = self._rows, []
        self._tag = ""
        self._add(_lay_out_table(rows, self._width))


def _lay_out_table(rows: Sequence[Sequence[str]], width: int) -> str:
    """Aligned columns if they fit; else each row as lines of `heading: cell`."""
    if not rows:
        return ""
    count = max(map(len, rows))
    sizes = [max(columns(row[i]) if i < len(row) else 0 for row in rows) for i in range(count)]
    if sum(sizes) + 2 * (count - 1) > width:
        return _list_rows(rows, width)
    lines = ["  ".join(_pad(row[i], sizes[i]) for i in range(len(row))).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * size for size in sizes))
    return "\n".join(lines)


def _pad(cell: str, size: int) -> str:
    return cell + " " * (size - columns(cell))


def _list_rows(rows: Sequence[Sequence[str]], width: int) -> str:
    head, *body = rows
    records = []
    for row in body or [head]:
        pairs = zip(head, row, strict=False)
        lines = [f"{name}: {cell}" if name and body else cell for name, cell in pairs if cell]
        records.append("\n".join(piece for line in lines for piece in wrap(line, width)))
    if body:
        return "\n\n".join(records) if any(records) else ", ".join(filter(None, head))
    return "\n\n".join(records)
