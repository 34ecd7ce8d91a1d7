"""Words that hosts use, in capitals or not."""

from __future__ import annotations

import re
import sys

from mailer.replies import absence, languages, phrases, vocabulary
from mailer.replies.vocabulary import Words, fold
from tests.sizes import every
from tests.worlds.rows import each


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
        found, expected = [*words.finditer(text)], [*plain.finditer(text)]
        assert [one.span() for one in found] == [one.span() for one in expected]
        assert bool(words.match(form)) == bool(plain.match(form))


def test_patterns_are_written_in_small_letters() -> None:
    """A capital in one would be found in no text, for texts are folded."""
    found = [
        (module.__name__, name)
        for module in (vocabulary, languages, absence, phrases)
        for name, words in vars(module).items()
        if isinstance(words, Words) and re.search(r"(?<!\\)[A-Z]", words._source)
    ]
    assert not found
    assert Words(("Unknown",)).search("Unknown") is None
