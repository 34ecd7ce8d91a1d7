"""DKIM: what is signed, how it is written, and that an independent verifier agrees."""

from __future__ import annotations

import base64
import re

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from dkim.canonicalization import Relaxed
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.authentication.dkim import (
    OVERSIGNED,
    SIGNED,
    Signer,
    canonical_body,
    canonical_fields,
    split_message,
)
from mailer.authentication.keys import KeyType, PrivateKey, SigningKey
from storage.model.errors import ConfigError, MessageError
from tests.conftest import NOON
from tests.peers.judges.verifier import pem, rsa_key, signing_key, verifies
from tests.sizes import examples
from tests.worlds.rows import each

MESSAGE = (
    b"From: Working Notes <notes@example.com>\r\n"
    b"To: ada@example.org\r\n"
    b"Subject: =?utf-8?q?One?=\r\n"
    b" =?utf-8?q?_more?=\r\n"
    b"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
    b"Message-ID: <1@example.com>\r\n"
    b"List-Id: Working Notes <newsletter.example.com>\r\n"
    b"List-Unsubscribe: <https://example.com/unsubscribe/x>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative;\r\n boundary="b"\r\n'
    b"\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nHello  there,\t Ada \r\n.\r\n--b--\r\n\r\n\r\n"
)


def sign(content: bytes, *keys: SigningKey) -> bytes:
    """The signed message."""
    return Signer(keys).sign(content, now=NOON)


def tags(signed: bytes) -> dict[str, str]:
    """The tags of the topmost signature, without folds."""
    field = re.sub(r"\s", "", _first_field(signed).partition(b":")[2].decode())
    return dict(tag.split("=", 1) for tag in field.split(";"))


def _first_field(signed: bytes) -> bytes:
    return re.split(rb"\r\n(?![ \t])", signed, maxsplit=1)[0]


@pytest.mark.parametrize("kind", KeyType)
def test_a_signature_verifies(kind: KeyType) -> None:
    """An independent verifier accepts both key types, and the message itself is untouched."""
    key = signing_key(kind)
    signed = sign(MESSAGE, key)
    assert verifies(signed, key)
    assert signed.endswith(MESSAGE)


def test_both_signatures_verify_and_rsa_comes_first() -> None:
    """Ed25519 stands beside RSA, under a selector of its own (rule A30)."""
    rsa_key, ed_key = signing_key(KeyType.RSA), signing_key(KeyType.ED25519)
    signed = sign(MESSAGE, ed_key, rsa_key)
    assert signed.count(b"DKIM-Signature: ") == 2
    assert tags(signed)["a"] == "rsa-sha256"
    assert verifies(signed, rsa_key, ed_key)


def test_the_tags_are_the_agreed_ones() -> None:
    """relaxed/relaxed, no l=, no x=, the time from the clock that was given (rules A29, A31)."""
    found = tags(sign(MESSAGE, signing_key(KeyType.RSA)))
    assert found.keys() == {"v", "a", "c", "d", "s", "t", "h", "bh", "b"}
    assert (found["a"], found["c"]) == ("rsa-sha256", "relaxed/relaxed")
    assert (found["d"], found["s"]) == ("example.com", "s-rsa")
    assert int(found["t"]) == int(NOON.timestamp())


def test_the_right_fields_are_signed() -> None:
    """Both List-Unsubscribe fields are named; what a relay adds is not (rules A5, A32)."""
    names = tags(sign(MESSAGE, signing_key(KeyType.RSA)))["h"].split(":")
    assert names.count("from") == 2
    assert names.count("list-unsubscribe") == 2
    assert names.count("list-unsubscribe-post") == 2
    assert names.count("message-id") == 1
    assert names.count("reply-to") == 1
    assert not {"received", "return-path", "bcc"} & set(names)


