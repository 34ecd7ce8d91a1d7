"""Owns the reading of SMTP replies: a reply or a lost connection becomes an `Outcome`. Pure.

The first digit of the reply code decides whether to try again (RFC 5321 4.2.1, rule B3); whose fault it is,
mailer/replies/severity.py reads from the enhanced status code and the words (rules B4, B5). What a relay
writes is hostile until it has passed `clean_reply`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from mailer.replies.severity import Judgement, Severity, judge
from mailer.replies.status import Status, parse_status
from mailer.replies.words import Cause, find_causes

_READ_LIMIT: Final = 1000
"""Characters of a reply that are judged, in the event loop: two of the longest lines (RFC 5321 4.5.3.1.5)."""
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


_ACCEPTED: Final = Verdict.ACCEPTED
"""At hand, like `_DOT`: this is asked of each message, and looking a member up costs as much as a short function."""
_DOT: Final = Phase.DOT


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
    is_gone: bool = False
    """Whether the reply alone proves that there is no such mailbox or domain (rules B5, B24, C5)."""
    counts: bool = False
    """Whether the refusal is, if it is the last word, one of the reader's soft bounces (rule C6)."""

    @property
    def accepted(self) -> bool:
        """Whether the session may go on to the next command."""
        return self.verdict is _ACCEPTED

    @property
    def is_enough(self) -> bool:
        """Whether it only says that this session has carried enough messages: nothing of a reader.

        OpenSMTPD says 4.5.3 to the hundred-and-first MAIL, where there is no recipient yet to be one too many.
        """
        if self.phase is not Phase.MAIL or self.verdict is not Verdict.TRANSIENT:
            return False
        return self.status == "4.5.3" or _ENOUGH.search(self.text) is not None


_ENOUGH: Final = re.compile(r"too many (?:messages|mails|transactions)", re.IGNORECASE)

_GO_ON: Final = {
    phase: Outcome(verdict=Verdict.ACCEPTED, fault=Fault.NONE, phase=phase) for phase in Phase
}


LET_IN: Final = _GO_ON[Phase.DATA]
"""A message was announced and its content is awaited."""


def parse_reply(
    code: int,
    text: str,
    *,
    phase: Phase,
    ours: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
) -> Outcome:
    """Reads one complete reply; never raises, whatever the relay sent.

    `text` is the reply without its codes, lines joined by a line feed; `ours` are names of ours that
    it may be about, `names` local parts by which it may call its recipient. The reply code wins over the
    enhanced status code (rule B3). A code that is no answer to the command leaves the session out of step
    and counts as a lost connection. Relays use the same words again and again, so the last readings are kept.
    """
    if phase is _DOT and code // 100 == 2:
        return read_taken(code, text)
    return _read(code, text, phase, ours, names)


@lru_cache(maxsize=64)
def read_taken(code: int, text: str) -> Outcome:
    """Reads the reply, a 2yz, by which a relay takes a message: nobody is to blame, so there is nothing else to know.

    It is often in the same words but for the last, the number that the relay has given the message.
    """
    head, _, number = text.rpartition(" ")
    return Outcome(
        verdict=Verdict.ACCEPTED,
        fault=Fault.NONE,
        phase=Phase.DOT,
        code=code,
        # A status code has dots, so a number without one neither is one nor makes one.
        status=_name_status(text if "." in number or not head else head),
        text=clean_reply(text),
    )


@lru_cache(maxsize=64)
def _name_status(text: str) -> str:
    status = parse_status(text)
    return str(status) if status else ""


@lru_cache(maxsize=256)
def _read(
    code: int, text: str, phase: Phase, ours: tuple[str, ...], names: tuple[str, ...]
) -> Outcome:
    status = parse_status(text)
    verdict = _verdict(code, phase, is_of_mailbox=code == 552 and _is_of_mailbox(status, text))
    if verdict is None:
        return build_lost(phase, "the relay's reply made no sense")
    if verdict is Verdict.ACCEPTED:
        return _GO_ON[phase]  # nobody will ask for these words, and there are three per message
    # The words are judged as they came: cleaning hides what stands beside an address.
    told = "dot" if phase in _AFTER_RCPT else ""
    said = f"{code} {text[:_READ_LIMIT]}"
    judged = judge(status, said, ours=ours, phase=told, names=names)
    fault = _fault(phase, code, status, judged)
    return Outcome(
        verdict=verdict,
        fault=fault,
        phase=phase,
        code=code,
        status=str(status) if status else "",
        text=clean_reply(text),
        is_gone=_is_proof(verdict, fault, judged),
        counts=fault is Fault.RECIPIENT and judged.counts,
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


def _is_of_mailbox(status: Status | None, text: str) -> bool:
    """Yahoo's 552 says that there is none, others' that it is full."""
    return status == Status(5, 2, 2) or find_causes(text[:_READ_LIMIT])[:1] == (Cause.MAILBOX,)


def _verdict(code: int, phase: Phase, *, is_of_mailbox: bool) -> Verdict | None:
    """Reads the first digit (rule B3); None when the code cannot answer the command."""
    if code == 552 and phase is Phase.RCPT and not is_of_mailbox:
        # A server that counts recipients means 452 (rule B11), 5.2.2 is a mailbox.
        return Verdict.TRANSIENT
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
_AFTER_RCPT: Final = frozenset({Phase.DATA, Phase.CONTENT, Phase.DOT})
_BEFORE_MAIL: Final = frozenset({Phase.CONNECT, Phase.EHLO, Phase.TLS, Phase.AUTH})


def _is_proof(verdict: Verdict, fault: Fault, judged: Judgement) -> bool:
    """The same words mean the same in a report that comes later (mailer/replies/severity.py)."""
    if verdict is not Verdict.PERMANENT or fault is not Fault.RECIPIENT:
        return False
    return judged.severity is Severity.HARD


def _fault(phase: Phase, code: int, status: Status | None, judged: Judgement) -> Fault:
    """Decides whose fault a refusal is (rule B5)."""
    if code == 421 or phase in _BEFORE_MAIL:
        return Fault.RELAY
    if code in _LOGIN_CODES:
        return Fault.SENDER
    if status is not None and status[1:] == (6, 7):
        return Fault.RECIPIENT  # the mailbox's host does not take SMTPUTF8 (RFC 6531)
    if phase is Phase.MAIL:
        # No recipient is known yet: the refusal is about us or about the declared size.
        return Fault.CONTENT if code == 552 or _is_about_content(judged) else Fault.SENDER
    match judged.severity:
        case Severity.HARD:
            return Fault.RECIPIENT
        case Severity.POLICY:
            return Fault.CONTENT if _is_about_content(judged) else Fault.SENDER
        case _:
            return _fault_of_soft(phase, code, judged)


def _is_about_content(judged: Judgement) -> bool:
    status = judged.status
    if status is not None and (status.subject == 6 or status[1:] == (3, 4)):
        return True
    return judged.cause is Cause.SIZE


def _fault_of_soft(phase: Phase, code: int, judged: Judgement) -> Fault:
    """What may pass, or has no explanation, is about what has just been said to the relay."""
    status = judged.status
    is_policy = status is not None and status.subject == 7 and not judged.counts
    if judged.cause in {Cause.SENDER, Cause.OURS} or is_policy:
        return Fault.SENDER
    if phase is Phase.RCPT or (status is not None and status.subject in {1, 2}):
        return Fault.RECIPIENT
    if judged.cause in {Cause.BUSY, Cause.FULL, Cause.LOCAL, Cause.MAILBOX, Cause.DOMAIN}:
        return Fault.RECIPIENT
    return Fault.RELAY if code < 500 else Fault.CONTENT
