"""Owns what the adapters share: a POST, the events in it, and how one becomes a BounceReport. Pure.

A service is believed once its signature fits; whose mail an event is about still says only what we
put on the wire ourselves: the return path, the Message-ID, the link to unsubscribe (rules C2, C3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, TypeAlias

from mailer.inbound.report import BounceReport, Finding, ReportKind
from mailer.inbound.webhooks.signatures import EcdsaKey
from mailer.replies import clean_reply, judge, parse_status

Json: TypeAlias = object
"""A decoded document: its shape is never trusted."""

SKEW: Final = timedelta(minutes=10)
"""How far ahead a service's clock may be."""

METADATA: Final = "delivery"
"""The name under which services give back what mail says of itself, where they have such a field."""

_LONGEST: Final = 2000
_DIGITS: Final = 30
"""From so many on a number is no id and no time; int() refuses thousands."""
_GONE: Final = "5.1.1"
"""There is no such mailbox (RFC 3463 3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request of a service."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """By their lower-case names."""
    at: datetime
    """When it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What proves a service; empty is a service that is not used."""

    ses: tuple[str, ...] = ()
    """SNS topics."""
    postmark: str = field(default="", repr=False)
    """`user:password`."""
    mailgun: str = field(default="", repr=False)
    sendgrid: EcdsaKey | None = None
    certificate: Callable[[str], bytes] = field(repr=False)
    """The certificate at an address of Amazon's; raises FetchError when it cannot be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one mail."""

    report: BounceReport
    raw: bytes = field(repr=False)
    """What is kept if nobody can be matched with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a genuine POST says; events that ask for nothing are left out."""

    events: tuple[Event, ...] = ()
    confirm: str = field(default="", repr=False)
    """An address of the service to be fetched, by which we agree to be told."""


Adapter: TypeAlias = Callable[[Post, Keys], Batch | None]
"""Reads a POST; None when it does not come from whom it should. Never raises for what is in it."""


class Opinion(StrEnum):
    """What the service itself thinks of a failure."""

    GONE = "gone"
    """For good: there is no such mailbox."""
    TEMPORARY = "temporary"
    """This time."""
    SENDER = "sender"
    """Not about the reader: content, reputation, authentication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What of ours an event carries, and how it is told from others."""

    service: str
    id: str
    """Unique at the service; the same when it tells the same again."""
    recipients: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Where our return path may stand."""
    message_id: str = ""
    tokens: tuple[str, ...] = ()
    at: datetime | None = None


# ── events ───────────────────────────────────────────────────────────────────────────────────


def told(trail: Trail, kind: ReportKind, *, feedback: str = "") -> BounceReport:
    """A report that needs no judging: a complaint, a wish to leave, something unknown."""
    return BounceReport(
        kind=kind,
        event_id=sha256(f"{trail.service} {trail.id}".encode("utf-8", "replace")).hexdigest(),
        diagnostic=trail.service,
        recipients=trail.recipients,
        envelopes=trail.paths,
        tokens=trail.tokens,
        feedback_type=feedback,
        reported_message_id=trail.message_id,
        sent_at=trail.at,
    )


def failed(trail: Trail, findings: Iterable[Finding]) -> BounceReport:
    """A report of a failure, as judged for each recipient."""
    found = tuple(findings)
    report = told(trail, found[0].kind)
    return BounceReport(
        kind=report.kind,
        event_id=report.event_id,
        status=found[0].status,
        diagnostic=found[0].diagnostic,
        recipients=report.recipients,
        findings=found,
        envelopes=report.envelopes,
        tokens=report.tokens,
        reported_message_id=report.reported_message_id,
        sent_at=report.sent_at,
    )


def judge_failure(opinion: Opinion, recipient: str, status: str, words: str) -> Finding:
    """One recipient's failure: the host's own words first, the service's opinion where they are mute.

    "Gone" is worth as much as a status that says so, where the host gave none: words that speak of
    anything else still win. Every other opinion can only make it milder (rule C5).
    """
    said, called = parse_status(status), (recipient.rpartition("@")[0],)
    if opinion is Opinion.GONE and (said is None or said.detail == 0):
        judged = judge(parse_status(_GONE), words, names=called)
        found = parse_status(words) or said
    else:
        judged = judge(said, words, names=called)
        found = judged.status
    kind, counts = ReportKind(judged.severity), judged.counts
    if opinion is Opinion.TEMPORARY and kind is ReportKind.HARD:
        kind, counts = ReportKind.SOFT, True
    elif opinion is Opinion.SENDER:
        kind, counts = ReportKind.POLICY, False
    return Finding(
        kind=kind,
        recipients=(recipient,) if recipient else (),
        action="failed",
        status=str(found) if found else "",
        diagnostic=clean_reply(words[:_LONGEST]),
        counts=counts,
    )


def id_of(raw: bytes) -> str:
    """An id for an event that has none: all that it says, for a copy says the same."""
    return sha256(raw).hexdigest()


def unknown(service: str, raw: bytes) -> Event:
    """An event that nobody understands: kept for the author."""
    trail = Trail(service=service, id=id_of(raw))
    return Event(report=told(trail, ReportKind.UNKNOWN), raw=raw)


# ── documents ────────────────────────────────────────────────────────────────────────────────


def parse_json(text: bytes | str) -> Json:
    """A document; None for what is none.

    A letter that is none, a line end within words or a number without end is one event's matter and not the
    whole batch's.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "replace")
        found: Json = json.loads(text, strict=False, parse_int=_parse_number)
    except (ValueError, RecursionError):
        return None
    return found


def _parse_number(digits: str) -> int | float:
    return int(digits) if len(digits) < _DIGITS else float(digits)


def write_json(document: Json) -> bytes:
    """A part of a document, as it is kept."""
    try:
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError:
        return b"(nested too deeply to be written down)"


def at(document: Json, *path: str) -> Json:
    """What stands there; None when nothing does."""
    for name in path:
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document


def text_at(document: Json, *path: str) -> str:
    """The text or number that stands there, at most 2000 characters; empty when there is none."""
    found = at(document, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return str(found)[:_LONGEST]


def list_at(document: Json, *path: str) -> list[Json]:
    """The list that stands there; empty when there is none."""
    found = at(document, *path)
    return found if isinstance(found, list) else []


def clean_address(text: str) -> str:
    """An address as a service tells it, maybe in brackets; empty when it cannot be one."""
    bare = text.strip().rpartition("<")[2].rstrip(">").strip()
    return bare if "@" in bare and len(bare) <= 320 and bare.isprintable() else ""


def addresses(*texts: str) -> tuple[str, ...]:
    """Those of the texts that can be addresses."""
    return tuple(filter(None, map(clean_address, texts)))


def parse_moment(text: str) -> datetime | None:
    """An ISO 8601 time, or seconds since 1970."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = None
    try:
        if seconds is not None:
            return datetime.fromtimestamp(seconds, UTC)
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def is_recent(text: str, now: datetime, max_age: timedelta) -> bool:
    """Whether a signed time is one of late: an old one may be a replay."""
    moment = parse_moment(text)
    return moment is not None and now - max_age <= moment <= now + SKEW
