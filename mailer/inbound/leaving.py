"""Owns unsubscribing by mail: what a message says that asks for it, and the URI that offers it. Pure.

Only keys count (rule C11): in the address that the mail came to, or in its subject, however a mail
program has decorated it. From and the text are not looked at. Never raises (rule C12).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from mailer.inbound.mime import PARSER_FAULTS, read_parts

_SHAPE: Final = r"u[0-9]{1,18}\.[0-9a-f]{16}"
_IN_ADDRESS: Final = re.compile(rf"\+({_SHAPE})@", re.IGNORECASE)
_IN_SUBJECT: Final = re.compile(rf"(?<![0-9a-z+.])({_SHAPE})(?![0-9a-z])", re.IGNORECASE)
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
    addressed = _addressed(envelope_to, parts.recipients)
    return _unique((*addressed, *_IN_SUBJECT.findall(subject)))


def find_addressed_keys(raw: bytes, *, envelope_to: str = "") -> tuple[str, ...]:
    """The keys in the addresses that a message came to, whoever or whatever wrote it (rule C11).

    Nothing is ever sent from such an address, so that no machine answers it by itself: what comes was
    sent to leave, also if it calls itself automatic, as Apple's programs do, or has no sender.
    """
    try:
        parts = read_parts(raw)
    except PARSER_FAULTS:
        return find_keys_in(envelope_to)
    return _unique(_addressed(envelope_to, parts.recipients))


def find_keys_in(address: str) -> tuple[str, ...]:
    """What looks like a key in an address; at most one in an honest one."""
    return _unique(_IN_ADDRESS.findall(address[:1000]))


def _addressed(envelope_to: str, recipients: Iterable[str]) -> Iterator[str]:
    for address in (envelope_to, *recipients):
        yield from _IN_ADDRESS.findall(address)


def _unique(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.lower() for key in keys))[:_MOST]
