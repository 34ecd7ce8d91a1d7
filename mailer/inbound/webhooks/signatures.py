"""Checks signatures that others make over HTTP. A door of cryptography, beside mailer/authentication/dkim.py. Pure.

Every check answers True only for a signature that fits, and never raises for what was sent.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class EcdsaKey:
    """A public key that a service signs for. Its repr shows nothing: it says whose account it is."""

    public: object = field(repr=False)
    """An `EllipticCurvePublicKey` of cryptography, which is loaded where one is used."""


def is_hmac(key: str, data: bytes, given: str) -> bool:
    """Whether `given` is the HMAC-SHA-256 of the data in hexadecimal (RFC 2104)."""
    made = hmac.new(key.encode(), data, sha256).hexdigest()
    return hmac.compare_digest(made.encode(), given.lower().encode("utf-8", "replace"))


def is_same(known: str, given: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing about them; none equals nothing."""
    return bool(known) and hmac.compare_digest(known.encode(), given.encode("utf-8", "replace"))


def parse_ecdsa_key(text: str) -> EcdsaKey:
    """Reads the key of an elliptic curve, as base64 of its DER form. Raises ValueError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        found = load_der_public_key(b64decode(text, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("is no public key in base64") from error
    if not isinstance(found, EllipticCurvePublicKey):
        raise ValueError("is not the key of an elliptic curve")  # noqa: TRY004 - about a value
    return EcdsaKey(found)


def is_ecdsa(key: EcdsaKey | None, data: bytes, given: str) -> bool:
    """Whether `given`, in base64, is a signature of the data with ECDSA and SHA-256."""
    if key is None:
        return False
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256

    if not isinstance(key.public, EllipticCurvePublicKey):
        return False
    try:
        key.public.verify(b64decode(given, validate=True), data, ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def is_signed_by(
    certificate: bytes, data: bytes, given: str, *, digest: str, now: datetime
) -> bool:
    """Whether the owner of an RSA certificate in PEM, valid now, signed the data (RFC 8017 8.2)."""
    from cryptography import x509  # eight megabytes, for Amazon's certificates alone
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    try:
        found = x509.load_pem_x509_certificate(certificate)
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            return False
        key = found.public_key()
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(
            b64decode(given, validate=True),
            data,
            PKCS1v15(),
            {"sha1": SHA1, "sha256": SHA256}[digest](),
        )
    except (ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
