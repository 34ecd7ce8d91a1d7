"""Signs messages with DKIM (RFC 6376, RFC 8301, RFC 8463). A door of cryptography.

Pure, but for `make_key`, which asks the system for randomness. Signatures are always
relaxed/relaxed, without `l=` and without `x=` (rule A31), so that a relay may fold a header anew
and a retry days later is still signed.

    Signer.sign(content, now)  =  DKIM-Signature (RSA), DKIM-Signature (Ed25519), content
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from mailer.authentication.keys import KeyType, PrivateKey, SigningKey
from storage.model import MessageError

SIGNED: Final = (
    *(b"from", b"reply-to", b"subject", b"date", b"to", b"message-id"),
    *(b"mime-version", b"content-type", b"content-transfer-encoding"),
    *(b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"list-archive", b"feedback-id"),
)
"""Fields that are signed where they occur (RFC 6376 5.4.1, rules A5 and A32). What is added or
changed on the way, such as Received and Return-Path, is not among them."""

OVERSIGNED: Final = frozenset(
    {
        *(b"from", b"reply-to", b"subject", b"date", b"to"),
        *(b"mime-version", b"content-type", b"content-transfer-encoding"),
        *(b"list-unsubscribe", b"list-unsubscribe-post"),
    }
)
"""Fields named once more than they occur, so that one more breaks the signature (RFC 6376 8.15)."""

_LINE: Final = 76
"""Characters of a line of the signature; RFC 5322 2.1.1 asks for at most 78."""


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


# ── signing ──────────────────────────────────────────────────────────────────────────────────


class Unsigned(NamedTuple):
    """What of a message is to be signed, by one key after the other."""

    fields: tuple[bytes, ...]
    """Each key's DKIM-Signature, up to its empty b=."""
    hashes: tuple[bytes, ...]
    """The SHA-256 of what each key signs."""

    def finish(self, signatures: Iterable[bytes], content: bytes) -> bytes:
        """The message with a DKIM-Signature of each key before it."""
        pairs = zip(self.fields, signatures, strict=True)
        return b"".join([*(_field(value, signature) for value, signature in pairs), content])


class Signer:
    """Signs every message with each of its keys, the RSA ones first. Safe in several threads."""

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self._keys = tuple(sorted(keys, key=lambda key: key.private.type is not KeyType.RSA))

    @property
    def keys(self) -> tuple[PrivateKey, ...]:
        """Those that sign, in order."""
        return tuple(key.private for key in self._keys)

    def sign(self, content: bytes, *, now: datetime, relaxed: bytes = b"") -> bytes:
        """The message with one DKIM-Signature per key before it; the rest is untouched.

        `content` is a message as it goes over the wire: lines end in CRLF, and the header before
        the first empty line has a From. Nothing may change it afterwards (rule A26). `relaxed` is
        its `canonical_body`, where that is known already. Raises MessageError when there is no
        From to sign (RFC 6376 5.4).
        """
        unsigned = self.prepare(content, now=now, relaxed=relaxed)
        pairs = zip(self._keys, unsigned.hashes, strict=True)
        return unsigned.finish([key.private.sign_hash(one) for key, one in pairs], content)

    def prepare(self, content: bytes, *, now: datetime, relaxed: bytes = b"") -> Unsigned:
        """All of `sign` but the signatures, which take ten times as long."""
        head, body = split_message(content)
        names, signed = _choose(canonical_fields(head))
        body_hash = b64encode(sha256(relaxed or canonical_body(body)).digest())
        stamp = int(now.timestamp())
        fields = [_value(key, names, body_hash, stamp) for key in self._keys]
        hashes = [sha256(signed + _canonical(value)).digest() for value in fields]
        return Unsigned(tuple(fields), tuple(hashes))


def _value(key: SigningKey, names: tuple[bytes, ...], body_hash: bytes, stamp: int) -> bytes:
    """The value of one DKIM-Signature, its b= empty."""
    preface = _preface(key.domain, key.selector, key.private.type, stamp, names)
    return b"%b\r\n bh=%b;\r\n b=" % (preface, body_hash)


