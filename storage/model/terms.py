"""Words as search compares them: case, accents and widths folded, scripts without spaces in pairs. Pure.

Latin, Greek, Cyrillic, Arabic, Hebrew and Indic words are terms. Chinese, Japanese, Korean, Thai and
other scripts that are written without spaces, or with endings that stick to the word, are cut
into pairs of characters (and the last one alone), so that any part of a run is found by its pairs in
their order. Both what is searched in and what is searched for go through here. What Arabic writes
together with the word after it, its article above all, is looked for with the word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

MOST_TERMS: Final = 40_000
"""Of one issue; what stands further back is not found."""
LONGEST_TERM: Final = 64
LONGEST_QUERY: Final = 200
"""Characters of a query that are looked at."""
MOST_PHRASES: Final = 8
"""Words of a query that are looked for."""
_SHORTEST_PREFIX: Final = 2
"""Letters of a word from which on it finds longer ones."""

_DENSE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u3005-\u3007\u3041-\u30ff\u3131-\u318e\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
_MARKS: Final = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
"""Accents, points and vowel signs that are left out, and the Arabic stroke that only lengthens."""
_INDIC: Final = "\u0900-\u0963\u0966-\u0dff\u0f00-\u0fbc"
"""Scripts whose vowel signs are no letters to Python, and are kept."""
_RUN: Final = re.compile(
    f"(?P<dense>[{_DENSE}]+)|(?P<word>(?:[^\\W_{_DENSE}]|[{_MARKS}{_INDIC}])+)"
)
_LEFT_OUT: Final = re.compile(f"[{_MARKS}]+")
_NOT_ASCII: Final = re.compile("[^\x00-\x7f][^\x21-\x7f]*")
"""Runs that have other letters, whole lines of them."""
_SPECIAL: Final = re.compile(f"[{_DENSE}{_MARKS}{_INDIC}]")
_PLAIN_WORD: Final = re.compile(r"[^\W_]+")
"""A run of a text that has nothing special."""
_PUNCTUATION: Final = (
    *((0xA0, 0xAA), (0xAB, 0xB2), (0xB4, 0xB5), (0xB6, 0xB9), (0xBB, 0xBC), (0xBF, 0xC0)),
    (0x2000, 0x2070),
)
"""What is no part of a word beside ASCII in the texts of many languages: quotation marks, dashes, blanks."""
_BETWEEN: Final = {code: " " for code in range(128) if not chr(code).isalnum()}
_BEGINS: Final = r"(?<![^\W_])"
"""Before the first letter of a word."""
_QUOTED: Final = re.compile(r'"([^"]*)"?|([^"]+)')
# What these two are found by comes first in each, so that it alone is looked for in the rest of a text.
_ADDRESS: Final = re.compile(r"\[(?<![^\n]\[)\d+\] \S+$", re.MULTILINE)
"""A link written out below a plain text, in a line of its own."""
_WRAPPED: Final = re.compile(
    f"\n(?<=[{_DENSE}\u3001\u3002\u3008-\u3011\uff01-\uff5e]\n)(?=[{_DENSE}\u3008-\u3011\uff08])"
)
"""The end of a line where nothing but its length ends it: such scripts are broken anywhere."""
_ARABIC: Final = re.compile("[\u0621-\u064a]+")
_BEFORE: Final = (
    *(
        "",
        "ال",
        "و",
        "وال",
        "ب",
        "بال",
        "ل",
        "لل",
        "ك",
        "كال",
        "ول",
        "ولل",
        "وب",
        "وبال",
        "وك",
        "وكال",
    ),
    *("ف", "فال", "فل", "فلل", "فب", "فبال", "فك", "فكال"),
)
"""The article; "with", "like" and "for", each alone and before the article; "and", "so" before any of them. The
most frequent ones first."""
_WRITTEN_BEFORE: Final = "[وف]?(?:[بك]?(?:ال)?|لل?)"
"""The same as a pattern."""
_LONGEST_BEFORE: Final = max(map(len, _BEFORE))
_ARTICLES: Final = (re.compile("[وف]?(?:[بك]?ال|لل)"), re.compile("[وف]?ل(?=ل)"))
"""What a reader may have written before a word; of two l the second may be the word's."""
_SHORTEST_STEM: Final = 3
"""Letters that have to be left: else what looks like an article is a part of the word."""
_SPELT: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ĳ": "ij"}
_SAME: Final = {"ς": "σ", "ى": "ي", "ة": "ه", "İ": "i", "ı": "i", "ø": "o", "đ": "d", "ł": "l"}
_FOLDED_RANGES: Final = (
    *((0xC0, 0x250), (0x370, 0x530), (0x621, 0x64B), (0x671, 0x6D4), (0x1E00, 0x2000)),
    (0xFF01, 0xFFA0),
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Terms that stand one after the other, of which the last may be the beginning of a longer one."""

    terms: tuple[str, ...]
    is_prefix: bool
    pattern: str
    """The same as a regular expression over a text that is bare."""
    letters: tuple[str, ...]
    """One of these stands wherever the pattern is found, at its beginning or behind an article."""
    also: tuple[str, ...] = ()
    """Other forms of its only term, of which any will do; the most frequent ones first."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Where one of some phrases stands in a bare text.

    Their letters are looked for first: that takes a hundredth of what asking a pattern at each place takes, and
    most of a text has none of them.
    """

    pattern: re.Pattern[str]
    letters: tuple[str, ...]

    def first(self, text: str) -> re.Match[str] | None:
        """The first place."""
        return next(self.all(text, 0, len(text)), None)

    def all(self, text: str, start: int, end: int) -> Iterator[re.Match[str]]:
        """Each of them between two places, one after the other."""
        while (near := self._near(text, start, end)) is not None:
            found = self.pattern.search(text, max(near - _LONGEST_BEFORE, start), end)
            if found is None:
                return
            yield found
            start = found.end()

    def _near(self, text: str, start: int, end: int) -> int | None:
        """Before which nothing is found, but what may be written before a word."""
        places = (text.find(letters, start, end) for letters in self.letters)
        return min((place for place in places if place >= 0), default=None)


def fold(text: str) -> str:
    """The text for comparing, character for character that of its NFC."""
    return _fold(text, _table())


def _fold(text: str, table: Mapping[int, str]) -> str:
    if text.isascii():
        return text.lower()
    whole = unicodedata.normalize("NFC", text)
    return _NOT_ASCII.sub(lambda run: run[0].translate(table), whole).lower()


def bare(text: str) -> tuple[str, Sequence[int]]:
    """The text folded and without marks, as phrases are looked for in it; and the place of each of its characters
    in the NFC of the text, and of its end.
    """
    folded = fold(text)
    first = _NOT_ASCII.search(folded)
    if first is None or _LEFT_OUT.search(folded, first.start()) is None:
        return folded, range(len(folded) + 1)
    kept = [place for place, letter in enumerate(folded) if not _LEFT_OUT.match(letter)]
    return "".join(folded[place] for place in kept), [*kept, len(folded)]


def readable(text: str) -> str:
    """A plain text as it is searched and quoted: in NFC, without the addresses of its links and without
    the ends of lines that part words of scripts without spaces.
    """
    return _WRAPPED.sub("", unicodedata.normalize("NFC", _ADDRESS.sub("", text)))


def find_terms(text: str) -> list[str]:
    """The terms of a text in their order; not more than MOST_TERMS."""
    folded = _fold(text, _spacing_table())
    if folded.isascii() or _SPECIAL.search(folded) is None:
        words = _split(_spell_out(folded))[:MOST_TERMS]
        return [word[:LONGEST_TERM] for word in words] if _has_longer(words) else words
    runs = (term for run in _RUN.finditer(folded) for term in _cut(run))
    return list(islice(runs, MOST_TERMS))


def find_stems(terms: str) -> str:
    """Of some terms, with a space between two: the Arabic words, each as it stands and without each of what may be
    written before it, so that one beginning finds it whatever is.
    """
    if terms.isascii() or _ARABIC.search(terms) is None:
        return ""
    words = (term for term in terms.split(" ") if "\u0621" <= term < "\u064b")
    return " ".join(
        word[len(before) :]
        for word in words
        for before in _BEFORE
        if word.startswith(before) and word != before
    )


def _split(text: str) -> list[str]:
    """The words of a text that has nothing special; one of ASCII is translated as a whole."""
    return text.translate(_BETWEEN).split() if text.isascii() else _PLAIN_WORD.findall(text)


def _has_longer(words: Sequence[str]) -> bool:
    return max(map(len, words), default=0) > LONGEST_TERM


def _cut(run: re.Match[str]) -> Iterator[str]:
    if (dense := run["dense"]) is None:
        if term := _spell(run["word"]):
            yield term
        return
    for place in range(len(dense)):
        yield dense[place : place + 2]


def _spell(word: str) -> str:
    return _spell_out(word if word.isascii() else _LEFT_OUT.sub("", word))[:LONGEST_TERM]


def _spell_out(text: str) -> str:
    """Letters that are also written as two, as two."""
    for letter, spelt in () if text.isascii() else _SPELT.items():
        text = text.replace(letter, spelt)
    return text


def read_query(query: str) -> list[Phrase]:
    """What a reader looks for: every word, or the beginning of one; words in quotes in their order.

    Whatever is written, there is an answer, and it has at most MOST_PHRASES parts.
    """
    phrases: dict[Phrase, None] = {}
    for quoted, plain in _QUOTED.findall(query[:LONGEST_QUERY]):
        found = _read_quoted(quoted) if quoted else _read_words(plain)
        phrases.update(dict.fromkeys(found))
    return list(phrases)[:MOST_PHRASES]


def _read_words(text: str) -> Iterator[Phrase]:
    for run in _RUN.finditer(fold(text)):
        yield from _read_run(run)


def _read_run(run: re.Match[str]) -> Iterator[Phrase]:
    if (dense := run["dense"]) is not None:
        terms = tuple(_cut(run))
        terms = terms[:-1] or terms
        yield Phrase(terms[:LONGEST_TERM], len(dense) == 1, re.escape(dense), (dense,))
    elif term := _spell(run["word"]):
        is_prefix = len(term) >= _SHORTEST_PREFIX
        if is_prefix and _ARABIC.fullmatch(term):
            yield _read_arabic(term)
        else:
            yield Phrase((term,), is_prefix, _word(term, is_prefix=is_prefix), (term,))


def _read_arabic(term: str) -> Phrase:
    """The word with or without what may be written together with it."""
    ends = {found.end() for article in _ARTICLES if (found := article.match(term))}
    stems = [term[end:] for end in sorted(ends) if len(term) - end >= _SHORTEST_STEM] or [term]
    forms = [f"{before}{stem}" for before in _BEFORE for stem in stems]
    also = dict.fromkeys(form[:LONGEST_TERM] for form in forms if form != term)
    letters = _WRITTEN_BEFORE + "(?:" + "|".join(stems) + ")"
    return Phrase((term,), True, _word(letters, is_prefix=True), tuple(stems), tuple(also))


def _read_quoted(text: str) -> Iterator[Phrase]:
    """One phrase of words, if all of it is written with spaces; else its parts."""
    runs = list(_RUN.finditer(fold(text)))
    words = [term for run in runs if run["dense"] is None for term in _cut(run)]
    if len(words) < 2 or len(words) != len(runs):
        for run in runs:
            yield from _read_run(run)
        return
    pattern = r"[\W_]+".join(_word(word, is_prefix=False) for word in words)
    yield Phrase(tuple(words), False, pattern, (words[0],))


def seek(phrases: Sequence[Phrase]) -> Sought:
    """Where one of the phrases stands in a bare text."""
    # That a word begins is asked once at each place, not for each of the words.
    patterns = [phrase.pattern for phrase in phrases]
    words = [one.removeprefix(_BEGINS) for one in patterns if one.startswith(_BEGINS)]
    others = [one for one in patterns if not one.startswith(_BEGINS)]
    if words:
        others.append(f"{_BEGINS}(?:{'|'.join(words)})")
    letters = dict.fromkeys(letters for phrase in phrases for letters in phrase.letters)
    return Sought(re.compile("|".join(others)), tuple(letters))


def _word(letters: str, *, is_prefix: bool) -> str:
    return _BEGINS + letters + (r"\w*" if is_prefix else r"(?![^\W_])")


@cache
def _spacing_table() -> dict[int, str]:
    """The same, and a blank for punctuation: with that, most texts are ASCII."""
    spaces = {code: " " for first, end in _PUNCTUATION for code in range(first, end)}
    return {**_table(), **spaces}


@cache
def _table() -> dict[int, str]:
    """One character for one: without its accent, of usual width, and in one of several forms."""
    table = {ord(letter): folded for letter, folded in _SAME.items()}
    for first, end in _FOLDED_RANGES:
        for code in range(first, end):
            letter = chr(code)
            lower = letter.lower() if len(letter.lower()) == 1 else letter
            bare = _LEFT_OUT.sub("", unicodedata.normalize("NFKD", _SAME.get(lower, lower)))
            if len(bare) == 1 and bare != letter:
                table.setdefault(code, _SAME.get(bare, bare))
    return table
