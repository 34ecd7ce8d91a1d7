"""The formulas of one note while it is rendered, and the marks that stand for them. Pure.

    formulas → marks → Markdown, HTML and text, laid out with the marks → MathML, TeX, Unicode

As with merge fields (feeds/markdown/fields.py), Markdown and the sanitiser see a word of letters and
digits: what is in a formula reaches neither, and what comes out is written here and nowhere else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cached_property
from html import escape
from typing import Final

from feeds.markdown.characters import shorten
from feeds.markdown.fields import TAGS_OF, code_step
from feeds.markdown.maths import numbering
from feeds.markdown.maths.finding import Formula
from storage.model import guard

MOST: Final = 2000
"""Formulas of one note that are read; more are shown as TeX."""


_WIDE: Final = 24
"""Signs of a formula within a line that may be wider than a phone, so that it must scroll by itself."""

_LINE, _FILLER = "\x01", "\x02"
"""A line of TeX while text is laid out, as wide as it will be; no cleaned text holds these."""
_LAID: Final = re.compile(f"{_LINE}([\ue000-\uf8ff]){_FILLER}*")
_MOST_LINES: Final = 0xF8FF - 0xE000


class Formulas:
    """Gives out marks and puts the formulas back where they stand."""

    warn: Callable[[str], None]
    """Told, in a sentence, of each formula that nobody here can read; nobody is until whoever shows them listens."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._found: list[Formula] = []
        self._lines: list[str] = []
        self.warn = lambda _sentence: None

    # Most notes have no formula, and a pattern takes longer to compile than such a note to translate.
    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256(self._body.encode("utf-8", "replace")).hexdigest()[:8]

    @cached_property
    def _mark(self) -> re.Pattern[str]:
        return re.compile(rf"x{self._digest}m(\d{{1,6}})x")

    def __bool__(self) -> bool:
        return bool(self._found)

    def put(self, formula: Formula) -> str:
        """The mark of a formula: one word."""
        self._found.append(formula)
        return f"x{self._digest}m{len(self._found) - 1}x"

    def refer(self, text: str, unknown: Callable[[str, int], None]) -> str:
        """`text` with numbers where it refers to formulas, which get theirs; `unknown` is told of a reference
        that leads to none, and its place.
        """
        if not numbering.may_refer(text) and not any("ref" in one.tex for one in self._found):
            return text
        named: dict[int, str] = {}
        if self._found and "{#eq" in text:
            behind = re.compile(
                rf"({self._mark.pattern})[ \t]*\{{#(eq[:-][\w:-]{{1,200}})[^{{}}\n]{{0,200}}\}}"
            )
            named = {int(found[2]): found[3] for found in behind.finditer(text)}
            text = behind.sub(r"\1", text)
        self._found, called = numbering.number(self._found, named, text)
        return numbering.refer(text, called, unknown)

    def as_written(self, text: str) -> str:
        """`text` with its formulas as their author wrote them."""
        return self._mark.sub(lambda mark: self._of(mark).source, text) if self._found else text

    def as_plain(self, text: str) -> str:
        """One line with its formulas in Unicode where that is simple, else as TeX."""
        if not self._found:
            return text
        from feeds.markdown.maths.unicode import plain_formula  # for the few titles that have one

        return self._mark.sub(lambda mark: guard(plain_formula(self._of(mark).tex)), text)

    def as_blank(self, text: str) -> str:
        """`text` with a word for each line of a formula: the rest stands where it stood."""
        if not self._found:
            return text
        return self._mark.sub(
            lambda mark: "\n".join("formula" for _line in self._of(mark).source.split("\n")), text
        )

    def is_display(self, text: str) -> bool:
        """Whether this is one displayed formula and nothing else."""
        mark = self._mark.fullmatch(text.strip()) if self._found else None
        return mark is not None and self._of(mark).display

    def cut(self, text: str) -> list[str]:
        """`text` in pieces: words and marks by turns, beginning with words."""
        return (
            re.split(f"({self._mark.pattern.replace('(', '(?:')})", text) if self._found else [text]
        )

    def as_lines(self, text: str) -> str:
        """`text` for laying out: each line of a formula is one word, as wide as it will be."""
        return self._mark.sub(self._lay, text) if self._found else text

    def settle_text(self, text: str) -> str:
        """Laid out text with the formulas as they are written."""
        if not self._found:
            return text
        text = _LAID.sub(lambda line: guard(self._lines[ord(line[1]) - 0xE000]), text)
        return self._mark.sub(lambda mark: guard(self._of(mark).source), text)

    def settle_html(self, html: str) -> str:
        """Sanitised HTML with MathML for each mark; in code and attributes stands what was written."""
        if not self._found:
            return html
        pieces = TAGS_OF.split(html)
        depth = 0
        for at, piece in enumerate(pieces):
            if at % 2:
                depth += code_step(piece)
                pieces[at] = self._mark.sub(
                    lambda mark: escape(self._of(mark).source.replace("\n", " ")), piece
                )
            elif depth > 0:
                pieces[at] = self._mark.sub(lambda mark: escape(self._of(mark).source), piece)
            else:
                pieces[at] = self._mark.sub(self._show, piece)
        return "".join(pieces)

    def _of(self, mark: re.Match[str]) -> Formula:
        return self._found[min(int(mark[1]), len(self._found) - 1)]

    def _lay(self, mark: re.Match[str]) -> str:
        formula = self._of(mark)
        lines = formula.source.split("\n")
        if len(self._lines) + len(lines) > _MOST_LINES:
            return mark[0]
        words = [
            f"{_LINE}{chr(0xE000 + number)}".ljust(len(line), _FILLER)
            for number, line in enumerate(lines, start=len(self._lines))
        ]
        self._lines += lines
        return "\n".join(["", *words, ""] if formula.display else words)

    def _show(self, mark: re.Match[str]) -> str:
        from feeds.markdown.maths.mathml import Unreadable, read_tex, text_of, write_math
        from feeds.markdown.maths.unicode import plain_formula

        formula = self._of(mark)
        reason = f"a note may have {MOST} formulas"
        if int(mark[1]) < MOST:
            try:
                tree = read_tex(formula.tex, display=formula.display)
                written = write_math(formula, tree, plain_formula(formula.tex))
                is_wide = not formula.display and sum(map(len, map(text_of, tree.iter()))) > _WIDE
                return _held(written) if is_wide else written
            except Unreadable as error:
                reason = str(error)
        shown = " ".join(formula.source.split())
        self.warn(f"the formula `{shorten(shown, 60)}` is shown as TeX: {reason}")
        return f"<code>{escape(formula.source)}</code>"


def _held(written: str) -> str:
    return f'<span class="formula">{written}</span>'
