"""What of a title can be drawn with the fonts that come along."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from newsletter.drawing import poster
from tests.worlds.rows import each


@pytest.fixture(autouse=True)
def only_our_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of this machine, which may have emoji."""
    monkeypatch.setattr(poster, "_FOLDERS", ())
    poster._installed.cache_clear()


@each(
    ("title", "drawn"),
    [
        ("A lamp & the sea", "A lamp & the sea"),
        ("Lamps \U0001f526 and \U0001f30a at night \U0001fa7b", "Lamps and at night"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 Family \U0001f44b\U0001f3fd", "Family"),
        ("Step 1\ufe0f\u20e3", "Step 1"),
        ("\U0001f1e9\U0001f1ea Maße", "Maße"),
        ("\U0001f526\U0001f30a", ""),
        ("\u706f\u53f0 \U0001f526", ""),
    ],
)
def test_what_no_font_has_of_pictures_is_left_out(title: str, drawn: str) -> None:
    """The words around emoji, flags and keycaps are drawn; of letters all or none."""
    assert poster.drawable(title, "en") == drawn


def draw(title: str) -> Image.Image:
    """The preview picture, from left to right."""
    drawn = poster.draw(
        title, "Notes", ink="#ffffff", ground="#1a5fb4", is_rtl=False, language="en"
    )
    return Image.open(BytesIO(drawn)).convert("RGB")


def test_a_picture_has_its_two_colours_and_what_is_between() -> None:
    """The ground around and the ink in the letters as they were asked for, and no other hue."""
    picture = draw("Lamps")
    assert picture.size == (poster.WIDE, poster.HIGH)
    counted = {colour: count for count, colour in picture.getcolors() or []}
    assert max(counted, key=lambda colour: counted[colour]) == (0x1A, 0x5F, 0xB4)
    assert counted[255, 255, 255] > 1000
    for red, green, blue in counted:
        share = (red - 0x1A) / (255 - 0x1A)
        assert abs(0x5F + share * (255 - 0x5F) - green) <= 1
        assert abs(0xB4 + share * (255 - 0xB4) - blue) <= 1


def test_fonts_of_the_machine_are_looked_for_only_when_ours_lack_a_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thousands of files may lie there, and each picture is drawn by a process of its own."""
    asked: list[str] = []
    monkeypatch.setattr(poster, "_files", lambda: iter(asked.append("asked") or ()))
    draw("Lamps")
    assert asked == []
    draw("\u706f\u53f0")
    assert asked == ["asked"]
