"""Who gets a mail: expressions over readers' tags, `ml and not beta`. Pure, standard library only.

    or       = and ("or" and)*
    and      = not ("and" not)*
    not      = "not" not | "(" or ")" | tag

A tag with blanks, brackets or quotes, or one that is called `and`, stands in double or single quotes.
`and`, `or` and `not` in any case; tags are compared without regard to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from storage.model.errors import AudienceError

MAX_DEPTH: Final = 20
"""Brackets and `not`s within each other; more is a mistake or an attack."""

_PIECE: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([()])|([^\s()"']+)|(.))""", re.DOTALL)
_OPERATORS: Final = frozenset({"and", "or", "not"})
_ELSEWHERE: Final = {
    "&": "and",
    "&&": "and",
    "+": "and",
    "|": "or",
    "||": "or",
    ",": "or",
    "!": "not",
}
"""What other languages write, and people try."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """Readers with a tag, by its key."""

    key: str


@dataclass(frozen=True, slots=True)
class Not:
    """Everybody else."""

    other: Audience


@dataclass(frozen=True, slots=True)
class And:
    """Who is in each of these."""

    parts: tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Who is in any of these."""

    parts: tuple[Audience, ...]


Audience = Tagged | Not | And | Or


def tag_key(tag: str) -> str:
    """The form in which readers' tags are compared: NFC, no case, single blanks, no `#` before it."""
    words = unicodedata.normalize("NFC", tag).casefold().replace("\0", "").split()
    return " ".join(words).removeprefix("#").strip()


def write_tag_keys(tags: Iterable[str]) -> str:
    """The keys of a reader's tags as they are kept: each on a line, with one end of line before them
    all, so that a key between two of these is found and nothing else.
    """
    keys = dict.fromkeys(filter(None, map(tag_key, tags)))
    return "".join(f"\n{key}" for key in keys) + "\n" if keys else ""


def parse_audience(text: str) -> Audience | None:
    """Reads an expression; None, everybody, for an empty one. Raises AudienceError."""
    parser = _Parser(text)
    if parser.is_done():
        return None
    found = parser.read_or(0)
    if not parser.is_done():
        raise AudienceError(parser.complain())
    return found


def includes(audience: Audience | None, keys: AbstractSet[str]) -> bool:
    """Whether a reader whose tags have these keys is in it."""
    match audience:
        case None:
            return True
        case Tagged(key=key):
            return key in keys
        case Not(other=other):
            return not includes(other, keys)
        case And(parts=parts):
            return all(includes(part, keys) for part in parts)
        case Or(parts=parts):
            return any(includes(part, keys) for part in parts)


def tag_keys_of(audience: Audience | None) -> tuple[str, ...]:
    """The keys of the tags that it names, each once, in order."""
    match audience:
        case None:
            return ()
        case Tagged(key=key):
            return (key,)
        case Not(other=other):
            return tag_keys_of(other)
        case And(parts=parts) | Or(parts=parts):
            return tuple(dict.fromkeys(key for part in parts for key in tag_keys_of(part)))


class _Parser:
    def __init__(self, text: str) -> None:
        self._pieces = _divide(text)
        self._at = 0

    def is_done(self) -> bool:
        return self._at >= len(self._pieces)

    def read_or(self, depth: int) -> Audience:
        parts = [self._read_and(depth)]
        while self._takes("or"):
            parts.append(self._read_and(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _read_and(self, depth: int) -> Audience:
        parts = [self._read_not(depth)]
        while self._takes("and"):
            parts.append(self._read_not(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _read_not(self, depth: int) -> Audience:
        if depth > MAX_DEPTH:
            raise AudienceError("has too many brackets within each other")
        if self._takes("not"):
            return Not(self._read_not(depth + 1))
        if self._takes("("):
            inner = self.read_or(depth + 1)
            if not self._takes(")"):
                raise AudienceError(
                    "has a `(` without its `)`" if self.is_done() else self.complain()
                )
            return inner
        if self.is_done():
            raise AudienceError("ends where a tag should follow")
        kind, words = self._pieces[self._at]
        if kind != "tag":
            raise AudienceError(
                f"has `{words}` where a tag should stand; write it like `ml and not beta`"
            )
        self._at += 1
        return Tagged(tag_key(words))

    def _takes(self, kind: str) -> bool:
        if self.is_done() or self._pieces[self._at][0] != kind:
            return False
        self._at += 1
        return True

    def complain(self) -> str:
        """Of the piece that stands where none can."""
        kind, words = self._pieces[self._at]
        if kind == ")":
            return "has a `)` without its `(`"
        before = self._pieces[self._at - 1][1] if self._at else ""
        return (
            f"has neither `and` nor `or` between `{before}` and `{words}`; a tag with blanks stands in "
            f'quotes: `"{before} {words}"`'
        )


def _divide(text: str) -> list[tuple[str, str]]:
    """(kind, words): `tag`, an operator or a bracket. Raises AudienceError."""
    pieces: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _PIECE.match(text, at, end)
        if found is None:
            break
        double, single, bracket, word, odd = found.groups()
        quoted = double if double is not None else single
        if odd is not None:
            raise AudienceError(f"has a quote (`{odd}`) that is not closed")
        if quoted is not None:
            if not tag_key(quoted):
                raise AudienceError("has a tag without a letter between quotes")
            pieces.append(("tag", quoted))
        elif bracket is not None:
            pieces.append((bracket, bracket))
        else:
            pieces.append(_read_word(word))
        at = found.end()
    return pieces


def _read_word(word: str) -> tuple[str, str]:
    if word.lower() in _OPERATORS:
        return word.lower(), word
    first = next((mark for mark in ("&&", "||", "&", "|", "!", ",") if mark in word), word)
    if (meant := _ELSEWHERE.get(first)) is not None:
        raise AudienceError(
            f"has `{first}`, which is not known here; write `{meant}`, or put the tag in quotes"
        )
    if not tag_key(word):
        raise AudienceError(f"has `{word}` where a tag should stand")
    return "tag", word
