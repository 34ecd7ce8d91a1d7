r"""TeX → MathML, by latex2mathml and nobody else: the only door to it. Pure.

The converter's tree is written anew with the elements and attributes that are named here, so that
nothing of an author's, such as `\href{javascript:…}`, gets to be markup. What browsers show is MathML Core:
letters of other alphabets are written as the characters they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape, unescape
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element

from feeds.markdown.maths.finding import ENVIRONMENTS, LONGEST, Formula
from storage.model import guard

DEEPEST: Final = 40
"""Braces, environments and brackets within each other."""
LARGEST: Final = 60_000
"""Characters of MathML of one formula."""

_TAGS: Final = frozenset(
    [
        "mrow",
        "mi",
        "mn",
        "mo",
        "mtext",
        "mspace",
        "mfrac",
        "msqrt",
        "mroot",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mtable",
        "mtr",
        "mtd",
        "mstyle",
        "mpadded",
        "mphantom",
        "menclose",
    ]
)
_LENGTH: Final = r"[+-]?\d{0,3}(?:\.\d{1,4})?(?:em|ex|px|pt|mu|in|cm|mm|%)?"
_TRUTH: Final = "true|false"
_ATTRIBUTES: Final = MappingProxyType(
    {
        **dict.fromkeys(
            ("stretchy", "fence", "separator", "accent", "accentunder", "movablelimits", "largeop",
             "symmetric", "displaystyle"), _TRUTH
        ),
        **dict.fromkeys(
            ("width", "height", "depth", "lspace", "rspace", "voffset", "minsize", "maxsize",
             "linethickness"), _LENGTH
        ),
        **dict.fromkeys(("columnspacing", "rowspacing"), rf"{_LENGTH}(?: {_LENGTH}){{0,40}}"),
        **dict.fromkeys(("columnlines", "rowlines"), "(?:solid|dashed|none)(?: (?:solid|dashed|none)){0,40}"),
        "columnalign": "left|right|center",
        "form": "prefix|infix|postfix",
        "scriptlevel": r"[+-]?[0-3]",
        "mathcolor": "[a-z]{3,20}|#[0-9a-fA-F]{3,6}",
        "notation": "[a-z]{1,20}(?: [a-z]{1,20}){0,5}",
    }
)  # fmt: skip
_ALLOWED: Final = {name: re.compile(pattern) for name, pattern in _ATTRIBUTES.items()}

_DEFINES: Final = re.compile(
    r"\\(?:(?:re|provide)?newcommand|def|newenvironment|DeclareMathOperator|let)\b"
)
_SILENT: Final = re.compile(
    r"\\(?:(?:label|require)\s*\{[^{}]*\}|nonumber\b|notag\b|allowbreak\b|displaylimits\b)"
)
_WRAPPER: Final = re.compile(
    r"\s*\\begin\{(equation\*?|displaymath|math)\}(.*)\\end\{\1\}\s*", re.DOTALL
)
_ENVIRONMENT: Final = re.compile(r"\\(begin|end)\{([A-Za-z]+\*?)\}(\s*\{\d\})?")
_BEGIN: Final = re.compile(r"\\begin\s*\{([^{}]{0,40}?)\*?\}")
_ENVIRONMENTS: Final = frozenset({*ENVIRONMENTS, "rcases", "substack"})
_ROWS: Final = frozenset(
    {"aligned", "alignedat", "align", "alignat", "split", "flalign", "eqnarray"}
)
_CENTRED: Final = frozenset({"gather", "gathered", "multline"})
_RENAMED: Final = {
    r"\lvert": r"\vert", r"\rvert": r"\vert", r"\lVert": r"\Vert", r"\rVert": r"\Vert",
    r"\coloneqq": r"\mathrel{:=}", r"\eqqcolon": r"\mathrel{=:}", r"\dd": r"\mathrm{d}",
    r"\Tr": r"\operatorname{Tr}", r"\tr": r"\operatorname{tr}", r"\argmax": r"\operatorname*{arg max}",
    r"\argmin": r"\operatorname*{arg min}", r"\implies": r"\Longrightarrow", r"\iff": r"\Longleftrightarrow",
    r"\impliedby": r"\Longleftarrow", r"\R": r"\mathbb{R}", r"\N": r"\mathbb{N}", r"\Z": r"\mathbb{Z}",
    r"\Q": r"\mathbb{Q}", r"\dotsb": r"\cdots", r"\dotsm": r"\cdots",
}  # fmt: skip
_COMMAND: Final = re.compile(r"\\[A-Za-z]+")
_TAG: Final = re.compile(r"\\tag(\*?)\s*\{")


class Unreadable(Exception):
    """A formula that cannot be shown as MathML; says why, as the end of a sentence."""


@lru_cache(maxsize=1024)
def read_tex(tex: str, *, display: bool) -> Element:
    """The presentation of a formula as the converter's tree, to be read and not changed.

    Raises Unreadable, in bounded time, for what is too long or deep, has an unknown command in it, or
    is no TeX.
    """
    if len(tex) > LONGEST:
        raise Unreadable(f"it has more than {LONGEST} characters")
    if _depth(tex) > DEEPEST:
        raise Unreadable(f"it is nested more than {DEEPEST} deep")
    if _DEFINES.search(tex):
        raise Unreadable("commands cannot be defined")
    for name in _BEGIN.findall(tex):
        if name not in _ENVIRONMENTS:
            raise Unreadable(f"the environment `{name}` is not known")
    ready = _prepare(tex)
    tree = _convert(ready, display=display)
    if _has_rows(tree):
        tree = _convert(rf"\begin{{align*}}{ready}\end{{align*}}", display=display)
    _refuse(tree)
    if (
        any(f"{{{name}" in tex for name in _CENTRED)
        and (table := tree.find(".//mtable")) is not None
    ):
        table.set("displaystyle", "true")
    return tree


def write_math(formula: Formula, tree: Element, plain: str) -> str:
    """The `math` element of a formula, its TeX in it and what a line of text says instead. Raises
    Unreadable if that is too large.
    """
    body = "".join(_write(tree))
    if len(body) > LARGEST:
        raise Unreadable("it is too large")
    display = ' display="block"' if formula.display else ""
    tex = escape(guard(formula.tex), quote=False)
    return (
        f'<math{display} alttext="{escape(guard(plain))}"><semantics>'
        f"<mrow>{body}</mrow>"
        f'<annotation encoding="application/x-tex">{tex}</annotation></semantics></math>'
    )


def text_of(element: Element) -> str:
    """What an element of the tree shows itself; the converter escapes some characters of it."""
    return unescape(element.text or "")


# ── TeX that the converter understands ───────────────────────────────────────────────────────


def _prepare(tex: str) -> str:
    """The formula in the words that the converter knows."""
    if (wrapped := _WRAPPER.fullmatch(tex)) is not None:
        tex = wrapped[2]
    tex = _SILENT.sub("", tex)
    tex = _COMMAND.sub(lambda found: _rename(found[0]), tex)
    return _TAG.sub(r"\\qquad\\tag\1{", _ENVIRONMENT.sub(_environment, tex))


def _rename(command: str) -> str:
    """The converter's name for a command, with a blank that ends it and shows as nothing."""
    known = _RENAMED.get(command)
    return command if known is None else f"{known} "


