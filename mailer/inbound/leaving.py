"""Owns unsubscribing by mail: what a message says that asks for it, and the URI that offers it. Pure.

Only keys count (rule C11): in the address that the mail came to, or in its subject, however a mail
program has decorated it. From and the text are not looked at. Never raises (rule C12).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from mailer.inbound.mime import PARSER_FAULTS, ReportParts, read_parts

_PLUS: Final = r"(?:\+|%(?:25)*2b|=2b|\+2b|&#0*43;|&#x0*2b;|&plus;|\\u002b)"
_DOT: Final = r"(?:\.|%(?:25)*2e|=2e|\+2e)"
"""As programs write them that decode no URI, or encode what needs it not: for a URI, a header (RFC 2047), an
address of Exchange's (IMCEA), a page."""
_SHAPE: Final = rf"u([0-9]{{1,18}}){_DOT}([0-9a-f]{{16}})"
_IN_ADDRESS: Final = re.compile(rf"{_PLUS}{_SHAPE}(?![0-9a-z])", re.IGNORECASE)
"""Hosts put quotation marks around a local part, a comment or another host behind it."""
_IN_SUBJECT: Final = re.compile(
    rf"(?:(?<![0-9a-z+.])|(?<=unsubscribe\+)|(?<=unsubscribe%20)|(?<=unsubscribe%2520)|(?<=unsubscribe=20))"
    rf"{_SHAPE}(?![0-9a-z])|{_PLUS}{_SHAPE}(?=@|%40)",
    re.IGNORECASE,
)
_FURTHER: Final = (
    *("cc", "bcc", "resent-cc", "x-apparently-to", "original-recipient", "x-original-recipient"),
    *("x-mdrcpt-to", "x-resolved-to", "x-receiver", "x-env-to"),
)
"""Where else a mail's writer, or a host, may have put it: Yahoo, MDaemon, Fastmail, hMailServer."""
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
    found = _keys(_IN_SUBJECT, _seen(subject))
    return _unique((*_addressed(envelope_to, _recipients(parts)), *found))


def find_addressed_keys(raw: bytes, *, envelope_to: str = "") -> tuple[str, ...]:
    """The keys in the addresses that a message came to, whoever or whatever wrote it (rule C11).

    Nothing is ever sent from such an address, so that no machine answers it by itself: what comes was
    sent to leave, also if it calls itself automatic, as Apple's programs do, or has no sender.
    """
    try:
        parts = read_parts(raw)
    except PARSER_FAULTS:
        return find_keys_in(envelope_to)
    return _unique(_addressed(envelope_to, _recipients(parts)))


def find_keys_in(address: str) -> tuple[str, ...]:
    """What looks like a key in an address; at most one in an honest one."""
    return _unique(_addressed(address[:1000], ()))


def _recipients(parts: ReportParts) -> Iterator[str]:
    """Whom a mail is to: where hosts note it, and where its writer may have put it."""
    yield from parts.recipients
    for name in _FURTHER:
        yield parts.headers.get(name, "")[:1000]


def _addressed(envelope_to: str, recipients: Iterable[str]) -> Iterator[str]:
    for address in (envelope_to, *recipients):
        # An address may be folded at its dots, or have blanks at its @ (RFC 5322 4.4).
        yield from _keys(_IN_ADDRESS, "".join(_seen(address).split()))


def _keys(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for match in pattern.finditer(text):
        number, proof = filter(None, match.groups())
        yield f"u{number}.{proof}"


def _seen(text: str) -> str:
    """The text as a person sees it: wide letters as the usual ones, without what is not to be seen."""
    if text.isascii():
        return text
    usual = unicodedata.normalize("NFKC", text)
    return "".join(char for char in usual if unicodedata.category(char) != "Cf")


def _unique(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.lower() for key in keys))[:_MOST]