def _canonical(value: bytes) -> bytes:
    """What is signed ends with the field itself, its b= empty (RFC 6376 3.7)."""
    return b"dkim-signature:" + value.replace(b"\r\n ", b" ")


def _field(value: bytes, signature: bytes) -> bytes:
    """The whole field, its b= filled in."""
    signature = b64encode(signature)
    # `b=` is on a line of its own already: its first line has three octets less.
    lines = [signature[: _LINE - 3]]
    lines += [signature[at : at + _LINE - 1] for at in range(_LINE - 3, len(signature), _LINE - 1)]
    return b"DKIM-Signature: %b%b\r\n" % (value, b"\r\n ".join(lines))


@lru_cache(maxsize=64)
def _preface(
    domain: str, selector: str, kind: KeyType, stamp: int, names: tuple[bytes, ...]
) -> bytes:
    """The tags up to h=, folded; the messages of one second share them."""
    tags = (
        f"v=1; a={kind}-sha256; c=relaxed/relaxed; d={domain}; s={selector}; t={stamp};"
    ).split()
    first = _fold(tags, " ", used=len("DKIM-Signature: "))
    fields = [f"{name.decode()}:" for name in names]
    fields[0] = f"h={fields[0]}"
    fields[-1] = fields[-1].replace(":", ";")
    return f"{first}\r\n {_fold(fields, '', used=1)}".encode("ascii")


def _fold(words: Iterable[str], between: str, *, used: int) -> str:
    """The words on lines of at most 76 characters, `used` of the first one taken."""
    lines, length = [""], used
    for word in words:
        if lines[-1] and length + len(between) + len(word) > _LINE:
            lines.append("")
            length = 1
        added = f"{between}{word}" if lines[-1] else word
        lines[-1] += added
        length += len(added)
    return "\r\n ".join(lines)


def _choose(fields: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[bytes, ...], bytes]:
    """The names for h=, and the lines they stand for."""
    names, places = _plan(tuple([name for name, _ in fields]))
    return names, b"".join([fields[place][1] for place in places])


@lru_cache(maxsize=64)
def _plan(names: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], tuple[int, ...]]:
    """The names for h=, and which fields they stand for: the last one of a name first (5.4.2).

    All copies of an issue have the same fields.
    """
    found: dict[bytes, list[int]] = {name: [] for name in SIGNED}
    for place, name in enumerate(names):
        if name in found:
            found[name].append(place)
    if not found[b"from"]:
        raise MessageError("a message without From cannot be signed (RFC 6376 5.4)")
    listed: list[bytes] = []
    places: list[int] = []
    for name, own in found.items():
        listed += [name] * (len(own) + (name in OVERSIGNED))
        places += reversed(own)
    return tuple(listed), tuple(places)


# ── the relaxed form (RFC 6376 3.4.2, 3.4.4) ─────────────────────────────────────────────────


def split_message(content: bytes) -> tuple[bytes, bytes]:
    """Header and body, without the empty line between them (RFC 5322 2.1)."""
    if content.startswith(b"\r\n"):
        return b"", content[2:]
    head, _, body = content.partition(b"\r\n\r\n")
    return head, body


def canonical_fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """(name, canonical line with its CRLF) of each header field, in order (RFC 6376 3.4.2)."""
    unfolded = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    fields = []
    for line in _squeeze(unfolded).split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            name = name.rstrip(b" ").lower()
            fields.append((name, b"%b:%b\r\n" % (name, value.strip(b" "))))
    return fields


def canonical_body(body: bytes) -> bytes:
    """The body as it is hashed (RFC 6376 3.4.4).

    No blanks at line ends, single ones elsewhere, no empty lines at the end, and a CRLF after the
    last line.
    """
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    body = relax_lines(body)
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end else b""


def relax_lines(lines: bytes) -> bytes:
    """Single blanks, and none at line ends: the relaxed form of lines within a body (3.4.4).

    Pieces may be relaxed one by one, if no blank stands where one ends.
    """
    return _squeeze(lines).replace(b" \r\n", b"\r\n")


def _squeeze(text: bytes) -> bytes:
    """Each run of blanks and tabs as one blank.

    Every pass halves the runs, and there is usually one or none: quicker than any expression.
    """
    text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text
