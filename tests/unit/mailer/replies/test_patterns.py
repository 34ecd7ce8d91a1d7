"""Hundreds of patterns are looked for as one would be, in capitals or not."""

from __future__ import annotations

import re
import sys
from functools import cache

from hypothesis import assume, example, given
from hypothesis import strategies as st

from mailer.replies import absence, circumstances, known, languages, phrases, vocabulary
from mailer.replies.needs import needed_by
from mailer.replies.patterns import Words, fold
from tests.sizes import every
from tests.worlds.rows import each

VOCABULARIES = tuple(
    words
    for module in (vocabulary, languages, absence, circumstances, known, phrases)
    for words in vars(module).values()
    if isinstance(words, Words)
)


def test_folding_is_what_python_takes_for_the_same_letter() -> None:
    """Every letter is found in whichever form, as by a search without regard to case; and keeps its place."""
    for number in range(0, sys.maxunicode, every(11)):
        letter = chr(number)
        for form in {letter.lower(), letter.upper(), letter.title()} - {letter}:
            if len(form) == 1:
                assert (fold(form) == fold(letter)) == bool(
                    re.fullmatch(form, letter, re.IGNORECASE)
                )
        assert len(fold(letter)) == 1


@each(
    "word",
    ["unknown", "größe", "kayıtlı", "iletilemedi", "αποστολέας", "отправитель", "exp[ée]diteur", r"\bno\s\w+"],
)  # fmt: skip
def test_capitals_make_no_difference(word: str) -> None:
    """Words in capitals, as titles and as Turks write them stand where they stood."""
    words, plain = Words((word,)), re.compile(word, re.IGNORECASE)
    said = re.sub(r"\\[a-z]|[\[\]+ée]+", "e", word)
    for form in (said, said.upper(), said.title(), said.replace("i", "İ"), "no user", "NO USER"):
        text = f"Σ İ {form}, {form}"
        found, expected = [*words.find_all(text)], [*plain.finditer(text)]
        assert [one.span() for one in found] == [one.span() for one in expected]
        assert words.begin(form) == bool(plain.match(form))


def test_patterns_are_written_in_small_letters() -> None:
    """A capital in one would be found in no text, for texts are folded."""
    assert not [
        words._source for words in VOCABULARIES if re.search(r"(?<!\\)[A-Z]", words._source)
    ]
    assert not Words(("Unknown",)).are_in("Unknown")


ALTERNATIVES = st.sampled_from(VOCABULARIES).flatmap(
    lambda words: st.sampled_from([one.source for one in words._alternatives])
)
LETTERS = ALTERNATIVES.flatmap(lambda source: st.sampled_from(sorted(needed_by(source)) or [""]))
SAID = st.lists(LETTERS | st.sampled_from(" .,;-'0\n") | st.characters(), max_size=30)


@given(st.sampled_from(VOCABULARIES), SAID, st.sampled_from(["", " "]))
@example(vocabulary.MAILBOX, ["user", "unknown"], " ")
@example(known.PHRASES, ["in the recipient table", "user", "in the alias map"], " ")
def test_all_are_found_as_by_one_pattern(words: Words, said: list[str], between: str) -> None:
    """Whatever a host says, the words in it and their places are those that one pattern of all alternatives finds."""
    text = fold(between.join(said))
    whole = _whole(words)
    spans = [match.span() for match in whole.finditer(text)]
    assert [match.span() for match in words.find_all(text)] == spans
    assert words.are_in(text) == bool(spans)
    assert words.begin(text) == bool(whole.match(text))
    assert words.take_out(text) == whole.sub(" ", text)


@cache
def _whole(words: Words) -> re.Pattern[str]:
    return re.compile(words._source)


@given(st.data())
def test_what_a_pattern_needs_is_in_each_text_that_it_matches(data: st.DataObject) -> None:
    """Letters are left out of the search for no text that has the words: each match of an alternative has some of them."""
    source = data.draw(ALTERNATIVES)
    assume(not source.startswith("^"))
    text = data.draw(st.from_regex(source))
    found = re.search(source, text)
    assert found is not None
    needs = needed_by(source)
    assert not needs or any(letters in found[0] for letters in needs)


def test_no_words_are_nothing() -> None:
    """None of them is an empty alternative, which is in every text."""
    assert not [words._source for words in VOCABULARIES if _whole(words).search("")]
