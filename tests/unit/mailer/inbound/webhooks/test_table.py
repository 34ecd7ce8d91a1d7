"""What services send that their documents do not say: keys that are missing, null, doubled, of another type."""

from __future__ import annotations

import json

from mailer.inbound.webhooks.events import Batch, Event, Post
from mailer.inbound.webhooks.table import ADAPTERS
from tests.conftest import NOON
from tests.peers.mailboxes.services import (
    Mail,
    Said,
    keys,
    mailgun_event,
    postmark_bounce,
    postmark_change,
    postmark_complaint,
    say_mailgun,
    say_postmark,
    say_sendgrid,
    say_ses,
    sendgrid_event,
    ses_bounce,
    ses_complaint,
    sign_sendgrid,
)
from tests.worlds.rows import each

MAIL = Mail()
EVE = Mail(recipient="eve@example.org")
LONG = "9" * 5000


def read(service: str, said: Said) -> tuple[Event, ...]:
    """The events in a genuine request."""
    batch = ADAPTERS[service](Post(body=said.body, headers=said.headers, at=NOON), keys())
    assert isinstance(batch, Batch)
    return batch.events


def without(event: dict[str, object], *names: str) -> dict[str, object]:
    """The event, and nothing of these."""
    return {name: value for name, value in event.items() if name not in names}


def postmark_raw(old: str, new: str) -> Said:
    """A bounce of Postmark's with something else in its text."""
    said = say_postmark(postmark_bounce(MAIL))
    assert old in said.body.decode()
    return Said(said.body.decode().replace(old, new).encode(), said.headers)


def batch(odd: bytes) -> Said:
    """Two good events of SendGrid's, and this one between them."""
    first, last = (json.dumps(sendgrid_event(one)).encode() for one in (MAIL, EVE))
    return sign_sendgrid(b"[" + b",".join((first, odd, last)) + b"]")


def subscription(off: object) -> Said:
    """A change of preferences at SES."""
    return say_ses(
        {
            "eventType": "Subscription",
            "subscription": {"newTopicPreferences": {"unsubscribeAll": off}},
            "mail": ses_bounce(MAIL)["mail"],
        }
    )


def bounced(**changes: object) -> Said:
    """A bounce of SES with another `bounce`."""
    event = ses_bounce(MAIL)
    return say_ses({**event, "bounce": {**event["bounce"], **changes}})


