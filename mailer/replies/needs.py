"""Owns what a pattern can't be found without: letters that are looked for in no time. Pure.

It reads what the vocabulary is written in: letters, classes, groups, looks around, and how often each may come.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_OPENS: Final = re.compile(r"\((?:\?(?:[:=!]|<[=!]|P<\w+>))?")
_ONE: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\\\]])*\]|[^()|\\\[]", re.DOTALL)
_LETTERS: Final = re.compile(r"[^\\\[\]().^$|?*+{}]+(?![?*+{])")
"""Letters that are there once each, and nothing else: most of any pattern."""
_TIMES: Final = re.compile(r"(?:([?*])|(\+)|\{(\d*),?\d*\})[?+]?")
_NO_LETTER: Final = frozenset(".^$")


class _Read(NamedTuple):
    """What is known of a pattern, or of a group in it, that was read up to a place."""

    needs: frozenset[str]
    """Letters, of which one run is in whatever it matches; none if that is not known."""
    at: int


def needed_by(pattern: str) -> frozenset[str]:
    """Runs of letters of which at least one is in each text that a pattern is found in; none if there are no such.

    Of what must be there the longest is taken: of `user.{0,30}(?:unknown|not known)`, these two. What may be
    absent, looks ahead or behind, or is a class of letters, says nothing.
    """
    return _read(pattern, 0).needs


def split_alternatives(pattern: str) -> list[str]:
    """A pattern in pieces at each `|` that is in no group."""
    pieces, at = [], 0
    while at <= len(pattern):
        end = _read_alternative(pattern, at).at
        pieces.append(pattern[at:end])
        at = end + 1
    return pieces


def _read(pattern: str, at: int) -> _Read:
    """Alternatives up to the end, or to what closes their group: one of them is there, so one of their letters."""
    needs: frozenset[str] = frozenset()
    are_all_known = True
    while True:
        one = _read_alternative(pattern, at)
        needs |= one.needs
        are_all_known = are_all_known and bool(one.needs)
        if pattern[one.at : one.at + 1] != "|":
            return _Read(needs if are_all_known else frozenset(), one.at)
        at = one.at + 1


def _read_alternative(pattern: str, at: int) -> _Read:
    """What follows each other, up to `|`, to what closes the group, or to the end."""
    needs: frozenset[str] = frozenset()
    run = ""
    while at < len(pattern) and pattern[at] not in "|)":
        if letters := _LETTERS.match(pattern, at):
            run, at = run + letters[0], letters.end()
            continue
        piece, letter, at = _read_piece(pattern, at)
        times = _TIMES.match(pattern, at)
        is_sure = times is None or times[2] is not None or (times[3] or "0") > "0"
        at = at if times is None else times.end()
        if letter and is_sure:
            run += letter
        if not letter or times is not None:
            needs, run = _more_telling(needs, run), ""
        if piece and is_sure:
            needs = max(needs, piece, key=_tells)
    return _Read(_more_telling(needs, run), at)


def _read_piece(pattern: str, at: int) -> tuple[frozenset[str], str, int]:
    """A group, with what it needs, or a letter, or something else; and where it ends."""
    if opens := _OPENS.match(pattern, at):
        inside = _read(pattern, opens.end())
        looks = opens[0].endswith(("=", "!"))
        return frozenset() if looks else inside.needs, "", inside.at + 1
    if (one := _ONE.match(pattern, at)) is None:
        raise ValueError(f"this pattern ends in the middle: {pattern!r}")
    text = one[0]
    is_class = text.startswith("[") or (text.startswith("\\") and text[1].isalnum())
    return frozenset(), "" if is_class or text in _NO_LETTER else text[-1], one.end()


def _more_telling(needs: frozenset[str], run: str) -> frozenset[str]:
    return max(needs, frozenset({run}) if run else frozenset(), key=_tells)


def _tells(needs: frozenset[str]) -> tuple[int, int]:
    """How seldom a text has them by chance."""
    return min(map(len, needs), default=0), -len(needs)
