"""Characters that no feed, mail or page may carry are gone, and all others stay."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from feeds.markdown import clean_text

BREAKS = "\x0b\x0c\x85\u2028\u2029"


def is_for_xml(character: str) -> bool:
    """The Char production of XML 1.0 (2.2), without C1 controls and the noncharacters of the first plane."""
    code = ord(character)
    if character in "\t\n":
        return True
    if unicodedata.category(character) in {"Cc", "Cs"}:
        return False
    return not (0xFDD0 <= code <= 0xFDEF or code in {0xFFFE, 0xFFFF})


def expected(character: str) -> str:
    """What becomes of a character."""
    if character in BREAKS:
        return " "
    return "\n" if character == "\r" else character if is_for_xml(character) else ""


def test_each_character_is_kept_or_taken_out() -> None:
    """Of all of Unicode's first plane, what XML can carry stays as it is, ends of lines become usual ones, the rest is
    gone.
    """
    plane = list(map(chr, range(0x10000)))
    wrong = [f"U+{ord(one):04X}" for one in plane if clean_text(one) != expected(one)]
    assert not wrong


def test_all_of_the_other_planes_is_kept() -> None:
    """Nothing of what was added to Unicode later is taken out: emoji, rare signs of China, musical notes."""
    planes = "".join(map(chr, range(0x10000, 0x110000)))
    assert clean_text(planes) == planes


@given(st.text())
def test_a_text_is_cleaned_character_by_character(text: str) -> None:
    """Whatever stands beside it, a character becomes what it becomes alone; only CR LF is one end of a line."""
    alone = "".join(clean_text(one) for one in text.replace("\r\n", "\n"))
    assert clean_text(text) == alone
