"""Reports that came back and what follows from each. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.model.deliveries import DeliveryKind


class Effect(StrEnum):
    """What a report does besides being recorded. The value is what the row keeps."""

    NOTHING = "none"
    QUARANTINED = "quarantined"
    """Nobody is named by a key of ours, or it cannot be understood: kept whole for a person."""
    ALARM = "alarm"
    """About the author's own set-up."""
    BOUNCED = "bounced"
    """The delivery bounced through a fault of the sender; the reader is left alone."""
    COUNTED = "counted"
    """The delivery bounced, and it counts as one of the reader's soft bounces."""
    SUPPRESSED = "suppressed"
    """The delivery bounced, and the address is never mailed again."""
    UNSUBSCRIBED = "unsubscribed"
    """The reader complained: unsubscribed and never mailed again."""
    LEFT = "left"
    """The reader asked to leave: unsubscribed."""
    DUPLICATE = "duplicate"
    """Seen before. Never recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A report to be recorded."""

    event_id: str
    kind: str
    status: str
    effect: Effect
    happened_at: datetime
    """When the reporting host wrote it, as far as that can be believed."""
    received_at: datetime
    evidence: str
    """One line, without addresses."""
    issue_id: int | None = None
    """0 for mail without an issue; None when it is not known."""
    subscriber_id: int | None = None
    counts: bool = False
    """Whether it is one of the reader's soft bounces."""
    raw: bytes | None = None
    """What is kept of it, if it is to be set aside."""
    source: str = ""
    """Who is said to have written it: a domain, or a service. Bounds what is kept."""
    host: str = ""
    """Whose host did not take the mail, as it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What one host's reports of a day say of readers who are gone."""

    gone: int
    known: int
    """Those of them who had taken an earlier issue."""
    domains: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftBounce:
    """A soft bounce in a reader's history."""

    issue_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a decision about soft bounces needs to know, each oldest first."""

    soft: tuple[SoftBounce, ...]
    arrived: tuple[datetime, ...]
    """When messages were accepted that did not come back, as far as is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A delivery, as far as its Message-ID depends on it."""

    id: int
    kind: DeliveryKind
    issue_id: int | None
    subscriber_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A report in quarantine: nobody could be matched with it, or it could not be understood."""

    number: int
    kind: str
    status: str
    evidence: str
    received_at: datetime
    size: int
    """Octets kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """What was let go before its time because there was too much of it."""

    times: int
    """How often room had to be made."""
    reports: int
    since: datetime
