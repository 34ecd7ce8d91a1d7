"""What mail services POST: who is believed, what each event means, and what hostile ones may do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.inbound.report import ReportKind
from mailer.inbound.webhooks import sendgrid
from mailer.inbound.webhooks.events import Batch, Keys, Opinion, Post, judge_failure, parse_moment
from mailer.inbound.webhooks.ses import is_amazons
from mailer.inbound.webhooks.table import ADAPTERS, usable
from tests.conftest import NOON
from tests.peers.services import (
    CONFIRM_URL,
    LOGIN,
    STAMP,
    TOPIC,
    Mail,
    Said,
    amazon,
    keys,
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
from tests.worlds.rows import each

MAIL = Mail()
SAID = {
    "ses": say_ses(ses_bounce(MAIL)),
    "postmark": say_postmark(postmark_bounce(MAIL)),
    "mailgun": say_mailgun(mailgun_event(MAIL)),
    "sendgrid": say_sendgrid([sendgrid_event(MAIL)]),
}


def read(service: str, said: Said, known: Keys | None = None) -> Batch | None:
    """What the adapter makes of a request at noon."""
    post = Post(body=said.body, headers=said.headers, at=NOON)
    return ADAPTERS[service](post, known or keys())


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


# ── who is believed ──────────────────────────────────────────────────────────────────────────


@each("service", SAID)
def test_without_a_key_nobody_is_believed(service: str) -> None:
    """A service that is not configured proves nothing, whatever it signs with."""
    none = Keys(certificate=lambda _url: amazon()[1])
    assert usable(none) == ()
    assert read(service, SAID[service], none) is None
    assert usable(keys()) == tuple(ADAPTERS)


@each("service", SAID)
def test_a_request_without_its_proof_is_refused(service: str) -> None:
    """No signature, no login, an empty one: nothing is read."""
    said = SAID[service]
    bare = Said(said.body.replace(b'"signature"', b'"x"').replace(b'"Signature"', b'"x"'), {})
    assert read(service, bare) is None
    assert read(service, Said(b"", said.headers if service != "postmark" else {})) is None


@pytest.mark.parametrize("service", ["ses", "sendgrid"])
def test_a_changed_body_is_refused(service: str) -> None:
    """Where the body is signed, any change of what it says voids it."""
    said = SAID[service]
    assert read(service, replace(said, body=said.body.replace(b"ada@", b"eve@"))) is None


@each(
    "changes",
    [
        {"TopicArn": TOPIC + "2"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"},
        {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/x.txt"},
        {"SigningCertURL": "https://evil.example/https://sns.eu-west-1.amazonaws.com/x.pem"},
        {"SignatureVersion": "3"},
        {"Type": "Dream"},
    ],
)
def test_sns_is_believed_for_what_it_may_say(changes: dict[str, str]) -> None:
    """Another topic, a certificate from elsewhere, an unknown version: refused and not asked for."""
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return amazon()[1]

    fields = {"Type": "Notification", "Message": "{}", **changes}
    assert read("ses", say_sns(fields), keys(fetch)) is None
    assert not asked


@pytest.mark.parametrize(
    "pem", [b"", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"]
)
def test_a_certificate_that_is_none_proves_nothing(pem: bytes) -> None:
    """What was fetched is looked at like everything else."""
    assert read("ses", SAID["ses"], keys(lambda _url: pem)) is None


def test_a_certificate_out_of_date_proves_nothing() -> None:
    """It counts while it is valid."""
    post = Post(body=SAID["ses"].body, headers={}, at=NOON + timedelta(days=2))
    assert ADAPTERS["ses"](post, keys()) is None


@each(
    "url",
    [
        "https://sns.eu-west-1.amazonaws.com@evil.example/",
        "https://user@sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com:444/",
        "https://sns.eu-west-1.amazonaws.com\n.evil.example/",
        "https://xsns.eu-west-1.amazonaws.com/",
        "https://sns..amazonaws.com/",
        "https://s3.eu-west-1.amazonaws.com/sns.pem",
        "ftp://sns.eu-west-1.amazonaws.com/",
        "https://[::1]/",
        "https://[sns",
        "",
    ],
)
def test_only_sns_itself_is_asked(url: str) -> None:
    """No address but Amazon's own is ever fetched."""
    assert not is_amazons(url)
    assert is_amazons("https://sns.cn-north-1.amazonaws.com.cn/x.pem")


def test_a_subscription_is_confirmed_at_amazon_only() -> None:
    """A signed wish to tell us names where to agree; an address elsewhere is kept instead."""
    fields = {"Type": "SubscriptionConfirmation", "Message": "hello", "Token": "0123"}
    batch = read("ses", say_sns({**fields, "SubscribeURL": CONFIRM_URL}))
    assert batch is not None
    assert (batch.confirm, batch.events) == (CONFIRM_URL, ())
    batch = read("ses", say_sns({**fields, "SubscribeURL": "https://evil.example/"}))
    assert batch is not None
    assert (batch.confirm, len(batch.events)) == ("", 1)


@each("login", ["", "hook", "hook:", f"{LOGIN}x", "x" + LOGIN, LOGIN.upper()])
def test_postmark_needs_its_login(login: str) -> None:
    """User and password, exactly."""
    assert read("postmark", say_postmark(postmark_bounce(MAIL), login)) is None
    coded = {"authorization": "Basic ?"}
    assert read("postmark", Said(SAID["postmark"].body, coded)) is None


@each("service", ["mailgun", "sendgrid"])
@each("hours", [-1000, -30, 1])
def test_old_requests_are_replays(service: str, hours: int) -> None:
    """What was signed days ago, or is from the future, is refused."""
    stamp = str(int(STAMP) + hours * 3600)
    said = (
        say_mailgun(mailgun_event(MAIL), stamp=stamp)
        if service == "mailgun"
        else say_sendgrid([sendgrid_event(MAIL)], stamp=stamp)
    )
    assert read(service, said) is None


@each("text", ["", "nan", "inf", "-inf", "1e400", "x", "2026-13-01", "９" * 30])
def test_no_time_is_no_proof(text: str) -> None:
    """A time that is none never raises."""
    assert parse_moment(text) is None


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
