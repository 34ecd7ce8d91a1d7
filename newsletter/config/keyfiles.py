"""Owns what `[dkim]` means: domains, selectors, key files, and what is unwise about them.

Reads key files, and is pure beyond that. How a message is signed stands in mailer/authentication/dkim.py.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailer.address import ascii_domain
from mailer.authentication import GOOD_BITS, MAX_BITS, KeyType, PrivateKey
from storage.model import AddressError, ConfigError, Remark

_LDH_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
"""Letters, digits and hyphens (RFC 1123 2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """A private key as it was found at the start."""

    path: Path
    private: PrivateKey
    is_exposed: bool
    """Whether every account of this machine may read the file."""


def load_key(path: Path) -> KeyFile:
    """Reads a key. Raises ValueError, its sentence naming the file: there may be several."""
    try:
        pem = path.read_bytes()
        mode = path.stat().st_mode
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    try:
        private = PrivateKey.load(pem)
    except ConfigError as error:
        raise ValueError(f"{path} {error.problems[0]}") from error
    return KeyFile(path=path, private=private, is_exposed=bool(mode & stat.S_IROTH))


def parse_domain(value: object) -> str:
    """Reads a domain that signs: A-labels in lower case (RFC 6376 3.5); empty stays empty."""
    try:
        domain = ascii_domain(str(value)).rstrip(".")
    except AddressError as error:
        raise ValueError('must be a domain like "example.com"') from error
    if domain and not all(map(_LDH_LABEL.fullmatch, domain.split("."))):
        raise ValueError('must be a domain like "example.com"')
    return domain


def parse_selector(value: object) -> str:
    """Reads a selector: labels of letters, digits and hyphens, joined by dots (RFC 6376 3.1)."""
    text = str(value).lower()
    if not all(_LDH_LABEL.fullmatch(label) for label in text.split(".")):
        raise ValueError('must hold letters, digits and hyphens only, like "s1" or "2026-12"')
    return text


def is_aligned(signer: str, sender: str) -> bool:
    """Whether one of two domains is the other, or below it, and neither is a top-level one.

    Then receivers count a signature of the one for mail From the other (RFC 9989, rule A33).
    Domains that are only siblings may be aligned as well; without the DNS nobody can say.
    """
    shorter, longer = sorted((signer, sender), key=len)
    return signer == sender or ("." in shorter and longer.endswith(f".{shorter}"))


def find_dkim_warnings(
    keys: Sequence[KeyFile], *, signing_domain: str, sender_domains: Iterable[str]
) -> Iterator[Remark]:
    """What mail may be signed with, and helps less than its author thinks (A29, A30, A33)."""
    for key in keys:
        yield from _key_warnings(key)
    if keys and all(key.private.type is not KeyType.RSA for key in keys):
        yield Remark(
            code="ed25519-alone",
            sentence="[dkim] key: many receivers cannot verify Ed25519; sign with an RSA key beside it",
        )
    for sender_domain in sender_domains if keys else ():
        if not is_aligned(signing_domain, sender_domain):
            yield Remark(
                code="not-aligned",
                sentence=f"[dkim] domain: {signing_domain} is neither the sender's domain nor above or "
                f"below it: receivers will hardly count its signature for {sender_domain} (DMARC)",
            )


def _key_warnings(key: KeyFile) -> Iterator[Remark]:
    bits, where = key.private.bits, f"[dkim] key: {key.path}"
    if key.is_exposed:
        yield Remark(
            code="key-exposed",
            sentence=f"[dkim] key: every account can read {key.path}; `chmod 600` it",
        )
    if key.private.type is KeyType.RSA and bits < GOOD_BITS:
        yield Remark(
            code="short-key", sentence=f"{where} has {bits} bits; receivers ask for {GOOD_BITS}"
        )
    if key.private.type is KeyType.RSA and bits > MAX_BITS:
        yield Remark(
            code="long-key",
            sentence=f"{where} has {bits} bits; nobody must verify more than {MAX_BITS}",
        )
