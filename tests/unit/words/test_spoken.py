"""Sentences, numbers of things and days, in a language."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from tests.worlds.rows import each
from words.spoken import Words, words_of

DAY = date(2026, 11, 2)


@each(
    ("language", "day"),
    [
        ("en", "2 November 2026"),
        ("en-US", "November 2, 2026"),
        ("de", "2. November 2026"),
        ("fr", "2 novembre 2026"),
        ("es", "2 de noviembre de 2026"),
        ("ja", "2026年11月2日"),
        ("zh-Hans", "2026年11月2日"),
        ("ar", "2 نوفمبر 2026"),
        ("x-unknown", "2 November 2026"),
    ],
)
def test_a_day_is_written_as_the_language_does(language: str, day: str) -> None:
    """By the CLDR, whatever the host speaks."""
    assert words_of(language).day(DAY) == day


def test_a_minute_is_written_with_its_day() -> None:
    """As it is on the wall where the time was given."""
    assert words_of("en").moment(datetime(2026, 10, 2, 9, 5)) == "2 Oct 2026, 09:05"  # noqa: DTZ001


@each(
    ("n", "said"),
    [
        *((0, "لا أعداد"), (1, "عدد واحد"), (2, "عددان"), (3, "3 أعداد"), (10, "10 أعداد")),
        *((11, "11 عددًا"), (99, "99 عددًا"), (100, "100 عدد"), (102, "102 عدد"), (103, "103 أعداد")),
    ],
)
def test_arabic_counts_in_six_forms(n: int, said: str) -> None:
    """None, one, two, a few, many, and hundreds (CLDR)."""
    assert words_of("ar").say_count("{n} issue", "{n} issues", n) == said


def test_english_is_what_stands_in_the_code() -> None:
    """One thing is one; numbers are grouped."""
    words = words_of("en")
    assert [words.say_count("{n} issue", "{n} issues", n) for n in (1, 0, 1234)] == [
        *("1 issue", "0 issues", "1,234 issues")
    ]


def test_what_is_filled_in_cannot_become_html() -> None:
    """The sentence's own tags are kept; a title is text, and so is a place within it."""
    said = words_of("de").html(
        'Written by <a href="{about}" rel="author">{author}</a>.',
        about="/about?a=1&b",
        author="<i>{about}</i>",
    )
    assert said == (
        'Geschrieben von <a href="/about?a=1&amp;b" rel="author">&lt;i&gt;{about}&lt;/i&gt;</a>.'
    )


@each(
    ("language", "title", "said"),
    [
        ("ja", "港からの手紙", "次の号から港からの手紙をメールでお届けします。"),
        ("ja", "Working Notes", "次の号から Working Notes をメールでお届けします。"),
        ("ja", "海 & notes", "次の号から海 & notes をメールでお届けします。"),
        ("ja", "Notes（海）", "次の号から Notes（海）をメールでお届けします。"),
        ("ja", "", "次の号から  をメールでお届けします。"),
    ],
)
def test_no_space_parts_what_is_written_without_any(language: str, title: str, said: str) -> None:
    """Beside Latin letters there is one."""
    sentence = "Thank you. The next issue of {title} will come to you by mail."
    assert words_of(language).say(sentence, title=title).endswith(said)


def test_sentences_follow_each_other_as_the_language_has_them() -> None:
    """Without a gap after a full stop that has its own."""
    gaps = {language: words_of(language).gap for language in ("en", "ar", "ja", "zh", "zh-TW")}
    assert gaps == {"en": " ", "ar": " ", "ja": "", "zh": "", "zh-TW": ""}


def test_an_authors_words_stand_over_ours(tmp_path: Path) -> None:
    """What they do not say is said as before; with plural forms of their own."""
    (tmp_path / "de.po").write_text(
        'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
        'msgid "Subscribe"\nmsgstr "Her damit"\n\n'
        'msgid "{n} issue"\nmsgid_plural "{n} issues"\nmsgstr[0] "{n} Stück"\n'
    )
    words = Words("de", tmp_path)
    assert words.say("Subscribe") == "Her damit"
    assert words.say("About") == "Über"
    assert words.say_count("{n} issue", "{n} issues", 1) == "1 Stück"


def test_a_language_without_words_is_spoken_in_english_and_says_so() -> None:
    """Its days are its own."""
    assert words_of("sv").language == "en"
    assert words_of("sv").day(DAY) == "2 november 2026"
    assert words_of("de-CH").language == "de-CH"
