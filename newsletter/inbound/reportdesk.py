"""Owns what a report does: whose it is, and what follows for the delivery and its reader.

A report is believed for one reason: it came to, or carries, a key that only this house makes and that
only the host of that one delivery has seen (rules C2, C3). Addresses in it decide nothing. The
decisions are pure functions at the end of the file.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from mailer.address import parse_address
from mailer.inbound import (
    BounceReport,
    Finding,
    ReportKind,
    find_addressed_keys,
    find_keys_in,
    find_leave_keys,
    parse_report,
)
from mailer.policy import WAITS_FOR_DOMAIN
from mailer.replies import clean_reply
from newsletter.inbound.credit import Credit
from newsletter.inbound.softbounces import SoftLimits, is_worn_out
from newsletter.tokens import Tokens, looks_keyed
from storage.model import AddressError, Effect, Log, NewReport, Sent, Subscriber
from storage.readers import Reports, Subscribers

_log = Log()

KEPT_FOR: Final = timedelta(days=30)
"""How long the content of a report that was set aside is kept."""

_HEAD: Final = 10_000
"""Octets of a message in which its trace fields stand."""

_MOST_NAMED: Final = 3
"""Recipients of one report that are looked up; our mails have one."""

_OLDEST: Final = timedelta(days=365)
"""A report that claims to be older has a clock that is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportResult:
    """What one report was, and what it did (or, on a dry run, would do)."""

    kind: ReportKind
    status: str
    recipients: tuple[str, ...]
    subscriber: Subscriber | None
    """Whose delivery it is about; None when no key says so."""
    action: Effect


class Owner(NamedTuple):
    """Whose delivery a report is about, as a key says."""

    issue_id: int | None
    subscriber_id: int


