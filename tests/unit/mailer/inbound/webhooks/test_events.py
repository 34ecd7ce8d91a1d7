"""What each service's events mean, of the documents as they describe them, and that no document breaks the reading."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.inbound.report import ReportKind
from mailer.inbound.webhooks import sendgrid
from mailer.inbound.webhooks.events import Opinion, judge_failure
from mailer.inbound.webhooks.table import ADAPTERS
from tests.peers.mailboxes.services import (
    CONFIRM_URL,
    Said,
    mailgun_event,
    postmark_bounce,
    postmark_change,
    postmark_complaint,
    say_mailgun,
    say_postmark,
    say_sendgrid,
    say_ses,
    say_sns,
    sendgrid_event,
    ses_bounce,
    ses_complaint,
    sign_sendgrid,
)
from tests.worlds.inbound.hooks import MAIL, SAID, read
from tests.worlds.rows import each


def kinds(service: str, said: Said) -> list[str]:
    """The kinds of the events in a genuine request."""
    batch = read(service, said)
    assert batch is not None
    return [event.report.kind.value for event in batch.events]


# ── what events mean ─────────────────────────────────────────────────────────────────────────

MEANINGS: dict[str, tuple[str, Said, list[str]]] = {
    "ses hard": ("ses", say_ses(ses_bounce(MAIL)), ["hard"]),
    "ses by SHA-1": ("ses", say_ses(ses_bounce(MAIL), version="1"), ["hard"]),
    "ses mute": ("ses", say_ses(ses_bounce(MAIL, status="", words=" ")), ["hard"]),
    "ses transient": ("ses", say_ses(ses_bounce(MAIL, "Transient", "", " ")), ["soft"]),
    "ses transient 5.1.1": ("ses", say_ses(ses_bounce(MAIL, "Transient")), ["soft"]),
    "ses full": (
        "ses",
        say_ses(ses_bounce(MAIL, status="5.2.2", words="552 mailbox full")),
        ["soft"],
    ),
    "ses spam": (
        "ses",
        say_ses(ses_bounce(MAIL, status="5.7.1", words="554 5.7.1 blocked as spam")),
        ["policy"],
    ),
    "ses complaint": ("ses", say_ses(ses_complaint(MAIL)), ["complaint"]),
    "ses complaint untyped": ("ses", say_ses(ses_complaint(MAIL, None)), ["complaint"]),
    "ses not spam": ("ses", say_ses(ses_complaint(MAIL, "not-spam")), []),
    "ses failed checks": ("ses", say_ses(ses_complaint(MAIL, "auth-failure")), ["policy"]),
    "ses delivery": ("ses", say_ses({"notificationType": "Delivery"}), []),
    "ses hello": ("ses", say_ses({"notificationType": "AmazonSnsSubscriptionSucceeded"}), []),
    "ses reject": ("ses", say_ses({"eventType": "Reject", "reject": {"reason": "x"}}), ["policy"]),
    "ses new": ("ses", say_ses({"eventType": "Something New"}), ["unknown"]),
    "ses no json": (
        "ses",
        say_sns({"Type": "Notification", "Message": "hello"}),
        ["unknown"],
    ),
    "ses unsubscribed": (
        "ses",
        say_sns(
            {
                "Type": "UnsubscribeConfirmation",
                "Message": "gone",
                "SubscribeURL": CONFIRM_URL,
                "Token": "x",
            }
        ),
        ["unknown"],
    ),
    "postmark hard": ("postmark", say_postmark(postmark_bounce(MAIL)), ["hard"]),
    "postmark full": (
        "postmark",
        say_postmark(postmark_bounce(MAIL, "HardBounce", "smtp;552 5.2.2 mailbox full")),
        ["soft"],
    ),
    "postmark soft": ("postmark", say_postmark(postmark_bounce(MAIL, "SoftBounce")), ["soft"]),
    "postmark blocked": ("postmark", say_postmark(postmark_bounce(MAIL, "Blocked")), ["policy"]),
    "postmark away": ("postmark", say_postmark(postmark_bounce(MAIL, "AutoResponder")), []),
    "postmark delayed": ("postmark", say_postmark(postmark_bounce(MAIL, "Transient")), []),
    "postmark complaint": ("postmark", say_postmark(postmark_complaint(MAIL)), ["complaint"]),
    "postmark left": ("postmark", say_postmark(postmark_change(MAIL)), ["unsubscribe"]),
    "postmark by the author": ("postmark", say_postmark(postmark_change(MAIL, "Customer")), []),
    "postmark back": (
        "postmark",
        say_postmark(postmark_change(MAIL, SuppressSending=False)),
        [],
    ),
    "postmark open": ("postmark", say_postmark({"RecordType": "Open"}), []),
    "postmark new": ("postmark", say_postmark({"RecordType": "Dream"}), ["unknown"]),
    "postmark new bounce": ("postmark", say_postmark(postmark_bounce(MAIL, "Dream")), ["unknown"]),
    "mailgun hard": ("mailgun", say_mailgun(mailgun_event(MAIL)), ["hard"]),
    "mailgun remembered": (
        "mailgun",
        say_mailgun(
            mailgun_event(
                MAIL,
                reason="suppress-bounce",
                **{"delivery-status": {"code": 605, "message": ""}},
            )
        ),
        ["hard"],
    ),
    "mailgun left before": (
        "mailgun",
        say_mailgun(mailgun_event(MAIL, reason="suppress-unsubscribe")),
        ["unsubscribe"],
    ),
    "mailgun old": (
        "mailgun",
        say_mailgun(
            mailgun_event(
                MAIL, reason="old", **{"delivery-status": {"code": 602, "message": "Too old"}}
            )
        ),
        ["soft"],
    ),
    "mailgun trying": ("mailgun", say_mailgun(mailgun_event(MAIL, severity="temporary")), []),
    "mailgun complaint": (
        "mailgun",
        say_mailgun(mailgun_event(MAIL, "complained")),
        ["complaint"],
    ),
    "mailgun left": ("mailgun", say_mailgun(mailgun_event(MAIL, "unsubscribed")), ["unsubscribe"]),
    "mailgun delivered": ("mailgun", say_mailgun(mailgun_event(MAIL, "delivered")), []),
    "mailgun rejected": ("mailgun", say_mailgun(mailgun_event(MAIL, "rejected")), ["policy"]),
    "mailgun new": ("mailgun", say_mailgun(mailgun_event(MAIL, "dreamt")), ["unknown"]),
    "sendgrid hard": ("sendgrid", say_sendgrid([sendgrid_event(MAIL)]), ["hard"]),
    "sendgrid blocked": (
        "sendgrid",
        say_sendgrid([sendgrid_event(MAIL, type="blocked")]),
        ["policy"],
    ),
    "sendgrid remembered": (
        "sendgrid",
        say_sendgrid([sendgrid_event(MAIL, "dropped", status="", reason="Bounced Address")]),
        ["hard"],
    ),
    "sendgrid complained before": (
        "sendgrid",
        say_sendgrid([sendgrid_event(MAIL, "dropped", reason="Spam Reporting Address")]),
        ["complaint"],
    ),
    "sendgrid complaint": (
        "sendgrid",
        say_sendgrid([sendgrid_event(MAIL, "spamreport")]),
        ["complaint"],
    ),
    "sendgrid left": (
        "sendgrid",
        say_sendgrid([sendgrid_event(MAIL, "group_unsubscribe")]),
        ["unsubscribe"],
    ),
    "sendgrid idle": (
        "sendgrid",
        say_sendgrid([sendgrid_event(MAIL, name) for name in ("deferred", "delivered", "open")]),
        [],
    ),
    "sendgrid no list": ("sendgrid", say_sendgrid({"event": "bounce"}), ["unknown"]),
    "sendgrid no json": ("sendgrid", sign_sendgrid(b"bounce"), ["unknown"]),
}


@each("name", MEANINGS)
def test_each_event_is_understood(name: str) -> None:
    """Failures, complaints and wishes to leave; what asks for nothing is left out (rules C4, C5)."""
    service, said, expected = MEANINGS[name]
    assert kinds(service, said) == expected


def test_one_bad_event_does_not_lose_the_others() -> None:
    """Each stands for itself, and what is not understood is among them (rule C12)."""
    good, other = sendgrid_event(MAIL), sendgrid_event(MAIL, "spamreport", sg_event_id="2")
    bad = [None, 7, [], {}, {"event": []}, {"event": "bounce"}, {"event": "bounce", "email": {}}]
    assert kinds("sendgrid", say_sendgrid([good, *bad, other])) == [
        "hard",
        *["unknown"] * len(bad),
        "complaint",
    ]


@each("service", SAID)
def test_an_event_carries_what_we_put_on_the_wire(service: str) -> None:
    """Return path, Message-ID or link come back, and the recipient as a hint (rule C2)."""
    batch = read(service, SAID[service])
    assert batch is not None
    (event,) = batch.events
    assert event.report.recipients == (MAIL.recipient,)
    carried = {*event.report.envelopes, event.report.reported_message_id.strip("<>")}
    local = MAIL.path.partition("@")[0]
    assert carried & {MAIL.path, f"{local}@", MAIL.message_id.strip("<>")}
    assert event.report.sent_at is not None


@each("service", SAID)
def test_the_same_again_is_the_same_event(service: str) -> None:
    """An event has one id however often it is told, and another one than the next (rule C13)."""
    first, again = read(service, SAID[service]), read(service, SAID[service])
    assert first is not None
    assert again is not None
    assert first.events[0].report.event_id == again.events[0].report.event_id
    ids = {read(name, said).events[0].report.event_id for name, said in SAID.items()}  # type: ignore[union-attr]
    assert len(ids) == len(SAID)


def test_a_captured_token_is_good_for_one_event() -> None:
    """Mailgun's signature does not cover the event: another one under it is a duplicate (C13)."""
    first = read("mailgun", say_mailgun(mailgun_event(MAIL)))
    other = read("mailgun", say_mailgun(mailgun_event(MAIL, "complained", id="other")))
    assert first is not None
    assert other is not None
    assert first.events[0].report.event_id == other.events[0].report.event_id


