"""Amazon SES, which tells through SNS: signed with a certificate of Amazon's. Pure but for fetching it.

Facts: Amazon SNS developer guide, "Verifying the signatures of Amazon SNS messages"; Amazon SES
developer guide, "Amazon SNS notification contents" and "Event data".
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from mailer.inbound.report import Finding, ReportKind, tokens_in
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
    clean_address,
    failed,
    id_of,
    judge_failure,
    list_at,
    parse_json,
    parse_moment,
    text_at,
    told,
    unknown,
)
from mailer.inbound.webhooks.signatures import is_signed_by

SERVICE: Final = "ses"

_HOST: Final = re.compile(r"sns\.[a-z0-9-]{3,40}\.amazonaws\.com(?:\.cn)?")
_SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
    "UnsubscribeConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
"""The fields that are signed, in this order; Subject only where there is one."""
_DIGESTS: Final = {"1": "sha1", "2": "sha256"}
_IDLE: Final = frozenset(
    {
        *("Send", "Delivery", "Open", "Click", "DeliveryDelay", "Rendering Failure"),
        "AmazonSnsSubscriptionSucceeded",
    }
)
_FEEDBACK: Final = {"not-spam": None, "auth-failure": ReportKind.POLICY, "virus": ReportKind.POLICY}


def read_ses(post: Post, keys: Keys) -> Batch | None:
    """Notifications of the topics that are configured; None without a signature of Amazon's."""
    message = parse_json(post.body)
    kind = text_at(message, "Type")
    if text_at(message, "TopicArn") not in keys.ses or not _is_genuine(message, kind, post, keys):
        return None
    if kind == "Notification":
        return Batch(events=tuple(_events(message)))
    url = text_at(message, "SubscribeURL")
    if kind == "SubscriptionConfirmation" and is_amazons(url):
        return Batch(confirm=url)
    return Batch(events=(unknown(SERVICE, post.body),))


def is_amazons(url: str) -> bool:
    """Whether an address leads to SNS itself and nowhere else: https, its host, no login, no port."""
    try:
        parts = urlsplit(url)
        plain = parts.port is None and parts.username is None and not parts.fragment
    except ValueError:
        return False
    host = (parts.netloc or "").lower()
    return parts.scheme == "https" and plain and bool(_HOST.fullmatch(host)) and url.isprintable()


def _is_genuine(message: Json, kind: str, post: Post, keys: Keys) -> bool:
    digest = _DIGESTS.get(text_at(message, "SignatureVersion"))
    url = text_at(message, "SigningCertURL")
    if kind not in _SIGNED or digest is None or not is_amazons(url):
        return False
    if not urlsplit(url).path.endswith(".pem"):
        return False
    signed = _signed_text(message, kind)
    signature = text_at(message, "Signature")
    return is_signed_by(keys.certificate(url), signed, signature, digest=digest, now=post.at)


def _signed_text(message: Json, kind: str) -> bytes:
    lines = []
    for name in _SIGNED[kind]:
        value = at(message, name)
        if isinstance(value, str):
            lines += [name, value]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def _events(message: Json) -> list[Event]:
    text = at(message, "Message")
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else b""
    told_of = parse_json(raw)
    kind = text_at(told_of, "notificationType") or text_at(told_of, "eventType")
    if kind in _IDLE:
        return []
    trail = _trail(told_of, text_at(message, "MessageId") or id_of(raw))
    match kind:
        case "Bounce":
            report = failed(trail, _findings(told_of) or [_nobody(told_of)])
        case "Complaint":
            feedback = text_at(told_of, "complaint", "complaintFeedbackType")
            judged = _FEEDBACK.get(feedback, ReportKind.COMPLAINT)
            if judged is None:
                return []
            report = told(trail, judged, feedback=feedback or "abuse")
        case "Reject":
            why = text_at(told_of, "reject", "reason")
            report = failed(trail, [judge_failure(Opinion.SENDER, "", "", why)])
        case "Subscription":
            left = at(told_of, "subscription", "newTopicPreferences", "unsubscribeAll")
            if left is None or left is False:
                return []
            if left is not True:
                return [unknown(SERVICE, raw)]
            report = told(trail, ReportKind.UNSUBSCRIBE)
        case _:
            return [unknown(SERVICE, raw)]
    return [Event(report=report, raw=raw)]


def _trail(told_of: Json, message_id: str) -> Trail:
    named = [
        text_at(who, "emailAddress")
        for who in (
            *list_at(told_of, "bounce", "bouncedRecipients"),
            *list_at(told_of, "complaint", "complainedRecipients"),
        )
    ]
    headers = [
        text_at(header, "value")
        for header in list_at(told_of, "mail", "headers")
        if text_at(header, "name").lower() == "list-unsubscribe"
    ]
    moment = text_at(told_of, "bounce", "timestamp") or text_at(told_of, "complaint", "timestamp")
    return Trail(
        service=SERVICE,
        id=message_id,
        recipients=addresses(*named)[:20],
        paths=addresses(
            text_at(told_of, "mail", "source"),
            text_at(told_of, "mail", "commonHeaders", "returnPath"),
        ),
        tokens=tuple(tokens_in(headers))[:10],
        at=parse_moment(moment),
    )


def _findings(told_of: Json) -> list[Finding]:
    opinion = _opinion(told_of)
    return [
        judge_failure(
            opinion,
            clean_address(text_at(who, "emailAddress")),
            text_at(who, "status"),
            _without_type(text_at(who, "diagnosticCode")),
        )
        for who in list_at(told_of, "bounce", "bouncedRecipients")[:20]
    ]


def _nobody(told_of: Json) -> Finding:
    return judge_failure(_opinion(told_of), "", "", "")


def _opinion(told_of: Json) -> Opinion:
    return (
        Opinion.GONE
        if text_at(told_of, "bounce", "bounceType") == "Permanent"
        else Opinion.TEMPORARY
    )


def _without_type(diagnostic: str) -> str:
    return re.sub(r"^\s*[\w-]+\s*;\s*", "", diagnostic)
