"""Whose requests are believed: keys, signatures, certificates, logins and time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailer.inbound.webhooks.events import Keys, Post, parse_moment
from mailer.inbound.webhooks.ses import is_amazons
from mailer.inbound.webhooks.table import ADAPTERS, usable
from tests.conftest import NOON
from tests.peers.mailboxes.services import (
    CONFIRM_URL,
    LOGIN,
    STAMP,
    TOPIC,
    Said,
    amazon,
    keys,
    mailgun_event,
    postmark_bounce,
    say_mailgun,
    say_postmark,
    say_sendgrid,
    say_sns,
    sendgrid_event,
)
from tests.worlds.inbound.hooks import MAIL, SAID, read
from tests.worlds.rows import each

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
