"""Postmark, which proves itself by a user and a password that the author put into its address. Pure.

Facts: Postmark developer documentation, "Bounce webhook", "Spam complaint webhook", "Subscription
change webhook", and "Bounce types" of its bounce API.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Final

from mailer.inbound.report import BounceReport, ReportKind, tokens_in
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
    at,
    failed,
    id_of,
    judge_failure,
    parse_json,
    parse_moment,
    text_at,
    told,
    unknown,
)
from mailer.inbound.webhooks.signatures import is_same

SERVICE: Final = "postmark"

_FAILURES: Final = {
    "HardBounce": Opinion.GONE,
    "BadEmailAddress": Opinion.GONE,
    "SoftBounce": Opinion.TEMPORARY,
    "DnsError": Opinion.TEMPORARY,
    "Unknown": Opinion.TEMPORARY,
    "SpamNotification": Opinion.SENDER,
    "Blocked": Opinion.SENDER,
    "DMARCPolicy": Opinion.SENDER,
    "VirusNotification": Opinion.SENDER,
    "ChallengeVerification": Opinion.SENDER,
    "SMTPApiError": Opinion.SENDER,
}
_TOLD: Final = {
    "SpamComplaint": ReportKind.COMPLAINT,
    "Unsubscribe": ReportKind.UNSUBSCRIBE,
}
_IDLE: Final = frozenset({"Transient", "AutoResponder", "AddressChange", "Subscribe"})
_IDLE_RECORDS: Final = frozenset({"Delivery", "Open", "Click", "Inbound"})


def read_postmark(post: Post, keys: Keys) -> Batch | None:
    """One event; None without the right user and password."""
    if not is_same(keys.postmark, _login(post.headers.get("authorization", ""))):
        return None
    event = parse_json(post.body)
    record, kind = text_at(event, "RecordType"), text_at(event, "Type")
    if record in _IDLE_RECORDS or (record == "Bounce" and kind in _IDLE):
        return Batch()
    if record == "SubscriptionChange":
        return _change(event, post.body)
    known = record in {"Bounce", "SpamComplaint"}
    report = _report(event, kind, post.body) if known else None
    found = Event(report=report, raw=post.body) if report else unknown(SERVICE, post.body)
    return Batch(events=(found,))


def _report(event: Json, kind: str, raw: bytes) -> BounceReport | None:
    trail = _trail(event, text_at(event, "ID") or id_of(raw), text_at(event, "BouncedAt"))
    if kind in _TOLD:
        return told(trail, _TOLD[kind], feedback="abuse" if kind == "SpamComplaint" else "")
    if kind in _FAILURES:
        recipient = trail.recipients[0] if trail.recipients else ""
        words = text_at(event, "Details")
        return failed(trail, [judge_failure(_FAILURES[kind], recipient, "", words)])
    return None


def _change(event: Json, raw: bytes) -> Batch:
    """A reader who used Postmark's own link has left; what others do in its pages is theirs."""
    is_off = at(event, "SuppressSending")
    if not isinstance(is_off, bool):
        return Batch(events=(unknown(SERVICE, raw),))
    by_reader = text_at(event, "Origin") == "Recipient"
    wanted = text_at(event, "SuppressionReason") == "ManualSuppression"
    if not (is_off and by_reader and wanted):
        return Batch()
    moment = text_at(event, "ChangedAt")
    # Two may leave in one second, and not every change names a mail.
    who = text_at(event, "Recipient")
    trail = _trail(event, f"{text_at(event, 'MessageID')} {moment} {who}", moment)
    return Batch(events=(Event(report=told(trail, ReportKind.UNSUBSCRIBE), raw=raw),))


def _trail(event: Json, id_: str, moment: str) -> Trail:
    path = text_at(event, "Metadata", METADATA)
    return Trail(
        service=SERVICE,
        id=f"{text_at(event, 'RecordType')} {id_}",
        recipients=addresses(text_at(event, "Email") or text_at(event, "Recipient")),
        paths=(path,) if path else (),
        tokens=tuple(tokens_in([_content(event)]))[:10],
        at=parse_moment(moment),
    )


def _content(event: Json) -> str:
    """The report that Postmark had, if its author ticked that it is to be passed on."""
    content = at(event, "Content")
    return content if isinstance(content, str) else ""


def _login(header: str) -> str:
    """`user:password` of a Basic login (RFC 7617 2)."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(coded.strip(), validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""
