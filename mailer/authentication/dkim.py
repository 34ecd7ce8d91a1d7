"""Signs messages with DKIM (RFC 6376, RFC 8301, RFC 8463). A door of cryptography.

Pure, but for `make_key`, which asks the system for randomness. Signatures are always
relaxed/relaxed, without `l=` and without `x=` (rule A31), so that a relay may fold a header anew
and a retry days later is still signed.

    Signer.sign(content, now)  =  DKIM-Signature (RSA), DKIM-Signature (Ed25519), content
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from storage.model.errors import ConfigError, MessageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

MIN_BITS: Final = 1024
"""Signatures of shorter RSA keys count as none (RFC 8301 3.2)."""
GOOD_BITS: Final = 2048
"""What a new RSA key has, and what receivers ask for (rule A29)."""
MAX_BITS: Final = 4096
"""Nobody has to verify longer RSA keys (RFC 8301 3.2)."""

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
_STRING: Final = 255
"""Octets of one string in a TXT record (RFC 1035 3.3)."""


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


class KeyType(StrEnum):
    """The algorithms of DKIM that are still allowed (RFC 8301 3.1, RFC 8463 3)."""

    RSA = "rsa"
    """Every receiver verifies it."""
    ED25519 = "ed25519"
    """Short and quick, but many receivers do not know it: use it beside an RSA key (rule A30)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    """A key that signs. Safe to use from several threads; its repr shows nothing of it."""

    type: KeyType
    bits: int
    public: bytes = field(repr=False)
    """The `p=` of the DNS record, before base64: DER for RSA, 32 octets for Ed25519."""
    sign: Callable[[bytes], bytes] = field(repr=False, compare=False)
    """The signature of some data; releases the interpreter's lock for RSA."""

    @classmethod
    def load(cls, pem: bytes) -> PrivateKey:
        """Reads a private key in PEM. Raises ConfigError, its problem the rest of a sentence.

        Refused are other types than RSA and Ed25519, a passphrase, and RSA keys that receivers
        must ignore (rule A29).
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(pem, password=None)
        except TypeError as error:
            raise _unusable("has a passphrase; store it without one, mode 0600") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise _unusable("holds no private key in PEM form") from error
        if isinstance(key, RSAPrivateKey):
            return _rsa_key(key)
        if isinstance(key, Ed25519PrivateKey):
            return _ed25519_key(key)
        raise _unusable("holds a key that DKIM does not know: it must be RSA or Ed25519")

    def record(self) -> str:
        """The TXT record for receivers (RFC 6376 3.6.1, RFC 8463 4)."""
        return f"v=DKIM1; k={self.type}; p={b64encode(self.public).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key, and where in the DNS its public half stands."""

    domain: str
    """The `d=`: A-labels, lower case."""
    selector: str
    private: PrivateKey

    @classmethod
    def load(cls, pem: bytes, *, domain: str, selector: str) -> SigningKey:
        """Reads the key for a selector. Raises ConfigError like `PrivateKey.load`."""
        return cls(domain=domain, selector=selector, private=PrivateKey.load(pem))

    @property
    def record_name(self) -> str:
        """Where the record stands: `SELECTOR._domainkey.DOMAIN` (RFC 6376 3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    def record_strings(self) -> tuple[str, ...]:
        """The record's value in the strings of at most 255 octets that a TXT record consists of."""
        value = self.private.record()
        return tuple(value[at : at + _STRING] for at in range(0, len(value), _STRING))


def make_key(kind: KeyType) -> bytes:
    """A new private key in PEM (PKCS #8), without a passphrase; RSA with 2048 bits."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key: RSAPrivateKey | Ed25519PrivateKey
    if kind is KeyType.RSA:
        key = rsa.generate_private_key(public_exponent=65537, key_size=GOOD_BITS)
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _rsa_key(key: RSAPrivateKey) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if key.key_size < MIN_BITS:
        raise _unusable(
            f"has {key.key_size} bits: receivers ignore RSA keys below {MIN_BITS}, and ask for "
            f"{GOOD_BITS} (RFC 8301 3.2)"
        )
    padding, digest = PKCS1v15(), SHA256()
    return PrivateKey(
        type=KeyType.RSA,
        bits=key.key_size,
        public=key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        sign=lambda data: key.sign(data, padding, digest),
    )


def _ed25519_key(key: Ed25519PrivateKey) -> PrivateKey:
    return PrivateKey(
        type=KeyType.ED25519,
        bits=256,
        public=key.public_key().public_bytes_raw(),
        sign=lambda data: key.sign(sha256(data).digest()),  # the hash is signed (RFC 8463 3)
    )


def _unusable(problem: str) -> ConfigError:
    return ConfigError("DKIM key", [problem])


# ── signing ──────────────────────────────────────────────────────────────────────────────────


class Signer:
    """Signs every message with each of its keys, the RSA ones first. Safe in several threads."""

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        self._keys = tuple(sorted(keys, key=lambda key: key.private.type is not KeyType.RSA))

    def sign(self, content: bytes, *, now: datetime, relaxed: bytes = b"") -> bytes:
        """The message with one DKIM-Signature per key before it; the rest is untouched.

        `content` is a message as it goes over the wire: lines end in CRLF, and the header before
        the first empty line has a From. Nothing may change it afterwards (rule A26). `relaxed` is
        its `canonical_body`, where that is known already. Raises MessageError when there is no
        From to sign (RFC 6376 5.4).
        """
        head, body = split_message(content)
        names, signed = _choose(canonical_fields(head))
        body_hash = b64encode(sha256(relaxed or canonical_body(body)).digest())
        stamp = int(now.timestamp())
        signatures = [_sign(key, names, signed, body_hash, stamp) for key in self._keys]
        return b"".join([*signatures, content])


def _sign(
    key: SigningKey, names: tuple[bytes, ...], signed: bytes, body_hash: bytes, stamp: int
) -> bytes:
    """One DKIM-Signature field. What is signed ends with the field itself, its b= empty (3.7)."""
    preface = _preface(key.domain, key.selector, key.private.type, stamp, names)
    value = b"%b\r\n bh=%b;\r\n b=" % (preface, body_hash)
    canonical = b"dkim-signature:" + value.replace(b"\r\n ", b" ")
    signature = b64encode(key.private.sign(signed + canonical))
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


def _choose(fields: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[bytes, ...], bytes]:
    """The names for h=, and the lines they stand for: the last one of a name first (5.4.2)."""
    found: dict[bytes, list[bytes]] = {name: [] for name in SIGNED}
    for name, line in fields:
        if name in found:
            found[name].append(line)
    if not found[b"from"]:
        raise MessageError("a message without From cannot be signed (RFC 6376 5.4)")
    names: list[bytes] = []
    lines: list[bytes] = []
    for name, own in found.items():
        names += [name] * (len(own) + (name in OVERSIGNED))
        lines += reversed(own)
    return tuple(names), b"".join(lines)


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
