"""What is code in a note, put out of the way while the rest is translated. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from feeds.markdown.maths import Formula, Formulas, find_formulas
from feeds.markdown.rules import find_indented

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""Noncharacters: no cleaned text holds them, so nobody can write a mask (feeds/markdown/characters.py)."""
_MASK: Final = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_FENCE: Final = re.compile(r"[ >\t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]*)?(`{3,}|~{3,})([^\n]*)")
_TICKS, _TILDES = re.compile("```"), re.compile("~~~")
_SPAN: Final = re.compile(
    r"(`(?<!``)`{0,15})(?!`)(?=[^`])((?:(?!\n[ \t]*\n).){1,4000}?)(?<!`)\1(?!`)", re.DOTALL
)

_MATH_FENCE: Final = re.compile(
    r"([ >\t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(?:`{3,}|~{3,})[ \t]*\{?\.?(?:math|katex)\}?[ \t]*\n"
)
_OPTION: Final = re.compile(r"(?:(?<=\n)|\A):([a-z-]{1,20}):([^\n]{0,200})(?:\n|\Z)")
"""MyST's, at the beginning of a formula."""
_TICKED: Final = re.compile(rf"(?<!\$)\${_OPEN}(\d+){_CLOSE}\$(?!\$)")
_MAY_BE_FORMULA: Final = re.compile(r"[$\\`~]")
"""What every formula begins with, in code or out of it."""
_CONTINUED: Final = re.compile(r"(?:^|\n)[ \t]*(?:>[ \t]?)+")
_ELEMENT: Final = re.compile(r"<(pre|code)\b", re.IGNORECASE)
_VERBATIM: Final = re.compile(
    rf"{_SPAN.pattern}|<(pre|code)(?=[\s>])[^<>]{{0,300}}>", re.DOTALL | re.IGNORECASE
)
_CLOSING: Final = {
    "pre": re.compile(r"</pre\s*>", re.IGNORECASE),
    "code": re.compile(r"</code\s*>", re.IGNORECASE),
    "": re.compile(r"\n[ \t>]*\n"),
}
"""What ends code that is an element; a blank line ends its paragraph."""

MOST_UNKNOWN: Final = 20
"""How many unknown tags of one note are named; a line is dear to find."""
Report = list[tuple[int, str]]
"""The line of each tag that is not known, as far as it can be told on the way, and its source."""


@dataclass(slots=True)
class _End:
    """Where the next one of something is; the text is gone through once, however often that is asked."""

    pattern: re.Pattern[str]
    known: int | None = -1

    def after(self, text: str, at: int) -> int | None:
        """Where it begins, from `at` on; None if nowhere."""
        if self.known is not None and self.known < at:
            found = self.pattern.search(text, at)
            self.known = found.start() if found else None
        return self.known


