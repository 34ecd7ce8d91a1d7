"""Deliveries: claims, tries, outcomes and counts of them, and the states with what may follow each.

Stdlib only, immutable, no behaviour but small derived facts. Every datetime is aware and in
UTC. An `id` is the database's integer; what is shown to strangers carries a keyed hash beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from storage.model.readers import SuppressionReason

# ── the newsletter itself ────────────────────────────────────────────────────────────────────


# ── notes and issues ─────────────────────────────────────────────────────────────────────────


# ── subscribers ──────────────────────────────────────────────────────────────────────────────


# ── deliveries ───────────────────────────────────────────────────────────────────────────────


class DeliveryKind(StrEnum):
    """What a delivery brings."""

    ISSUE = "issue"
    CONFIRMATION = "confirmation"
    """Goes in front of issues: somebody is waiting for it."""
    NOTICE = "notice"
    """"You are subscribed already", at most one per period (F5)."""
    DIGEST = "digest"
    """Issues of some time, in one mail, to a reader who wants them so; belongs to a digest's issue."""
    WELCOME = "welcome"
    """The author's own words to a new reader, once."""
    GOODBYE = "goodbye"
    """The author's own words to a reader who left."""
    CHANGE = "change"
    """A confirmation to the new address of somebody who is a reader."""
    MOVED = "moved"
    """To a reader's former address: it is not used any more."""


class DeliveryState(StrEnum):
    """Where a delivery is; who puts it there, who takes it out, what a crash means.

    A delivery is claimable while its `due_at` is set; every other state has none.
    """

    QUEUED = "queued"
    """By publishing (or a sign-up), in one transaction with the issue. Out: a claim, a suppression,
    a cancel. A crash changes nothing."""
    SENDING = "sending"
    """By a claim, under a lease. While `began_at` is empty nothing went to the relay and a rescue
    returns it to QUEUED at no cost; once it is set the content may have left, and a crash makes it
    UNKNOWN."""
    ACCEPTED = "accepted"
    """250 after the final dot: responsibility has passed to the relay (RFC 5321 6.1). Not
    "delivered": a report may still come."""
    DEFERRED = "deferred"
    """4yz, or the connection was lost before the final dot (RFC 5321 3.8). Claimed again when due."""
    REJECTED = "rejected"
    """5yz about this reader. Final, as are the four below, unless the author has the issue mailed to
    whoever has not had it."""
    UNKNOWN = "unknown"
    """The connection, or our process, died after the final dot and before the reply (RFC 1047).
    With `doubt = "resend"` it is due once more, under the same Message-ID; in doubt again, or with
    `"hold"`, it waits for the author."""
    EXPIRED = "expired"
    """Deferred for longer than `[dispatch] expire`."""
    SUPPRESSED = "suppressed"
    """The reader left or the address was suppressed before the mail was on the wire."""
    CANCELLED = "cancelled"
    """The author took the issue back."""
    BOUNCED = "bounced"
    """A report said that an accepted message did not arrive."""
    COMPLAINED = "complained"
    """A report said that the reader called it spam."""


_S = DeliveryState

TRANSITIONS: Final[MappingProxyType[DeliveryState, frozenset[DeliveryState]]] = MappingProxyType(
    {
        _S.QUEUED: frozenset({_S.SENDING, _S.SUPPRESSED, _S.CANCELLED, _S.EXPIRED}),
        _S.SENDING: frozenset(
            {
                _S.ACCEPTED,
                _S.DEFERRED,
                _S.REJECTED,
                _S.UNKNOWN,
                _S.EXPIRED,
                _S.QUEUED,  # returned unsent: a stop, or a rescue before anything was on the wire
                _S.SUPPRESSED,  # left while claimed but not yet begun
                _S.CANCELLED,
            }
        ),
        _S.DEFERRED: frozenset({_S.SENDING, _S.EXPIRED, _S.SUPPRESSED, _S.CANCELLED}),
        _S.UNKNOWN: frozenset(
            {
                _S.SENDING,  # doubt = "resend", or the author said so
                _S.ACCEPTED,  # the author knows better, or a report proves it left
                _S.EXPIRED,
                _S.SUPPRESSED,
                _S.CANCELLED,
                _S.BOUNCED,  # a bounce proves that the relay had it
                _S.COMPLAINED,
            }
        ),
        _S.ACCEPTED: frozenset({_S.BOUNCED, _S.COMPLAINED}),
        _S.BOUNCED: frozenset({_S.COMPLAINED}),  # some hosts report both
        _S.COMPLAINED: frozenset(),
        # The author has the issue mailed to whoever has not had it: `newsletter mail`.
        _S.REJECTED: frozenset({_S.QUEUED}),
        # Bounced: an unknown that had left after all.
        _S.EXPIRED: frozenset({_S.QUEUED, _S.BOUNCED}),
        _S.SUPPRESSED: frozenset({_S.QUEUED}),  # the reader is back
        _S.CANCELLED: frozenset({_S.QUEUED}),
    }
)

