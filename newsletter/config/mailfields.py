"""Owns what an author may add to the header of every mail: Reply-To, and fields of their own. Pure."""

from __future__ import annotations

import re
from typing import Final

from mailer.address import parse_mailbox
from newsletter.config.values import has_controls, parse_named
from storage.model import AddressError

_MOST: Final = 20
"""Fields of an author's own; each copy carries them all."""
_ROOM: Final = 900
"""Octets of a field: with its name no more than a line, though nothing in it may be folded (RFC 5322 2.1.1)."""
_NAME: Final = re.compile(r"[!-9;-~]{1,60}")
"""RFC 5322 3.6.8: printable ASCII without a colon; and short enough for any line."""
_WRITTEN: Final = re.compile(
    r"(?:content|list|resent|arc)-.*|from|sender|to|cc|bcc|subject|date|message-id|in-reply-to|references"
    r"|mime-version|return-path|received|dkim-signature|authentication-results|auto-submitted|precedence"
    r"|feedback-id",
    re.IGNORECASE,
)
"""What every mail has from the program or from relays on its way, once at most (rules A14, A16, A20)."""


def parse_reply_to(value: object) -> str:
    """Reads the mailbox that answers go to, or nothing: `Ada Example <ada@example.com>`."""
    text = value.strip() if isinstance(value, str) else "?"
    if not text:
        return ""
    try:
        address = parse_mailbox(text, allow_test_domains=True).address
    except AddressError as error:
        raise ValueError("must be one mailbox like Ada Example <ada@example.com>") from error
    if address.needs_smtputf8:
        raise ValueError("must have plain ASCII letters, digits and dots before the @")
    return text


def parse_headers(value: object) -> tuple[tuple[str, str], ...]:
    """Reads a table of field → text, in the author's order; no field that the program writes."""
    if isinstance(value, tuple):
        return value
    table = parse_named(value, '{ X-Campaign = "notes" }')
    if len(table) > _MOST:
        raise ValueError(f"must be {_MOST} fields at most")
    if twice := sorted(
        {str(name) for name in table if sum(_same(name, other) for other in table) > 1}
    ):
        raise ValueError(f"names a field twice: {', '.join(twice)}")
    return tuple((str(name), _text(str(name), text)) for name, text in table.items())


def _same(one: object, other: object) -> bool:
    return str(one).lower() == str(other).lower()


def _text(name: str, text: object) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name of a field: ASCII without blanks and colons, like X-Campaign"
        )
    if name.lower() == "reply-to":
        raise ValueError("Reply-To has a key of its own: reply_to")
    if _WRITTEN.fullmatch(name):
        raise ValueError(f"{name} is written by the program, or by relays on the way")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{name} must have a text")
    if has_controls(text) or len(text.encode()) > _ROOM:
        raise ValueError(f"{name} must be one line of at most {_ROOM} octets")
    return " ".join(text.split())
