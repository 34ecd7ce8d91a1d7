"""The palette, and an author's accent in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.model.colours import DARK, LIGHT, contrast, palette_of, parse_colour
from tests.worlds.rows import each

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21:1, and anything on itself 1:1."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_all_that_is_read_can_be_read(scheme: dict[str, str]) -> None:
    """Every colour of text is 4.5:1 or more, on paper and on what is washed (WCAG 1.4.3)."""
    for name, colour in scheme.items():
        if name in {"ink", "quiet", "soft", "accent"} or name.startswith("code-"):
            for ground in ("paper", "wash"):
                assert contrast(colour, scheme[ground]) >= 4.5, (name, ground)
    assert contrast(scheme["on-accent"], scheme["accent"]) >= 4.5
    assert contrast(scheme["on-mark"], scheme["mark"]) >= 4.5


@given(COLOURS)
def test_any_accent_can_be_read(accent: str) -> None:
    """Whatever colour an author takes: links, and the words on buttons, by day and by night."""
    palette = palette_of.__wrapped__(accent)
    for scheme in (palette.light, palette.dark):
        for ground in ("paper", "wash", "on-accent"):
            assert contrast(scheme["accent"], scheme[ground]) >= 4.5


def test_an_accent_that_can_be_read_stays() -> None:
    """By day it is the author's own."""
    assert palette_of("#7a1f5c").light["accent"] == "#7a1f5c"
    assert palette_of("#ffcc00").light["accent"] != "#ffcc00"
    assert palette_of("").light == LIGHT


@pytest.mark.parametrize(("text", "read"), [("#0B5", "#00bb55"), (" #0b5563 ", "#0b5563")])
def test_a_colour_is_read_as_people_write_it(text: str, read: str) -> None:
    """Short or long."""
    assert parse_colour(text) == read


@each("text", ["", "teal", "0b5563", "#12", "#12345", "#0b5563;}", "#gggggg"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    """It stands in style sheets, and nothing else may."""
    with pytest.raises(ValueError, match="must be a colour"):
        parse_colour(text)