NOT_HAD: Final = frozenset({_S.REJECTED, _S.EXPIRED, _S.SUPPRESSED, _S.CANCELLED})
"""The last states of a delivery that brought nothing, if no try of it is in doubt (see `doubts`)."""

TAKEN: Final = frozenset({_S.ACCEPTED, _S.BOUNCED, _S.COMPLAINED})
"""The states of a delivery that a relay has taken."""

RESENDS: Final = 1
"""How often a message in doubt is sent again by itself. A relay that takes messages and never says so
would else bring a reader one copy for each try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The duty to bring one message to one subscriber."""

    id: int
    kind: DeliveryKind
    issue_id: int | None
    subscriber_id: int
    address: str
    state: DeliveryState
    attempts: int
    """Tries so far; a try that was never on the wire is not one."""
    queued_at: datetime
    due_at: datetime | None
    settled_at: datetime | None
    """When the last outcome was recorded."""
    code: int | None
    """Reply code of the last attempt (RFC 5321 4.2), None when no reply came."""
    status: str
    """Enhanced status code of the last attempt (RFC 3463), or empty."""
    reply: str
    """What the relay said last, one line, without the address."""
    reason: str
    """Why it is in this state, in our words, when the reply does not say it."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Claim:
    """A delivery taken by a worker, with everything that filling and addressing needs.

    One is made for every message, as is a `Settlement`. Making a frozen one takes a microsecond
    more; so it is the type checker that keeps these two from being changed.
    """

    delivery_id: Final[int]
    kind: Final[DeliveryKind]
    issue_id: Final[int | None]
    issue_revision: Final[int]
    """0 for a delivery without an issue."""
    subscriber_id: Final[int]
    address: Final[str]
    name: Final[str]
    nonce: Final[str]
    attempts: Final[int]
    """Tries before this one."""
    queued_at: Final[datetime]
    first_tried_at: Final[datetime | None]
    """When the first try began: the time to expiry runs from here, not while a queue waits."""
    language: Final[str] = ""
    """The reader's; empty: the newsletter's."""
    doubts: Final[int] = 0
    """Tries before this one of which nobody can say whether the relay took the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One SMTP try that did not end in acceptance; the one that did is the delivery's own row."""

    delivery_id: int
    number: int
    at: datetime
    state: DeliveryState
    code: int | None
    status: str
    reply: str
    reason: str


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Settlement:
    """What becomes of a delivery after an attempt; made by mailer/policy, recorded by the ledger."""

    delivery_id: Final[int]
    state: Final[DeliveryState]
    at: Final[datetime]
    issue_id: Final[int | None] = None
    """Its claim's. With None the ledger looks for it, which costs a little."""
    due_at: Final[datetime | None] = None
    """When it may be claimed again; only for DEFERRED, and UNKNOWN that is to be resent."""
    code: Final[int | None] = None
    status: Final[str] = ""
    reply: Final[str] = ""
    reason: Final[str] = ""
    counts: Final[bool] = True
    """Whether an attempt was used: False when the fault was not about this delivery."""
    suppress: Final[SuppressionReason | None] = None
    """Set when the reply proved that the mailbox does not exist."""
    is_soft: Final[bool] = False
    """Whether it is the last word, and one of the reader's soft bounces (rule C6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Whom an issue would be queued for at one moment."""

    count: int
    mark: int
    """The sum of their ids: other readers, as many, have another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """All subscribers at one moment."""

    readers: Readers
    """Active, not suppressed, and wanting each issue."""
    digests: int
    """Likewise, but in a digest."""
    paused: int
    """Likewise, after they asked for a pause."""
    pending: int
    """They asked and have not confirmed."""
    unsubscribed: int
    suppressed: Mapping[SuppressionReason, int]
    """Active otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Active readers who have not had an issue."""

    new: int
    """Without a delivery of it: they joined since, or it was never mailed."""
    again: int
    """Whose delivery ended and brought nothing: cancelled, refused, out of time, away then."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.new + self.again


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Deliveries of an issue (or of all) by state."""

    counts: dict[DeliveryState, int] = field(default_factory=dict)

    def __getitem__(self, state: DeliveryState) -> int:
        return self.counts.get(state, 0)

    @property
    def total(self) -> int:
        """All deliveries, whatever became of them."""
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        """Deliveries that may still be sent."""
        return sum(self[state] for state in (_S.QUEUED, _S.SENDING, _S.DEFERRED))
