"""Owns what a refusal means: a status code and a host's words → Severity (rules B5, C5). Pure.

The same judgement for what a relay says in the session and for what a report says later, so that one
host's words never count twice as different things. In doubt it is the milder kind: suppressing a
reader who is there costs a reader, mailing one who is not costs a message.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from mailer.replies.status import Status, parse_code, parse_status
from mailer.replies.understanding import is_understood, says_nothing
from mailer.replies.words import Cause, find_causes, find_phase, names_reader


class Severity(StrEnum):
    """What a refusal does to whom it was for."""

    HARD = "hard"
    """The mailbox or its domain does not exist (rule C5)."""
    SOFT = "soft"
    """Not delivered, for a reason that may pass."""
    POLICY = "policy"
    """Not delivered, through a fault of the sender; never counts against a reader."""


class Judgement(NamedTuple):
    """What a refusal means."""

    severity: Severity
    status: Status | None
    """The code that tells it best."""
    counts: bool
    """Whether a soft one says something about the mailbox, and nothing about the sender."""
    cause: Cause | None
    """What the host's words say, if they say anything."""


_HARD: Final = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)})
_SENDER: Final = frozenset({(1, 7), (1, 8), (3, 4), (4, 5)})
_DENIED: Final = Status(5, 7, 1)
"""The code of a refusal by policy, which some hosts give to readers whom they do not know."""
_OPEN: Final = frozenset({(1, 4), (1, 5), (1, 9), (3, 2), (4, 4), (4, 310)})
"""Codes that leave it to the words, besides all that end in 0 or are about the protocol."""

_LOGIN_CODES: Final = frozenset({530, 534, 535, 538})
"""RFC 4954 6: the host wants another login, or TLS first, whatever else it says (rule B20)."""
_SYNTAX_CODES: Final = frozenset({500, 502, 503, 504, 523, 555})
"""The host does not like what was said to it."""
_NULL_MX: Final = 556
"""The domain takes no mail (RFC 7504, rule B24)."""

_KINDS: Final = {
    Cause.BUSY: Severity.SOFT,
    Cause.SENDER: Severity.POLICY,
    Cause.OURS: Severity.POLICY,
    Cause.LOCAL: Severity.SOFT,
    Cause.SIZE: Severity.POLICY,
    Cause.FULL: Severity.SOFT,
    Cause.TIME: Severity.SOFT,
    Cause.MAILBOX: Severity.HARD,
    Cause.DOMAIN: Severity.HARD,
}
_NOT_THE_MAILBOX: Final = frozenset({Cause.BUSY, Cause.SENDER, Cause.OURS, Cause.SIZE})
"""Causes that say nothing about whether anybody reads there."""


def judge(
    status: Status | None,
    text: str,
    *,
    ours: tuple[str, ...] = (),
    phase: str = "",
    names: tuple[str, ...] = (),
    in_prose: bool = False,
) -> Judgement:
    """Judges a refusal by its code and the host's words, which may begin with the reply code.

    A code and a text that disagree are taken at the milder word: nothing that mentions us, by field
    or by one of `ours` (domains, hosts), authentication, spam, blocking, quota or expiry is ever hard, a
    reply code of 4yz makes all of it soft (rule B3), and what is unclear is soft. `phase` is the command
    that was answered, if it is known better than from the text: after DATA only words about a reader's
    mailbox are proof, for headers and links have addresses and domains, too. And nothing is hard that is not
    understood whole (mailer/replies/understanding.py): `names` are local parts by which the reader may be called
    in it, `in_prose` that it is a mail for people and not a reply. A 5.7.1 that is understood whole and only says
    that no such reader is there counts as a soft one: by its code it may be about us.
    """
    found = _most_telling(status, parse_status(text))
    causes = find_causes(text, ours)
    cause = next(iter(causes), None)
    code = parse_code(text)
    severity = _judge(found, causes, code)
    if severity is Severity.HARD and not _is_known(text, causes, names, in_prose=in_prose):
        severity = Severity.SOFT  # it may say anything: that we are unknown, or not until tomorrow
    is_late = (phase or find_phase(text)) == "dot"
    is_policy = found is not None and found.subject == 7
    only_absent = found == _DENIED and causes == (Cause.MAILBOX,) and not is_late
    if only_absent and is_understood(text, names, in_prose=in_prose):
        severity, is_policy = Severity.SOFT, False
    if severity is Severity.HARD and is_late and not _is_clear(causes, text):
        severity = Severity.SOFT
    if code is not None and code < 500:
        severity = Severity.SOFT
    counts = severity is Severity.SOFT and cause not in _NOT_THE_MAILBOX and not is_policy
    return Judgement(severity, found, counts, cause)


def _is_known(
    text: str, causes: tuple[Cause, ...], names: tuple[str, ...], *, in_prose: bool
) -> bool:
    if not causes:
        return says_nothing(text, in_prose=in_prose)
    return is_understood(text, names, in_prose=in_prose)


def _is_clear(causes: tuple[Cause, ...], text: str) -> bool:
    return causes[:1] == (Cause.MAILBOX,) and names_reader(text)


def _judge(status: Status | None, causes: tuple[Cause, ...], code: int | None) -> Severity:
    if code in _LOGIN_CODES:
        return Severity.POLICY
    kind = _by_status(status)
    if kind is None:
        return _by_words(causes, code, status)
    if kind is Severity.HARD and causes:
        return _KINDS[causes[0]]
    return _soft(status, causes) if kind is Severity.SOFT else kind


def _by_status(status: Status | None) -> Severity | None:
    """What the code alone says; None when it leaves that to the words."""
    if status is None or status.kind == 2:
        return None
    if status.kind == 4:
        return Severity.SOFT
    pair = (status.subject, status.detail)
    if pair in _HARD:
        return Severity.HARD
    if status.subject in {6, 7} or pair in _SENDER:
        return Severity.POLICY
    is_open = status.detail == 0 or status.subject in {0, 5} or pair in _OPEN
    return None if is_open else Severity.SOFT


def _soft(status: Status | None, causes: tuple[Cause, ...]) -> Severity:
    """Most of what a soft code says stays; a closed mailbox is gone, and policy is policy."""
    cause = next(iter(causes), None)
    if status == Status(5, 2, 1) and cause is Cause.MAILBOX:
        return Severity.HARD
    is_final = status is not None and status.kind == 5
    is_full = status == Status(5, 2, 2) and Cause.FULL in causes
    refused = is_final and cause in {Cause.SENDER, Cause.OURS} and not is_full
    return Severity.POLICY if refused else Severity.SOFT


def _by_words(causes: tuple[Cause, ...], code: int | None, status: Status | None) -> Severity:
    if causes:
        return _KINDS[causes[0]]
    if code == _NULL_MX:
        return Severity.HARD
    is_syntax = status is not None and status.subject == 5 and status.detail > 0
    return Severity.POLICY if is_syntax or code in _SYNTAX_CODES else Severity.SOFT


def _most_telling(given: Status | None, quoted: Status | None) -> Status | None:
    """A code in the host's own words beats the report's when that is vague, or says less harm."""
    if given is None or quoted is None or given.kind == 4:
        return given or quoted
    vague = _by_status(given) is None or given.kind == 2
    milder = _by_status(given) is Severity.HARD and _by_status(quoted) not in {
        Severity.HARD,
        None,
    }
    return quoted if vague or milder else given