@each("name", sorted(OVERSIGNED))
def test_a_field_cannot_be_added(name: bytes) -> None:
    """One more of a field that mail programs act on breaks the signature (rule A32)."""
    key = signing_key(KeyType.ED25519)
    signed = sign(MESSAGE, key)
    assert verifies(signed, key)
    assert not verifies(name + b": somebody else\r\n" + signed, key)


def test_a_changed_body_or_field_breaks_the_signature() -> None:
    """Nothing that is signed can be changed."""
    key = signing_key(KeyType.ED25519)
    signed = sign(MESSAGE, key)
    for old, new in ((b"Hello", b"Hullo"), (b"unsubscribe/x", b"unsubscribe/y"), (b"One", b"Two")):
        assert not verifies(signed.replace(old, new), key)


def test_what_a_relay_does_keeps_the_signature() -> None:
    """Trace fields, other folds, other blanks and more empty lines change nothing (rule A31)."""
    key = signing_key(KeyType.RSA)
    signed = sign(MESSAGE, key)
    relayed = (
        b"Return-Path: <b@example.com>\r\nReceived: from a by b;\r\n\tSun, 22 Nov 2026\r\n" + signed
    )
    relayed = relayed.replace(b"List-Unsubscribe: <", b"list-unsubscribe:\r\n\t  <")
    relayed = relayed.replace(b"Notes <notes@", b"Notes\r\n  <notes@").replace(b"\r\n bh", b" bh")
    assert verifies(relayed + b"\r\n\r\n", key)


@pytest.mark.parametrize("kind", KeyType)
def test_lines_of_the_signature_are_short(kind: KeyType) -> None:
    """No line of the field is longer than 76 characters (RFC 5322 2.1.1)."""
    field = _first_field(sign(MESSAGE, signing_key(kind)))
    assert max(map(len, field.split(b"\r\n"))) <= 76


def test_a_long_domain_has_a_line_of_its_own() -> None:
    """Where a tag cannot be folded the line may be longer, and the signature still verifies."""
    domain = ".".join(["label" * 10] * 4) + ".example"
    key = SigningKey.load(pem(KeyType.ED25519), domain=domain, selector="s" * 60)
    signed = sign(MESSAGE, key)
    assert verifies(signed, key)
    assert max(map(len, _first_field(signed).split(b"\r\n"))) < 998


@each("content", [b"Subject: x\r\n\r\nFrom: y\r\n", b"\r\nFrom: x\r\n", b""])
def test_a_message_without_from_is_not_signed(content: bytes) -> None:
    """From must be signed, so it must be there (RFC 6376 5.4)."""
    with pytest.raises(MessageError):
        sign(content, signing_key(KeyType.ED25519))


# ── any message ──────────────────────────────────────────────────────────────────────────────

BLANK = st.sampled_from([b" ", b"\t", b"\r\n ", b"\r\n\t", b"  ", b" \t "])
WORD = st.text("abcXYZ019.;:=<>@?_-", min_size=1, max_size=8).map(str.encode)
VALUE = st.lists(st.one_of(WORD, BLANK), max_size=8).map(b"".join).map(lambda v: b"x" + v)
NAME = st.sampled_from([*SIGNED, b"Received", b"X-Other", b"List-unsubscribe", b"SUBJECT"])
FIELD = st.tuples(NAME, st.sampled_from([b":", b": ", b":\t"]), VALUE).map(b"".join)
HEAD = st.lists(FIELD, max_size=10).map(
    lambda fields: b"\r\n".join([b"From: a@b.example", *fields])
)
LINE = st.lists(
    st.one_of(st.sampled_from([b" ", b"\t", b"   "]), st.binary(max_size=6)), max_size=6
).map(lambda parts: b"".join(parts).translate(None, b"\r\n"))
BODY = st.builds(
    lambda lines, end: b"\r\n".join(lines) + end,
    st.lists(LINE, max_size=8),
    st.sampled_from([b"", b"\r\n", b"\r\n\r\n", b" \r\n\t\r\n"]),
)