class ReportDesk:
    """Takes reports one by one. Thread-safe; the same report twice is one event (rule C13)."""

    def __init__(
        self,
        reports: Reports,
        subscribers: Subscribers,
        tokens: Tokens,
        *,
        limits: SoftLimits,
        clock: Callable[[], datetime],
        is_genuine: Callable[[bytes], bool] | None = None,
        hosts: Callable[[], tuple[str, ...]] = tuple,
        kept_for: timedelta = KEPT_FOR,
    ) -> None:
        """`is_genuine` says whether a complaint is signed by somebody who may complain (rule C10),
        `hosts` names those of ours that a host may speak of, what is set aside is `kept_for` so long.
        """
        self._reports = reports
        self._subscribers = subscribers
        self._tokens = tokens
        self._limits = limits
        self._clock = clock
        self._is_genuine = is_genuine
        self._hosts = hosts
        self._credit = Credit(reports.gone, clock)
        self._kept_for = kept_for

    def accepts(self, address: str) -> bool:
        """Whether mail may come to this address: a return path of ours, or one to unsubscribe by."""
        keys = (self._tokens.read_leave_key(key) for key in find_keys_in(address))
        return self._tokens.read_return_path(address) is not None or any(
            key is not None for key in keys
        )

    def process(self, raw: bytes, *, envelope_to: str = "", dry_run: bool = False) -> ReportResult:
        """Read one message, record what it says, and act on it in the same transaction.

        `envelope_to` is whom it was delivered to, where the mail system says so. Never raises for
        what a message contains (rule C12); raises StorageError when the database cannot be used,
        and then nothing was recorded. `dry_run` says what would be done, and changes nothing. Mail is
        never answered (rule C7).
        """
        report = parse_report(raw, envelope_to=envelope_to, hosts=self._hosts())
        if keys := self._leave_keys(raw, envelope_to):
            report = with_wish_to_leave(report, keys)
        elif report.kind is ReportKind.NONE and not report.feedback_type:  # a person wrote it (C8)
            report = with_wish_to_leave(report, find_leave_keys(raw, envelope_to=envelope_to))
        if self._is_unexplained(report):
            report = replace(report, kind=ReportKind.UNKNOWN)
        if report.feedback_type and self._is_genuine is not None and not self._is_genuine(raw):
            report = distrusted(report)
        complaint = report.kind is ReportKind.COMPLAINT
        kept = with_recipient(raw, envelope_to)
        return self.take(report, kept, by_message_id=complaint, dry_run=dry_run)

    def _is_unexplained(self, report: BounceReport) -> bool:
        """Whether a mail system has told us something about a mail of ours, and nobody knows what."""
        idle = report.kind in {ReportKind.NONE, ReportKind.AUTO_REPLY} and not report.feedback_type
        return idle and report.is_daemon and self._identify(report) is not None

    def _leave_keys(self, raw: bytes, envelope_to: str) -> tuple[str, ...]:
        """Good keys in the addresses that a mail came to; a return path is for reports (rule C11)."""
        if self._tokens.read_return_path(envelope_to) is not None:
            return ()
        found = find_addressed_keys(raw, envelope_to=envelope_to)
        return tuple(key for key in found if self._tokens.read_leave_key(key) is not None)

    def take(
        self, report: BounceReport, raw: bytes, *, by_message_id: bool, dry_run: bool = False
    ) -> ReportResult:
        """The same for a report that was read already; `raw` is what is kept if it is set aside.

        `by_message_id` believes a Message-ID of ours that stands in it: those who forward a mail
        pass it on, so that it is no proof of a bounce that comes by mail.
        """
        owner = self._identify(report)
        if owner is None and by_message_id:
            owner = self._find_by_message_id(report)
        reader = self._subscribers.get(owner.subscriber_id) if owner else None
        finding = report.about(reader.address if reader else "")
        effect = decide_effect(report, finding, is_known=reader is not None)
        if effect is Effect.SUPPRESSED and owner and reader:
            told = self._credit.doubts(reader.address, report.host, owner.issue_id, dry_run=dry_run)
            effect = Effect.BOUNCED if told else effect
        if effect is not Effect.NOTHING:
            new = self._build(report, finding, effect, owner, raw)
            effect = self._reports.record(
                new, is_worn_out=lambda history: is_worn_out(history, self._limits), dry_run=dry_run
            )
            if not dry_run:
                _log_report(new, effect)
                self._tell_if_full(new, effect)
        kind = finding.kind if finding else report.kind
        return ReportResult(
            kind=kind,
            status=finding.status if finding else report.status,
            recipients=report.recipients,
            subscriber=reader,
            action=effect,
        )

    def _tell_if_full(self, report: NewReport, done: Effect) -> None:
        """Tell the author once that the oldest of the quarantine are let go: when the first are."""
        full = self._reports.overflow() if done is Effect.QUARANTINED else None
        if full is not None and full.times == 1 and full.since == report.received_at:
            _log.error("quarantine.full", advice="look at it with newsletter quarantine list")

    def lift_since(self, since: datetime, domain: str) -> int:
        """Let the addresses of a domain be mailed again that bounced since then; how many those are."""
        name = domain.strip().lstrip("@").lower()
        return self._reports.gone.lift(since, name, waiting=WAITS_FOR_DOMAIN, now=self._clock())

    def lift_host(self, since: datetime, host: str) -> int:
        """Let the addresses be mailed again that a host, or another of its domain, reported since then."""
        return self._reports.gone.lift_host(since, host.strip().strip("."))

    def wear_out(self) -> int:
        """Give up the addresses that were refused softly in enough sessions; how many (rule C6)."""
        worn = self._reports.wear_out(
            lambda history: is_worn_out(history, self._limits),
            least=self._limits.count,
            now=self._clock(),
        )
        if worn:
            _log.info("reports.worn_out", readers=worn)
        return worn

    def prune(self) -> int:
        """Forget the content of what was set aside long ago."""
        return self._reports.prune(before=self._clock() - self._kept_for)

    def _identify(self, report: BounceReport) -> Owner | None:
        """The delivery that a key names; the first address of our making decides (rule C2).

        A wrong key does not send us looking for a better one further down (rule C3).
        """
        for address in report.envelopes:
            if found := self._tokens.read_return_path(address):
                return Owner(*found)
            if looks_keyed(address):
                return None
        for token in report.tokens:
            if found := self._tokens.read_return_path(token):
                return Owner(*found)
            subscriber_id = self._tokens.read_unsubscribe(token)
            if subscriber_id is None and report.kind is ReportKind.UNSUBSCRIBE:
                subscriber_id = self._tokens.read_leave_key(token)
            if subscriber_id is not None:
                sent = self._find_sent(report, subscriber_id)
                return Owner(sent.issue_id or 0 if sent else None, subscriber_id)
        return None

    def _find_by_message_id(self, report: BounceReport) -> Owner | None:
        """The delivery whose Message-ID is named, among those of the readers who are named (C9)."""
        if not report.reported_message_id or any(map(looks_keyed, report.envelopes)):
            return None
        for address in report.recipients[:_MOST_NAMED]:
            reader = self._find_reader(address)
            sent = self._find_sent(report, reader.id) if reader else None
            if sent is not None:
                return Owner(sent.issue_id or 0, sent.subscriber_id)
        return None

    def _find_sent(self, report: BounceReport, subscriber_id: int) -> Sent | None:
        """Which of a reader's mails the report is about, as far as its Message-ID says."""
        named = report.reported_message_id.strip().strip("<>").partition("@")[0]
        for sent in self._reports.sent_to(subscriber_id) if named else ():
            if hmac.compare_digest(self._message_id(sent), named.encode("utf-8", "replace")):
                return sent
        return None

    def _find_reader(self, address: str) -> Subscriber | None:
        try:
            return self._subscribers.find(parse_address(address, allow_test_domains=True).key)
        except AddressError:
            return None

    def _message_id(self, sent: Sent) -> bytes:
        made = self._tokens.message_id(
            kind=sent.kind,
            issue_id=sent.issue_id,
            subscriber_id=sent.subscriber_id,
            delivery_id=sent.id,
            domain="",
        )
        return made.strip("<@>").encode()

    def _build(
        self,
        report: BounceReport,
        finding: Finding | None,
        effect: Effect,
        owner: Owner | None,
        raw: bytes,
    ) -> NewReport:
        now = self._clock()
        kind = finding.kind if finding else report.kind
        return NewReport(
            event_id=decide_event_id(report, owner, now),
            kind=kind.value,
            status=finding.status if finding else report.status,
            effect=effect,
            happened_at=decide_moment(report.sent_at, now),
            received_at=now,
            evidence=decide_evidence(report, finding),
            issue_id=owner.issue_id if owner else None,
            subscriber_id=owner.subscriber_id if owner else None,
            counts=effect is Effect.COUNTED,
            raw=raw if effect is Effect.QUARANTINED else None,
            source=report.source,
            host=report.host,
        )


