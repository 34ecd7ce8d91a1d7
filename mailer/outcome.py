"""Owns the reading of SMTP replies: a reply or a lost connection becomes an `Outcome`. Pure.

The first digit of the reply code decides whether to try again (RFC 5321 4.2.1, rule B3); the
enhanced status code (RFC 3463), and where there is none the relay's words, decide whose fault
it is (rules B4, B5). What a relay writes is hostile until it has passed `clean_reply`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

REPLY_LIMIT: Final = 500
"""Characters of a reply that are kept."""


class Phase(StrEnum):
    """The command of a session that was answered, or was not."""

    CONNECT = "connect"
    """TCP and the greeting."""
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    """The DATA command, up to its 354."""
    CONTENT = "content"
    """Content is being written; the final dot has not left."""
    DOT = "dot"
    """The final dot has left: from here on the relay may have the message (RFC 1047)."""


class Verdict(StrEnum):
    """What a reply, or its absence, means for the message."""

    ACCEPTED = "accepted"
    """2yz; 354 to DATA."""
    TRANSIENT = "transient"
    """4yz, or the connection was lost before the final dot: try again (RFC 5321 3.8)."""
    PERMANENT = "permanent"
    """5yz: the same message will not be taken."""
    UNKNOWN = "unknown"
    """Lost after the final dot and before the reply (RFC 1047)."""


class Fault(StrEnum):
    """Whose fault it is (rule B5). Only a recipient's fault may ever count against a reader."""

    NONE = "none"
    RECIPIENT = "recipient"
    """The mailbox or its domain."""
    SENDER = "sender"
    """We: authentication, reputation, policy, quota, syntax."""
    RELAY = "relay"
    """The relay or the way to it: 421, a lost connection, no TLS."""
    CONTENT = "content"
    """The message: too large, spam, malformed. It concerns the issue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one command, and at last of one message."""

    verdict: Verdict
    fault: Fault
    phase: Phase
    code: int | None = None
    """Reply code, None when no reply came or none was asked for. A command that was accepted on
    the way to the final dot keeps neither code nor text."""
    status: str = ""
    """Enhanced status code in its short form (`5.1.1`), or empty."""
    text: str = ""
    """The relay's words, cleaned; without a code: ours."""

    @property
    def accepted(self) -> bool:
        """Whether the session may go on to the next command."""
        return self.verdict is Verdict.ACCEPTED


_GO_ON: Final = {
    phase: Outcome(verdict=Verdict.ACCEPTED, fault=Fault.NONE, phase=phase) for phase in Phase
}


class Status(NamedTuple):
    """An enhanced status code `class.subject.detail` (RFC 3463 2)."""

    kind: int
    subject: int
    detail: int

    def __str__(self) -> str:
        return f"{self.kind}.{self.subject}.{self.detail}"


def parse_reply(code: int, text: str, *, phase: Phase) -> Outcome:
    """Reads one complete reply; never raises, whatever the relay sent.

    `text` is the reply without its codes, lines joined by a line feed. The reply code wins over
    the enhanced status code (rule B3). A code that is no answer to the command leaves the
    session out of step and counts as a lost connection.
    """
    verdict = _verdict(code, phase)
    if verdict is None:
        return build_lost(phase, "the relay's reply made no sense")
    if verdict is Verdict.ACCEPTED and phase is not Phase.DOT:
        return _GO_ON[phase]  # nobody will ask for these words, and there are three per message
    status = parse_status(text)
    cleaned = clean_reply(text)
    fault = Fault.NONE if verdict is Verdict.ACCEPTED else _fault(phase, code, status, cleaned)
    return Outcome(
        verdict=verdict,
        fault=fault,
        phase=phase,
        code=code,
        status=str(status) if status else "",
        text=cleaned,
    )


def build_lost(phase: Phase, why: str) -> Outcome:
    """Makes the outcome of a connection lost or timed out in `phase` (rules B7, B8)."""
    doubtful = phase is Phase.DOT
    return Outcome(
        verdict=Verdict.UNKNOWN if doubtful else Verdict.TRANSIENT,
        fault=Fault.RELAY,
        phase=phase,
        text=why,
    )


_STATUS_AT_START: Final = re.compile(
    r"^[\s\[(<#]*([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)", re.MULTILINE
)
_STATUS_QUOTED: Final = re.compile(r"\b[245]\d\d[ -]#?([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")


def parse_status(text: str) -> Status | None:
    """Finds the enhanced status code of a reply (RFC 2034 4), None when there is none (rule B4).

    It stands at the start of a line; a relay that quotes another host's reply puts it behind
    that host's code.
    """
    found = _STATUS_AT_START.search(text) or _STATUS_QUOTED.search(text)
    if found is None:
        return None
    kind, subject, detail = (int(part) for part in found.groups())
    return Status(kind, subject, detail)


_GREYLISTED: Final = re.compile(r"gr[ae]y-?list", re.IGNORECASE)


def is_greylisting(text: str) -> bool:
    """Whether a reply puts a message off only to see whether it comes again (rule B19)."""
    return _GREYLISTED.search(text) is not None


_WORD: Final = re.compile(r"[^\s<>()\[\]\",;]+")
_QUOTED_LOCAL_PART: Final = re.compile(r'"[^"\s][^"]{0,64}"(?=[@＠])')