@settings(max_examples=examples(40), deadline=None)
@given(head=HEAD, body=BODY)
def test_any_message_verifies(head: bytes, body: bytes) -> None:
    """Whatever the fields and the body hold, repeated fields included, the verifier agrees."""
    key = signing_key(KeyType.ED25519)
    signed = sign(head + b"\r\n\r\n" + body, key)
    wire = signed if signed.endswith(b"\r\n") else signed + b"\r\n"
    assert verifies(wire, key)


@settings(max_examples=examples(80), deadline=None)
@given(body=BODY)
def test_bodies_are_canonical(body: bytes) -> None:
    """The canonical body is the one that the verifier makes of what goes over the wire."""
    wire = body if not body or body.endswith(b"\r\n") else body + b"\r\n"
    made = canonical_body(body)
    assert made == (Relaxed.canonicalize_body(wire) if wire else b"")
    assert canonical_body(made) == made


@settings(max_examples=examples(60), deadline=None)
@given(head=HEAD)
def test_fields_are_canonical(head: bytes) -> None:
    """Every field has the verifier's canonical form (RFC 6376 3.4.2)."""
    parsed, _ = dkim.rfc822_parse(head + b"\r\n\r\n")
    expected = [(name, name + b":" + value) for name, value in Relaxed.canonicalize_headers(parsed)]
    assert canonical_fields(split_message(head + b"\r\n\r\nbody")[0]) == expected


@each(
    ("body", "canonical"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b" \t\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),  # RFC 6376 3.4.5
        (b"no line end ", b"no line end\r\n"),
        (b"\r\n\r\nx", b"\r\n\r\nx\r\n"),
        (b"a\n\r\n", b"a\n\r\n"),
    ],
)
def test_canonical_bodies_by_hand(body: bytes, canonical: bytes) -> None:
    """The examples of the standard, and the edges."""
    assert canonical_body(body) == canonical


