"""SendGrid, which signs a time and the body with a key of an elliptic curve, and tells in batches. Pure.

Facts: Twilio SendGrid documentation, "Event Webhook reference" and "Event Webhook security features".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from mailer.inbound.report import BounceReport, ReportKind
from mailer.inbound.webhooks.events import (
    METADATA,
    Batch,
    Event,
    Json,
    Keys,
    Opinion,
    Post,
    Trail,
    addresses,
    failed,
    id_of,
    is_recent,
    judge_failure,
    parse_json,
    parse_moment,
    text_at,
    told,
    unknown,
    write_json,
)
from mailer.inbound.webhooks.signatures import is_ecdsa

SERVICE: Final = "sendgrid"

MAX_AGE: Final = timedelta(hours=26)
"""SendGrid tries again for a day."""

_SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
_TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"
_IDLE: Final = frozenset(
    {
        "processed",
        "delivered",
        "deferred",
        "open",
        "click",
        "group_resubscribe",
        "account_status_change",
    }
)
_TOLD: Final = {
    "spamreport": ReportKind.COMPLAINT,
    "unsubscribe": ReportKind.UNSUBSCRIBE,
    "group_unsubscribe": ReportKind.UNSUBSCRIBE,
}
_DROPPED: Final = {
    "Spam Reporting Address": ReportKind.COMPLAINT,
    "Unsubscribed Address": ReportKind.UNSUBSCRIBE,
}
_DROPPED_FOR_GOOD: Final = frozenset({"Bounced Address", "Invalid"})
"""Mail that SendGrid did not even try, because of what it remembers of the reader."""


def read_sendgrid(post: Post, keys: Keys) -> Batch | None:
    """A list of events; None without a signature that fits and is recent."""
    moment = post.headers.get(_TIMESTAMP, "")
    signed = moment.encode("utf-8", "replace") + post.body
    if not is_ecdsa(keys.sendgrid, signed, post.headers.get(_SIGNATURE, "")):
        return None
    if not is_recent(moment, post.at, MAX_AGE):
        return None
    events = parse_json(post.body)
    if not isinstance(events, list):
        return Batch(events=(unknown(SERVICE, post.body),))
    return Batch(events=tuple(found for one in events for found in _events(one)))


def _events(event: Json) -> list[Event]:
    """At most one; whatever is wrong with it is no matter of the others."""
    name = text_at(event, "event")
    if name in _IDLE:
        return []
    raw = write_json(event)
    trail = _trail(event, raw)
    if not (trail.paths or trail.message_id or trail.recipients):
        return [unknown(SERVICE, raw)]
    if name in _TOLD:
        return [Event(report=_told(trail, _TOLD[name]), raw=raw)]
    if name == "bounce":
        blocked = text_at(event, "type") == "blocked"
        opinion = Opinion.SENDER if blocked else Opinion.GONE
        return [Event(report=_failed(event, trail, opinion), raw=raw)]
    if name == "dropped":
        return [Event(report=_dropped(event, trail), raw=raw)]
    return [unknown(SERVICE, raw)]


def _dropped(event: Json, trail: Trail) -> BounceReport:
    reason = text_at(event, "reason")
    if reason in _DROPPED:
        return _told(trail, _DROPPED[reason])
    gone = reason in _DROPPED_FOR_GOOD
    return _failed(event, trail, Opinion.GONE if gone else Opinion.SENDER)


def _told(trail: Trail, kind: ReportKind) -> BounceReport:
    return told(trail, kind, feedback="abuse" if kind is ReportKind.COMPLAINT else "")


def _failed(event: Json, trail: Trail, opinion: Opinion) -> BounceReport:
    recipient = trail.recipients[0] if trail.recipients else ""
    return failed(
        trail,
        [judge_failure(opinion, recipient, text_at(event, "status"), text_at(event, "reason"))],
    )


def _trail(event: Json, raw: bytes) -> Trail:
    """What of ours it has: the argument that our mail was sent with, or its Message-ID."""
    path = text_at(event, METADATA)
    return Trail(
        service=SERVICE,
        id=text_at(event, "sg_event_id") or id_of(raw),
        recipients=addresses(text_at(event, "email")),
        paths=(path,) if path else (),
        message_id=text_at(event, "smtp-id"),
        at=parse_moment(text_at(event, "timestamp")),
    )
