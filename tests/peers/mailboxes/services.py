"""Mail services as they POST: each event in its service's own shape, signed with keys of the test.

The documents follow what the services publish of their events; every value in them is made up.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailer.inbound.webhooks.events import Keys
from mailer.inbound.webhooks.signatures import parse_ecdsa_key
from tests.conftest import NOON
from tests.peers.certificates import self_signed
from tests.peers.judges.verifier import rsa_key

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem"
CONFIRM_URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=0123"
LOGIN = "hook:open sesame"
MAILGUN_KEY = "key-0123456789"
STAMP = str(int(NOON.timestamp()))


@dataclass(frozen=True)
class Mail:
    """What an event is about: one of our mails, as a service saw it."""

    recipient: str = "ada@example.org"
    path: str = "notes+i1.s1.000000000000@example.com"
    message_id: str = "<0123456789abcdef@example.com>"
    link: str = "https://notes.example.com/unsubscribe/00dead"


@dataclass(frozen=True)
class Said:
    """A request, ready to be sent or to be spoilt."""

    body: bytes
    headers: Mapping[str, str]


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


@cache
def amazon() -> tuple[rsa.RSAPrivateKey, bytes]:
    """A key and its certificate, valid for a day around the tests' now."""
    key, day = rsa_key(), timedelta(days=1)
    return key, self_signed(key, "sns.amazonaws.com", NOON - day, NOON + day)


@cache
def curve() -> ec.EllipticCurvePrivateKey:
    """SendGrid's key."""
    return ec.generate_private_key(ec.SECP256R1())


def sendgrid_key() -> str:
    """Its public half, as SendGrid shows it."""
    public = curve().public_key()
    return b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def keys(fetch: Callable[[str], bytes] = lambda _url: amazon()[1]) -> Keys:
    """All services, each with its proof; no certificate comes from a network."""
    return Keys(
        ses=(TOPIC,),
        postmark=LOGIN,
        mailgun=MAILGUN_KEY,
        sendgrid=parse_ecdsa_key(sendgrid_key()),
        certificate=fetch,
    )


# ── requests ─────────────────────────────────────────────────────────────────────────────────


def say_sns(fields: Mapping[str, str], *, version: str = "2") -> Said:
    """A message of SNS, signed as its documentation has it."""
    message = {
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "TopicArn": TOPIC,
        "Timestamp": NOON.isoformat(),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        **fields,
    }
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn"]
    if message["Type"] == "Notification":
        names = [name for name in names if name not in {"SubscribeURL", "Token"}]
    signed = "".join(f"{name}\n{message[name]}\n" for name in [*names, "Type"] if name in message)
    digest = SHA1() if version == "1" else SHA256()
    signature = amazon()[0].sign(signed.encode(), PKCS1v15(), digest)
    message["Signature"] = b64encode(signature).decode()
    headers = {
        "content-type": "text/plain; charset=UTF-8",
        "x-amz-sns-message-type": "Notification",
    }
    return Said(json.dumps(message).encode(), headers)


def say_ses(event: Mapping[str, object], **options: str) -> Said:
    """An event of SES, through SNS."""
    fields = {"Type": "Notification", "Message": json.dumps(event), "Subject": "Amazon SES"}
    return say_sns(fields, **options)


def say_postmark(event: object, login: str = LOGIN) -> Said:
    """An event of Postmark."""
    coded = b64encode(login.encode()).decode()
    headers = {"content-type": "application/json", "authorization": f"Basic {coded}"}
    return Said(json.dumps(event).encode(), headers)


def say_mailgun(event: object, *, token: str = "t" * 50, stamp: str = STAMP) -> Said:
    """An event of Mailgun."""
    made = hmac.new(MAILGUN_KEY.encode(), f"{stamp}{token}".encode(), sha256).hexdigest()
    signature = {"timestamp": stamp, "token": token, "signature": made}
    body = json.dumps({"signature": signature, "event-data": event}).encode()
    return Said(body, {"content-type": "application/json"})


def say_sendgrid(events: object, *, stamp: str = STAMP) -> Said:
    """A batch of SendGrid's."""
    return sign_sendgrid(json.dumps(events).encode(), stamp=stamp)


