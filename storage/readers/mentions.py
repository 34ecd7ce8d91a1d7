"""Whether octets of a mail hold an address, however mail may have spelt it. Pure.

Whoever is erased must not be left in what was set aside (rule F11). Such mail may be broken, forged or
cut off, so its structure is not relied on: whatever looks encoded is decoded and looked at as well.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from itertools import groupby
from typing import Final

_WORD: Final = re.compile(rb"=\?[^?\s]+\?([bq])\?([^?\s]*)\?=(?:\s+(?==\?))?", re.IGNORECASE)
"""An encoded word, and the space before the next one (RFC 2047 6.2)."""

_ESCAPE: Final = re.compile(rb"[%+]([0-9a-f]{2})", re.IGNORECASE)
"""As in a link (RFC 3986 2.1) and in xtext (RFC 3461 4)."""

_UNICODE_ESCAPE: Final = re.compile(rb"\\x\{([0-9a-f]{1,6})\}", re.IGNORECASE)
"""As in utf-8-addr-xtext (RFC 6533 3)."""

_REFERENCE: Final = re.compile(rb"&#?[0-9A-Za-z]{1,31};")
"""As in HTML."""

_BASE64_LINE: Final = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_LEAST_BASE64: Final = 8
_DEPTH: Final = 3
"""Messages within messages, each in base64, that are opened."""


def mentions(raw: bytes, key: str) -> bool:
    """Whether the address with this key is in there, whole. Rather once too often than missed."""
    forms = _forms(key)
    return any(form in text for view in _views(raw) for text in _texts(view) for form in forms)


def _forms(key: str) -> frozenset[str]:
    """The domain in either of its scripts; and as it stands in a return path made of an address."""
    local, _, domain = key.rpartition("@")
    own = ".".join(map(_own_script, domain.split(".")))
    return frozenset(f"{local}{sign}{name}" for name in (domain, own) for sign in "@=")


def _own_script(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return unicodedata.normalize("NFC", label[4:].encode().decode("punycode").casefold())
    except UnicodeError:
        return label


def _views(raw: bytes, depth: int = _DEPTH) -> Iterator[bytes]:
    """The octets as they are, without the encodings that leave text in its place, and what is
    inside of base64.
    """
    yield raw
    yield _undone(raw)
    if depth:
        for block in _blocks(raw):
            yield from _views(block, depth - 1)


def _texts(view: bytes) -> Iterator[str]:
    """In the charsets of which an address may consist, in the form in which keys are compared."""
    if view.isascii():
        yield view.decode("ascii").casefold()
        return
    for charset in ("utf-8", "latin-1"):
        yield unicodedata.normalize("NFC", view.decode(charset, "replace").casefold())


def _undone(raw: bytes) -> bytes:
    """Encoded words, quoted-printable, escapes and references, each undone wherever it looks so."""
    text = _WORD.sub(_undo_word, raw) if b"=?" in raw else raw
    if b"=" in text:
        text = binascii.a2b_qp(text)
    if b"\\x" in text:
        text = _UNICODE_ESCAPE.sub(_undo_unicode, text)
    if b"&" in text:
        text = _REFERENCE.sub(_undo_reference, text)
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), text)


def _undo_word(match: re.Match[bytes]) -> bytes:
    if match[1] in b"Bb":
        return _decode_base64(match[2])
    return binascii.a2b_qp(match[2], header=True)


def _undo_unicode(match: re.Match[bytes]) -> bytes:
    number = int(match[1], 16)
    return chr(number).encode("utf-8", "replace") if number <= 0x10FFFF else b""


def _undo_reference(match: re.Match[bytes]) -> bytes:
    return unescape(match[0].decode("latin-1")).encode("utf-8", "replace")


def _blocks(raw: bytes) -> Iterator[bytes]:
    """What stands in lines that are base64 and nothing else."""
    lines = (line.strip(b" \t>") for line in raw.splitlines())
    for is_base64, run in groupby(lines, lambda line: bool(_BASE64_LINE.fullmatch(line))):
        block = b"".join(run) if is_base64 else b""
        if len(block) >= _LEAST_BASE64:
            yield _decode_base64(block)


def _decode_base64(block: bytes) -> bytes:
    """As much of it as there is: what was kept of a mail may end anywhere."""
    whole = block.rstrip(b"=")
    try:
        return binascii.a2b_base64(whole + b"A" * (-len(whole) % 4))
    except binascii.Error:
        return b""
