"""What all mails have in common: their style sheets."""

from __future__ import annotations

import pytest

from mailer.compose import layout
from storage.model import palette_of


@pytest.mark.parametrize("accent", ["", "#aa3311"])
def test_every_place_of_a_style_sheet_gets_its_colour(accent: str) -> None:
    """They are no templates: a loop or a misspelt place would reach readers as it is written."""
    palette = palette_of(accent)
    light = layout._style("mail.css", palette.light)
    dark = layout._style("dark.css", palette.dark)
    assert palette.light["accent"] in light
    assert palette.dark["accent"] in dark
    assert not [mark for mark in ("{{", "{%", "}}") if mark in light + dark]
