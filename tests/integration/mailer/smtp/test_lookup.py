"""Questions to a real DNS server on loopback: what is there, what is not, and silence."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from mailer.authentication.lookup import Dns
from mailer.authentication.spfcheck import SpfResult, check_spf

RECORDS = {
    ("example.com.", "TXT"): ['"v=spf1 mx " "include:relay.test -all"', '"a" "b"'],
    ("relay.test.", "TXT"): ['"v=spf1 ip4:192.0.2.9 ~all"'],
    ("odd.test.", "TXT"): ['"\\255"'],
    ("example.com.", "MX"): ["20 late.example.com.", "10 mx.example.com."],
    ("mx.example.com.", "A"): ["192.0.2.7"],
    ("mx.example.com.", "AAAA"): ["2001:db8::7"],
    ("null.test.", "MX"): ["0 ."],
    ("example.com.", "SOA"): ["ns.example.com. me.example.com. 1 2 3 4 5"],
    ("7.2.0.192.in-addr.arpa.", "PTR"): ["mx.example.com."],
}
"""The whole DNS. Names below `within.example.com` exist and hold nothing; `broken.test` fails;
`silent.test` is never answered."""


def answer(wire: bytes) -> bytes | None:
    """What the server says to one question; None for nothing."""
    query = dns.message.from_wire(wire)
    question = query.question[0]
    name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
    response = dns.message.make_response(query)
    response.flags |= dns.flags.RA
    if name == "silent.test.":
        return None
    if name == "broken.test.":
        response.set_rcode(dns.rcode.SERVFAIL)
    elif values := RECORDS.get((name, kind)):
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
    elif not any(known == name for known, _ in RECORDS) and not name.startswith("within."):
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response.to_wire()


@pytest.fixture
def resolver() -> Iterator[Dns]:
    """Our door to the DNS, leading to a server in a thread of the test."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            wire, peer = listening.recvfrom(4096)
            if not wire:
                return
            if said := answer(wire):
                listening.sendto(said, peer)

    thread = threading.Thread(target=serve)
    thread.start()
    port = listening.getsockname()[1]
    yield Dns("127.0.0.1", port, timeout_s=0.5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
        ending.sendto(b"", ("127.0.0.1", port))
    thread.join()
    listening.close()


def test_records_are_read(resolver: Dns) -> None:
    """Strings of one record are joined, exchangers in order, without trailing dots (RFC 7208 3.3)."""
    assert sorted(resolver.txt("example.com") or ()) == ["ab", "v=spf1 mx include:relay.test -all"]
    assert resolver.mx("example.com") == ["mx.example.com", "late.example.com"]
    assert resolver.mx("null.test") == [""]
    assert resolver.addresses("mx.example.com") == ["192.0.2.7", "2001:db8::7"]
    assert resolver.names("192.0.2.7") == ["mx.example.com"]
    assert resolver.txt("odd.test") == ["\\xff"]


def test_nothing_is_told_apart_from_silence(resolver: Dns) -> None:
    """A name without a record, and one that is not there, are empty; a fault and silence are None."""
    for name in ("mx.example.com", "gone.test"):
        assert resolver.txt(name) == []
        assert resolver.mx(name) == []
    for name in ("broken.test", "silent.test"):
        assert resolver.txt(name) is None
        assert resolver.addresses(name) is None
        assert resolver.exists(name) is None


def test_whether_a_name_exists(resolver: Dns) -> None:
    """A zone and a name within one exist, whatever they hold; only NXDOMAIN does not (rule A2)."""
    assert resolver.exists("example.com") is True
    assert resolver.exists("within.example.com") is True
    assert resolver.exists("gone.test") is False


@pytest.mark.parametrize(
    ("address", "result"),
    [
        ("192.0.2.7", SpfResult.PASS),
        ("192.0.2.9", SpfResult.PASS),
        ("192.0.2.10", SpfResult.FAIL),
    ],
)
def test_spf_is_evaluated_over_the_wire(resolver: Dns, address: str, result: SpfResult) -> None:
    """By mx and by include, as receivers would (rule A1)."""
    assert check_spf("example.com", address, resolver) is result


@pytest.mark.parametrize(
    "name", ["", ".", "a" * 64 + ".test", "a..b", "x" * 300, "ä.test", "%{i}.test"]
)
def test_names_that_cannot_be_asked_are_no_fault(resolver: Dns, name: str) -> None:
    """Records may name anything: a question that cannot be put has no answer, and nothing raises."""
    assert resolver.txt(name) in (None, [])
    assert resolver.mx(name) in (None, [])
    assert resolver.addresses(name) in (None, [])
