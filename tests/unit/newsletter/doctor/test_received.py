"""A copy that arrived: signed by us, by a relay that signs too little, and changed on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import dkim
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.authentication.dkim import Signer
from mailer.authentication.keys import KeyType
from newsletter.doctor.diagnosis import Diagnosis, Health
from newsletter.doctor.received import examine_received
from tests.peers.judges.verifier import pem, signing_key
from tests.peers.zone import DOMAIN, Zone
from tests.sizes import examples
from tests.unit.mailer.inbound.test_complaints import LONG_AGO
from tests.worlds.rows import each

PUBLIC = "9.9.9.9"
"""An address that is public; nothing is sent to it."""
PEM = pem(KeyType.RSA)
KEY = replace(signing_key(KeyType.RSA), domain=DOMAIN, selector="s1")
TRACE = (
    f"Return-Path: <notes@{DOMAIN}>\r\n"
    f"Received: from relay.test (relay.test [{PUBLIC}]) by mx.reader.test; Sun, 22 Nov 2026\r\n"
    f"Authentication-Results: mx.reader.test; dkim=fail header.d=other.test; dkim=pass\r\n"
    f" header.d={DOMAIN}; spf=pass smtp.mailfrom={DOMAIN}; dmarc=pass\r\n"
    "Received: from home ([10.0.0.1]) by relay.test; Sun, 22 Nov 2026\r\n"
)
MAIL = (
    f"From: Notes <notes@{DOMAIN}>\r\n"
    "To: ada@reader.test\r\n"
    "Subject: First\r\n"
    "Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
    f"Message-ID: <1@{DOMAIN}>\r\n"
    f"List-Unsubscribe: <https://{DOMAIN}/unsubscribe/preview>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "\r\nHello\r\n"
)


def resolver() -> Zone:
    """A DNS that lets the relay send."""
    zone = Zone()
    zone.texts[DOMAIN] = [f"v=spf1 ip4:{PUBLIC} -all"]
    for selector in ("s1", "relay"):
        zone.texts[f"{selector}._domainkey.{DOMAIN}"] = [KEY.private.record()]
    return zone


def signed_by_us() -> str:
    """As our own signer makes it."""
    return Signer([KEY]).sign(MAIL.encode(), now=LONG_AGO).decode()


def signed_by_relay(*, domain: str = DOMAIN, mail: str = MAIL, **options: object) -> str:
    """As a relay makes it whose library signs what it signs by default."""
    header: bytes = dkim.sign(
        mail.encode(), b"relay", domain.encode(), PEM, include_headers=None, **options
    )
    return header.decode() + mail


DISBELIEVED = TRACE.replace("dkim=pass", "dkim=fail").replace("dmarc=pass", "dmarc=fail")


def looked(mail: str, zone: Zone | None = None, *, trace: str = TRACE) -> dict[str, Diagnosis]:
    """What is said of it after it travelled."""
    raw = f"{trace}{mail}".encode()
    return {
        one.name: one for one in examine_received(raw, domain=DOMAIN, resolver=zone or resolver())
    }


def complaints(found: dict[str, Diagnosis]) -> dict[str, Health]:
    """What is not well."""
    return {name: one.health for name, one in found.items() if one.health is not Health.OK}


def test_our_own_signature_is_in_order() -> None:
    """Signed here, believed there, from an address that may: no complaint (rules A5, A6)."""
    found = looked(signed_by_us())
    assert complaints(found) == {}
    assert list(found) == [
        *("message", "one-click fields", "signature covers", "signature fits", "receiver"),
        *("return path", "spf sender"),
    ]


@each(
    ("found", "verdict", "words"),
    [
        (lambda: looked(signed_by_us().replace("Hello", "Hallo")), Health.WARNING, "was saved"),
        (
            lambda: looked(signed_by_us().replace("Hello", "Hallo"), trace=DISBELIEVED),
            Health.ERROR,
            "changed after it was signed",
        ),
        (lambda: looked(signed_by_us(), Zone(), trace=DISBELIEVED), Health.ERROR, "another one"),
        (
            lambda: looked(signed_by_us(), Zone(silent={KEY.record_name})),
            Health.WARNING,
            "no answer about the key",
        ),
        (
            lambda: looked(signed_by_us().replace("rsa-sha256", "ed25519-sha256")),
            Health.SKIPPED,
            "no RSA signature",
        ),
        (
            lambda: looked(signed_by_relay(mail=signed_by_us().replace("Hello", "Hallo"))),
            Health.OK,
            "(selector relay)",
        ),
    ],
    ids=["saved badly", "changed", "another key", "silent DNS", "Ed25519", "one of two fits"],
)
def test_a_signature_that_does_not_fit_is_told(
    found: Callable[[], dict[str, Diagnosis]], verdict: Health, words: str
) -> None:
    """Changed on the way, changed in the saving, or another key: each is named (RFC 6376 6)."""
    fit = found()["signature fits"]
    assert fit.health is verdict
    assert words in fit.message
    assert bool(fit.advice) is (verdict in {Health.ERROR, Health.WARNING})


def test_a_relay_that_signs_too_little_is_told() -> None:
    """A library's default fields leave out List-Unsubscribe-Post: that is named (rule A6)."""
    found = looked(signed_by_relay())
    assert complaints(found) == {"signature covers": Health.ERROR}
    told = found["signature covers"]
    assert "List-Unsubscribe-Post not signed" in told.message
    assert "newsletter dkim new" in told.advice


def test_one_signature_that_covers_both_is_enough() -> None:
    """The relay's may leave them out if ours does not (RFC 8058 4)."""
    assert complaints(looked(signed_by_relay(mail=signed_by_us()))) == {}


