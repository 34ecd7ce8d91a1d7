"""Which lines of a note are code because they are indented, told before anything is translated. Pure.

Only what is code beyond doubt: what continues a list, a footnote, a definition, a box or a paragraph is none
(CommonMark 4.4), nor what stands between a generator's tag and its end, where indentation is mere neatness.

The parser's own rules for blocks are not asked instead: over a note of 12 kB with such code they take 1.2 ms where
this takes 0.5, and know neither the boxes of Material nor what stands between tags. Three things differ. Code that
begins on the line of its item's mark (`-     a`) is not looked for where nothing else is indented. Behind marks of
quotations, lists and footnotes (`>>- `, then a tab) the library counts a tab's columns from the inner one; here they are
counted from the line's beginning (CommonMark 2.2). And what stands right before a colon is a term there though it
begins an item, a quotation or a footnote. They stay: to be told too much leaves a generator's words in such code as
they stand, to be told too little translates a line of it, and each takes an author who indents by tabs behind three
marks, begins an item with code, or explains an item by a colon below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from feeds.markdown.rules.terms import MOST_TERMS, TERM

_MAYBE: Final = re.compile(
    r"(?:\A|^[ \t>]*(?:#[^\n]*|\ufdd0\d+\ufdd1)?\n)[ >]*(?: {4}|\t)[ \t]*\S", re.MULTILINE
)
"""An indented line behind one that no paragraph goes on from."""
_DEEP: Final = 4
"""Columns from which on a line is code (CommonMark 4.4)."""
_DEEPEST: Final = 40
"""Quotations and items within each other that are looked at."""
_ITEM: Final = re.compile(r"(?:[-*+]|\d{1,9}[.)]|[:~](?=[ \t]))(?=[ \t]|\Z)")
_GOES_ON: Final = re.compile(r"(?!0*1[.)])\d{1,9}[.)]|(?:[-*+]|\d{1,9}[.)])[ \t]*\Z")
"""Within a paragraph no item: a number other than 1, nor one without content (CommonMark 5.2)."""
_MEANS: Final = ":~"
"""What a definition begins with."""
_MEANING: Final = 2
"""Columns that a definition goes on from, however far behind its mark it begins."""
_LAID_IN: Final = re.compile(r"(\[\^[^\]\s]{1,300}\]:)|(?:!!!|\?\?\?\+?|===!?)[ \t]+[\w\"]")
"""What has its content four columns further in: footnotes, and boxes and tabs of Material."""
_ACROSS: Final = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})\Z")
_UNDERLINE: Final = re.compile(r"(?:=+|-+)[ ]*\Z")
"""It makes a paragraph a heading (CommonMark 4.3)."""
_WHOLE: Final = re.compile(r"#{1,6}(?:[ \t]|\Z)|\ufdd0\d+\ufdd1\Z")
"""A line that no other one goes on from: a heading, code under its mask."""
_TAG: Final = re.compile(
    r"^[ \t>]*(?:\{(?:\{[<%]|%-?)[ \t]*(/|end)?([A-Za-z][\w-]*)|<(/?)([A-Z][\w.]*|aside|details)\b)",
    re.MULTILINE,
)


def find_indented(text: str, *, within_tags: bool = False) -> Iterator[tuple[int, int]]:
    """The first line of each piece of indented code and the one behind its last, from 0, of a text whose fenced
    code is masked; also between tags, if `within_tags`.
    """
    if ("    " not in text and "\t" not in text) or _MAYBE.search(text) is None:
        return
    between = frozenset[int]() if within_tags else _within_tags(text)
    first, last = -1, -1
    where: tuple[int, ...] = ()
    reader = _Reader()
    for number, line in enumerate(text.split("\n")):
        if reader.is_code(line) and number not in between:
            if first >= 0 and reader.around != where:
                yield first, last + 1
                first = -1
            first = number if first < 0 else first
            last, where = number, reader.around
        elif first >= 0 and line.strip(" \t>"):
            yield first, last + 1
            first = -1
    if first >= 0:
        yield first, last + 1


def _within_tags(text: str) -> frozenset[int]:
    """The lines between tags of the same name."""
    opened: dict[str, int] = {}
    lines: set[int] = set()
    line, at = 0, 0
    for found in _TAG.finditer(text):
        line += text.count("\n", at, found.start())
        at = found.start()
        name = found[2] or found[4]
        if not (found[1] or found[3]):
            opened.setdefault(name, line)
        elif (start := opened.pop(name, None)) is not None:
            lines.update(range(start, line + 1))
    return frozenset(lines)


class _Reader:
    """Goes through lines and knows in which quotations and items the next one may stand."""

    def __init__(self) -> None:
        self._around: list[int] = []
        """Columns that each item takes; 0 is a quotation."""
        self._in_paragraph = False
        self._meanings: set[int] = set()
        """Which of them, counted from 0, are definitions."""
        self._is_bare = False
        """Whether the last line ends with an item that has no content yet."""
        self._lines = 0
        """Of the paragraph of the last line that is not blank."""
        self._are_terms = False
        """Whether a definition may explain several lines like these."""
        self._is_word = False
        """Whether a definition may explain what the last line that is not blank ends."""

    @property
    def around(self) -> tuple[int, ...]:
        """In what the last line stands."""
        return tuple(self._around)

    def is_code(self, line: str) -> bool:
        """Whether the next line is code."""
        depth, rest = self._go_in(line.expandtabs(_DEEP))
        if not rest.strip():
            self._in_paragraph = False
            if self._is_bare:
                # An item has no more than one blank line before its content (CommonMark 5.2).
                self._leave(len(self._around) - 1)
            self._is_bare = False
            self._leave_quotations(min(depth, len(self._around)))
            return False
        self._is_bare = False
        return self._read(depth, rest)

    def _read(self, depth: int, rest: str) -> bool:
        """Takes a line that is not blank, of which `rest` stands in so many quotations and items."""
        is_behind = depth in self._meanings
        self._is_word = is_behind or (self._is_word and depth == len(self._around))
        outside = self._around[depth:]
        begins = self._begins_here(rest, outside)
        if outside and self._in_paragraph and not begins:
            self._go_on(rest)  # without the marks of what it stands in
            return False
        if outside:
            self._leave(depth)
            self._in_paragraph = False
        is_code = self._begin(rest)
        # Whatever stands behind a definition may be the next term.
        self._is_word = self._is_word or is_behind
        return is_code

    def _go_in(self, rest: str) -> tuple[int, str]:
        """How many of the quotations and items go on, and what of the line stands in them."""
        for depth, columns in enumerate(self._around):
            bare = rest.lstrip(" ")
            indent = len(rest) - len(bare)
            if columns:
                if indent < columns and bare:
                    return depth, rest
                rest = rest[columns:]
            elif bare.startswith(">"):
                rest = bare[1:].removeprefix(" ")
            else:
                return depth, rest
        return len(self._around), rest

    def _leave_quotations(self, depth: int) -> None:
        """A blank line ends the quotations whose mark it has not."""
        if 0 in self._around[depth:]:
            self._leave(self._around.index(0, depth))

    def _leave(self, depth: int) -> None:
        """Of the quotations and items only so many go on."""
        del self._around[depth:]
        self._meanings = {one for one in self._meanings if one < depth}

    def _begin(self, rest: str) -> bool:
        """Takes what begins on a line; whether that is code."""
        # Without a word before it no definition is one, and no footnote begins with code.
        means = False
        while True:
            bare = rest.lstrip(" ")
            indent = len(rest) - len(bare)
            if indent >= _DEEP and bare:
                is_code = not self._in_paragraph and not means
                self._go_on(bare, begins=not is_code)
                return is_code
            if self._in_paragraph and _UNDERLINE.match(bare):
                self._in_paragraph = self._is_word = False
                return False
            if self._in_paragraph and _GOES_ON.match(bare):
                self._go_on(bare)
                return False
            width = self._width(bare)
            if width is None or len(self._around) >= _DEEPEST:
                is_one = _WHOLE.match(bare) is None and _ACROSS.match(bare) is None
                self._go_on(bare, begins=(bool(bare) or means) and is_one)
                return False
            self._in_paragraph = False
            if not width:
                self._around.append(0)
                rest = bare[1:].removeprefix(" ")
                continue
            laid = _LAID_IN.match(bare)
            # A footnote's content is measured from where the footnote might begin, not from where it does.
            if bare[0] in _MEANS:
                self._meanings.add(len(self._around))
            self._around.append(width if laid and laid[1] else indent + width)
            means = means or bare[0] in _MEANS or bool(laid and laid[1])
            self._is_bare = not means and laid is None and not bare[width:].strip()
            rest = (
                bare[width:] if laid is None else bare[laid.end() :].lstrip(" ") if laid[1] else ""
            )

    def _go_on(self, rest: str, *, begins: bool = True) -> None:
        """Takes the words of a line: with them a paragraph begins or goes on, or there is none any more."""
        is_term = TERM.fullmatch(rest.lstrip(" ")) is not None
        self._are_terms = is_term and (self._are_terms or not self._in_paragraph)
        self._lines = self._lines + 1 if self._in_paragraph else 1
        self._in_paragraph = begins
        several = self._are_terms and self._lines <= MOST_TERMS
        self._is_word = begins and (self._lines == 1 or several)

    def _begins_here(self, rest: str, outside: Sequence[int]) -> bool:
        """Whether something begins on a line that stands outside these quotations and items."""
        bare = rest.lstrip(" ")
        if len(rest) - len(bare) >= _DEEP:
            return False
        laid = _LAID_IN.match(bare)
        if self._in_paragraph and 0 in outside and laid and laid[1]:
            return False  # a footnote ends no paragraph of a quotation
        begins = _WHOLE.match(bare) or _ACROSS.match(bare)
        return begins is not None or self._width(bare) is not None

    def _width(self, bare: str) -> int | None:
        """The columns that what begins here takes: 0 for a quotation, None where nothing begins that has
        lines of its own.
        """
        if bare.startswith(">"):
            return 0
        if _LAID_IN.match(bare):
            return _DEEP
        found = _ITEM.match(bare)
        if found is None or _ACROSS.match(bare) or (bare[0] in _MEANS and not self._is_word):
            return None
        if bare[0] in _MEANS:
            return _MEANING
        blanks = len(bare) - found.end() - len(bare[found.end() :].lstrip(" "))
        return found.end() + (blanks if 1 <= blanks <= _DEEP and bare[found.end() :].strip() else 1)