@dataclass(slots=True)
class Masks:
    """Pieces of text that stand under a mask until they are put back."""

    pieces: list[str] = field(default_factory=list)
    formulas: Formulas = field(default_factory=lambda: Formulas(""))
    """What stands under marks, which stay until the note is laid out."""

    def put(self, piece: str) -> str:
        """The mask for a piece."""
        self.pieces.append(piece)
        return f"{_OPEN}{len(self.pieces) - 1}{_CLOSE}"

    def single(self, text: str) -> str | None:
        """The piece of a text that is one mask and nothing else."""
        found = _MASK.fullmatch(text)
        return self.pieces[int(found[1])] if found else None

    def restore(self, text: str) -> str:
        """The text with everything put back, also what stands in what is put back."""
        for _depth in range(8):
            text, count = _MASK.subn(lambda found: self.pieces[int(found[1])], text)
            if not count:
                break
        return text

    def shift(self, line: str, prefix: str, cut: int = 0) -> str:
        """A line without `cut` columns of its indentation and behind `prefix`, and so every line of what
        stands in it under a mask: code stays in the box that it is in.
        """
        self._shift_pieces(line, prefix, cut, 8)
        return f"{prefix}{_outdent(line, cut)}".rstrip()

    def _shift_pieces(self, text: str, prefix: str, cut: int, depth: int) -> None:
        for found in _MASK.finditer(text):
            at = int(found[1])
            first, *others = self.pieces[at].split("\n")
            if depth:
                self._shift_pieces(self.pieces[at], prefix, cut, depth - 1)
            moved = (f"{prefix}{_outdent(line, cut)}".rstrip() for line in others)
            self.pieces[at] = "\n".join((first, *moved))

    def hide_code(self, text: str, *, indented: bool = True) -> str:
        """Masks fenced and indented code, line by line, then `<pre>`, `<code>` and code within a line."""
        text = "".join(self._hide_fences(text))
        text = self._hide_indented(text) if indented else text
        if _ELEMENT.search(text) is not None:
            return "".join(self._hide_spans(text))
        return _SPAN.sub(lambda found: self.put(found[0]), text)

    def hide_formulas(self, text: str) -> str:
        """Marks the formulas of a text whose code is masked, and code that is one: a fence that says
        `math`, and a span between dollars.
        """
        for at, piece in enumerate(self.pieces):
            if (block := _MATH_FENCE.match(piece)) is not None:
                tex = _CONTINUED.sub("\n", piece[block.end() :]).strip(" \t\n>`~")
                tex = _OPTION.sub(_labelled, tex).lstrip() if tex.startswith(":") else tex
                shown = self._put(tex, f"$$\n{tex}\n$$", display=True) if tex else ""
                self.pieces[at] = block[1] + shown
        if self.pieces and "$" in text:
            text = _TICKED.sub(self._put_ticked, text)
        return find_formulas(text, self.formulas.put)

    def refer(self, text: str, report: Report) -> str:
        """A text whose formulas are marked with their numbers where it refers to them; what refers to none
        is told.
        """

        def unknown(source: str, position: int) -> None:
            report.append((line_of(text, position, self), source))

        return self.formulas.refer(text, unknown)

    def _put_ticked(self, found: re.Match[str]) -> str:
        tex = self.pieces[int(found[1])].strip("` ")
        return self._put(tex, f"${tex}$", display=False) if tex else found[0]

    def _put(self, tex: str, source: str, *, display: bool) -> str:
        return self.formulas.put(Formula(tex=tex, display=display, source=source))

    def _hide_indented(self, text: str) -> str:
        lines: list[str] | None = None
        for first, end in reversed([*find_indented(text)]):
            lines = lines or text.split("\n")
            block = "\n".join(lines[first:end])
            bare = block.lstrip(" \t>")
            lines[first:end] = [block[: len(block) - len(bare)] + self.put(bare)]
        return text if lines is None else "\n".join(lines)

    def outdent(self, text: str) -> str:
        """A text in which nothing is code because it is indented, without what would make code of it."""
        lines: list[str] | None = None
        for first, end in find_indented(text, within_tags=True):
            lines = lines or text.split("\n")
            if any(self._is_indented_code(line) for line in lines[first:end]):
                continue
            indents = [indent_of(line) for line in lines[first:end] if line.strip()]
            lines[first:end] = [self.shift(line, "", min(indents)) for line in lines[first:end]]
        return text if lines is None else "\n".join(lines)

    def _is_indented_code(self, line: str) -> bool:
        """Whether a line is code that was masked because it is indented."""
        piece = self.single(line.strip(" \t>"))
        return piece is not None and not piece.startswith(("```", "~~~"))

    def _hide_spans(self, text: str) -> Iterator[str]:
        """The text with its elements of code masked, and its spans, whichever begins first."""
        done = at = 0
        ends = {name: _End(closing) for name, closing in _CLOSING.items()}
        while (found := _VERBATIM.search(text, at)) is not None:
            name = (found[3] or "").lower()
            if not name:
                yield text[done : found.start()]
                yield self.put(found[0])
                done = at = found.end()
                continue
            at = found.end()
            end = ends[name].after(text, at)
            if end is None or (name == "code" and ends[""].after(text, at) in range(at, end)):
                continue  # never closed, or not in its paragraph
            yield text[done:at]
            yield self.put(text[at:end])
            done = at = end
        yield text[done:]

    def _hide_fences(self, text: str) -> Iterator[str]:
        done = at = 0
        nexts = (_End(_TICKS), _End(_TILDES))
        while places := [one for one in (end.after(text, at) for end in nexts) if one is not None]:
            found = _FENCE.match(text, text.rfind("\n", 0, min(places)) + 1)
            if found is None or ("`" in found[1] and "`" in found[2]):
                at = (text.find("\n", min(places)) + 1) or len(text)
                continue
            start, end = found.start(), _find_end(text, found.end(), found[1])
            block = text[start:end]
            bare = block.lstrip(" \t")
            newline = "\n" if block.endswith("\n") else ""
            yield text[done : start + len(block) - len(bare)]
            yield self.put(bare.removesuffix("\n")) + newline
            done = at = end
        yield text[done:]


def _labelled(found: re.Match[str]) -> str:
    return f"\\label{{{found[2].strip()}}} " if found[1] in {"label", "name"} else ""


def _outdent(line: str, cut: int) -> str:
    """The line without as many columns of blanks, at most, at its beginning."""
    if not cut:
        return line
    bare = line.lstrip(" \t")
    return line[: len(line) - len(bare)].expandtabs(4)[cut:] + bare


def indent_of(line: str) -> int:
    """How many columns of blanks a line begins with."""
    wide = line.expandtabs(4)
    return len(wide) - len(wide.lstrip(" "))


def _find_end(text: str, start: int, fence: str) -> int:
    """Behind the line that closes the fence; an open one ends with the note."""
    found = _closing(fence[0], len(fence)).search(text, start)
    return found.end() if found else len(text)


@lru_cache(maxsize=64)
def _closing(mark: str, least: int) -> re.Pattern[str]:
    return re.compile(rf"^[ \t>]*{mark}{{{least},}}[ \t>]*(?:\n|\Z)", re.MULTILINE)


def tell(report: Report, found: re.Match[str], masks: Masks) -> None:
    """Keeps what is not known with its line, of the first twenty."""
    if len(report) < MOST_UNKNOWN:
        report.append((line_of(found.string, found.start(), masks), found[0]))


def line_of(text: str, position: int, masks: Masks) -> int:
    """The line, from 1, in the text as it was before masking."""
    before = masks.restore(text[:position])
    return masks.formulas.as_written(before).count("\n") + 1


def hide_formulas(body: str) -> tuple[str, Formulas]:
    """The body with marks for its formulas and nothing else changed."""
    masks = Masks(formulas=Formulas(body))
    if _MAY_BE_FORMULA.search(body) is None:  # as in most titles and summaries
        return body, masks.formulas
    return masks.restore(masks.hide_formulas(masks.hide_code(body))), masks.formulas