@each(
    ("mail", "name", "words"),
    [
        (MAIL, "signature", "without a DKIM signature"),
        (signed_by_relay(domain="other.test"), "signature", "other.test, which does not count"),
        (
            signed_by_us().replace("\r\nList-Unsubscribe-Post", "\r\nX"),
            "one-click fields",
            "0 List",
        ),
        (
            signed_by_us().replace("\r\nList-Unsubscribe: <", "\r\nList-Unsubscribe: =?utf-8?q?<"),
            "one-click fields",
            "arrived changed",
        ),
        (signed_by_us().replace("a=rsa-sha256", "a=rsa-sha1"), "signature covers", "rsa-sha1"),
        (signed_by_us().replace("a=rsa-sha256", "l=5; a=rsa-sha256"), "signature covers", "(l=)"),
    ],
)
def test_each_fault_is_named(mail: str, name: str, words: str) -> None:
    """Unsigned, signed by strangers, robbed of a field, encoded, weak or partial (rules A3 to A6)."""
    found = looked(mail)
    assert name in complaints(found)
    assert words in found[name].message
    assert found[name].advice


@each(
    ("old", "new", "name", "verdict", "words"),
    [
        ("dmarc=pass", "dmarc=fail", "receiver", Health.ERROR, "dmarc fail"),
        (
            f"dkim=pass\r\n header.d={DOMAIN}; spf=pass",
            "dkim=fail\r\n ; spf=fail",
            "receiver",
            Health.OK,
            "dmarc pass",
        ),
        ("Authentication-Results", "X-Other", "receiver", Health.SKIPPED, "does not say"),
        (f"<notes@{DOMAIN}>", "<b@relay.test>", "return path", Health.WARNING, "relay.test"),
        ("Return-Path", "X-Path", "return path", Health.SKIPPED, "no Return-Path"),
        (f"[{PUBLIC}]", "[8.8.8.8]", "spf sender", Health.ERROR, "8.8.8.8"),
        (f"[{PUBLIC}]", "[10.0.0.2]", "spf sender", Health.SKIPPED, "no public address"),
    ],
)
def test_its_way_is_read(old: str, new: str, name: str, verdict: Health, words: str) -> None:
    """Results, return path and origin, as the reader's host noted them (rules A1, A34)."""
    raw = f"{TRACE}{signed_by_us()}".replace(old, new, 1).encode()
    found = {one.name: one for one in examine_received(raw, domain=DOMAIN, resolver=resolver())}
    assert found[name].health is verdict
    assert words in found[name].message


def test_the_address_to_let_in_is_told() -> None:
    """The record to publish is the present one with the relay's address in it (rule A1)."""
    found = looked(signed_by_us(), Zone())
    assert found["spf sender"].health is Health.ERROR
    assert f'"v=spf1 ip4:{PUBLIC} include:relay.test' in found["spf sender"].record


def test_the_record_of_a_stranger_is_not_ours_to_publish() -> None:
    """With the relay's own return path, SPF is about the relay's domain."""
    raw = f"{TRACE}{signed_by_us()}".replace(f"<notes@{DOMAIN}>", "<b@elsewhere.test>", 1)
    found = examine_received(raw.encode(), domain=DOMAIN, resolver=resolver())
    advice = {one.name: one.advice for one in found}["spf sender"]
    assert advice == "Tell whoever runs the relay."


def test_a_test_copy_tells_all_but_one_click() -> None:
    """It has no List-Unsubscribe (nobody could leave by it): what it cannot show is not judged."""
    copy = MAIL.replace("<1@", "<test.1@").replace("List-Unsubscribe", "X-None")
    found = looked(signed_by_relay(mail=copy))
    assert complaints(found) == {
        "one-click fields": Health.SKIPPED,
        "signature covers": Health.SKIPPED,
    }
    assert "save an issue" in found["signature covers"].advice


def test_another_mail_is_refused() -> None:
    """What is not from this newsletter is not judged further."""
    raw = b"From: a@example.net\r\n\r\nhello\r\n"
    (only,) = examine_received(raw, domain=DOMAIN, resolver=resolver())
    assert (only.name, only.health) == ("message", Health.ERROR)


def test_a_silent_dns_is_no_fault_of_the_message() -> None:
    """Without an answer it is a warning."""
    found = looked(signed_by_us(), Zone(silent={DOMAIN}))
    assert found["spf sender"].health is Health.WARNING


@settings(max_examples=examples(60), deadline=None)
@given(st.binary(max_size=400), st.integers(0, 900))
def test_any_file_is_answered(noise: bytes, at: int) -> None:
    """Whatever file is named, with whatever in its header fields: an answer (promise 6)."""
    raw = f"{TRACE}{MAIL}".encode()
    for hostile in (noise, raw[:at] + noise + raw[at:]):
        found = list(examine_received(hostile, domain=DOMAIN, resolver=resolver()))
        assert found
        assert all(one.message.isprintable() for one in found)


@each(
    "field",
    [
        "Content-Type: multipart/report; boundary*0*=x''%ff; boundary*1=",
        "From: =?utf-8?b?!!!?= <notes@example.com>, =?x?q?",
        "Content-Type: text/plain; charset*=nonsense''%00",
        "DKIM-Signature: v=1; d=example.com; h=" + ":" * 5000,
        "Received: " + "[" * 4000,
        "Content-Transfer-Encoding: base64\r\nContent-Type: message/rfc822",
        'Content-Type: multipart/mixed; boundary=""',
    ],
)
def test_what_the_parser_chokes_on_is_told(field: str) -> None:
    """Fields that the standard library's parser has raised for end in a finding, not in a traceback."""
    raw = f"{field}\r\n{TRACE}{MAIL}".encode()
    assert list(examine_received(raw, domain=DOMAIN, resolver=resolver()))
