"""Complaints that are signed, unsigned, and signed by somebody else (rule C10)."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.authentication import verifier
from mailer.authentication.dkim import Signer
from mailer.authentication.keys import KeyType, SigningKey
from mailer.inbound.complaints import ComplaintCheck
from tests.peers.judges.verifier import rsa_key, signing_key
from tests.sizes import examples, is_full
from tests.worlds.rows import each

FIXTURE = Path(__file__).parents[3] / "fixtures" / "reports" / "arf-abuse.eml"
COMPLAINT = FIXTURE.read_bytes().replace(b"\n", b"\r\n")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""dkimpy looks at the machine's own clock, and refuses the future."""


@dataclass
class Records:
    """A DNS with just these records."""

    texts: Mapping[str, list[str] | None]
    asked: list[str] = field(default_factory=list)

    def txt(self, name: str) -> list[str] | None:
        """The records at a name."""
        self.asked.append(name)
        return self.texts.get(name, [])


@cache
def key(domain: str = "arf.example.net", kind: KeyType = KeyType.RSA) -> SigningKey:
    """The key of a domain; all share one, which OpenSSL looks at for long as it loads it."""
    return replace(signing_key(kind), domain=domain, selector="s1")


def records(*domains: str, kind: KeyType = KeyType.RSA) -> Records:
    """A DNS in which these domains have published their key."""
    names = domains or ("arf.example.net", "evil.example")
    return Records({f"s1._domainkey.{name}": [key(name, kind).private.record()] for name in names})


def signed(domain: str = "arf.example.net", message: bytes = COMPLAINT) -> bytes:
    """The complaint with a signature of that domain."""
    return Signer([key(domain)]).sign(message, now=LONG_AGO)


@cache
def traditional() -> bytes:
    """The same key in the format that dkimpy reads."""
    return rsa_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def signed_oddly(**options: object) -> bytes:
    """The complaint with a signature as we would never make one."""
    header = dkim.sign(COMPLAINT, b"s1", b"arf.example.net", traditional(), **options)
    return header + COMPLAINT


def check(raw: bytes, dns: Records | None = None, enrolled: str = "arf.example.net") -> bool:
    """Whether this is believed."""
    return ComplaintCheck([enrolled], dns or records()).is_genuine(raw)


def test_a_signed_complaint_is_believed() -> None:
    """By the enrolled domain, whole and unchanged, in any line ends (rules C10, C14)."""
    raw = signed()
    assert check(raw)
    assert check(raw, enrolled="ARF.example.net")
    for ends in (b"\n", b"\r"):
        assert check(raw.replace(b"\r\n", ends))
    assert check(b"From feedback@example.net Sun Nov 22 09:00:00 2026\n" + raw)
    assert check(b"Return-Path: <>\r\nDelivered-To: abuse@example.com\r\n" + raw)


def test_one_good_signature_among_others_is_enough() -> None:
    """Hosts on the way may add theirs, above and below (RFC 6376 6.1)."""
    assert check(signed("evil.example", signed()))
    assert check(signed("arf.example.net", signed("evil.example")))


STRANGERS: dict[str, Callable[[], bytes]] = {
    "unsigned": lambda: COMPLAINT,
    "another domain": lambda: signed("evil.example"),
    "a domain below": lambda: signed("x.arf.example.net"),
    "a changed body": lambda: signed().replace(b"Feedback-Type: abuse", b"Feedback-Type: fraud"),
    "a longer body": lambda: signed() + b"more\r\n",
    "a changed header": lambda: signed().replace(b"Subject: FW", b"Subject: RE"),
    "a second From": lambda: b"From: eve@evil.example\r\n" + signed(),
    "a cut signature": lambda: signed().replace(b"bh=", b"bh=A"),
    "no algorithm": lambda: signed().replace(b"a=rsa-sha256; ", b""),
    "another algorithm": lambda: signed().replace(b"rsa-sha256", b"none"),
    "another version": lambda: signed().replace(b"v=1;", b"v=2;"),
    "two domains": lambda: signed().replace(b"d=arf", b"d=x; d=arf"),
    "part of the body": lambda: signed_oddly(length=True),
    "SHA-1": lambda: signed_oddly(signature_algorithm=b"rsa-sha1"),
    "long blanks": lambda: signed(message=COMPLAINT + b" " * 5000 + b"x\r\n"),
    "many blanks": lambda: signed(message=COMPLAINT + (b" " * 900 + b"x\r\n") * 100),
    "a long header": lambda: signed(message=b"X: " + b"y\r\n " * 50_000 + b"\r\n" + COMPLAINT),
    "a huge body": lambda: signed(
        message=COMPLAINT + b"line\r\n" * (1_500_000 if is_full() else 150_000)
    ),
    "nothing": lambda: b"",
    "no header": lambda: b"\r\n\r\nDKIM-Signature: v=1",
    "a continuation first": lambda: b" x\r\nDKIM-Signature: v=1\r\n\r\n",
    "only a name": lambda: b"DKIM-Signature:\r\n\r\n",
}


