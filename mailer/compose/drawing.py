"""MathML → a picture that every mail program shows. Pure; the only door to ziamath and resvg.

Mail programs show neither MathML nor SVG. What they show is a PNG, twice as large as its attributes say so
that it is sharp. It stands on a light plate, since in the dark a mail's words turn light and a picture's do
not. Both libraries are loaded when the first formula is drawn.
"""

from __future__ import annotations

import threading
import warnings
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, ParseError, fromstring, tostring

from storage.model import LIGHT

if TYPE_CHECKING:
    from ziamath.zmath import Math

STYLE: Final = "2"
"""Raised when the same formula would be drawn differently: part of a picture's name."""

_SIZE: Final = 18.0
"""Pixels of the letters, beside text of 17 (templates/mail.css)."""
_INK, _PLATE = LIGHT["ink"], LIGHT["paper"]
"""The colours of the mail in daylight: there the plate is not to be seen."""
_SCALE: Final = 2
_MOST_WIDE, _MOST_HIGH = 1600, 1600
_EDGE_X, _EDGE_Y = 4, 3

_lock = threading.Lock()
"""ziamath keeps its fonts and settings in globals."""


class Undrawable(Exception):
    """A formula that cannot be drawn; says why, as the end of a sentence."""


def draw(presentation: str, *, display: bool) -> tuple[bytes, int, int, int]:
    """A PNG, its width and height as it is to be shown, and how much of that is below the line.

    Raises Undrawable for what is too large, has letters that the font has not, or cannot be laid out.
    """
    from resvg_py import svg_to_bytes

    try:
        with _lock:
            svg, width, height, depth = _lay_out(presentation, display=display)
        png = bytes(
            svg_to_bytes(svg_string=svg, zoom=_SCALE, background=_PLATE, skip_system_fonts=True)
        )
    except Undrawable:
        raise
    except (Exception, RecursionError) as error:
        raise Undrawable("it cannot be laid out") from error
    return png, width, height, depth


def _lay_out(presentation: str, *, display: bool) -> tuple[str, int, int, int]:
    """The SVG, its width and height, and how much of it is below the line."""
    root = Element("math", {"display": "block" if display else "inline"})
    try:
        root.append(fromstring(presentation))  # noqa: S314 - written by feeds/markdown/maths
    except ParseError as error:
        raise Undrawable("it is no MathML") from error
    math = _load()(root, size=_SIZE, margin=0)
    _refuse_letters(root, math.font)
    box = math.node.bbox
    left, top = box.xmin - _EDGE_X, -box.ymax - _EDGE_Y
    width = ceil(box.xmax - box.xmin + 2 * _EDGE_X)
    height = ceil(box.ymax - box.ymin + 2 * _EDGE_Y)
    if not (0 < width <= _MOST_WIDE and 0 < height <= _MOST_HIGH):
        raise Undrawable("it is too large")
    svg = math.svgxml()
    svg.attrib |= {
        "width": str(width),
        "height": str(height),
        "viewBox": f"{left:.3f} {top:.3f} {width} {height}",
        "fill": _INK,
    }
    return tostring(svg, encoding="unicode"), width, height, ceil(-box.ymin + _EDGE_Y)


@lru_cache(maxsize=1)
def _load() -> type[Math]:
    # It finds its font by a function that Python 3.11 advises against.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from ziamath.zmath import Math
    return Math


def _refuse_letters(root: Element, font: object) -> None:
    """Raises Undrawable for a letter that the font has not: it has those of mathematics only."""
    for one in root.iter():
        for letter in (one.text or "").strip():
            if not letter.isspace() and not font.glyphindex(letter):  # type: ignore[attr-defined]
                raise Undrawable(f"the font has no `{letter}`")
