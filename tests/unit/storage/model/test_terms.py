"""Words as search compares them, in many scripts, and queries however odd."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from storage.model.terms import (
    LONGEST_TERM,
    MOST_PHRASES,
    MOST_TERMS,
    find_terms,
    fold,
    read_query,
    readable,
    seek,
)
from tests.worlds.rows import each


def finds(query: str, text: str) -> bool:
    """Whether each phrase of the query stands among the terms of the text, as both databases look."""
    terms = list(find_terms(text))

    def stands(wanted: tuple[str, ...], is_prefix: bool, place: int) -> bool:
        there = terms[place : place + len(wanted)]
        if len(there) < len(wanted) or tuple(there[:-1]) != wanted[:-1]:
            return False
        return there[-1].startswith(wanted[-1]) if is_prefix else there[-1] == wanted[-1]

    phrases = read_query(query)
    return bool(phrases) and all(
        any(
            stands(form, phrase.is_prefix, place)
            for place in range(len(terms))
            for form in (phrase.terms, *((other,) for other in phrase.also))
        )
        for phrase in phrases
    )


@each(
    ("query", "text"),
    [
        ("cafe", "Le Café"),
        ("CAFÉ", "cafe"),
        ("Strasse", "in der Straße"),
        ("straße", "STRASSE"),
        ("pub", "publishing"),
        ("istanbul", "İstanbul"),
        ("αθηνα", "Αθήνα"),
        ("λογος", "λόγος"),
        ("еще", "ещё"),
        ("łódź", "Lodz"),
        ("smørrebrød", "smorrebrod"),
        ("本", "日本語の本"),
        ("語", "日本語"),
        ("日本", "日本語の本"),
        ("日本語", "これは日本語です"),
        ("東京 tower", "Tokyo Tower (東京タワー)"),
        ("タワー", "東京タワー"),
        ("ﾀﾜｰ", "タワー"),
        ("中文", "简体中文"),
        ("한국", "한국어를"),
        ("ภาษา", "ภาษาไทย"),
        ("كتاب", "كِتَابٌ جديد"),
        ("احمد", "أحمد"),
        ("مدرسه", "مدرسة"),
        ("كتـــاب", "كتاب"),
        ("بحر", "رأيت البحر"),
        ("بحر", "رَأيتُ البَحرَ"),
        ("بحر", "والبحر هادئ"),
        ("بحر", "ذهبنا للبحر"),
        ("بحر", "نظرت إلى بحر وبحر"),
        ("بحر", "حلمتُ ببحرٍ"),
        ("بحر", "كبحر بلا شاطئ"),
        ("بحر", "فالبحر بعيد"),
        ("البحر", "بحر هادئ"),
        ("والبحر", "بالبحر"),
        ("لغة", "للغة العربية"),
        ("للغة", "لغة"),
        ("القهوة", "فنجان قهوة"),
        ("الله", "الله"),
        ("שלום", "שָׁלוֹם"),
        ("हिन्दी", "हिन्दी भाषा"),
        ("１２３", "123"),
        ("cafe\u0301", "café"),
        ('"two words"', "these two words here"),
        ('"two words', "these two, words"),
        ("c++", "C and more"),
        ("e-mail", "the e-mail"),
    ],
)
def test_a_word_is_found_however_it_is_spelt(query: str, text: str) -> None:
    """Case, accents, widths, points, forms of a letter, beginnings, and parts of runs."""
    assert finds(query, text)


@each(
    ("query", "text"),
    [
        ("日語", "日本語"),
        ("京都", "東京と都市"),
        ('"words two"', "two words"),
        ("lish", "publish"),
        ("cat dog", "cat"),
        ("a", "about"),
        ("", "anything"),
        ("+-!", "anything"),
        ("か", "が"),
        ("بحر", "المتبحر"),
        ("الله", "هو له"),
        ("باب", "كتاب"),
    ],
)
def test_what_is_not_there_is_not_found(query: str, text: str) -> None:
    """All words are asked for; quotes keep an order; pairs do not overlap by chance."""
    assert not finds(query, text)


@given(st.text(max_size=300))
def test_any_query_can_be_asked(query: str) -> None:
    """It is bounded, and its terms hold nothing that an engine could read otherwise."""
    phrases = read_query(query)
    assert len(phrases) <= MOST_PHRASES
    for phrase in phrases:
        assert phrase.terms
        for term in (*phrase.terms, *phrase.also):
            assert 0 < len(term) <= LONGEST_TERM
            assert all(letter.isalnum() or ord(letter) > 127 for letter in term)
            assert not any(letter.isspace() for letter in term)
        re.compile(phrase.pattern)


_WORDS = st.lists(
    st.sampled_from(["te", "tea", "Straße", "日", "日本", "بحر", "بح", "ال", "و", " ", '"', "."]),
    max_size=12,
).map("".join)


@given(
    query=_WORDS | st.text(max_size=20), text=_WORDS | st.text(max_size=60), cut=st.integers(0, 4)
)
@example(query="بحر", text="إلى والبحر", cut=0)
def test_looking_for_letters_first_changes_nothing(query: str, text: str, cut: int) -> None:
    """Every place is found that the pattern alone would find, between any two."""
    sought, end = seek(read_query(query) or read_query("tea")), len(text) - cut
    expected = [found.span() for found in sought.pattern.finditer(text, cut, end)]
    assert [found.span() for found in sought.all(text, cut, end)] == expected


@given(st.text(max_size=200))
def test_folding_moves_no_character(text: str) -> None:
    """What is found in the folded text stands in the same place of the text itself, in NFC."""
    assert len(fold(text)) == len(unicodedata.normalize("NFC", text))


@given(st.text(min_size=1, max_size=60))
def test_a_text_is_found_by_itself(text: str) -> None:
    """Whatever has terms is found by what it says, within the bounds of a query."""
    if 0 < len(read_query(text)) < MOST_PHRASES and '"' not in text:
        assert finds(text, text)


def test_a_text_has_bounded_terms() -> None:
    """A book of one letter, and one of one word, end somewhere."""
    assert sum(1 for _ in find_terms("本" * 100_000)) == MOST_TERMS
    assert [len(term) for term in find_terms("x" * 100_000)] == [LONGEST_TERM]


def test_addresses_of_links_are_not_read() -> None:
    """The list below a plain text is nothing that a reader looks for."""
    text = "See [1] there\n\n[1] https://example.com/a\n[2] mailto:a@example.com\n"
    assert readable(text).split() == ["See", "[1]", "there"]
