"""A simple formula as plain Unicode: `n²`, `a₁ ≤ b`, `α + β`. Pure.

For titles, summaries and subjects, where nothing but characters can stand.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize
from xml.etree.ElementTree import Element

from feeds.markdown.maths.mathml import Unreadable, read_tex, text_of

_RAISED: Final = dict(
    zip("0123456789+−-=()abcdefghijklmnoprstuvwxyz*′", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ*′", strict=True)
)  # fmt: skip
_LOWERED: Final = dict(zip("0123456789+−-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))  # fmt: skip
_ACCENTS: Final = {
    "^": "\u0302", "~": "\u0303", "\u00af": "\u0304", "\u2015": "\u0305", "\u2192": "\u20d7", "\u02d9": "\u0307",
    "\u00a8": "\u0308", "\u02c7": "\u030c", "\u02d8": "\u0306",
}  # fmt: skip
"""Signs over a letter, and as a letter carries them: `ŷ`."""
_STRUCK: Final = re.compile(r"⧸ ?(\S)")
_LONGEST: Final = 60
_TIGHT: Final = frozenset("()[]{}|‖!/′.°%∗*:⟨⟩∑∏∫∂∇√¬∀∃")
"""Operators with no blank around them; a comma has one after it."""


def plain_formula(tex: str) -> str:
    """The formula in Unicode if it is simple, else its TeX on one line."""
    try:
        plain = "".join(_plain(read_tex(tex, display=False)).split("\u2061"))
    except (Unreadable, _Complex):
        plain = ""
    plain = " ".join(_STRUCK.sub(_strike, plain).split())
    return plain if 0 < len(plain) <= _LONGEST else " ".join(tex.split())


def _strike(found: re.Match[str]) -> str:
    r"""`\not=` is one sign."""
    return f" {normalize('NFC', found[1] + chr(0x338))} "


class _Complex(Exception):
    """A formula that a line of characters cannot say."""


def _plain(element: Element) -> str:
    match element.tag:
        case "mi" | "mn" | "mtext":
            return _leaf(element)
        case "mo":
            return _operator(text_of(element))
        case "mspace":
            return " "
        case "mrow" | "mstyle" | "mpadded":
            return _row(list(element))
        case "msup":
            return _plain(element[0]) + _shifted(element[1], _RAISED)
        case "msub":
            return _plain(element[0]) + _shifted(element[1], _LOWERED)
        case "msubsup":
            under, over = _shifted(element[1], _LOWERED), _shifted(element[2], _RAISED)
            return _plain(element[0]) + under + over
        case "mover":
            return _accented(_plain(element[0]), text_of(element[1]))
    raise _Complex


def _accented(letter: str, sign: str) -> str:
    if len(letter) != 1 or not letter.isalpha() or sign not in _ACCENTS:
        raise _Complex
    return normalize("NFC", letter + _ACCENTS[sign])


def _leaf(element: Element) -> str:
    if (element.get("mathvariant") or "normal") not in {"normal", "italic"}:
        raise _Complex
    return text_of(element)


def _row(children: list[Element]) -> str:
    """A sign at the beginning, or after another operator, belongs to what follows it; a name such as
    `sin` stands apart from letters.
    """
    pieces: list[str] = []
    signed, after_name = True, False
    for child in children:
        piece = _plain(child)
        if signed and child.tag == "mo":
            piece = piece.strip()
        named, before = _is_name(child), pieces[-1][-1:] if pieces else ""
        if (named or (after_name and child.tag != "mo")) and before.isalnum():
            piece = f" {piece}"
        after_name = named
        signed = child.tag == "mo" and text_of(child) not in {")", "]", "}", "!", "|"}
        pieces.append(piece)
    return "".join(pieces)


def _is_name(element: Element) -> bool:
    base = element[0] if element.tag in {"msub", "msup", "msubsup", "mover"} else element
    return base.tag in {"mi", "mo"} and len(text_of(base)) > 1 and text_of(base).isalpha()


def _operator(sign: str) -> str:
    if sign in {",", ";"}:
        return f"{sign} "
    if sign in {"-", "−"}:
        return " − "
    if sign == "mod":
        return " mod "
    if len(sign) > 1 or sign in _TIGHT or sign.isalpha():
        return sign
    return f" {sign} "


def _shifted(element: Element, alphabet: dict[str, str]) -> str:
    text = _plain(element).replace(" ", "")
    if not text or any(one not in alphabet for one in text):
        raise _Complex
    return "".join(alphabet[one] for one in text)