def _environment(found: re.Match[str]) -> str:
    edge, name = found[1], found[2].rstrip("*")
    if name in _ROWS:
        return rf"\{edge}{{align*}}"
    if name in _CENTRED:
        return rf"\{edge}{{matrix}}"
    if name == "dcases":
        return rf"\{edge}{{cases}}" + (found[3] or "")
    if name == "rcases":
        return r"\left.\begin{array}{ll}" if edge == "begin" else r"\end{array}\right\}"
    return found[0]


def _depth(tex: str) -> int:
    depth = deepest = 0
    for found in re.finditer(
        r"\\[{}]|[{}]|\\(left|right|begin|end|sqrt|over|not)\b|[\^_]\s*\\", tex
    ):
        if found[0] in {"{", r"\left", r"\begin", r"\sqrt", r"\over", r"\not"}:
            depth += 1
        elif found[0] in {"}", r"\right", r"\end"}:
            depth -= 1
        deepest = max(deepest, depth)
    return deepest


def _convert(tex: str, *, display: bool) -> Element:
    from latex2mathml.converter import Converter

    try:
        return Converter(display="block" if display else "inline").convert_to_element(tex)[0]
    except RecursionError:
        raise Unreadable("it is nested too deep") from None
    except Exception as error:
        raise Unreadable("it is not complete TeX") from error


