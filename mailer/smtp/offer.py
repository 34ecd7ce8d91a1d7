"""Owns what a relay offers, and what may therefore be said to it of a message. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from mailer.envelope import Envelope
from mailer.replies import Fault, Outcome, Phase, Verdict

_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\xa0<>\u2028\u2029\ud800-\udfff]")
"""What could end or extend a command, or is no character at all (rule B25)."""
_USUAL: Final = re.compile(r"[!-;=?-~]*")
"""What nearly all addresses are of, and none of it is unsafe: asked of both at once, in half the time."""
_NOT_XCHAR: Final = re.compile(r"[^!-*,-<>-~]")
"""What has to be encoded in an xtext (RFC 3461 4); hardly an address has any of it."""


class Offer:
    """What a relay said to EHLO (RFC 5321 4.1.1.1), as far as sending goes by it."""

    def __init__(self, extensions: Mapping[str, str], *, pipelining: bool = True) -> None:
        """`extensions`: keyword in lower case → parameters. Without `pipelining` commands never go
        in groups.
        """
        self.messages = _mail_limit(extensions)
        """How many it takes in one connection."""
        self.pipelining = pipelining and "pipelining" in extensions
        self._size_limit = _size_limit(extensions)
        self._size, self._dsn = "size" in extensions, "dsn" in extensions
        self._wide, self._utf8 = "8bitmime" in extensions, "smtputf8" in extensions

    def commands(self, envelope: Envelope) -> Sequence[bytes]:
        """MAIL, RCPT and DATA, each as a line of its own."""
        return self.group(envelope).splitlines(keepends=True)

    def group(self, envelope: Envelope) -> bytes:
        """MAIL, RCPT and DATA; with only what the relay offered (RFC 1870, 6152, 6531, 3461)."""
        sender, recipient = envelope.sender, envelope.recipient
        parameters = f" SIZE={len(envelope.content)}" if self._size else ""
        if not envelope.plain:
            parameters += self._wide_parameters(envelope)
        if not self._dsn:
            asked = ""
        else:
            # The return path is made per delivery, so its local part names this message.
            parameters += f" RET=HDRS ENVID={_xtext(sender.rpartition('@')[0])}"
            asked = _asked(recipient)
        lines = f"MAIL FROM:<{sender}>{parameters}\r\nRCPT TO:<{recipient}>{asked}\r\nDATA\r\n"
        return lines.encode()

    def examine(self, envelope: Envelope) -> Outcome | None:
        """Refuses what must not, or cannot, be said to this relay (rules A28, B14, B25)."""
        recipient = envelope.recipient
        if not recipient or _USUAL.fullmatch(envelope.sender + recipient) is None:
            if _UNSAFE.search(recipient) or not recipient:
                return _refuse(Fault.RECIPIENT, "the address cannot stand in an SMTP command")
            if _UNSAFE.search(envelope.sender):
                return _refuse(Fault.SENDER, "the return path cannot stand in an SMTP command")
        if self._size_limit and len(envelope.content) > self._size_limit:
            return self._too_large(envelope)
        return None if envelope.plain else self._examine_wide(envelope)

    def _wide_parameters(self, envelope: Envelope) -> str:
        wide = self._wide and not envelope.content.isascii()
        utf8 = _needs_utf8(envelope)
        return (" BODY=8BITMIME" if wide else "") + (" SMTPUTF8" if utf8 else "")

    def _too_large(self, envelope: Envelope) -> Outcome:
        size = len(envelope.content)
        text = f"the message has {size} octets, the relay takes {self._size_limit} (RFC 1870)"
        return _refuse(Fault.CONTENT, text)

    def _examine_wide(self, envelope: Envelope) -> Outcome | None:
        if _needs_utf8(envelope) and not self._utf8:
            return _hold("the address needs SMTPUTF8, which the relay does not offer (RFC 6531)")
        content = envelope.content
        lines = content.count(b"\r\n")
        if content.count(b"\n") != lines or content.count(b"\r") != lines:
            return _refuse(Fault.CONTENT, "the message has a bare CR or LF (RFC 5321 2.3.8)")
        if not content.isascii() and not self._wide:
            return _refuse(Fault.CONTENT, "the relay does not take 8-bit content (RFC 6152)")
        return None


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


def _needs_utf8(envelope: Envelope) -> bool:
    """Whether the envelope asks for SMTPUTF8 (RFC 6531 3.4): an address is not ASCII."""
    return envelope.smtputf8 or not (envelope.sender.isascii() and envelope.recipient.isascii())


def _refuse(fault: Fault, text: str) -> Outcome:
    """The outcome of a message that is not put to the relay at all, for good."""
    return Outcome(verdict=Verdict.PERMANENT, fault=fault, phase=Phase.MAIL, text=text)


def _hold(text: str) -> Outcome:
    """A transient outcome, so that the message is kept for another relay that may take it (rule A28)."""
    return Outcome(verdict=Verdict.TRANSIENT, fault=Fault.RECIPIENT, phase=Phase.MAIL, text=text)


def _size_limit(extensions: Mapping[str, str]) -> int:
    """Octets the relay takes (RFC 1870 4); 0 when it does not say."""
    value = extensions.get("size", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0


def _mail_limit(extensions: Mapping[str, str]) -> int:
    """Messages the relay takes per connection (RFC 9422 MAILMAX, rule B16)."""
    found = re.search(r"\bMAILMAX=(\d{1,6})\b", extensions.get("limits", ""), re.IGNORECASE)
    return max(int(found[1]), 1) if found else 10_000


def _asked(recipient: str) -> str:
    """Reports to be sent, and for which address (RFC 3461 4.1, 4.2)."""
    notify = " NOTIFY=FAILURE,DELAY"
    return f"{notify} ORCPT=rfc822;{_xtext(recipient)}" if recipient.isascii() else notify


def _xtext(text: str) -> str:
    """Encodes for RFC 3461 4: printable ASCII but `+` and `=`; the rest as +HH."""
    return _NOT_XCHAR.sub(_encode_character, text)


def _encode_character(found: re.Match[str]) -> str:
    return "".join(f"+{octet:02X}" for octet in found[0].encode())
