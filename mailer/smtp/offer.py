"""What a relay offers, and whether a message may be put to it: size, UTF-8, limits. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from mailer.envelope import Envelope
from mailer.replies import Fault, Outcome, Phase, Verdict


def stuff(envelope: Envelope) -> bytes:
    """The content with dots doubled (RFC 5321 4.5.2) and its last line ended."""
    content = envelope.content
    if envelope.plain:
        return content
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    return content if content.endswith(b"\r\n") else content + b"\r\n"


UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\xa0<>\u2028\u2029\ud800-\udfff]")
"""What could end or extend a command, or is no character at all (rule B25)."""


def needs_utf8(envelope: Envelope) -> bool:
    """Whether the envelope asks for SMTPUTF8 (RFC 6531 3.4): an address is not ASCII."""
    return envelope.smtputf8 or not (envelope.sender.isascii() and envelope.recipient.isascii())


def refuse(fault: Fault, text: str) -> Outcome:
    """The outcome of a message that is not put to the relay at all, for good."""
    return Outcome(verdict=Verdict.PERMANENT, fault=fault, phase=Phase.MAIL, text=text)


def hold(text: str) -> Outcome:
    """Not now and not here, and not a bounce: another relay may take it (rule A28)."""
    return Outcome(verdict=Verdict.TRANSIENT, fault=Fault.RECIPIENT, phase=Phase.MAIL, text=text)


def size_limit(extensions: Mapping[str, str]) -> int:
    """Octets the relay takes (RFC 1870 4); 0 when it does not say."""
    value = extensions.get("size", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0


def mail_limit(extensions: Mapping[str, str]) -> int:
    """Messages the relay takes per connection (RFC 9422 MAILMAX, rule B16)."""
    found = re.search(r"\bMAILMAX=(\d{1,6})\b", extensions.get("limits", ""), re.IGNORECASE)
    return max(int(found[1]), 1) if found else 10_000


def is_asked(recipient: str) -> str:
    """Reports to be sent, and for which address (RFC 3461 4.1, 4.2)."""
    notify = " NOTIFY=FAILURE,DELAY"
    return f"{notify} ORCPT=rfc822;{xtext(recipient)}" if recipient.isascii() else notify


def xtext(text: str) -> str:
    """Encodes for RFC 3461 4: printable ASCII but `+` and `=`; the rest as +HH."""
    return "".join(
        char
        if "!" <= char <= "~" and char not in "+="
        else "".join(f"+{b:02X}" for b in char.encode())
        for char in text
    )
