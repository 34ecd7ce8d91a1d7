"""Keys that sign: read, made, judged, and the record that publishes them. Pure but for chance in making one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from storage.model import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


MIN_BITS: Final = 1024
"""Signatures of shorter RSA keys count as none (RFC 8301 3.2)."""


GOOD_BITS: Final = 2048
"""What a new RSA key has, and what receivers ask for (rule A29)."""


MAX_BITS: Final = 4096
"""Nobody has to verify longer RSA keys (RFC 8301 3.2)."""


_STRING: Final = 255
"""Octets of one string in a TXT record (RFC 1035 3.3)."""


_TRIED: Final = bytes(32)
"""A hash to sign; any would do."""


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
    octets: int
    """Of each signature."""
    sign_hash: Callable[[bytes], bytes] = field(repr=False, compare=False)
    """The signature of what has this SHA-256; releases the interpreter's lock for RSA."""
    export: Callable[[], bytes] = field(repr=False, compare=False)
    """The key itself, in DER (PKCS #8, without a passphrase)."""

    @classmethod
    def load(cls, pem: bytes) -> PrivateKey:
        """Reads a private key in PEM. Raises ConfigError, its problem the rest of a sentence.

        Refused are other types than RSA and Ed25519, a passphrase, RSA keys that receivers must
        ignore (rule A29), and such as sign nothing that can be verified.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            # Whether its numbers are primes takes 40 ms, of each command; what it is for is tried instead.
            key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
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
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if key.key_size < MIN_BITS:
        raise _unusable(
            f"has {key.key_size} bits: receivers ignore RSA keys below {MIN_BITS}, and ask for "
            f"{GOOD_BITS} (RFC 8301 3.2)"
        )
    padding, digest, public = PKCS1v15(), Prehashed(SHA256()), key.public_key()
    try:
        public.verify(key.sign(_TRIED, padding, digest), _TRIED, padding, digest)
    except (ValueError, InvalidSignature) as error:
        raise _unusable("is damaged: nobody could verify what it signs") from error
    return PrivateKey(
        type=KeyType.RSA,
        bits=key.key_size,
        public=public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        octets=(key.key_size + 7) // 8,
        sign_hash=lambda digested: key.sign(digested, padding, digest),
        export=lambda: _der(key),
    )


def _ed25519_key(key: Ed25519PrivateKey) -> PrivateKey:
    return PrivateKey(
        type=KeyType.ED25519,
        bits=256,
        public=key.public_key().public_bytes_raw(),
        octets=64,
        sign_hash=key.sign,  # the hash is what is signed (RFC 8463 3)
        export=lambda: _der(key),
    )


def _der(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _unusable(problem: str) -> ConfigError:
    return ConfigError("DKIM key", [problem])