def clean_reply(text: str) -> str:
    """Makes hostile text fit for a record, a log and a page.

    One line of at most `REPLY_LIMIT` printable characters; everything that looks like an address
    is replaced, because a reply belongs to whoever reads the report, an address does not.
    """
    if text.isascii() and text.isprintable() and "@" not in text and "%40" not in text:
        return " ".join(text.split())[:REPLY_LIMIT]  # the usual 250, once for every message
    printable = "".join(char if char.isprintable() else " " for char in text)
    unquoted = _QUOTED_LOCAL_PART.sub("", printable)
    masked = _WORD.sub(_mask_address, unquoted)
    return " ".join(masked.split())[:REPLY_LIMIT]


def _mask_address(match: re.Match[str]) -> str:
    word = match.group()
    hidden = "@" in word or "＠" in word or "%40" in word
    return "[address]" if hidden else word


def _verdict(code: int, phase: Phase) -> Verdict | None:
    """Reads the first digit (rule B3); None when the code cannot answer the command."""
    if code == 552 and phase is Phase.RCPT:
        return Verdict.TRANSIENT  # a server that counts recipients means 452 (rule B11)
    match code // 100:
        case 2 if phase not in (Phase.DATA, Phase.CONTENT):
            return Verdict.ACCEPTED
        case 3 if phase is Phase.DATA:
            return Verdict.ACCEPTED
        case 4:
            return Verdict.TRANSIENT
        case 5:
            return Verdict.PERMANENT
        case _:
            return None


_LOGIN_CODES: Final = frozenset({454, 530, 534, 535, 538})
"""RFC 4954 6: the relay wants another login, or TLS first (rule B20)."""
_SYNTAX_CODES: Final = frozenset({500, 502, 503, 504})
_BEFORE_MAIL: Final = frozenset({Phase.CONNECT, Phase.EHLO, Phase.TLS, Phase.AUTH})

_POLICY_WORDS: Final = re.compile(
    r"\b(?:auth\w*|login|spam\w*|polic(?:y|ies)|block(?:ed|list\w*)|black-?list\w*|deny-?list\w*"
    r"|dnsbl|rbl|reputation|spf|dkim|dmarc|unsolicited|relay(?:ing)? (?:access )?(?:denied|not)"
    r"|relaying|bulk|abuse|banned|rate|too many|sending limit|not permitted|forbidden"
    r"|sender (?:address )?(?:rejected|denied|refused))\b",
    re.IGNORECASE,
)
_MAILBOX_WORDS: Final = re.compile(
    r"\b(?:unknown (?:user|recipient|mailbox)|(?:user|recipient|mailbox|account|address) "
    r"(?:is |was |has been |address )?(?:unknown|unavailable|not found|disabled|inactive|suspended"
    r"|closed|full|rejected|invalid|does not exist|over quota)|no such|no mailbox"
    r"|does(?: not|n['’]t) (?:exist|have)|invalid (?:user|recipient|mailbox)|unrout[e]?able)",
    re.IGNORECASE,
)


def _fault(phase: Phase, code: int, status: Status | None, text: str) -> Fault:
    """Decides whose fault a refusal is (rule B5)."""
    if code == 421 or phase in _BEFORE_MAIL:
        return Fault.RELAY
    if code in _LOGIN_CODES:
        return Fault.SENDER
    if phase is Phase.MAIL:
        return _fault_at_mail(code, status)
    return _fault_by_status(status) or _fault_by_words(text) or _fault_by_phase(phase, code, status)


def _fault_at_mail(code: int, status: Status | None) -> Fault:
    """No recipient is known yet: the refusal is about us or about the declared size."""
    if code == 552 or (status and _fault_by_status(status) is Fault.CONTENT):
        return Fault.CONTENT
    return Fault.SENDER


def _fault_by_status(status: Status | None) -> Fault | None:
    """Reads subject and detail (RFC 3463 3.2 to 3.8); None where they leave it open."""
    match status:
        case Status(subject=1, detail=7 | 8):
            return Fault.SENDER  # bad sender's address, bad sender's system
        case Status(subject=1, detail=detail) if detail:
            return Fault.RECIPIENT
        case Status(subject=2):
            return Fault.RECIPIENT
        case Status(subject=3, detail=4):
            return Fault.CONTENT  # too big for the system
        case Status(subject=4, detail=5) | Status(subject=7):
            return Fault.SENDER  # Gmail's daily limit is 5.4.5; 5.7.x is policy
        case Status(subject=6, detail=7):
            return Fault.RECIPIENT  # the mailbox's host does not take SMTPUTF8 (RFC 6531)
        case Status(subject=6):
            return Fault.CONTENT
        case _:
            return None


def _fault_by_words(text: str) -> Fault | None:
    """Where no code tells, words do; in doubt it is not the reader's fault."""
    if _POLICY_WORDS.search(text):
        return Fault.SENDER
    if _MAILBOX_WORDS.search(text):
        return Fault.RECIPIENT
    return None


def _fault_by_phase(phase: Phase, code: int, status: Status | None) -> Fault:
    """What a refusal without any explanation is about: what has just been said to the relay."""
    if code in _SYNTAX_CODES or (status and status.subject == 5):
        return Fault.SENDER
    if phase is Phase.RCPT:
        return Fault.RECIPIENT
    return Fault.RELAY if code < 500 else Fault.CONTENT
