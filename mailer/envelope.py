"""The envelope: what goes to the relay for one reader (RFC 5321 2.3.1). Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Envelope:
    """One message for one recipient (rule B10), ready to be sent.

    `content` is the whole message, headers and body, with CRLF line ends and not yet dot-stuffed.
    `smtputf8` says that an address or a header needs RFC 6531 (rule A28). One is made for every
    copy, so it is the type checker that keeps it from being changed.
    """

    sender: Final[str]
    """Return path, without angle brackets; the same on every retry (rule B19)."""
    recipient: Final[str]
    content: Final[bytes] = field(repr=False)
    smtputf8: Final[bool] = False
    plain: Final[bool] = False
    """Promised by whoever made it: both addresses and the content are ASCII; in the content only
    CRLF line ends, one at the end, and no line that begins with a dot. Looking again would cost
    more than all else that sending does."""
    relaxed: Final[bytes] = field(default=b"", repr=False, compare=False)
    """The body as DKIM hashes it, from whoever knows it already; else empty."""
