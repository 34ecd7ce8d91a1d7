"""Quotations from what was found: the place, the marks, the cuts."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from newsletter.searching import Piece, quote
from storage.model.terms import read_query, seek
from tests.worlds.rows import each


def hits(text: str, query: str) -> list[str]:
    """What is marked."""
    return [piece.text for piece in quote(text, seek(read_query(query))) if piece.is_hit]


@each(
    ("text", "query", "marked"),
    [
        ("Tea and TEAPOTS, not steak", "tea", ["Tea", "TEAPOTS"]),
        ("Un Café noir", "cafe", ["Café"]),
        ("Café in another spelling: Cafe\u0301", "café", ["Café", "Café"]),
        ("日本語の本です", "本", ["本", "本"]),
        ("日本語の本です", "日本語", ["日本語"]),
        ("two  words, more words", '"two words"', ["two words"]),
        ("يشرب كِتَابٌ هنا", "كتاب", ["كِتَابٌ"]),
        ("رَأيتُ البَحرَ وبحرٌ آخر", "بحر", ["البَحرَ", "وبحرٌ"]),
        ("إلى بحر", "البحر", ["بحر"]),
        ("毎晩ひ\nとつのこと", "ひとつ", ["ひとつ"]),
        ("nothing here", "absent", []),
    ],
)
def test_what_was_asked_for_is_marked(text: str, query: str, marked: list[str]) -> None:
    """As it stands in the text, with its accents and points."""
    assert hits(text, query) == marked


def test_a_long_text_is_cut_around_the_first_hit_between_words() -> None:
    """With dots where something is left out."""
    text = "before " * 100 + "needle " + "after " * 100
    pieces = quote(text, seek(read_query("needle")))
    whole = "".join(piece.text for piece in pieces)
    assert whole.startswith("… before ")
    assert whole.endswith("after …")
    assert Piece("needle", True) in pieces
    assert len(whole) < 320


@each("place", [0, 1990, 2000, 2390, 2400, 4001, 9000])
def test_wherever_it_stands_in_a_long_text_it_is_found(place: int) -> None:
    """At the borders of the parts, too, in which a text is looked at; and no border makes a word."""
    text = ("unneedle " * 2000)[:place].rpartition(" ")[0] + " needle " + "unneedle " * 2000
    pieces = quote(text, seek(read_query("needle")))
    assert [piece.text for piece in pieces if piece.is_hit] == ["needle"]
    assert (pieces[0].text == "… ") == (place > 100)
    assert pieces[-1].text == " …"


def test_wide_letters_take_as_much_room_as_others() -> None:
    """A quotation of Japanese has half as many of them."""
    whole = "".join(
        piece.text for piece in quote("灯台の光が海を照らす。" * 60, seek(read_query("海")))
    )
    assert 130 <= len(whole) <= 140
    assert re.search(r"[^ ]…$", whole), "no blank in a script that has none"


def test_without_a_hit_it_begins_with_the_text() -> None:
    """The word stood in the title; rules and addresses of links are no words."""
    text = "Title\n=====\n\nWords [1] follow.\n\n[1] https://example.com/needle\n"
    assert quote(text, seek(read_query("needle"))) == (Piece("Title Words follow."),)


@each(
    ("text", "whole"),
    [
        (
            "It does _one_ thing, *twice a night*, [Next][1] and on [2].",
            "It does one thing, twice a night, [Next][1] and on.",
        ),
        (
            "snake_case_names and __init__ stay, 2 * 3 * 4 too",
            "snake_case_names and __init__ stay, 2 * 3 * 4 too",
        ),
        ("[1] at the beginning", "[1] at the beginning"),
    ],
)
def test_a_quotation_is_without_the_marks_of_a_plain_text(text: str, whole: str) -> None:
    """Those of stress, and the numbers of links and footnotes; what is no mark stays."""
    assert "".join(piece.text for piece in quote(text, seek(read_query("x")))) == whole


@given(st.text(max_size=400), st.text(max_size=60))
def test_a_quotation_is_part_of_the_text(text: str, query: str) -> None:
    """Whatever the text and the query are, nothing is made up but dots and spaces."""
    pieces = quote(text, seek(read_query(query) or read_query("x")))
    whole = "".join(piece.text for piece in pieces).removeprefix("… ").removesuffix(" …")
    squeezed = "".join(unicodedata.normalize("NFC", text).split())
    assert set("".join(whole.split())) <= set(squeezed) | {"…"}
