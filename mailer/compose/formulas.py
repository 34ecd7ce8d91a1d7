"""Formulas in a mail: simple ones as letters with raised and lowered ones, others as pictures. Pure.

MathML → <i>x</i><sup>2</sup>, or <img> with its TeX as what is said instead of it
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element, ParseError, fromstring

from mailer.compose.drawing import STYLE, Undrawable, draw
from storage.model import FormulaPicture, Remark

MOST_PICTURES: Final = 300
"""Of one mail; more formulas than that are shown as TeX."""
MATHS: Final = "maths"
"""The code of the remark that a formula is shown as TeX."""

_MATH: Final = re.compile(
    r'<math( display="block")? alttext="([^"]*)"><semantics>(<mrow>.*?</mrow>)'
    r'<annotation encoding="application/x-tex">([^<]*)</annotation></semantics></math>',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula that has to be a picture."""

    presentation: str
    """MathML of one row."""
    display: bool
    """On a line of its own."""

    @property
    def digest(self) -> str:
        """Its name: of the formula, and of how it is drawn."""
        whole = f"{STYLE}:{self.display}:{self.presentation}"
        return hashlib.sha256(whole.encode()).hexdigest()[:32]


Pictures: TypeAlias = Callable[[Sequence[Formula]], Mapping[str, FormulaPicture]]
"""Gives the pictures of formulas, by digest; those that cannot be drawn are not in it."""


def draw_formulas(formulas: Iterable[Formula]) -> dict[str, FormulaPicture]:
    """Draws them; about 50 ms each, so never in an event loop."""
    drawn: dict[str, FormulaPicture] = {}
    for formula in formulas:
        try:
            png, width, height, depth = draw(formula.presentation, display=formula.display)
        except Undrawable:
            continue
        drawn[formula.digest] = FormulaPicture(
            digest=formula.digest, png=png, width=width, height=height, depth=depth
        )
    return drawn


def formula_url(site_url: str, digest: str) -> str:
    """Where the site serves a picture."""
    return f"{site_url}/media/maths/{digest}.png"


def show_formulas(html: str, site_url: str, pictures: Pictures) -> tuple[str, list[Remark]]:
    """The HTML as a mail program can show it, and a remark for each formula that stays TeX."""
    if "<math" not in html:
        return html, []
    wanted: dict[str, Formula] = {}
    for found in _MATH.finditer(html):
        if _spell(found[3]) is None and len(wanted) < MOST_PICTURES:
            formula = _formula(found)
            wanted[formula.digest] = formula
    drawn = pictures(tuple(wanted.values())) if wanted else {}
    remarks: list[Remark] = []

    def show(found: re.Match[str]) -> str:
        spelled = _spell(found[3])
        if spelled is not None:
            return _placed(spelled, display=bool(found[1]))
        picture = drawn.get(_formula(found).digest)
        tex = " ".join(unescape(found[4]).split())
        if picture is None:
            sentence = f"The formula `{tex[:60]}` cannot be drawn; the mail shows it as TeX."
            remarks.append(Remark(code=MATHS, sentence=sentence))
            return _placed(f"<code>{escape(tex)}</code>", display=bool(found[1]))
        shift = "" if found[1] else f' style="vertical-align: -{picture.depth}px"'
        return _placed(
            f'<img src="{formula_url(site_url, picture.digest)}" width="{picture.width}"'
            f' height="{picture.height}" alt="{escape(tex)}"{shift}>',
            display=bool(found[1]),
        )

    return _MATH.sub(show, html), remarks


def say_formulas(html: str) -> str:
    """The HTML with the words of each formula in its place: what a reader comes upon there."""
    return _MATH.sub(lambda found: escape(unescape(found[2])), html)


def _formula(found: re.Match[str]) -> Formula:
    return Formula(presentation=found[3], display=bool(found[1]))


def _placed(shown: str, *, display: bool) -> str:
    return f'<span class="displayed">{shown}</span>' if display else shown


