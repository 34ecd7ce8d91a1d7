"""Owns what a report can say: its kind, a finding for each recipient, and whose it is. Pure.

What a report says is hostile: texts are cleaned before they stand here, and an address in it is
information, never an identity (rule C2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


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


MAX_RECIPIENTS: Final = 20
"""Recipients of one report that are told; our messages have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one recipient (RFC 3464 2.3)."""

    kind: ReportKind
    recipients: tuple[str, ...] = ()
    """The address we wrote to first, then the one that it led to."""
    action: str = ""
    """`failed`, `delayed`, `delivered`, `relayed`, `expanded`; empty without a DSN."""
    status: str = ""
    """Enhanced status code (RFC 3463), the most telling one there is."""
    diagnostic: str = ""
    """What the host wrote, one line, without addresses."""
    counts: bool = False
    """Whether a soft one says something about the mailbox, and nothing about the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """What a report says."""

    kind: ReportKind
    event_id: str
    """Equal for copies of the same report, however they came (rule C13). 64 hex digits."""
    status: str = ""
    diagnostic: str = ""
    recipients: tuple[str, ...] = ()
    """Addresses that it is about. Information only."""
    findings: tuple[Finding, ...] = ()
    envelopes: tuple[str, ...] = ()
    """Addresses and envelope ids that the report itself came to, the most trustworthy first. One of
    them names our delivery, if its key is right (rule C2)."""
    tokens: tuple[str, ...] = ()
    """For complaints: keyed parts of the returned message, return path first (RFC 6590)."""
    feedback_type: str = ""
    """As RFC 5965 3.1, RFC 6430 and RFC 6591 have it: `abuse`, `not-spam`, `auth-failure`, …"""
    reported_message_id: str = ""
    is_daemon: bool = False
    """Whether a mail system wrote it, and not a person or what answers for one."""
    source: str = ""
    """Who claims to have written it: the domain of its From, or a service. Anybody may claim so."""
    host: str = ""
    """Whose host did not take the mail, as the report says: a domain such as `example.net`."""
    sent_at: datetime | None = None
    """Its Date, in UTC; what a stranger's clock said."""

    def about(self, address: str) -> Finding | None:
        """The finding about this address; the mildest failure when none names it. None: no findings."""
        key = address.casefold()
        named = [
            finding
            for finding in self.findings
            if any(recipient.casefold() == key for recipient in finding.recipients)
        ]
        failed = [finding for finding in self.findings if finding.action in {"failed", ""}]
        return mildest(named or failed or self.findings)


_MILDNESS: Final = (
    ReportKind.DELAYED,
    ReportKind.POLICY,
    ReportKind.SOFT,
    ReportKind.UNKNOWN,
    ReportKind.HARD,
)


def mildest(findings: Sequence[Finding]) -> Finding | None:
    """One message has one reader: if hosts disagree about it, the milder one is believed."""
    return min(findings, key=lambda finding: _MILDNESS.index(finding.kind), default=None)


_UNSUBSCRIBE: Final = re.compile(r"/unsubscribe/([0-9a-f]{20,200})")
_LONGEST_FIELD: Final = 2000


def tokens_in(texts: Iterable[str]) -> Iterator[str]:
    """Tokens of our links to unsubscribe, as they stand in List-Unsubscribe."""
    for text in texts:
        yield from _UNSUBSCRIBE.findall(text[:_LONGEST_FIELD])
