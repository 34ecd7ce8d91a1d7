"""Readers: subscribers, the proof of their consent, suppressions, sign-ups. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

_TAG: Final = re.compile(r'(?:"[^"]*"|[^",])+')


class SubscriberState(StrEnum):
    """Consent, and nothing else. Suppression is kept apart."""

    PENDING = "pending"
    """Asked to join; gets nothing but the confirmation."""
    ACTIVE = "active"
    """Confirmed by an action on the page, or imported with consent."""
    UNSUBSCRIBED = "unsubscribed"
    """Left. May join again only by a new confirmation."""


class Pace(StrEnum):
    """How often a reader is mailed."""

    EACH = "each"
    """Each issue when it comes out."""
    WEEKLY = "weekly"
    """What came out in a week, in one mail."""
    MONTHLY = "monthly"
    """What came out in a month, in one mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a reader decides about their mail, beside getting it."""

    topics: tuple[str, ...] = ()
    """Tags without regard to case (see `tag_key`); empty: everything."""
    pace: Pace = Pace.EACH
    paused_until: datetime | None = None
    """Nothing is mailed that comes out before then."""
    language: str = ""
    """BCP 47; empty: the newsletter's."""
    zone: str = ""
    """IANA name; empty: the newsletter's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """An address with consent."""

    id: int
    address: str
    """As given, normalised: NFC, domain in lower case. What the reader sees."""
    name: str
    tags: tuple[str, ...]
    state: SubscriberState
    nonce: str
    """Changes when a confirmation is used, so that a link works once (F3)."""
    consent: str
    """The wording or source of consent (F9)."""
    created_at: datetime
    confirmed_at: datetime | None
    unsubscribed_at: datetime | None
    wishes: Wishes = field(default_factory=Wishes)
    feed_key: str = field(default="", repr=False)
    """What the address of their own feed is made of; empty without one."""
    moves: int | None = None
    """The reader whose address this one is to become, or was."""


class ConsentEventKind(StrEnum):
    """What happened to a consent; kept as proof (GDPR Art. 7(1), rule F9)."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    ADDED = "added"
    UNSUBSCRIBED = "unsubscribed"
    CHANGED = "changed"
    """The reader changed what they get, or how; the text says to what."""
    MOVED = "moved"
    """The reader's address was changed, by the link in a mail to the new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One line of the proof of consent."""

    subscriber_id: int
    kind: ConsentEventKind
    at: datetime
    ip: str = ""
    source: str = ""
    """Form URL, command, or how the reader left (`one-click`, `page`, `command`)."""
    text: str = ""
    """The wording agreed to, with its version."""
    message_id: str = ""
    """Of the confirmation that a request was answered with."""


class SuppressionReason(StrEnum):
    """Why an address is never mailed."""

    HARD_BOUNCE = "hard-bounce"
    SOFT_BOUNCES = "soft-bounces"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address never mailed again. Only its keyed hash is needed to refuse it (F11)."""

    address_hash: str
    address: str
    """Empty once the reader asked to be erased."""
    reason: SuppressionReason
    evidence: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """One request from the form, kept before anything is looked up, so none is lost (F4)."""

    id: int
    address: str
    ip: str
    source: str
    consent: str
    at: datetime
    moves: int | None = None
    """The reader who wants this address in the place of their own."""
    name: str = ""
    """As they wrote it, if the form asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """What is kept of one mail to a reader, for the reader to see."""

    kind: str
    issue: str
    """Its slug; empty for a mail that is of no issue."""
    state: str
    queued_at: datetime
    settled_at: datetime | None
    attempts: int
    code: int | None
    status: str
    reply: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """What is kept of one report about mail to a reader, for the reader to see."""

    kind: str
    action: str
    status: str
    happened_at: datetime
    evidence: str


class Added(StrEnum):
    """What became of a row to be added."""

    ADDED = "added"
    EXISTS = "exists"
    """There is such a subscriber, whatever its state; nothing was changed."""
    SUPPRESSED = "suppressed"
    """The address is never mailed; nothing was added."""


def read_topics(text: str) -> tuple[str, ...]:
    """The keys of tags that `write_tag_keys` wrote."""
    return tuple(text.split("\n")[1:-1])


def spell_tags(tags: Iterable[str]) -> str:
    """Tags in one line, separated by commas; one with a comma of its own stands in double quotes."""
    return ",".join(f'"{tag}"' if "," in tag else tag for tag in tags)


def read_tags(line: str) -> tuple[str, ...]:
    """What `spell_tags` wrote, or somebody else: commas between double quotes do not separate.

    Where the quotes do not pair, every comma separates.
    """
    if '"' not in line or line.count('"') % 2:
        parts = line.split(",")
    else:
        parts = [found[0] for found in _TAG.finditer(line)]
    return tuple(tag for part in parts if (tag := _unquoted(part.strip())))


def _unquoted(tag: str) -> str:
    return tag[1:-1] if len(tag) > 1 and tag[0] == tag[-1] == '"' else tag
