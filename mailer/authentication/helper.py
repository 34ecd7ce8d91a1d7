"""A program of its own that signs hashes: no signature waits there for the lock of another Python.

    python -I helper.py

Its standard input is a socket, on which it is also heard:

    number of keys: 1 octet; of each key: 4 octets of length, the key in DER (PKCS #8)    →
                                                                                          ←  an empty line
    number of messages: 2 octets; of each message the SHA-256 for each key                →
                                                    of each message the signature of each key  ←

It ends when the other side does, and not before: a stop is for whoever asks it.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from io import BufferedRWPair
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

_HASH: Final = 32


def main() -> None:
    """Signs until nothing more is asked."""
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    with socket.socket(fileno=0) as line, line.makefile("rwb") as wire:
        keys = [_key(wire.read(_number(wire, 4))) for _ in range(_number(wire, 1))]
        _say(wire, b"\n")
        while count := _number(wire, 2):
            hashes = wire.read(count * len(keys) * _HASH)
            if len(hashes) < count * len(keys) * _HASH:
                return
            each = [hashes[at : at + _HASH] for at in range(0, len(hashes), _HASH)]
            signed = [keys[at % len(keys)](one) for at, one in enumerate(each)]
            _say(wire, b"".join(signed))


def _number(wire: BufferedRWPair, octets: int) -> int:
    """A number; 0 when the other side has ended."""
    return int.from_bytes(wire.read(octets), "big")


def _say(wire: BufferedRWPair, said: bytes) -> None:
    wire.write(said)
    wire.flush()


def _key(der: bytes) -> Callable[[bytes], bytes]:
    """What signs a hash with this key."""
    key = load_der_private_key(
        der, password=None, unsafe_skip_rsa_key_validation=True
    )  # it was tried
    if isinstance(key, Ed25519PrivateKey):
        return key.sign
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - DKIM knows no other
    padding, digest = PKCS1v15(), Prehashed(SHA256())
    rsa = key
    return lambda hashed: rsa.sign(hashed, padding, digest)


if __name__ == "__main__":
    main()
