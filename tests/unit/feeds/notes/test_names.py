"""Slugs: of any text, and never empty."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.notes.names import slugify
from tests.sizes import examples
from tests.worlds.rows import each


@each(
    ("text", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("Don’t Größe Łódź Ærø", "dont-grosse-lodz-aero"),
        ("../../etc/passwd", "etc-passwd"),
        ("a " * 80, "a-" * 39 + "a"),
        ("Новости недели 5", "новости-недели-5"),
        ("第 206 期", "第-206-期"),
        ("שלום", "שלום"),
        ("می‌خواهم", "می-خواهم"),
        ("हिन्दी में", "हिन्दी-में"),
        ("İstanbul’da Kış", "istanbulda-kis"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full-width"),
        ("第12号：東京", "第12号-東京"),
        ("한글 제목", "한글-제목"),
        ("ไทย วันนี้", "ไทย-วันนี้"),
        ("مرحبا، بالعالم!", "مرحبا-بالعالم"),
        ("Cafe\u0301 x\u0308", "cafe-x"),
        ("Хороший ёж", "хороший-ёж"),
        ("Ελλάδα ΣΟΦΌΣ", "ελλάδα-σοφόσ"),
    ],
)
def test_slugs(text: str, slug: str) -> None:
    """A slug is short and safe in a URL; letters stay those of the author's script."""
    assert slugify(text) == slug


@given(st.text(max_size=200))
@settings(max_examples=examples(100), deadline=None)
def test_a_slug_is_never_empty(text: str) -> None:
    """Any text gives the same usable slug each time."""
    slug = slugify(text)
    assert 0 < len(slug) <= 80
    assert all(one == "-" or unicodedata.category(one)[0] in "LNM" for one in slug)
    assert slug == slug.strip("-")
    assert slugify(text) == slug
