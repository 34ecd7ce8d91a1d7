"""An independent verifier for the tests: dkimpy, with a DNS that holds just the given keys."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import dkim
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mailer.authentication.keys import KeyType, SigningKey, make_key


class BadSignature(Exception):
    """What the verifier expects of a signature that does not fit."""


class VerifyKey:
    """The one class that dkimpy needs of PyNaCl: Ed25519 itself (RFC 8032)."""

    def __init__(self, key: bytes, encoder: Callable[[bytes], bytes]) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(encoder(key))

    def verify(self, data: bytes, signature: bytes) -> None:
        """Raises BadSignature."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature as error:
            raise BadSignature from error


if not hasattr(dkim, "nacl"):  # it is optional to dkimpy, and a large thing to install for tests
    dkim.nacl = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=VerifyKey),
        encoding=SimpleNamespace(Base64Encoder=base64.b64decode),
        exceptions=SimpleNamespace(ValueError=ValueError, BadSignatureError=BadSignature),
    )


_RSA = Path(__file__).parents[2] / "fixtures" / "keys" / "rsa.pem"
"""Making one takes a tenth of a second, or three, by chance. This one signs nothing but what tests send."""


@cache
def pem(kind: KeyType) -> bytes:
    """One key per type for all tests."""
    return _RSA.read_bytes() if kind is KeyType.RSA else make_key(kind)


@cache
def rsa_key() -> RSAPrivateKey:
    """The one of RSA, for what signs otherwise than we do; OpenSSL looks at a key for long as it loads it."""
    key = load_pem_private_key(pem(KeyType.RSA), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, RSAPrivateKey)
    return key


@cache
def signing_key(kind: KeyType) -> SigningKey:
    """The key of example.com under the selector s-TYPE."""
    return SigningKey.load(pem(kind), domain="example.com", selector=f"s-{kind}")


def verifies(content: bytes, *keys: SigningKey) -> bool:
    """Whether the message has a valid signature of each key, the first key's on top."""
    records = {f"{key.record_name}.".encode(): key.private.record().encode() for key in keys}

    def ask(name: bytes, timeout: int = 5) -> bytes | None:
        del timeout
        return records.get(name)

    try:
        return all(dkim.DKIM(content).verify(idx=at, dnsfunc=ask) for at in range(len(keys)))
    except dkim.DKIMException:
        return False
