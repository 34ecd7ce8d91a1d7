"""Owns unsubscribing by mail: what a message says that asks for it, and the URI that offers it. Pure.

Only keys count (rule C11): in the address that the mail came to, or in its subject, however a mail
program has decorated it. From and the text are not looked at. Never raises (rule C12).
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import islice
from typing import Final

from mailer.inbound.mime import PARSER_FAULTS, ReportParts, decode_words, read_parts

_KEY: Final = re.compile(
    r"(?:(?<![0-9a-z])|(?<=unsubscribe))u([0-9]{1,18})\s?\.\s?([0-9a-f](?:\s?[0-9a-f]){15})(?![0-9a-z])",
    re.IGNORECASE,
)
"""Wherever it stands: hosts put quotation marks, comments and other hosts around it, and fold a line at any place."""
_CODED: Final = re.compile(
    r"(?:%|=|\\x|\\u00)([0-9a-f]{2})|\\([^\w\s])|=\?[^?\s]{1,40}\?b\?([a-z0-9+/=]{1,1000})",
    re.IGNORECASE,
)
"""As programs write that decode no URI, or encode what needs it not: for a URI, a header (RFC 2047), a program; with
a backslash (RFC 5322 3.2.4); an encoded-word without its end."""
_EXCHANGE: Final = re.compile(r"\+([0-9a-f]{2})", re.IGNORECASE)
"""In an address of Exchange's (IMCEA)."""
_DOTS: Final = str.maketrans("。·․‧・", ".....")
_ROUNDS: Final = 3
"""How often one thing was encoded in another, at most."""
_RECIPIENT: Final = re.compile(
    r"(?:.*-)?(?:to|cc|bcc|rcpt|recipients?|receiver|destination|delivered|for|received)(?:-original)?",
    re.IGNORECASE,
)
_NO_RECIPIENT: Final = re.compile(
    r"(?:.*-)?(?:reply|response|errors|receipt|reading|notification|reports?|followup|post|sent)-(?:to|for)|in-reply-to|list-.*",
    re.IGNORECASE,
)
"""Fields in which a writer, or any host, notes whom a mail is for, and those that are called so and say something else."""
_LONGEST: Final = 8000
"""Characters of a field: some three hundred addresses."""
_MOST_FIELDS: Final = 20
_MOST: Final = 10
"""Keys of one message that are looked at; an honest one has two, the same twice."""


def find_leave_keys(raw: bytes, *, envelope_to: str = "") -> tuple[str, ...]:
    """The keys in a message that a person wrote, in the order to try them: addresses, then subject.

    Whose they are, if anybody's, is for their maker to say. None in what came with the null sender:
    only machines send so (RFC 5321 4.5.5). CR, LF and CRLF are the same (rule C14).
    """
    try:
        parts = read_parts(raw)
    except PARSER_FAULTS:
        return find_keys_in(envelope_to)
    if parts.headers.get("return-path", "").strip() == "<>":
        return ()
    subject = parts.headers.get("subject", "")[:2000]
    return _unique((*_addressed(envelope_to, _recipients(parts)), *_keys(subject)))


def find_addressed_keys(raw: bytes, *, envelope_to: str = "") -> tuple[str, ...]:
    """The keys in the addresses that a message came to, whoever or whatever wrote it (rule C11).

    Nothing is ever sent from such an address, so that no machine answers it by itself: what comes was
    sent to leave, also if it calls itself automatic, as Apple's programs do, or has no sender. None in a
    report on a delivery (RFC 3464), which asks for nothing wherever it comes to.
    """
    try:
        parts = read_parts(raw)
    except PARSER_FAULTS:
        return find_keys_in(envelope_to)
    if parts.groups:
        return ()
    return _unique(_addressed(envelope_to, _recipients(parts)))


def find_keys_in(address: str) -> tuple[str, ...]:
    """What looks like a key in an address; at most one in an honest one."""
    return _unique(_addressed(address[:1000], ()))


def _recipients(parts: ReportParts) -> Iterator[str]:
    """Whom a mail is to: where hosts note it, and where its writer may have put it."""
    yield from parts.recipients
    named = (name for name in parts.headers if _RECIPIENT.fullmatch(name))
    told = (name for name in named if not _NO_RECIPIENT.fullmatch(name))
    for name in islice(told, _MOST_FIELDS):
        yield parts.headers[name][:_LONGEST]


def _addressed(envelope_to: str, recipients: Iterable[str]) -> Iterator[str]:
    for address in (envelope_to, *recipients):
        yield from _keys(address)


def _keys(text: str) -> Iterator[str]:
    for reading in _readings(text):
        for match in _KEY.finditer(reading):
            yield f"u{match[1]}.{''.join(match[2].split())}"


def _readings(text: str) -> Iterator[str]:
    """The text as a person sees it, and as it is when what needed no encoding is decoded, once and again."""
    for _ in range(_ROUNDS + 1):
        yield _seen(text)
        decoded = _decode(text)
        if decoded == text:
            return
        text = decoded


def _decode(text: str) -> str:
    if "imcea" in text[:200].lower():
        text = _EXCHANGE.sub(_character, text)
    return _CODED.sub(_character, unescape(decode_words(text)))


def _character(match: re.Match[str]) -> str:
    number, *others = match.groups()
    if number:
        return chr(int(number, 16))
    quoted, word = others
    return quoted or _base64(word)


def _base64(word: str) -> str:
    whole = word.rstrip("=")
    try:
        return b64decode(whole + "=" * (-len(whole) % 4)).decode("utf-8", "replace")
    except ValueError:
        return word


def _seen(text: str) -> str:
    """Wide letters as the usual ones, without what is not to be seen."""
    if text.isascii() and text.isprintable():
        return text
    usual = unicodedata.normalize("NFKC", text).translate(_DOTS)
    return "".join(
        char for char in usual if char.isspace() or unicodedata.category(char) not in {"Cf", "Cc"}
    )


def _unique(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.lower() for key in keys))[:_MOST]