def test_a_service_makes_a_failure_only_milder() -> None:
    """Where the host said what is wrong, no service makes it a dead mailbox (rule C5)."""
    for words in ("552 mailbox full", "554 blocked as spam", "550 5.7.26 DKIM did not pass"):
        assert judge_failure(Opinion.GONE, "", "", words).kind is not ReportKind.HARD
    for opinion in (Opinion.TEMPORARY, Opinion.SENDER):
        assert judge_failure(opinion, "", "5.1.1", "user unknown").kind is not ReportKind.HARD
    assert judge_failure(Opinion.SENDER, "", "4.2.2", "full").counts is False


# ── hostile documents ────────────────────────────────────────────────────────────────────────

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["Bounce", "bounce", "failed", "SpamComplaint", "Complaint", "a@b.example"]),
)


NAMES = st.sampled_from(
    [
        *("notificationType", "eventType", "bounce", "bouncedRecipients", "emailAddress", "mail"),
        *("headers", "name", "value", "source", "status", "diagnosticCode", "complaint"),
        *("RecordType", "Type", "ID", "Metadata", "delivery", "Content", "Email", "Details"),
        *(
            "event",
            "recipient",
            "envelope",
            "sender",
            "message",
            "delivery-status",
            "code",
            "reason",
        ),
        *("email", "timestamp", "smtp-id", "type", "sg_event_id", "message-id", "severity"),
    ]
)


DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=25,
)


@pytest.mark.parametrize("service", ADAPTERS)
def test_any_document_is_read(service: str, slow: bool) -> None:
    """Whatever a service signs is understood, kept or left out, and never raised at (rule C12)."""

    @settings(max_examples=1500 if slow else 10, deadline=None)
    @given(DOCUMENTS)
    def check(document: object) -> None:
        said = {
            "ses": lambda: say_sns({"Type": "Notification", "Message": json.dumps(document)}),
            "postmark": lambda: say_postmark(document),
            "mailgun": lambda: say_mailgun(document),
            "sendgrid": lambda: say_sendgrid(
                document if isinstance(document, list) else [document]
            ),
        }[service]()
        batch = read(service, said)
        assert batch is not None
        for event in batch.events:
            assert event.report.event_id
            assert isinstance(event.raw, bytes)

    check()


@pytest.mark.parametrize("service", ADAPTERS)
def test_any_request_is_read(service: str, slow: bool) -> None:
    """Nor does anything that nobody signed raise; it is refused."""

    @settings(max_examples=1500 if slow else 10, deadline=None)
    @given(
        st.one_of(
            st.binary(max_size=200),
            st.text(max_size=200).map(str.encode),
            DOCUMENTS.map(lambda document: json.dumps(document).encode()),
        ),
        st.dictionaries(
            st.sampled_from(
                [
                    "authorization",
                    "x-twilio-email-event-webhook-signature",
                    "x-twilio-email-event-webhook-timestamp",
                ]
            ),
            st.text(max_size=60),
        ),
    )
    def check(body: bytes, headers: dict[str, str]) -> None:
        assert read(service, Said(body, headers)) is None

    check()


@each("service", ["ses", "postmark", "sendgrid"])
def test_deep_documents_are_survived(service: str) -> None:
    """A document nested without end costs no more than itself."""
    deep = "[" * 100_000
    said = {
        "ses": say_sns({"Type": "Notification", "Message": deep}),
        "postmark": replace(SAID["postmark"], body=deep.encode()),
        "sendgrid": sign_sendgrid(deep.encode()),
    }[service]
    assert kinds(service, said) == ["unknown"]
    nested = "[" * 900 + "]" * 900
    assert kinds("sendgrid", sign_sendgrid(f"[{nested}]".encode())) == ["unknown"]


def test_a_sendgrid_event_without_ids_has_ours() -> None:
    """The argument that our mail was sent with names it; a copy of the event is the same (C2, C13)."""
    event = {
        "event": "bounce",
        "email": "ada@example.org",
        "reason": "550 5.1.1 user unknown",
        "status": "5.1.1",
        "delivery": "notes+i1.s2.0123456789ab@",
    }
    first, again = (sendgrid._events(event)[0].report for _ in range(2))
    assert first.envelopes == ("notes+i1.s2.0123456789ab@",)
    assert (first.kind, first.event_id) == (ReportKind.HARD, again.event_id)
    other = sendgrid._events({**event, "email": "eve@example.org"})[0].report
    assert other.event_id != first.event_id
