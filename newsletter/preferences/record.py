"""All that is kept of one reader, as a document for the reader (GDPR Art. 15 and 20). Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.model import ConsentEvent, KeptMail, KeptReport, Subscriber, Suppression, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the store holds of a reader."""

    reader: Subscriber
    history: Sequence[ConsentEvent]
    mails: Sequence[KeptMail]
    reports: Sequence[KeptReport]
    suppression: Suppression | None
    waiting: int
    """Issues that wait for a digest."""
    moving_to: str


def write_record(kept: Kept, newsletter: str, now: datetime) -> bytes:
    """The document, JSON in UTF-8; times in UTC."""
    reader, wishes = kept.reader, kept.reader.wishes
    stopped = kept.suppression
    document = {
        "newsletter": newsletter,
        "written_at": stamp(now),
        "reader": {
            "address": reader.address,
            "name": reader.name,
            "tags": list(reader.tags),
            "state": reader.state.value,
            "consent": reader.consent,
            "created_at": stamp(reader.created_at),
            "confirmed_at": stamp(reader.confirmed_at),
            "unsubscribed_at": stamp(reader.unsubscribed_at),
            "topics": list(wishes.topics),
            "pace": wishes.pace.value,
            "paused_until": stamp(wishes.paused_until),
            "language": wishes.language,
            "zone": wishes.zone,
            "has_own_feed": bool(reader.feed_key),
            "waiting_for_digest": kept.waiting,
            "address_to_confirm": kept.moving_to,
        },
        "suppression": None
        if stopped is None
        else {
            "reason": stopped.reason.value,
            "evidence": stopped.evidence,
            "created_at": stamp(stopped.created_at),
        },
        "history": [
            {
                "at": stamp(one.at),
                "kind": one.kind.value,
                "ip": one.ip,
                "source": one.source,
                "text": one.text,
                "message_id": one.message_id,
            }
            for one in kept.history
        ],
        "mails": [
            {
                "kind": one.kind,
                "issue": one.issue,
                "state": one.state,
                "queued_at": stamp(one.queued_at),
                "settled_at": stamp(one.settled_at),
                "attempts": one.attempts,
                "code": one.code,
                "status": one.status,
                "reply": one.reply,
                "reason": one.reason,
            }
            for one in kept.mails
        ],
        "reports": [
            {
                "kind": one.kind,
                "action": one.action,
                "status": one.status,
                "happened_at": stamp(one.happened_at),
                "evidence": one.evidence,
            }
            for one in kept.reports
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