BOUNCE = sendgrid_event(MAIL)
DELIVERY_STATUS = {"delivery-status": None}
SHAPES: dict[str, tuple[str, Said, list[str]]] = {
    # SendGrid
    "status null": ("sendgrid", say_sendgrid([{**BOUNCE, "status": None}]), ["hard"]),
    "status a number": ("sendgrid", say_sendgrid([{**BOUNCE, "status": 5.11}]), ["hard"]),
    "reason a list": ("sendgrid", say_sendgrid([{**BOUNCE, "reason": ["550"]}]), ["hard"]),
    "full, status null": (
        "sendgrid",
        say_sendgrid([{**BOUNCE, "status": None, "reason": "552 5.2.2 mailbox full"}]),
        ["soft"],
    ),
    "type null": ("sendgrid", say_sendgrid([{**BOUNCE, "type": None}]), ["hard"]),
    "email null": ("sendgrid", say_sendgrid([{**BOUNCE, "email": None}]), ["hard"]),
    "email in a list": ("sendgrid", say_sendgrid([{**BOUNCE, "email": ["a@b.c"]}]), ["hard"]),
    "time of words": ("sendgrid", say_sendgrid([{**BOUNCE, "timestamp": "noon"}]), ["hard"]),
    "event doubled": (
        "sendgrid",
        sign_sendgrid(b'[{"event":"open","event":"spamreport","email":"a@b.example"}]'),
        ["complaint"],
    ),
    "event in capitals": ("sendgrid", say_sendgrid([{**BOUNCE, "event": "BOUNCE"}]), ["unknown"]),
    "events in an object": ("sendgrid", say_sendgrid({"events": [BOUNCE]}), ["unknown"]),
    "events in a list in a list": ("sendgrid", say_sendgrid([[BOUNCE]]), ["unknown"]),
    "no events": ("sendgrid", say_sendgrid([]), []),
    "one of no letters": (
        "sendgrid",
        batch(b'{"event":"bounce","email":"a@b.example","reason":"550 \xff\xfe unknown user"}'),
        ["hard", "hard", "hard"],
    ),
    "one with a line end": (
        "sendgrid",
        batch(b'{"event":"bounce","email":"a@b.example","reason":"552\nmailbox full\t"}'),
        ["hard", "soft", "hard"],
    ),
    "one with a number without end": (
        "sendgrid",
        batch(b'{"event":"spamreport","email":"a@b.example","timestamp":%s}' % LONG.encode()),
        ["hard", "complaint", "hard"],
    ),
    "one half a letter": (
        "sendgrid",
        batch(b'{"event":"spamreport","email":"a@b.example","x":"\\ud83d"}'),
        ["hard", "complaint", "hard"],
    ),
    "a mark of order": (
        "sendgrid",
        sign_sendgrid(b"\xef\xbb\xbf" + json.dumps([BOUNCE]).encode()),
        ["hard"],
    ),
    # Postmark
    "no record type": (
        "postmark",
        say_postmark(without(postmark_bounce(MAIL), "RecordType")),
        ["unknown"],
    ),
    "type a number": ("postmark", say_postmark({**postmark_bounce(MAIL), "Type": 1}), ["unknown"]),
    "details null": (
        "postmark",
        say_postmark({**postmark_bounce(MAIL), "Details": None}),
        ["hard"],
    ),
    "metadata a list": (
        "postmark",
        say_postmark({**postmark_bounce(MAIL), "Metadata": ["delivery"]}),
        ["hard"],
    ),
    "content an object": (
        "postmark",
        say_postmark({**postmark_complaint(MAIL), "Content": {}}),
        ["complaint"],
    ),
    "an id without end": ("postmark", postmark_raw("4323372036854775807", LONG), ["hard"]),
    "off as a word": (
        "postmark",
        say_postmark(postmark_change(MAIL, SuppressSending="true")),
        ["unknown"],
    ),
    "off null": (
        "postmark",
        say_postmark(postmark_change(MAIL, SuppressSending=None)),
        ["unknown"],
    ),
    "a list of bounces": ("postmark", say_postmark([postmark_bounce(MAIL)]), ["unknown"]),
    # Mailgun
    "no event data": ("mailgun", say_mailgun(None), ["unknown"]),
    "severity null": ("mailgun", say_mailgun(mailgun_event(MAIL, severity=None)), ["hard"]),
    "delivery status null": (
        "mailgun",
        say_mailgun({**mailgun_event(MAIL, reason="generic"), **DELIVERY_STATUS}),
        ["soft"],
    ),
    "code of words": (
        "mailgun",
        say_mailgun(mailgun_event(MAIL, **{"delivery-status": {"code": "x", "message": 5}})),
        ["hard"],
    ),
    "envelope a word": ("mailgun", say_mailgun(mailgun_event(MAIL, envelope="x")), ["hard"]),
    "reject null": (
        "mailgun",
        say_mailgun(mailgun_event(MAIL, "rejected", reject=None)),
        ["policy"],
    ),
    # SES
    "no type of bounce": ("ses", bounced(bounceType=None), ["soft"]),
    "undetermined": ("ses", bounced(bounceType="Undetermined"), ["soft"]),
    "recipients null": ("ses", bounced(bouncedRecipients=None), ["hard"]),
    "recipients of words": ("ses", bounced(bouncedRecipients=["ada@example.org"]), ["hard"]),
    "diagnostic null": (
        "ses",
        bounced(bouncedRecipients=[{"emailAddress": "a@b.example", "diagnosticCode": None}]),
        ["hard"],
    ),
    "suppressed by the account": (
        "ses",
        bounced(
            bounceSubType="OnAccountSuppressionList",
            bouncedRecipients=[
                {
                    "emailAddress": MAIL.recipient,
                    "status": "5.1.1",
                    "diagnosticCode": "Amazon SES did not send the message to this address because it is on "
                    "the suppression list for your account.",
                }
            ],
        ),
        ["policy"],
    ),
    "feedback a list": ("ses", say_ses(ses_complaint(MAIL, [])), ["complaint"]),  # type: ignore[arg-type]
    "left": ("ses", subscription(off=True), ["unsubscribe"]),
    "stayed": ("ses", subscription(off=False), []),
    "preferences null": ("ses", subscription(off=None), []),
    "left as a word": ("ses", subscription(off="false"), ["unknown"]),
}


@each("name", SHAPES)
def test_a_shape_that_no_document_has_is_read_by_its_sense_or_kept(name: str) -> None:
    """One bad event never takes the batch along; what cannot be meant so is nobody's leave (rules C4, C12)."""
    service, said, expected = SHAPES[name]
    assert [event.report.kind.value for event in read(service, said)] == expected


@each(
    ("service", "one", "other"),
    [
        (
            "postmark",
            *(say_postmark(without(postmark_bounce(who), "ID")) for who in (MAIL, EVE)),
        ),
        (
            "postmark",
            *(
                say_postmark(without(postmark_change(who), "MessageID", "ChangedAt"))
                for who in (MAIL, EVE)
            ),
        ),
        (
            "postmark",
            *(
                say_postmark(postmark_change(who, MessageID="00000000-0000-0000-0000-000000000000"))
                for who in (MAIL, EVE)
            ),
        ),
        (
            "sendgrid",
            *(say_sendgrid([without(sendgrid_event(who), "sg_event_id")]) for who in (MAIL, EVE)),
        ),
    ],
)
def test_two_events_without_ids_are_two(service: str, one: Said, other: Said) -> None:
    """Two readers' events are never taken for one, and a copy of one is one (rule C13)."""
    ids = [read(service, said)[0].report.event_id for said in (one, other, one)]
    assert ids[0] == ids[2] != ids[1]
