"""Header fields as bytes, written here because the standard library's writer breaks them. Pure.

It encodes what must never be encoded (a long URL in List-Unsubscribe: rule A4) and folds what it
encodes into lines and words that are too long or lose their spaces (rule A22).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from storage.model import MessageError

MAX_LINE: Final = 998
"""Octets of a line without its CRLF (RFC 5322 2.1.1)."""

_FOLDED: Final = 76
"""Characters of a line that holds an encoded-word (RFC 2047 2)."""

_WORD: Final = 75
"""Characters of an encoded-word, its delimiters included (RFC 2047 2)."""

_OPEN_Q, _OPEN_B, _CLOSE = "=?utf-8?q?", "=?utf-8?b?", "?="

_NOT_TEXT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_BLANKS: Final = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_PLAIN: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOMS: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
_LETTERS: Final = re.compile(r"[0-9A-Za-z]+(?: [0-9A-Za-z]+)*")
_SHORT: Final = 60
"""Characters of a phrase and its address that fit on any field's first line."""
_Q_LITERAL: Final = frozenset(
    map(ord, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
)
"""What stands for itself in a phrase (RFC 2047 5 (3)), and so everywhere."""
_Q_OCTETS: Final = tuple(
    "_" if octet == 0x20 else chr(octet) if octet in _Q_LITERAL else f"={octet:02X}"
    for octet in range(256)
)
_UNFIT: Final = re.compile(r"[^!-;=?-~]")
_UNFIT_UTF8: Final = re.compile(r"[\x00-\x20<>\x7f-\xa0\u2028\u2029\ud800-\udfff]")


def one_line(text: str) -> str:
    """The text as one line: line ends and tabs become a blank, other controls go (rule A21)."""
    if text.isascii() and text.isprintable():
        return text
    return _NOT_TEXT.sub("", _BLANKS.sub(" ", text))


def text_field(name: str, text: str) -> bytes:
    """An unstructured field such as Subject (RFC 5322 3.6.5); it reads back exactly.

    What is ASCII stays readable if its words fit on lines: filters take the needless coding of a
    subject for a sign of spam.
    """
    text = one_line(text)
    room = _FOLDED - len(name) - 2
    if _fits_plain(text) and max(map(len, text.split(" "))) <= room:
        return _line(f"{name}: {_fold(text, len(name) + 2)}")
    return _line(f"{name}: {_encoded_words(text, used=len(name) + 2)}")


def token_field(name: str, value: str) -> bytes:
    """A field of our own making, never encoded and never folded (rule A4).

    Raises MessageError when it is not printable ASCII or longer than a line may be.
    """
    if not (value.isascii() and value.isprintable()) or len(name) + 2 + len(value) > MAX_LINE:
        raise MessageError(f"the header field {name} cannot be written: too long, or not ASCII")
    return _line(f"{name}: {value}")


def parameter_field(name: str, value: str, *, boundary: str) -> bytes:
    """Content-Type with a quoted boundary, on a line of its own (RFC 2045 5.1)."""
    return _line(f'{name}: {value};\r\n boundary="{boundary}"')


def bracket_field(name: str, value: str, *, after: int = 0) -> bytes:
    """A URL or an id in angle brackets, never encoded, never folded (RFC 2369 2, rules A4, A14), with room for so many
    octets after it.

    Raises MessageError when it holds a blank, a bracket or anything outside ASCII, or is longer
    than a line may be.
    """
    if _UNFIT.search(value) or len(name) + 4 + len(value) + after > MAX_LINE:
        raise MessageError(f"the value of {name} cannot stand in a header: a blank, or too long")
    return f"{name}: <{value}>\r\n".encode("ascii")


def further_bracket(name: str, value: str) -> bytes:
    """What goes on with such a field whose first value is the preferred one, folded in between (RFC 2369 2).

    Raises MessageError like `bracket_field`.
    """
    if _UNFIT.search(value) or len(value) + 3 > MAX_LINE:
        raise MessageError(f"the value of {name} cannot stand in a header: a blank, or too long")
    return b",\r\n <%b>" % value.encode("ascii")


def own_field(name: str, text: str) -> bytes:
    """A field of the author's own, whose name and line were judged before; ASCII is never encoded.

    What a mail service reads there may be one long word, which no encoded-word may stand in for.
    """
    if text.isascii() and text.isprintable():
        return _line(f"{name}: {_fold(text, len(name) + 2)}")
    return text_field(name, text)


def mailbox_field(name: str, phrase: str, address: str) -> bytes:
    """A field with one mailbox (RFC 5322 3.4); the address is never encoded (rules A4, A23).

    An address outside ASCII is written as UTF-8, for a message sent with SMTPUTF8 (RFC 6532 3.2).
    Raises MessageError when the address holds a blank, a bracket or a control character.
    """
    if _UNFIT_UTF8.search(address):
        raise MessageError(f"the address in {name} holds a character that a header cannot carry")
    if not phrase:
        return _line(f"{name}: {address}")
    if len(phrase) + len(address) < _SHORT and _LETTERS.fullmatch(phrase):
        return _line(f"{name}: {phrase} <{address}>")  # most names; this runs for every copy
    words = _phrase(phrase, used=len(name) + 2)
    if not words:
        return _line(f"{name}: {address}")
    return _line(f"{name}: {_join(name, words, address)}")


def list_id_field(phrase: str, identifier: str) -> bytes:
    """List-Id: a phrase that may change, and the identifier that never does (RFC 2919 3)."""
    words = _phrase(phrase, used=len("List-Id: "))
    return _line(
        f"List-Id: {_join('List-Id', words, identifier)}" if words else f"List-Id: <{identifier}>"
    )


def date_field(moment: datetime) -> bytes:
    """Date, with a numeric zone (RFC 5322 3.3). Raises MessageError for a time without a zone."""
    if moment.tzinfo is None:
        raise MessageError("the date of a message needs a time zone")
    return _date_line(moment)


@lru_cache(maxsize=64)
def _date_line(moment: datetime) -> bytes:
    """The Date field of a moment; kept, since copies made at the same one share it."""
    return _line(f"Date: {format_datetime(moment.astimezone(UTC))}")


def _line(text: str) -> bytes:
    return f"{text}\r\n".encode()


def _join(name: str, words: str, address: str) -> str:
    """Phrase and address on one line if they fit, else folded between the two."""
    last = len(words.rpartition("\n")[2])
    used = last if "\n" in words else len(name) + 2 + last
    fold = "\r\n " if used + 3 + len(address) > _FOLDED else " "
    return f"{words}{fold}<{address}>"


def _fits_plain(text: str) -> bool:
    """Whether ASCII can stand as it is: single blanks inside only, nothing like an encoded-word."""
    return not text or (_PLAIN.fullmatch(text) is not None and "=?" not in text)


def _phrase(text: str, *, used: int) -> str:
    """A display name as atoms, a quoted string or encoded-words (RFC 5322 3.2.5)."""
    text = " ".join(one_line(text).split())
    if not text:
        return ""
    if not _fits_plain(text) or max(map(len, text.split())) > _FOLDED // 2:
        return _encoded_words(text, used=used)
    if not _ATOMS.fullmatch(text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        text = f'"{escaped}"'
    return _fold(text, used)


def _fold(text: str, used: int) -> str:
    """The text on lines of at most 76 characters, broken at its single blanks."""
    lines = [""]
    for word in text.split(" "):
        room = _FOLDED - (used if len(lines) == 1 else 1)
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return "\r\n ".join(lines)


def _encoded_words(text: str, *, used: int) -> str:
    """The text as encoded-words, one per line; `used` characters of the first line are taken.

    Readers drop the white space between two encoded-words (RFC 2047 6.2), so nothing is lost.
    """
    octets = len(text.encode("utf-8", "replace"))
    quoted = sum(map(_q_cost, text)) <= octets * 4
    encode, cost = (_q_word, _q_cost) if quoted else (_b_word, _b_cost)
    return "\r\n ".join(encode(chunk) for chunk in _chunks(text, cost, used))


def _chunks(text: str, cost: Callable[[str], int], used: int) -> Iterator[str]:
    """Whole characters only, as each word is decoded alone (RFC 2047 5); after a blank if possible.

    Some readers (CPython's among them) put a blank between two encoded-words of a display name.
    Where there is one already, nobody sees the second.
    """
    start, spent, room = 0, 0, _room(used)
    for at, char in enumerate(text):
        spent += cost(char)
        while spent > room:
            cut = text.rfind(" ", start, at) + 1 or at
            yield text[start:cut]
            start, room = cut, _room(1)
            spent = sum(map(cost, text[cut : at + 1]))
    yield text[start:]


def _room(used: int) -> int:
    """What one encoded-word holds on a line with `used` characters taken, in thirds of one.

    Thirds, because base64 makes four characters of three octets; whole fours, as it pads to them.
    """
    return (min(_WORD, _FOLDED - used) - len(_OPEN_Q) - len(_CLOSE)) // 4 * 4 * 3


def _q_word(text: str) -> str:
    octets = text.encode("utf-8", "replace")
    return f"{_OPEN_Q}{''.join(map(_Q_OCTETS.__getitem__, octets))}{_CLOSE}"


def _q_cost(char: str) -> int:
    return 3 * sum(len(_Q_OCTETS[octet]) for octet in char.encode("utf-8", "replace"))


def _b_word(text: str) -> str:
    return f"{_OPEN_B}{b64encode(text.encode('utf-8', 'replace')).decode()}{_CLOSE}"


def _b_cost(char: str) -> int:
    return 4 * len(char.encode("utf-8", "replace"))


_BARE: Final = "!$'*+-._~"
"""What stands for itself in the address of a mailto URI, besides letters and digits (RFC 6068 2)."""


def build_mailto(key: str, base_address: str) -> str:
    """`mailto:local+key@domain?subject=unsubscribe%20key` (RFC 6068, RFC 2369 3.2).

    The key stands in both: there are hosts that drop an address's extension, and readers whose
    program drops the subject.
    """
    local, domain = _quoted(base_address)
    return f"mailto:{local}+{key}@{domain}?subject=unsubscribe%20{key}"


@lru_cache(maxsize=4)
def _quoted(base_address: str) -> tuple[str, str]:
    """Local part and domain for a mailto; kept, since every mail has the same."""
    local, _, domain = base_address.rpartition("@")
    return quote(local, safe=_BARE), domain
