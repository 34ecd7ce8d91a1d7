"""An address in a mail that was set aside, in every spelling in which mail writes one."""

from __future__ import annotations

from base64 import encodebytes
from email.header import Header
from email.mime.text import MIMEText
from quopri import encodestring

from hypothesis import given
from hypothesis import strategies as st

from storage.readers.mentions import mentions
from tests.worlds.rows import each

KEY = "bob.case@xn--exmple-cua.org"
OWN = "Bob.Case@Exämple.org"
A_LABEL = "bob.case@xn--exmple-cua.org"


@each(
    "raw",
    [
        f"To: {A_LABEL.upper()}".encode(),
        OWN.encode(),
        OWN.encode("latin-1"),
        OWN.replace("ä", "a\u0308").encode(),
        b"Final-Recipient: utf-8; bob.case@ex\\x{E4}mple.org",
        b"Original-Recipient: rfc822;bob.case+40xn--exmple-cua.org",
        b"Return-Path: <bounces-bob.case=xn--exmple-cua.org@lists.example>",
        b"https://example.net/leave?who=bob.case%40ex%C3%A4mple.org",
        b"<p>bob.case&#64;ex&auml;mple.org</p>",
        b"<p>bob.case&commat;ex&#xE4;mple.org</p>",
        encodestring(OWN.encode()),
        b"the mailbox bob.ca=\r\nse=40xn--exmple=\r\n-cua.org is full",
        encodebytes(f"there is no {OWN} here, nor was there ever, {'so ' * 40}".encode()),
        encodebytes(f"there is no {OWN} here".encode())[:-6],
        encodebytes(encodebytes(b"Diagnostic-Code: smtp; " + A_LABEL.encode())),
        encodebytes(encodestring(OWN.encode())),
        MIMEText(f"Grüße von {OWN}", "plain", "utf-8").as_bytes(),
        Header(f"Undeliverable: mail to {OWN}, {'which came back ' * 5}", "utf-8")
        .encode()
        .encode(),
        Header(OWN, "iso-8859-1").encode().encode(),
    ],
)
def test_an_address_is_found_however_it_is_spelt(raw: bytes) -> None:
    """Case, the domain's script, charset, transfer encodings, encoded words, escapes: all the same
    to whoever is to be forgotten (rule F11).
    """
    assert mentions(b"Subject: Undelivered\r\n\r\n" + raw + b"\r\n--b--\r\n", KEY)


def test_other_addresses_are_not_it() -> None:
    """A report about somebody else stays."""
    for other in ("bob.case@example.org", "bob.case@xn--exmple-cua.net", "bo.case@exämple.org"):
        assert not mentions(other.encode() + b"\n\n" + encodebytes(other.encode()), KEY)


@given(st.binary(max_size=300))
def test_any_octets_are_looked_through(raw: bytes) -> None:
    """Whatever was set aside, looking for an address in it does not fail."""
    assert not mentions(raw, "nobody.at.all@xn--exmple-cua.org")
