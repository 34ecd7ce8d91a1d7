"""Which issue a reader of another language is led to."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.publishing.translated import choose_translations, gather_languages
from storage.model.issues import Issue, Translation
from tests.sizes import is_full
from tests.worlds.publishing.issues import an_issue

DAY = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


def issue(number: int, language: str, *keys: str) -> Issue:
    """One with these keys."""
    return an_issue(
        id=number,
        note_id=f"n{number}",
        path=f"n{number}.md",
        guid=f"urn:uuid:{number}",
        slug=f"s{number}",
        title=f"T{number}",
        published_at=DAY,
        updated_at=DAY,
        language=language,
        translation_keys=keys,
    )


def test_the_oldest_of_each_other_language_is_chosen() -> None:
    """By language; its own, also as the usual one, is none."""
    sharing = [
        Translation(language=language, slug=slug, title=slug)
        for language, slug in (("de", "a"), ("", "b"), ("DE", "c"), ("fr", "d"), ("fr", "e"))
    ]
    chosen = choose_translations("", sharing, "en")
    assert [(one.language, one.slug) for one in chosen] == [("DE", "c"), ("de", "a"), ("fr", "d")]
    chosen = choose_translations("fr", sharing[1:2], "en")
    assert [(one.language, one.slug) for one in chosen] == [("en", "b")]


def test_versions_are_gathered_by_any_key() -> None:
    """Each names itself and those that share a key with it; a lone one names nothing."""
    given = [issue(3, "de", "k"), issue(1, "", "k", "m"), issue(2, "he", "m"), issue(4, "fr", "x")]
    found = gather_languages(given, "en")
    said = {number: [(one.language, one.slug) for one in found[number]] for number in found}
    assert said == {
        1: [("de", "s3"), ("en", "s1"), ("he", "s2")],
        2: [("en", "s1"), ("he", "s2")],
        3: [("de", "s3"), ("en", "s1")],
    }


def test_many_that_say_the_same_take_no_square_of_time() -> None:
    """Of each key two hundred are looked at."""
    count = 3000 if is_full() else 450
    many = [issue(number, "de" if number % 2 else "", "same") for number in range(count)]
    assert len(gather_languages(many, "en")) == count
