"""Owns how a vocabulary is looked for in a text: hundreds of patterns, few of which can be in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Final

from mailer.replies.needs import needed_by, split_alternatives

_SAME: Final = str.maketrans(
    "İıſΣςµϐϑϕϖϰϱϵẛᲀᲁᲂᲃᲄᲅᲆᲇᲈ\u0345\u1fbe\u1fd3\u1fe3\ufb05",
    "iisσσμβθφπκρεṡвдосттъѣꙋ\u03b9\u03b9\u0390\u03b0\ufb06",
)
"""Letters that case makes two of, or that are another one's second form: one for one."""


@lru_cache(maxsize=16)
def fold(text: str) -> str:
    """The small letters of a text, each in its place: what differs only in capitals becomes the same.

    The last ones are kept, for one text is asked for words of every kind.
    """
    return (text if text.isascii() else text.translate(_SAME)).lower()


_START: Final = 3
"""Letters by which a run of them is looked up; a shorter one is by its first."""


def _start(letters: str) -> str:
    return letters[:_START] if len(letters) >= _START else letters[:1]


@lru_cache(maxsize=16)
def _starts(text: str) -> frozenset[str]:
    """By what the letters that are in a text may be looked up."""
    runs = (text[at : at + _START] for at in range(len(text)))
    return frozenset(("", *text, *runs))


class _Alternative:
    """One of the patterns, compiled when it is first wanted: a judgement wants some twenty."""

    def __init__(self, source: str) -> None:
        self.source = source

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.source)


class Words:
    """Patterns, any of which may be in a text, in capitals or not. Written in small letters.

    Each alternative has letters without which it can't be found (`needed_by`). They are looked for
    first, in a fifteenth of the time: of 2,200 alternatives a refusal has the letters of some twenty. A
    pattern is compiled when its letters were seen once; most never are.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._source = "|".join(patterns).translate(_SAME)

    @cached_property
    def _alternatives(self) -> tuple[_Alternative, ...]:
        return tuple(_Alternative(each) for each in split_alternatives(self._source))

    @cached_property
    def _by_start(self) -> dict[str, list[tuple[str, int]]]:
        """How letters begin → the letters, and of which alternative they are; no letters are in every text."""
        index: dict[str, list[tuple[str, int]]] = {}
        for place, alternative in enumerate(self._alternatives):
            for letters in sorted(needed_by(alternative.source) or {""}):
                index.setdefault(_start(letters), []).append((letters, place))
        return index

    @cached_property
    def _all_starts(self) -> frozenset[str]:
        """Set against set is compared in a seventh of the time that it takes to go through the index."""
        return frozenset(self._by_start)

    def _candidates(self, text: str) -> list[re.Pattern[str]]:
        """The patterns of which a folded text has the letters, in their order."""
        index = self._by_start
        places = {
            place
            for start in _starts(text) & self._all_starts
            for letters, place in index[start]
            if letters in text
        }
        return [self._alternatives[place].pattern for place in sorted(places)]

    def are_in(self, text: str) -> bool:
        """Whether a text has any of them."""
        text = fold(text)
        return any(pattern.search(text) for pattern in self._candidates(text))

    def begin(self, text: str) -> bool:
        """Whether a text begins with any of them."""
        text = fold(text)
        return any(pattern.match(text) for pattern in self._candidates(text))

    def find_all(self, text: str) -> Iterator[re.Match[str]]:
        """Where they are, as by `finditer` of one pattern of all: the first place first, and there the first written."""
        text = fold(text)
        found = [(pattern, pattern.search(text)) for pattern in self._candidates(text)]
        while found := [(pattern, match) for pattern, match in found if match is not None]:
            _, nearest = min(found, key=lambda pair: pair[1].start())
            yield nearest
            at = nearest.end()
            found = [
                (pattern, match if match.start() >= at else pattern.search(text, at))
                for pattern, match in found
            ]

    def take_out(self, text: str) -> str:
        """What is left of a text, folded, with a space where one of them was."""
        text = fold(text)
        left, at = [], 0
        for match in self.find_all(text):
            left.append(text[at : match.start()])
            at = match.end()
        return " ".join((*left, text[at:]))
