"""Formulas as pictures that every mail program shows."""

from __future__ import annotations

import struct

import pytest

from mailer.compose.drawing import Undrawable, draw
from tests.worlds.rows import each

FRACTION = "<mrow><mfrac><mi>a</mi><mi>b</mi></mfrac></mrow>"


def test_a_picture_is_twice_as_large_as_it_is_shown() -> None:
    """A PNG, opaque, of exactly twice the sides that are told, so that it is sharp and never stretched."""
    png, width, height, depth = draw(FRACTION, display=True)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (2 * width, 2 * height)
    assert 0 < depth < height


def test_the_same_formula_is_the_same_picture() -> None:
    """A picture's name is that of its formula, so its octets do not change either."""
    assert draw(FRACTION, display=False) == draw(FRACTION, display=False)


@each(
    ("presentation", "reason"),
    [
        ("<mrow><mtext>日本</mtext></mrow>", "the font has no `日`"),
        ("<mrow><mi>a</mrow>", "it is no MathML"),
        (f"<mrow><mtext>{'x' * 900}</mtext></mrow>", "it is too large"),
        ("<mrow><mfrac><mi>a</mi></mfrac></mrow>", "it cannot be laid out"),
        ("<mrow>" * 900 + "</mrow>" * 900, "it cannot be laid out"),
        ("<mrow><mspace width='99999em'/></mrow>", "it is too large"),
    ],
)
def test_what_cannot_be_drawn_is_said(presentation: str, reason: str) -> None:
    """Letters that the font has not, what is no MathML, and what would be too large are refused."""
    with pytest.raises(Undrawable, match=reason):
        draw(presentation, display=True)