def sign_sendgrid(body: bytes, *, stamp: str = STAMP) -> Said:
    """Any body, signed by SendGrid."""
    signature = curve().sign(stamp.encode() + body, ec.ECDSA(SHA256()))
    headers = {
        "content-type": "application/json",
        "x-twilio-email-event-webhook-signature": b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": stamp,
    }
    return Said(body, headers)


# ── events ───────────────────────────────────────────────────────────────────────────────────


def ses_bounce(mail: Mail, kind: str = "Permanent", status: str = "5.1.1", words: str = "") -> dict:
    """`bounce` of SES."""
    words = words or "smtp; 550 5.1.1 user unknown"
    return {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": mail.recipient,
                    "action": "failed",
                    "status": status,
                    "diagnosticCode": words,
                }
            ],
            "timestamp": "2026-11-22T09:01:00.000Z",
            "feedbackId": "0100017c-0",
            "reportingMTA": "dns; e.smtp-out.amazonses.com",
        },
        "mail": ses_mail(mail),
    }


def ses_complaint(mail: Mail, feedback: str | None = "abuse") -> dict:
    """`complaint` of SES; the recipient is whoever of the domain might have been."""
    return {
        "eventType": "Complaint",
        "complaint": {
            "complainedRecipients": [{"emailAddress": mail.recipient}],
            "timestamp": "2026-11-22T09:01:00.000Z",
            "complaintFeedbackType": feedback,
        },
        "mail": ses_mail(mail),
    }


def ses_mail(mail: Mail) -> dict:
    """`mail` of SES."""
    return {
        "timestamp": "2026-11-22T09:00:00.000Z",
        "source": mail.path,
        "messageId": "0100017c-1",
        "destination": [mail.recipient],
        "headers": [{"name": "List-Unsubscribe", "value": f"<{mail.link}>"}],
        "commonHeaders": {"messageId": mail.message_id, "subject": "Hello"},
    }


def postmark_bounce(mail: Mail, kind: str = "HardBounce", words: str = "") -> dict:
    """`Bounce` of Postmark; the return path comes back in the metadata."""
    return {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "Type": kind,
        "TypeCode": 1,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Details": words or "smtp;550 5.1.1 user unknown",
        "Email": mail.recipient,
        "From": "notes@example.com",
        "BouncedAt": "2026-11-22T09:01:00.1234567Z",
        "Metadata": {"delivery": mail.path.partition("@")[0] + "@"},
    }


def postmark_complaint(mail: Mail) -> dict:
    """`SpamComplaint` of Postmark."""
    return {
        **postmark_bounce(mail, "SpamComplaint"),
        "RecordType": "SpamComplaint",
        "Metadata": {},
        "Content": f"From: staff@hotmail.example\r\n\r\nList-Unsubscribe: <{mail.link}>\r\n",
    }


def postmark_change(mail: Mail, origin: str = "Recipient", **changes: object) -> dict:
    """`SubscriptionChange` of Postmark."""
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ChangedAt": "2026-11-22T09:01:00Z",
        "Recipient": mail.recipient,
        "Origin": origin,
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "Metadata": {"delivery": mail.path.partition("@")[0] + "@"},
        **changes,
    }


def mailgun_event(mail: Mail, name: str = "failed", **changes: object) -> dict:
    """`event-data` of Mailgun."""
    return {
        "event": name,
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": NOON.timestamp() - 60,
        "severity": "permanent",
        "reason": "bounce",
        "recipient": mail.recipient,
        "envelope": {"sender": mail.path, "transport": "smtp", "targets": mail.recipient},
        "message": {"headers": {"message-id": mail.message_id.strip("<>"), "subject": "Hello"}},
        "delivery-status": {"code": 550, "message": "5.1.1 user unknown", "attempt-no": 1},
        **changes,
    }


def sendgrid_event(mail: Mail, name: str = "bounce", **changes: object) -> dict:
    """One event of SendGrid; it knows our Message-ID and not our return path."""
    return {
        "email": mail.recipient,
        "timestamp": int(NOON.timestamp()) - 60,
        "smtp-id": mail.message_id,
        "event": name,
        "type": "bounce",
        "status": "5.1.1",
        "reason": "550 5.1.1 user unknown",
        "sg_event_id": "ZGVsaXZlcmVkLTA",
        "sg_message_id": "14c5d75ce93.dfd.64b469",
        **changes,
    }