@settings(max_examples=examples(60), deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_signed_or_refused(content: bytes) -> None:
    """Nothing but MessageError comes of bytes that are no message."""
    try:
        signed = sign(content, signing_key(KeyType.ED25519))
    except MessageError:
        return
    assert signed.endswith(content)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


_Key = ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey | ed25519.Ed25519PrivateKey


def _encode(key: _Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


WEAK = b"""-----BEGIN PRIVATE KEY-----
MIIB5AIBADANBgkqhkiG9w0BAQEFAASCAc4wggHKAgEAAmEAmdMQ3v01OhmQiBXP
MN3bWxFgEhzCF456SYD+z4iVZ1xEIy4dgy+JAlJh7z6B7S045VtLGJ9zg26/mBop
n6dJQwpSSq4kc3/GMMr8M35givVFjUCHI5vf3w77hT/UcPipAgMBAAECYA6+DMri
R5ym4JQ6St4rFR/YPXXe7bcmP5AV3dX0CCWc0Sbx/4AYKTBgxuQQAJHDmJ9MSHzG
pdK6EORID0PB+HRqexn4xd+nRji3bB+zP717KsGpJ83JbRrjCRSLnXLUJQIxAMzG
DCqza5zvM2fqgOK4m20nm5F1M4JRo0GgNX7vRZqX69g92BR5rXqovHTlC1IemwIx
AMBOLEKHnrBqxtMY5Nz/yebiXdpdGYUAvME07nBv/TJa+g4xNdj/b0/5V71NdUN4
CwIwJZHQeaUhgVGBpPcpXm9wVL6HlFBkeuxvf4LdTcSoiIyHAM2X72nDolWC/g9n
3FExAjEAo4gWpUDVFqrGhy8tOC4g0MGBFDeFgxAcc6SCe4UQaKjq6fS5GN4nF3gv
P6DF7mj/AjB090PtmGZhSmYWz3kDLCSsn5cv0DOw0uabVWFzoKGF7vL9oVZWQN8f
/bJYXiU1hEA=
-----END PRIVATE KEY-----
"""
"""768 bits; made for this test, as no library makes one any more."""


def damaged(at: int, bit: int) -> bytes:
    """A key of RSA, one bit of it turned; its modulus begins at octet 38 and has 257."""
    der = bytearray(rsa_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    der[at] ^= bit
    return b"-----BEGIN PRIVATE KEY-----\n%b\n-----END PRIVATE KEY-----\n" % base64.b64encode(der)


@each(
    ("source", "problem"),
    [
        (WEAK, "has 768 bits"),
        (b"", "no private key"),
        (b"garbage", "no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
        (damaged(100, 1), "is damaged"),
        (_encode(ec.generate_private_key(ec.SECP256R1())), "must be RSA or Ed25519"),
        (_encode(ed448.Ed448PrivateKey.generate()), "must be RSA or Ed25519"),
    ],
)
def test_unfit_keys_are_refused(source: bytes, problem: str) -> None:
    """Weak keys, other types and other files are refused with a reason (rule A29)."""
    with pytest.raises(ConfigError, match=problem):
        PrivateKey.load(source)


@settings(max_examples=examples(30))
@given(at=st.integers(0, 1000), bit=st.sampled_from([1 << number for number in range(8)]))
def test_a_damaged_key_is_refused_or_signs_as_well(at: int, bit: int) -> None:
    """There is more in the file than signing needs; whatever is taken signs what can be verified (rule A29)."""
    try:
        private = PrivateKey.load(damaged(at, bit))
    except ConfigError:
        return
    key = SigningKey(domain="example.com", selector="s", private=private)
    assert private.type is not KeyType.RSA or verifies(sign(MESSAGE, key), key)


def test_a_passphrase_is_explained() -> None:
    """A key that cannot be opened says why."""
    key = rsa.generate_private_key(65537, 1024)
    source = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    with pytest.raises(ConfigError, match="passphrase"):
        PrivateKey.load(source)


def test_keys_of_openssl_are_read() -> None:
    """The older form of PEM, `BEGIN RSA PRIVATE KEY`, is read as well."""
    key = rsa.generate_private_key(65537, 1024)
    source = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert PrivateKey.load(source).bits == 1024


@pytest.mark.parametrize(("kind", "bits"), [(KeyType.RSA, 2048), (KeyType.ED25519, 256)])
def test_a_new_key_is_strong(kind: KeyType, bits: int) -> None:
    """A key that we make is one that we would accept without a warning (rule A29)."""
    private = signing_key(kind).private
    assert (private.type, private.bits) == (kind, bits)


def test_the_record_fits_the_dns() -> None:
    """The strings of a record have at most 255 octets and together are the value."""
    key = signing_key(KeyType.RSA)
    strings = key.record_strings()
    assert key.record_name == "s-rsa._domainkey.example.com"
    assert len(strings) == 2
    assert all(len(string) <= 255 for string in strings)
    assert "".join(strings) == key.private.record()
    assert key.private.record().startswith("v=DKIM1; k=rsa; p=MII")


def test_an_ed25519_record_holds_the_bare_key() -> None:
    """The 32 octets themselves, not their DER (RFC 8463 4)."""
    record = signing_key(KeyType.ED25519).private.record()
    assert record.startswith("v=DKIM1; k=ed25519; p=")
    assert len(base64.b64decode(record.partition("p=")[2])) == 32


def test_the_published_key_pair_is_derived() -> None:
    """The example key of the standard gives the record that stands there (RFC 8463 A.2)."""
    seed = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    assert PrivateKey.load(_encode(key)).record() == (
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    )


def test_a_key_is_never_shown() -> None:
    """Its repr holds nothing that could sign, or be mistaken for it (rule A37)."""
    shown = repr(signing_key(KeyType.ED25519))
    assert "example.com" in shown
    assert "sign=" not in shown
    assert "public=" not in shown