# ── simple formulas ──────────────────────────────────────────────────────────────────────────

_LONGEST: Final = 60
_WHOLE: Final = 24
"""Characters that are not parted over two lines."""
_TIGHT: Final = frozenset("()[]{}|!/′.°%:⟨⟩∂∇∗*")
_LARGE: Final = frozenset("∑∏∫∬∭∮⋃⋂⨁⨂√")


class _Complex(Exception):
    """A formula that a line of letters cannot say."""


@lru_cache(maxsize=1024)
def _spell(presentation: str) -> str | None:
    """The formula as HTML of letters; None if it has to be a picture."""
    if len(presentation) > 40 * _LONGEST:
        return None
    try:
        pieces = _row([fromstring(presentation)])  # noqa: S314 - written by feeds/markdown/maths
    except (ParseError, _Complex):
        return None
    shown = re.sub(r"<[^>]*>", "", pieces)
    if not shown.strip() or len(shown) > _LONGEST:
        return None
    pieces = re.sub(" +", " ", pieces).strip()
    return f'<span class="whole">{pieces}</span>' if len(shown) <= _WHOLE else pieces


def _row(children: Sequence[Element]) -> str:
    """A sign at the beginning, or after another operator, belongs to what follows it; a name such as
    `sin` stands apart from letters.
    """
    pieces: list[str] = []
    signed, after_name = True, False
    for child in children:
        piece = _piece(child)
        operator = child.tag == "mo"
        if signed and operator:
            piece = piece.strip()
        named = _is_name(child)
        if pieces and not operator and not signed and (named or after_name):
            piece = f" {piece}"
        after_name = named
        signed = operator and (child.text or "") not in {")", "]", "}", "!", "|"}
        pieces.append(piece)
    return "".join(pieces)


def _gap(element: Element) -> str:
    """A blank, or as many as set the number of a formula apart from it."""
    wide = re.fullmatch(r"([1-4])(?:\.\d+)?em", element.get("width", ""))
    return "\u2003" * int(wide[1]) if wide else " "


def _piece(element: Element) -> str:
    match element.tag:
        case "mrow":
            return _row(list(element))
        case "mspace":
            return _gap(element)
        case "mn" | "mtext":
            return _letters(element)
        case "mi":
            letters = _letters(element)
            slanted = (
                len(letters) == 1 and letters.isalpha() and "mathvariant" not in element.attrib
            )
            return f"<i>{letters}</i>" if slanted and ord(letters) < 0x2100 else letters
        case "mo":
            return _operator(_letters(element))
        case "msup":
            return f"{_base(element)}<sup>{_script(element[1])}</sup>"
        case "msub":
            return f"{_base(element)}<sub>{_script(element[1])}</sub>"
        case "msubsup":
            over = f"<sup>{_script(element[2])}</sup>"
            return f"{_base(element)}<sub>{_script(element[1])}</sub>{over}"
    raise _Complex


def _base(element: Element) -> str:
    return _piece(element[0]).strip()


def _script(element: Element) -> str:
    """What is raised or lowered has nothing raised or lowered in it, and no blanks."""
    script = _piece(element).replace(" ", "")
    if "<su" in script or not script:
        raise _Complex
    return script


def _letters(element: Element) -> str:
    """Its text; letters outside of Unicode's first plane are in few readers' fonts."""
    text = element.text or ""
    if any(
        ord(one) > 0xFFFF or one in _LARGE or one == "\N{COMBINING LONG SOLIDUS OVERLAY}"
        for one in text
    ):
        raise _Complex
    return escape(text, quote=False)


def _operator(sign: str) -> str:
    if sign in {",", ";"}:
        return f"{sign} "
    if sign == "-":
        return " − "
    if sign in _TIGHT or sign.isalpha() or sign == "\u2061":
        return sign
    return f" {sign} "


def _is_name(element: Element) -> bool:
    base = element[0] if element.tag in {"msub", "msup", "msubsup"} else element
    return base.tag == "mi" and len(base.text or "") > 1
