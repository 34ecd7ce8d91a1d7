"""Owns what the failure of one delivery means: a status code and words → ReportKind (rule C5). Pure.

In doubt it is the milder kind: suppressing a reader who is there costs a reader, mailing one who is
not costs a message.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from mailer.bouncewords import Cause, find_cause
from mailer.outcome import Status


class ReportKind(StrEnum):
    """What a report is about, and so what it may do."""

    HARD = "hard"
    """The mailbox or its domain does not exist (rule C5)."""
    SOFT = "soft"
    """Not delivered, for a reason that may pass."""
    POLICY = "policy"
    """Not delivered, through a fault of the sender; never counts against a reader."""
    COMPLAINT = "complaint"
    """The reader called it spam (RFC 5965)."""
    DELAYED = "delayed"
    """A host still tries, or says that all went well: nothing to do (rule C4)."""
    AUTO_REPLY = "auto-reply"
    """An answer that nobody wrote (RFC 3834)."""
    UNSUBSCRIBE = "unsubscribe"
    """Not a report: the reader asks to leave, by mail or through a relay's own link."""
    UNKNOWN = "unknown"
    """Seems to be a report and cannot be understood."""
    NONE = "none"
    """Is no report that asks for anything: ordinary mail, or a complaint taken back."""


_HARD: Final = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)})
_SENDER: Final = frozenset({(1, 7), (1, 8), (3, 4), (4, 5)})
_OPEN: Final = frozenset({(1, 4), (1, 5), (1, 9), (4, 4)})
"""Codes that leave it to the words, besides all that end in 0 or are about the protocol."""

_KINDS: Final = {
    Cause.SENDER: ReportKind.POLICY,
    Cause.SIZE: ReportKind.POLICY,
    Cause.FULL: ReportKind.SOFT,
    Cause.TIME: ReportKind.SOFT,
    Cause.MAILBOX: ReportKind.HARD,
    Cause.DOMAIN: ReportKind.HARD,
}

_QUOTED_STATUS: Final = re.compile(
    r"(?:\b[245]\d\d[ -]{1,2}#?|[(\[#;:]\s?#?|^\s*#?|['\"])([245])\.([0-7])\.(\d{1,3})(?![.\d])",
    re.MULTILINE,
)
_CODE: Final = re.compile(r"(?:^|[\s:;<>'\"(])([45]\d\d)(?=[\s#-])(?!-\d{3}-)")


def judge(status: Status | None, text: str) -> tuple[ReportKind, Status | None, bool]:
    """The kind of a failure, the code that tells it best, and whether it is about the mailbox.

    A code and a text that disagree are taken at the milder word: nothing that mentions
    authentication, spam, blocking, quota or expiry is ever hard, and what is unclear is soft.
    """
    found = _most_telling(status, parse_status(text))
    cause = find_cause(text)
    kind = _by_status(found)
    if kind is None:
        kind = _by_words(text, cause, found)
    elif kind is ReportKind.HARD and cause in _KINDS:
        kind = _KINDS[cause]
    elif kind is ReportKind.SOFT:
        kind = _soft(found, cause)
    counts = kind is ReportKind.SOFT and cause not in {Cause.SENDER, Cause.SIZE}
    return kind, found, counts and not (found is not None and found.subject == 7)


def _by_status(status: Status | None) -> ReportKind | None:
    """What the code alone says; None when it leaves that to the words."""
    if status is None or status.kind == 2:
        return None
    if status.kind == 4:
        return ReportKind.SOFT
    pair = (status.subject, status.detail)
    if pair in _HARD:
        return ReportKind.HARD
    if status.subject in {6, 7} or pair in _SENDER:
        return ReportKind.POLICY
    is_open = status.detail == 0 or status.subject in {0, 5} or pair in _OPEN
    return None if is_open else ReportKind.SOFT


def _soft(status: Status | None, cause: Cause | None) -> ReportKind:
    """Most of what a soft code says stays; a closed mailbox is gone, and policy is policy."""
    if status == Status(5, 2, 1) and cause is Cause.MAILBOX:
        return ReportKind.HARD
    is_final = status is not None and status.kind == 5
    refused = is_final and cause is Cause.SENDER and status != Status(5, 2, 2)
    return ReportKind.POLICY if refused else ReportKind.SOFT


def _by_words(text: str, cause: Cause | None, status: Status | None) -> ReportKind:
    code = _CODE.search(text)
    if code is not None and code.group(1)[0] == "4" and status is None:
        return ReportKind.SOFT
    return _KINDS[cause] if cause else ReportKind.SOFT


def _most_telling(given: Status | None, quoted: Status | None) -> Status | None:
    """A code in the host's own words beats the report's when that is vague, or says less harm."""
    if given is None or quoted is None or given.kind == 4:
        return given or quoted
    vague = _by_status(given) is None or given.kind == 2
    milder = _by_status(given) is ReportKind.HARD and _by_status(quoted) not in {
        ReportKind.HARD,
        None,
    }
    return quoted if vague or milder else given


def parse_status(text: str) -> Status | None:
    """The first enhanced status code (RFC 3463) in a field or a text; an IP address is none."""
    found = _QUOTED_STATUS.search(text[:2000])
    return Status(*(int(part) for part in found.groups())) if found else None


def find_code(text: str) -> int:
    """Where a text quotes a reply of SMTP; 0 when it does not."""
    code = _CODE.search(text) or _QUOTED_STATUS.search(text)
    return code.start() if code else 0
