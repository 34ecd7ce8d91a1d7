"""What of a title can be drawn with the fonts that come along."""

from __future__ import annotations

import pytest

from newsletter.drawing import poster
from tests.worlds.rows import each


@pytest.fixture(autouse=True)
def only_our_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of this machine, which may have emoji."""
    monkeypatch.setattr(poster, "_FOLDERS", ())
    poster._fonts.cache_clear()


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