def _has_rows(tree: Element) -> bool:
    r"""Whether a line ends, or a column, where there is no table: `a &= b \\ c &= d`."""
    return any(
        (one.tag == "mspace" and one.get("linebreak")) or (one.tag == "mi" and one.text == "&")
        for one in tree.iter()
    )


def _refuse(tree: Element) -> None:
    for one in tree.iter():
        shown = text_of(one)
        if one.tag != "mtext" and shown.startswith("\\") and len(shown) > 1:
            raise Unreadable(f"`{shown[:40]}` is not known")
        if one.tag == "mi" and one.text == "&":
            raise Unreadable("there is an & outside a table")


# ── MathML ───────────────────────────────────────────────────────────────────────────────────


def _write(element: Element) -> Iterator[str]:
    tag = element.tag if element.tag in _TAGS else "mrow"
    yield f"<{tag}{''.join(_attributes(element))}>"
    variant = element.get("mathvariant") or ""
    yield escape(guard(_letters(text_of(element), variant)), quote=False)
    before: Element | None = None
    for child in element:
        if tag == "mrow" and before is not None and _stand_apart(before, child):
            yield '<mspace width="0.167em"></mspace>'
        yield from _write(child)
        before = child
    yield f"</{tag}>"


def _stand_apart(left: Element, right: Element) -> bool:
    """Whether one is a name, such as `sin`, and the other a letter, a number or a name."""
    bases = [one[0] if one.tag.startswith("msu") and len(one) else one for one in (left, right)]
    named = any(one.tag == "mi" and len(text_of(one)) > 1 for one in bases)
    return named and all(one.tag in {"mi", "mn"} for one in bases)


def _attributes(element: Element) -> Iterator[str]:
    for name, value in element.attrib.items():
        known = _ALLOWED.get(name)
        if known is not None and known.fullmatch(value):
            yield f' {name}="{value}"'
    if element.get("mathvariant") == "normal" and element.tag == "mi":
        yield ' mathvariant="normal"'


_ALPHABETS: Final = {
    "bold": (0x1D400, 0x1D41A, 0x1D7CE),
    "italic": (0x1D434, 0x1D44E, 0),
    "bold-italic": (0x1D468, 0x1D482, 0),
    "script": (0x1D49C, 0x1D4B6, 0),
    "fraktur": (0x1D504, 0x1D51E, 0),
    "double-struck": (0x1D538, 0x1D552, 0x1D7D8),
    "sans-serif": (0x1D5A0, 0x1D5BA, 0x1D7E2),
    "sans-serif-italic": (0x1D608, 0x1D622, 0),
    "monospace": (0x1D670, 0x1D68A, 0x1D7F6),
}
"""Where capitals, small letters and digits begin (Unicode, Mathematical Alphanumeric Symbols)."""
_ELSEWHERE: Final = {
    0x1D455: "ℎ", 0x1D49D: "ℬ", 0x1D4A0: "ℰ", 0x1D4A1: "ℱ", 0x1D4A3: "ℋ", 0x1D4A4: "ℐ",
    0x1D4A7: "ℒ", 0x1D4A8: "ℳ", 0x1D4AD: "ℛ", 0x1D4BA: "ℯ", 0x1D4BC: "ℊ", 0x1D4C4: "ℴ",
    0x1D506: "ℭ", 0x1D50B: "ℌ", 0x1D50C: "ℑ", 0x1D515: "ℜ", 0x1D51D: "ℨ", 0x1D53A: "ℂ",
    0x1D53F: "ℍ", 0x1D545: "ℕ", 0x1D547: "ℙ", 0x1D548: "ℚ", 0x1D549: "ℝ", 0x1D551: "ℤ",
}  # fmt: skip
"""Letters that Unicode had before, so that their places there are empty."""


def _letters(text: str, variant: str) -> str:
    """The text in another alphabet, which MathML Core knows by its characters only."""
    if variant not in _ALPHABETS:
        return text
    return "".join(_letter(one, *_ALPHABETS[variant]) for one in text)


def _letter(one: str, capital: int, small: int, digit: int) -> str:
    for first, last, start in (("A", "Z", capital), ("a", "z", small), ("0", "9", digit)):
        if first <= one <= last and start:
            code = start + ord(one) - ord(first)
            return _ELSEWHERE.get(code, chr(code))
    return one
