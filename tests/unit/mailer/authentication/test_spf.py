"""SPF as receivers read it: what voids a record, what it asks for, and whom it lets send."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.authentication.resolver import DnsSilence
from mailer.authentication.spf import MAX_LOOKUPS, SpfRecord, parse_spf, survey
from mailer.authentication.spfcheck import SpfResult, check_spf
from tests.peers.zone import Zone
from tests.sizes import examples
from tests.worlds.rows import each

US = "news.example.com"


def zone(record: str, **texts: str) -> Zone:
    """A DNS with this record, and others by their names (`_` for `.`)."""
    found = Zone(texts={US: [f"v=spf1 {record}"]})
    found.texts |= {name.replace("_", "."): [f"v=spf1 {text}"] for name, text in texts.items()}
    found.hosts = {
        US: ["192.0.2.1"],
        "mx.test": ["192.0.2.7", "2001:db8::7"],
        "wide.test": ["198.51.100.9"],
        "192.0.2.5.black.test": ["127.0.0.2"],
        "here.test": ["203.0.113.5"],
        "forged.news.example.com": ["203.0.113.99"],
        "out.news.example.com": ["203.0.113.6"],
    }
    found.exchangers = {US: ["mx.test"], "many.test": [f"mx{n}.test" for n in range(11)]}
    found.pointers = {
        "203.0.113.5": ["here.test", "forged.news.example.com"],
        "203.0.113.6": ["out.news.example.com"],
    }
    return found


def parsed(record: str) -> SpfRecord:
    """A record that there is."""
    found = parse_spf([f"v=spf1 {record}"])
    assert found is not None
    return found


@each(
    "term",
    [
        "ip4:1.2.3.4/33",
        "ip4:::1",
        "ip6:1.2.3.4",
        "ip6:::1/129",
        "include:",
        "exists",
        "all:x",
        "all/8",
        "a/33",
        "a//129",
        "ipv4:1.2.3.4",
        "-",
        "include:relay.test/24",
        "exists:here.test//64",
        "ptr/8",
        "ip4:1.2.3.4/032",
        "ip4:1.2.3.4//64",
        "ip4:1.2.3.4/24/24",
        "a:nodots",
        "a:here.123",
        "a:here.-test",
        "mx:here.test%",
        "redirect=",
        "exp=nodots",
        "other=%x",
    ],
)
def test_terms_that_void_an_spf_record_are_found(term: str) -> None:
    """A syntax error anywhere makes the whole record void (RFC 7208 4.6)."""
    with pytest.raises(ValueError, match=r"is no"):
        parse_spf([f"v=spf1 a {term} -all"])
    assert check_spf(US, "192.0.2.1", zone(f"a {term} -all")) is SpfResult.PERMERROR


def test_spf_is_read_as_receivers_do() -> None:
    """Case does not matter, unknown modifiers pass, redirect counts only without `all`."""
    record = parse_spf(["V=SPF1 A MX/24//64 ptr ?ALL exp=why.test redirect=x.test", "v=spf10 x"])
    assert record is not None
    assert (record.policy, record.lookups, record.redirect) == ("?", 3, "")
    assert (record.terms[1].four, record.terms[1].six) == (24, 64)
    redirected = parsed("redirect=relay.test")
    assert redirected.includes == ("relay.test",)
    assert survey(redirected, US, Zone()).lookups == 2
    with pytest.raises(ValueError, match="2 SPF records"):
        parse_spf(["v=spf1 a", "v=spf1 mx"])
    assert parse_spf(["hello"]) is None
    assert parsed("other=%{i}x a:odd:name/x.here.test. ip4:192.0.2.0/0").lookups == 1


@each(
    "record",
    [
        "a redirect=a.test redirect=b.test",
        "exp=a.test exp=a.test a",
        "a:bücher.test",
        "a\tmx",
        "a\x00",
    ],
)
def test_records_that_are_void_as_a_whole(record: str) -> None:
    """A modifier twice, and what is no printable ASCII (RFC 7208 4.6, 6)."""
    with pytest.raises(ValueError, match=r"twice|not ASCII"):
        parse_spf([f"v=spf1 {record} -all"])


@each(
    ("record", "address", "result"),
    [
        ("ip4:192.0.2.0/24 -all", "192.0.2.200", SpfResult.PASS),
        ("ip4:192.0.2.0/24 -all", "192.0.3.1", SpfResult.FAIL),
        ("ip4:192.0.2.0/24 ~all", "192.0.3.1", SpfResult.SOFTFAIL),
        ("ip4:192.0.2.0/24 ?all", "192.0.3.1", SpfResult.NEUTRAL),
        ("ip4:192.0.2.0/24", "192.0.3.1", SpfResult.NEUTRAL),
        ("-ip4:192.0.2.9 ip4:192.0.2.0/24 -all", "192.0.2.9", SpfResult.FAIL),
        ("ip4:192.0.2.0/24 -all", "2001:db8::1", SpfResult.FAIL),
        ("ip6:2001:db8::/32 -all", "2001:db8::1", SpfResult.PASS),
        ("ip6:2001:db8::/32 -all", "192.0.2.1", SpfResult.FAIL),
        ("ip4:192.0.2.0/24 -all", "::ffff:192.0.2.1", SpfResult.PASS),
        ("ip6:::/0 -all", "::ffff:192.0.2.1", SpfResult.FAIL),
        ("a -all", "192.0.2.1", SpfResult.PASS),
        ("a:wide.test/24 -all", "198.51.100.77", SpfResult.PASS),
        ("a:wide.test -all", "198.51.100.77", SpfResult.FAIL),
        ("mx -all", "192.0.2.7", SpfResult.PASS),
        ("mx -all", "2001:db8::7", SpfResult.PASS),
        ("mx//64 -all", "2001:db8::9", SpfResult.PASS),
        ("mx:many.test -all", "192.0.2.7", SpfResult.PERMERROR),
        ("include:relay.test -all", "192.0.2.50", SpfResult.PASS),
        ("include:relay.test -all", "192.0.9.1", SpfResult.FAIL),
        ("include:none.test -all", "192.0.2.50", SpfResult.PERMERROR),
        ("include:void.test -all", "192.0.2.50", SpfResult.PERMERROR),
        ("redirect=relay.test", "192.0.2.50", SpfResult.PASS),
        ("redirect=relay.test", "192.0.9.1", SpfResult.SOFTFAIL),
        ("redirect=none.test", "192.0.9.1", SpfResult.PERMERROR),
        ("exists:%{i}.black.test -all", "192.0.2.5", SpfResult.PASS),
        ("exists:%{i}.black.test -all", "192.0.2.6", SpfResult.FAIL),
        ("include:%{d2}.macro.test -all", "192.0.2.50", SpfResult.PASS),
        ("exists:%{x}.test -all", "192.0.2.5", SpfResult.PERMERROR),
        ("ptr -all", "203.0.113.6", SpfResult.PASS),
        ("ptr:NEWS.Example.Com -all", "203.0.113.6", SpfResult.PASS),
        ("ptr -all", "203.0.113.5", SpfResult.FAIL),
        ("a:no1.test a:no2.test a:no3.test +all", "192.0.2.5", SpfResult.PERMERROR),
        ("a:no1.test a:no2.test +all", "192.0.2.5", SpfResult.PASS),
    ],
)
def test_who_may_send_is_told_as_receivers_tell_it(
    record: str, address: str, result: SpfResult
) -> None:
    """Each mechanism, qualifier and limit (RFC 7208 4 and 5): an address passes or does not."""
    dns = zone(
        record,
        relay_test="ip4:192.0.2.48/28 ~all",
        void_test="nonsense",
        example_com_macro_test="ip4:192.0.2.50 -all",
    )
    assert check_spf(US, address, dns) is result


@each(
    ("macro", "address", "expanded"),
    [
        ("%{i}", "192.0.2.5", "192.0.2.5"),
        ("%{ir}.%{v}", "192.0.2.5", "5.2.0.192.in-addr"),
        ("%{i}.%{v}", "2001:db8::1", ".".join("20010db8" + "0" * 23 + "1") + ".ip6"),
        ("%{l}.%{o}", "192.0.2.5", "notes+i1.news.example.com"),
        ("%{l-}", "192.0.2.5", "notes+i1"),
        ("%{l1r+}", "192.0.2.5", "notes"),
        ("%{d1}.%{dr}", "192.0.2.5", "com.com.example.news"),
        ("%%x", "192.0.2.5", "%x"),
    ],
)
def test_macros_are_put_in(macro: str, address: str, expanded: str) -> None:
    """Letters, counts, reversal and delimiters as RFC 7208 7.3 has them."""
    dns = zone(f"exists:{macro}.end.test -all")
    dns.hosts[f"{expanded}.end.test"] = ["127.0.0.2"]
    sender = f"notes+i1@{US}"
    assert check_spf(US, address, dns, sender=sender) is SpfResult.PASS


def test_no_record_is_told_apart_from_a_silent_dns() -> None:
    """Nothing published is NONE; a DNS that does not answer is no answer."""
    assert check_spf(US, "192.0.2.1", Zone(texts={})) is SpfResult.NONE
    with pytest.raises(DnsSilence):
        check_spf(US, "192.0.2.1", Zone(silent={US}))


def test_a_circle_of_includes_ends() -> None:
    """Records that include each other are counted until they are void, not for ever."""
    dns = zone("include:a.test -all", a_test="include:b.test", b_test="include:a.test")
    assert survey(parsed("include:a.test -all"), US, dns).lookups > MAX_LOOKUPS
    assert check_spf(US, "192.0.2.1", dns) is SpfResult.PERMERROR
    assert len(dns.asked) < 40


def test_names_that_lead_nowhere_are_told() -> None:
    """Each a and mx without an answer, also in what is included."""
    dns = zone("a:no1.test include:a.test -all", a_test="mx:no2.test a:wide.test")
    asked = survey(parsed("a:no1.test include:a.test -all"), US, dns)
    assert (asked.lookups, asked.voids) == (4, ("no1.test", "no2.test"))


@given(st.text(alphabet="v=spf1 acdinlmpxt;:/.-+~?=%{}46\t", max_size=60))
@settings(max_examples=examples(150))
def test_any_record_is_answered(text: str) -> None:
    """Whatever stands in the DNS is read, or refused with a sentence, and has a result."""
    with suppress(ValueError):
        parse_spf([f"v=spf1 {text}"])
    assert check_spf(US, "192.0.2.1", zone(text)) in SpfResult
