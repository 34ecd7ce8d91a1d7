"""Which way a text is written that does not say in which language it is."""

from __future__ import annotations

from storage.model.direction import direction_seen
from tests.worlds.rows import each

ENGLISH = "The lamp does one thing each night. "
ARABIC = "تفعل المنارة شيئًا واحدًا كل ليلة. "


@each(
    ("title", "text", "seen"),
    [
        ("On lamps", ENGLISH, "ltr"),
        ("المنارة", ARABIC, "rtl"),
        ("מגדלור", "המנורה עושה דבר אחד.", "rtl"),
        ("灯台", "灯台は毎晩ひとつのことだけをする。", "ltr"),
        ("2026", ENGLISH, "ltr"),
        ("2026", ARABIC, "rtl"),
        ("On lamps", "", "ltr"),
        ("المنارة", "", "rtl"),
        ("", "", ""),
        ("1", "2 + 3", ""),
        ("المنارة", ENGLISH * 9, ""),
        ("On lamps", ARABIC * 9, ""),
        ("Linux على المنارة", ENGLISH, ""),
        ("On lamps", ENGLISH + ARABIC, ""),
        ("On lamps", ENGLISH * 20 + "المنارة", "ltr"),
        ("المنارة", ARABIC * 20 + "lamp", "rtl"),
        ("On lamps", ENGLISH * 60 + ARABIC * 60, "ltr"),
    ],
)
def test_a_text_says_itself_which_way_it_is_written(title: str, text: str, seen: str) -> None:
    """Where nearly all letters agree, and its title with them; code or a name within it changes nothing."""
    assert direction_seen(title, text) == seen