@pytest.mark.parametrize("name", STRANGERS)
def test_everything_else_is_not(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unsigned, signed by somebody else, changed, or signed in a way that proves nothing (C10)."""
    if not is_full():  # a body of a tenth of the size, and a limit to match
        monkeypatch.setattr(verifier, "MAX_OCTETS", verifier.MAX_OCTETS // 10)
    dns = records("arf.example.net", "evil.example", "x.arf.example.net")
    assert not check(STRANGERS[name](), dns)


def test_an_odd_signature_is_valid_but_for_its_oddity() -> None:
    """The two above are refused for what they are: without it the same signature is believed."""
    assert check(signed_oddly())


@each(
    "texts", [None, [], ["v=DKIM1; p="], ["v=DKIM1; k=rsa; p=AAAA"], ["v=spf1 -all"], ["p=\udcff"]]
)
def test_without_a_key_nothing_is_proved(texts: list[str] | None) -> None:
    """Silent, empty, revoked or broken: the complaint is kept, not believed."""
    assert not check(signed(), Records({"s1._domainkey.arf.example.net": texts}))


def test_another_key_proves_nothing() -> None:
    """The record must hold the key that signed."""
    from mailer.authentication.keys import PrivateKey, make_key

    other = PrivateKey.load(make_key(KeyType.RSA)).record()
    assert not check(signed(), Records({"s1._domainkey.arf.example.net": [other]}))


def test_strangers_cost_no_question() -> None:
    """Only enrolled domains are looked up, and only so many signatures of one message."""
    dns = records()
    assert not check(signed("evil.example"), dns)
    assert not dns.asked
    many = COMPLAINT
    for _ in range(20):
        many = signed(message=many)
    assert not check(many + b"changed\r\n", dns)
    assert len(dns.asked) <= 5


def test_damaged_signatures_are_survived(slow: bool) -> None:
    """Octets changed anywhere: refused or believed, never raised at (rule C12)."""
    chance, raw = random.Random(7), signed()
    head = raw.index(b"\r\n\r\n")
    for _ in range(20_000 if slow else examples(800)):
        broken = bytearray(raw)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(head)] = chance.randrange(256)
        assert check(bytes(broken)) in {True, False}


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["v", "a", "d", "s", "h", "b", "bh", "c", "l", "t", "x", "i", "q", "z"]),
        st.one_of(st.text(max_size=20), st.sampled_from(["1", "rsa-sha256", "from", "AAAA"])),
    ),
    st.text(max_size=80),
)
def test_any_signature_and_any_key_are_survived(tags: dict[str, str], record: str) -> None:
    """Whatever stands in a signature of an enrolled domain, or in its record (rule C12)."""
    full = {"v": "1", "a": "rsa-sha256", "d": "arf.example.net", "s": "s1", "h": "from", **tags}
    value = "; ".join(f"{name}={text}" for name, text in full.items())
    raw = f"DKIM-Signature: {value}\r\n".encode("utf-8", "replace") + COMPLAINT
    dns = Records({"s1._domainkey.arf.example.net": [f"p={record}"]})
    assert not check(raw, dns)
