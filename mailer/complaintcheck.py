"""Owns whether a complaint was signed by somebody who may complain (rule C10). The only user of dkimpy.

Pure but for the questions that it puts to the resolver it is given. It is the signature's domain that
counts, not From: a feedback loop is enrolled by that (Yahoo: arf.mail.yahoo.com).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, Protocol

import dkim
import structlog

_log = structlog.get_logger()

MAX_OCTETS: Final = 8 * 1024 * 1024
_MAX_HEADER: Final = 128 * 1024
_MAX_SIGNATURES: Final = 5
"""Signatures of one message that are looked at; each may cost a question to the DNS."""
_LONG_BLANK: Final = re.compile(rb"[\t ]{1000}")
"""Longer than a line may be (RFC 5322 2.1.1). The verifier's time grows with its square."""
_ALGORITHM: Final = b"rsa-sha256"
"""SHA-1 proves nothing any more (RFC 8301 3.1), and for Ed25519 dkimpy needs another library."""

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


class ComplaintCheck:
    """Knows who may complain. Thread-safe if its resolver is."""

    def __init__(self, domains: Collection[str], resolver: Texts) -> None:
        self._domains = frozenset(domain.lower().encode("ascii") for domain in domains)
        self._resolver = resolver

    def is_genuine(self, raw: bytes) -> bool:
        """Whether a valid signature of an enrolled domain covers the whole message.

        Never raises. A DNS that is silent counts against the message: it is kept, not believed. CR,
        LF and CRLF are the same (rule C14).
        """
        lines = raw[: MAX_OCTETS + 1].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
        if lines.startswith((b"From ", b">From ")):
            lines = lines.partition(b"\n")[2]
        head = lines.partition(b"\n\n")[0]
        if len(lines) > MAX_OCTETS or len(head) > _MAX_HEADER or _LONG_BLANK.search(lines):
            return False
        try:
            return any(self._verify(message, at) for message, at in _signatures(lines))
        except _FAULTS:
            return False

    def _verify(self, message: dkim.DKIM, at: int) -> bool:
        """One signature: first whose it says it is, then whether that is true."""
        try:
            found = message.verify_headerprep(at)
            if not found:
                return False
            tags = found[0]
            mine = tags[b"d"].strip().lower() in self._domains
            if not mine or tags[b"a"] != _ALGORITHM or b"l" in tags:
                return False  # with l= anybody may add to the end of the message (RFC 6376 8.2)
            return bool(message.verify(at, dnsfunc=self._ask))
        except _FAULTS as error:
            _log.info("complaint.unverified", error=type(error).__name__)
            return False

    def _ask(self, name: bytes, timeout: int = 5) -> bytes | None:
        """The key's record, as dkimpy wants it; the time limit is the resolver's own."""
        del timeout
        texts = self._resolver.txt(name.decode("ascii").rstrip("."))
        if texts is None:
            _log.warning("complaint.dns_silent")
        return next((text.encode("utf-8", "replace") for text in texts or () if "p=" in text), None)


def _signatures(lines: bytes) -> Iterator[tuple[dkim.DKIM, int]]:
    for at in range(min(_MAX_SIGNATURES, len(re.findall(rb"(?im)^dkim-signature:", lines)))):
        yield dkim.DKIM(lines), at
