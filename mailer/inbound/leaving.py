"""Owns unsubscribing by mail: what a message says that asks for it, and the URI that offers it. Pure.

Only keys count (rule C11): in the address that the mail came to, or in its subject, however a mail
program has decorated it. From and the text are not looked at. Never raises (rule C12).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from mailer.inbound.mime import PARSER_FAULTS, ReportParts, read_parts

_SHAPE: Final = r"u[0-9]{1,18}\.[0-9a-f]{16}"
_IN_ADDRESS: Final = re.compile(rf"(?:\+|%2b)({_SHAPE})(?![0-9a-z])", re.IGNORECASE)
"""Not all mail programs decode a URI, and hosts put quotation marks around a local part, a comment or
another host behind it."""
_IN_SUBJECT: Final = re.compile(
    rf"(?:(?<![0-9a-z+.])|(?<=unsubscribe\+)|(?<=unsubscribe%20))({_SHAPE})(?![0-9a-z])",
    re.IGNORECASE,
)
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
    return _unique((*_addressed(envelope_to, _recipients(parts)), *_IN_SUBJECT.findall(subject)))


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
    yield parts.headers.get("cc", "")[:1000]


def _addressed(envelope_to: str, recipients: Iterable[str]) -> Iterator[str]:
    for address in (envelope_to, *recipients):
        # An address may be folded at its dots, or have blanks at its @ (RFC 5322 4.4).
        yield from _IN_ADDRESS.findall("".join(address.split()))


def _unique(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.lower() for key in keys))[:_MOST]
