"""Verifies the DKIM signatures of a message that came in (RFC 6376 6). The only user of dkimpy.

Pure but for the questions that it puts to the resolver it is given. What dkimpy does not bound is
bounded here: sizes, the number of signatures, runs of blanks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

import dkim

from storage.model import Log

_log = Log()

MAX_OCTETS: Final = 8 * 1024 * 1024
ALGORITHM: Final = "rsa-sha256"
"""The only one that is verified: SHA-1 proves nothing any more (RFC 8301 3.1), and for Ed25519 dkimpy
needs another library."""
_MAX_HEADER: Final = 128 * 1024
_MAX_SIGNATURES: Final = 5
"""Signatures of one message that are looked at; each may cost a question to the DNS."""
_BLANK: Final = re.compile(rb"[\t ]{30,}")
_MAX_BLANK_COST: Final = 20_000_000
"""The verifier's time grows with the square of each run of blanks; so much takes it some tens of milliseconds."""

_FAULTS: Final = (
    dkim.DKIMException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NameError,
    ArithmeticError,
)
"""What dkimpy raises for hostile signatures and keys: its own errors, and what slipped its notice."""


class Texts(Protocol):
    """The part of mailer.authentication.Resolver that is asked here."""

    def txt(self, name: str) -> list[str] | None:
        """The TXT records at a name; None when the DNS gave no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a signature says of itself, and whether that is true."""

    domain: str
    """The `d=`, in lower case."""
    selector: str
    algorithm: str
    is_partial: bool
    """Whether it covers only a part of the body: anybody may add to the end (RFC 6376 8.2)."""
    is_valid: bool | None = None
    """None when nobody can say: another algorithm, or a silent DNS."""


def verify_signatures(
    raw: bytes, resolver: Texts, *, wanted: Callable[[str], bool]
) -> list[Signature]:
    """The signatures of the domains that are `wanted`, as far as they can be read. Never raises.

    CR, LF and CRLF are the same (rule C14), and an mbox's first line is none of the message. A
    message beyond the bounds has no signature.
    """
    lines = raw[: MAX_OCTETS + 1].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if lines.startswith((b"From ", b">From ")):
        lines = lines.partition(b"\n")[2]
    head = lines.partition(b"\n\n")[0]
    if len(lines) > MAX_OCTETS or len(head) > _MAX_HEADER or _is_blank_costly(lines):
        return []
    return list(_verify_each(lines, head, resolver, wanted))


def _is_blank_costly(lines: bytes) -> bool:
    return sum(len(run) ** 2 for run in _BLANK.findall(lines)) > _MAX_BLANK_COST


def _verify_each(
    lines: bytes, head: bytes, resolver: Texts, wanted: Callable[[str], bool]
) -> Iterator[Signature]:
    for at in range(min(_MAX_SIGNATURES, len(re.findall(rb"(?im)^dkim-signature:", head)))):
        try:
            message = dkim.DKIM(lines)
            signature = _read(message, at)
            if signature is not None and wanted(signature.domain):
                yield replace(signature, is_valid=_verify(message, at, signature, resolver))
        except _FAULTS as error:
            _log.info("signature.unreadable", error=type(error).__name__)


def _read(message: dkim.DKIM, at: int) -> Signature | None:
    found = message.verify_headerprep(at)
    if not found:
        return None
    tags = {name.decode("ascii"): value.decode("ascii") for name, value in found[0].items()}
    return Signature(
        domain=tags["d"].strip().lower(),
        selector=tags["s"].strip(),
        algorithm=tags["a"],
        is_partial="l" in tags,
    )


def _verify(message: dkim.DKIM, at: int, signature: Signature, resolver: Texts) -> bool | None:
    if signature.algorithm != ALGORITHM:
        return None
    is_silent = False

    def ask(name: bytes, timeout: int = 5) -> bytes | None:
        """The key's record, as dkimpy wants it; the time limit is the resolver's own."""
        nonlocal is_silent
        del timeout
        texts = resolver.txt(name.decode("ascii").rstrip("."))
        is_silent = texts is None
        return next((text.encode("utf-8", "replace") for text in texts or () if "p=" in text), None)

    try:
        if message.verify(at, dnsfunc=ask):
            return True
    except _FAULTS as error:
        _log.info("signature.unverified", error=type(error).__name__)
    if is_silent:
        _log.warning("signature.dns_silent")
        return None
    return False