def _log_report(report: NewReport, done: Effect) -> None:
    if done is Effect.ALARM:
        _log.error(
            "report.authentication_failed",
            feedback=report.evidence,
            advice="a receiver says that mail in the newsletter's name fails its checks; look at SPF, DKIM and DMARC",
        )
    else:
        level = _log.warning if done is Effect.QUARANTINED else _log.info
        level(
            f"report.{done.value}",
            kind=report.kind,
            status=report.status,
            issue=report.issue_id,
            subscriber=report.subscriber_id,
        )


# ── decisions: pure ──────────────────────────────────────────────────────────────────────────


def with_wish_to_leave(report: BounceReport, keys: tuple[str, ...]) -> BounceReport:
    """A message that holds keys to unsubscribe with asks for that; nothing else in it counts (C11)."""
    if not keys:
        return report
    return replace(
        report,
        kind=ReportKind.UNSUBSCRIBE,
        diagnostic="mail",
        envelopes=(),
        findings=(),
        recipients=(),
        feedback_type="",
        tokens=keys,
    )


def with_recipient(raw: bytes, envelope_to: str) -> bytes:
    """The message with whom it came to on top, so that it can be taken again from quarantine."""
    line = " ".join(f"Delivered-To: {envelope_to}".split()).encode("utf-8", "replace")
    return raw if not envelope_to or line in raw[:_HEAD] else line + b"\r\n" + raw


def distrusted(report: BounceReport) -> BounceReport:
    """Feedback of somebody who is not enrolled: it names nobody, and is kept (rule C10).

    What would do nothing anyway still does nothing.
    """
    is_alarm = report.kind is ReportKind.POLICY
    return replace(
        report,
        kind=ReportKind.UNKNOWN if is_alarm else report.kind,
        envelopes=(),
        tokens=(),
        reported_message_id="",
        feedback_type=f"{report.feedback_type}, not signed by an enrolled source",
    )


def decide_event_id(report: BounceReport, owner: Owner | None, now: datetime) -> str:
    """The report's own id; but one mail may ask for several readers, a copy for each of them. And a
    wish to leave without a date could be an old one or a new one: a reader who left, came back and
    leaves again is not to be told apart from a copy.
    """
    if report.kind is not ReportKind.UNSUBSCRIBE or owner is None:
        return report.event_id
    moment = now.isoformat() if report.sent_at is None else ""
    return sha256(f"{report.event_id} {owner.subscriber_id} {moment}".encode()).hexdigest()


def decide_evidence(report: BounceReport, finding: Finding | None) -> str:
    """One line for the author, without addresses."""
    if report.kind is ReportKind.UNSUBSCRIBE:
        return report.diagnostic
    # Clean already, whoever made the report; the database takes no NUL, and a terminal no ESC.
    return clean_reply(finding.diagnostic if finding else report.feedback_type)


def decide_effect(report: BounceReport, finding: Finding | None, *, is_known: bool) -> Effect:
    """What a report is to do. Without a key of a reader of ours: nothing to any reader (rule C3)."""
    kind = finding.kind if finding else report.kind
    if kind is ReportKind.POLICY and report.feedback_type:
        return Effect.ALARM
    if kind in {ReportKind.DELAYED, ReportKind.AUTO_REPLY, ReportKind.NONE}:
        return Effect.NOTHING
    if kind is ReportKind.UNKNOWN or not is_known:
        return Effect.QUARANTINED
    match kind:
        case ReportKind.HARD:
            return Effect.SUPPRESSED
        case ReportKind.COMPLAINT:
            return Effect.UNSUBSCRIBED
        case ReportKind.UNSUBSCRIBE:
            return Effect.LEFT
        case ReportKind.SOFT if finding is not None and finding.counts:
            return Effect.COUNTED
        case _:
            return Effect.BOUNCED


def decide_moment(sent_at: datetime | None, now: datetime) -> datetime:
    """When a report was made: as it says, but not in the future and not a year ago.

    Reports that waited in a mailbox for weeks are not of one day.
    """
    if sent_at is None or not now - _OLDEST < sent_at <= now:
        return now
    return sent_at
