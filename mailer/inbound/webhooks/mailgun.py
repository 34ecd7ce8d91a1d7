"""Mailgun, which signs a time and a token: an HMAC in the body itself. Pure.

The signature does not cover the event, so a token is good for one event only, and for a short time.
Facts: Mailgun user manual, "Webhooks" ("Securing webhooks", "Event structure").
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from mailer.inbound.report import BounceReport, Finding, ReportKind
from mailer.inbound.webhooks.events import (
    Batch,
    Event,
    Json,
    Keys,
    Opinion,
    Post,
    Trail,
    addresses,
    at,
    failed,
    is_recent,
    judge_failure,
    parse_json,
    parse_moment,
    text_at,
    told,
    unknown,
    write_json,
)
from mailer.inbound.webhooks.signatures import is_hmac

SERVICE: Final = "mailgun"

MAX_AGE: Final = timedelta(hours=12)
"""Mailgun tries again for eight hours."""

_IDLE: Final = frozenset({"accepted", "delivered", "opened", "clicked", "stored", "list_member"})
_SUPPRESSED: Final = {
    "suppress-complaint": ReportKind.COMPLAINT,
    "suppress-unsubscribe": ReportKind.UNSUBSCRIBE,
}
"""Mail that Mailgun did not even try, because of what it remembers of the reader."""
_OPINIONS: Final = {
    "bounce": Opinion.GONE,
    "suppress-bounce": Opinion.GONE,
    "espblock": Opinion.SENDER,
}


def read_mailgun(post: Post, keys: Keys) -> Batch | None:
    """One event; None without a signature that fits and is recent."""
    document = parse_json(post.body)
    signature = at(document, "signature")
    moment, token = text_at(signature, "timestamp"), text_at(signature, "token")
    signed = f"{moment}{token}".encode("utf-8", "replace")
    genuine = is_hmac(keys.mailgun, signed, text_at(signature, "signature"))
    if not (token and genuine and is_recent(moment, post.at, MAX_AGE)):
        return None
    data = at(document, "event-data")
    name = text_at(data, "event")
    if name in _IDLE or (name == "failed" and text_at(data, "severity") == "temporary"):
        return Batch()  # Mailgun still tries
    report = _report(data, name, _trail(data, token))
    found = Event(report=report, raw=write_json(data)) if report else unknown(SERVICE, post.body)
    return Batch(events=(found,))


def _report(data: Json, name: str, trail: Trail) -> BounceReport | None:
    reason = text_at(data, "reason")
    match name:
        case "complained":
            return told(trail, ReportKind.COMPLAINT, feedback="abuse")
        case "unsubscribed":
            return told(trail, ReportKind.UNSUBSCRIBE)
        case "failed" if reason in _SUPPRESSED:
            return told(trail, _SUPPRESSED[reason], feedback="abuse")
        case "failed":
            return failed(trail, [_finding(data, trail, reason)])
        case "rejected":
            why = text_at(data, "reject", "reason")
            return failed(trail, [judge_failure(Opinion.SENDER, "", "", why)])
        case _:
            return None


def _finding(data: Json, trail: Trail, reason: str) -> Finding:
    status = at(data, "delivery-status")
    words = text_at(status, "message") or text_at(status, "description")
    code = text_at(status, "code")
    recipient = trail.recipients[0] if trail.recipients else ""
    return judge_failure(
        _OPINIONS.get(reason, Opinion.TEMPORARY),
        recipient,
        text_at(status, "enhanced-code"),
        words if words.startswith(code) else f"{code} {words}",
    )


def _trail(data: Json, token: str) -> Trail:
    headers = at(data, "message", "headers")
    return Trail(
        service=SERVICE,
        id=token,
        recipients=addresses(text_at(data, "recipient")),
        paths=addresses(text_at(data, "envelope", "sender")),
        message_id=text_at(headers, "message-id"),
        at=parse_moment(text_at(data, "timestamp")),
    )
