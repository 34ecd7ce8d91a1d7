r"""Formulas that a text refers to get numbers: `\label` and `\eqref`, bookdown's and pandoc's ways of both. Pure.

    \begin{equation} a = b \label{eq:x} \end{equation}   … by \eqref{eq:x}   →   a = b   (1)   … by (1)

A formula that nobody refers to has no number, and one with a `\tag` of its own is called by that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from feeds.markdown.maths.finding import Formula

_LABEL: Final = re.compile(r"[ \t]*(?:\\label\s*\{([^{}\n]{1,200})\}|\(\\#(eq:[\w:.-]{1,200})\))")
"""TeX's, and bookdown's."""
_TAG: Final = re.compile(r"\\tag\*?\s*\{([^{}\n]{0,100})\}")
_EDGE: Final = re.compile(r"\\(?:(begin)|(end))\{|\\\\")
_REFERENCE: Final = re.compile(
    r"\\(?:(ref)|(?:eq|auto|[cCv])ref)\*?\s*\{([^{}\n]{1,200})\}|\\@ref\(([\w:.-]{1,200})\)"
)
_PANDOC: Final = re.compile(r"\[?(?<![\w@\\/])@(eq[:-][\w:-]{0,199}\w)\]?")
_LOOSE_LABEL: Final = re.compile(r"\\label\s*\{[^{}\n]{1,200}\}")


def may_refer(text: str) -> bool:
    """Whether a text has anything to do here, quick to tell."""
    return "ref{" in text or "@ref(" in text or "@eq" in text or "\\label" in text


def number(
    formulas: Iterable[Formula], named: Mapping[int, str], text: str
) -> tuple[list[Formula], dict[str, str]]:
    """The formulas, those that `text` or one of them refers to with their numbers, and what each label is
    called by. `named` has the names that stand behind a formula, by its place.
    """
    found = list(formulas)
    wanted = set(_wanted(text))
    for one in found:
        wanted.update(_wanted(one.tex))
    called: dict[str, str] = {}
    following = 1
    for at, one in enumerate(found):
        labels = [label[1] or label[2] for label in _LABEL.finditer(one.tex)]
        tex, source = one.tex, one.source
        if (name := named.get(at)) in wanted and name is not None:
            called[name], following = str(following), following + 1
            tex, source = (_put_last(form, f"\\tag{{{called[name]}}}") for form in (tex, source))
        for label in labels:
            tag = _own_tag(tex, label)
            if label in wanted and label not in called:
                called[label] = tag or str(following)
                following += not tag
            shown = f"\\tag{{{called[label]}}}" if label in called and not tag else ""
            tex, source = (_put(form, label, shown) for form in (tex, source))
        found[at] = replace(one, tex=tex, source=source)
    return [_settle(one, called) for one in found], called


def refer(text: str, called: Mapping[str, str], unknown: Callable[[str, int], None]) -> str:
    """The text with numbers for references; `unknown` is told of one that leads to no formula, and where."""

    def replaced(found: re.Match[str]) -> str:
        label = (found[2] or found[3]).strip()
        if label not in called:
            unknown(found[0], found.start())
            return ""
        return called[label] if found[1] else f"({called[label]})"

    text = _REFERENCE.sub(replaced, text)
    text = _PANDOC.sub(
        lambda found: f"({called[found[1]]})" if found[1] in called else found[0], text
    )
    return _LOOSE_LABEL.sub("", text) if "\\label" in text else text


def _wanted(text: str) -> Iterable[str]:
    if "ref" in text:
        yield from ((one[1] or one[2]).strip() for one in _REFERENCE.findall(text))
    if "@eq" in text:
        yield from _PANDOC.findall(text)


def _own_tag(tex: str, label: str) -> str:
    """What the row of a label is tagged with by its author."""
    found = next(one for one in _LABEL.finditer(tex) if label in {one[1], one[2]})
    start = tex.rfind("\\\\", 0, found.start()) + 1
    tag = _TAG.search(tex, start, _end_of_row(tex, found.end()))
    return tag[1] if tag else ""


def _put(form: str, label: str, shown: str) -> str:
    """A formula with `shown` at the end of the row that has a label, and without that."""
    found = next((one for one in _LABEL.finditer(form) if label in {one[1], one[2]}), None)
    if found is None:
        return form
    end = _end_of_row(form, found.end())
    rest = form[found.end() : end]
    bare = rest.rstrip()
    return f"{form[: found.start()]}{bare}{shown and ' '}{shown}{rest[len(bare) :]}{form[end:]}"


def _end_of_row(form: str, start: int) -> int:
    """Where the row that goes on at `start` ends: at a line's end, or its environment's, not one within it."""
    depth = 0
    for found in _EDGE.finditer(form, start):
        if found[1]:
            depth += 1
        elif depth == 0:
            return found.start()
        elif found[2]:
            depth -= 1
    return _end_of(form, start)


def _end_of(form: str, start: int = 0) -> int:
    """Where a formula's content ends, its delimiters not counted."""
    for closing in ("$$", "\\]", "$", "\\)"):
        if form.endswith(closing) and len(form) - len(closing) >= start:
            return len(form) - len(closing)
    return len(form)


def _put_last(form: str, shown: str) -> str:
    end = form.rfind("\\end{") if form.endswith("}") and form.startswith("\\begin{") else -1
    end = end if end > 0 else _end_of(form)
    bare = form[:end].rstrip()
    return f"{bare} {shown}{form[len(bare) :]}"


def _settle(one: Formula, called: Mapping[str, str]) -> Formula:
    """A formula that refers to others, with their numbers as words."""
    if "ref" not in one.tex:
        return one

    def replaced(found: re.Match[str]) -> str:
        label = (found[2] or found[3]).strip()
        if label not in called:
            return found[0]
        return called[label] if found[1] else f"({called[label]})"

    return replace(
        one,
        tex=_REFERENCE.sub(lambda found: _as_text(found[0], replaced(found)), one.tex),
        source=_REFERENCE.sub(replaced, one.source),
    )


def _as_text(before: str, after: str) -> str:
    return before if before == after else f"\\text{{{after}}}"
