"""Addresses: what is taken, what is refused, and when two are the same reader."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import dns.exception
import dns.resolver
import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer import address
from mailer.address import (
    DomainVerdict,
    ascii_address,
    ascii_domain,
    check_domain,
    is_role,
    open_resolver,
    parse_address,
    parse_mailbox,
    tidy_address,
)
from storage.model.errors import AddressError
from tests.sizes import examples
from tests.worlds.rows import each


@each(
    "text",
    [
        '"quoted local"@example.com',
        "a@[192.0.2.1]",
        "Ada <a@example.com>",
        "a@localhost",
        "a@printer.local",
        "a@shop.test",
        "a@nothing.invalid",
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com\n",
        "a b@example.com",
        " a@example.com",
        "<a@example.com>",
        "a@b> AUTH=<x@y",
        "a\x00@example.com",
        "a@exa\u202emple.com",
        "a\ud800@example.com",
        "a\ufffd@example.com",  # what octets that are no UTF-8 become in a form
        "a@ex\ufffdmple.com",
        "@example.com",
        "a@",
        "a",
        "",
        "a" * 255 + "@example.com",
    ],
)
def test_refuses_what_is_not_one_plain_address(text: str) -> None:
    """Quoted, literal, named, spaced, special-use and hostile input is refused (rule F15)."""
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    reason = caught.value.reason
    assert reason.endswith(".")
    assert reason.isprintable()
    assert "Bcc" not in reason


@given(st.text(max_size=60))
@settings(max_examples=examples(150), deadline=None)
def test_any_text_is_an_address_or_a_reasoned_refusal(text: str) -> None:
    """Whatever is typed, the answer is an Address fit for a header, or a printable sentence."""
    refusal = ""
    address = ""
    try:
        address = parse_address(text).ascii
    except AddressError as error:
        refusal = error.reason
    assert bool(address) != bool(refusal)
    assert refusal.isprintable()
    assert not set("\r\n\0 <>") & set(address)


_LABELS = st.sampled_from(
    ["a", "9", "x-y", "a--b", "ab--c", "xn--a", "xn--bcher-kva", "-a", "a-", "", "a_b", "A", "ß", "a" * 63, "a" * 64]
)  # fmt: skip
_TOPS = st.sampled_from(
    ["org", "c", "co", "c0m", "x-y", "com.", "xn--p1ai", "Org", *SPECIAL_USE_DOMAIN_NAMES, *("a" * n for n in (63, 64))]
)  # fmt: skip


@given(
    st.sampled_from(["a", "a.b+c", "a" * 64, "a" * 65]),
    st.lists(_LABELS | st.text("ab-1.", max_size=5), max_size=5),
    _TOPS | st.text("ab-1", max_size=4),
    st.booleans(),
)
@settings(max_examples=examples(400), deadline=None)
def test_what_is_taken_unasked_is_what_the_library_takes(
    local: str, labels: list[str], top: str, tests: bool
) -> None:
    """An address is read alike, whether email-validator is asked about it or not."""
    text = f"{local}@{'.'.join([*labels, top])}"
    taken = asked = None
    with suppress(AddressError):
        taken = parse_address(text, allow_test_domains=tests)
    with suppress(AddressError):
        asked = address._validate(text, tests)
    assert taken == asked


@each(
    ("one", "other"),
    [
        ("A@x.org", "a@X.ORG"),
        ("Foo.Bar+Tag@gmail.com", "foo.bar+tag@GMAIL.com"),
        ("zoë@example.org", "zoe\u0308@example.org"),
        ("a@bücher.example.org", "a@xn--bcher-kva.example.org"),
    ],
)
def test_two_spellings_are_one_reader(one: str, other: str) -> None:
    """NFC, case-folded local part and lower-case A-labels make the key (rule F14)."""
    assert parse_address(one).key == parse_address(other).key


def test_tags_and_dots_are_other_readers_and_kept() -> None:
    """`+tag` and dots are distinct addresses, mailed as the reader wrote them (rule F14)."""
    one, two = parse_address("A+1@example.org"), parse_address("A+2@example.org")
    assert one.key != two.key
    assert parse_address("a.b@example.org").key != parse_address("ab@example.org").key
    assert one.ascii == "A+1@example.org"


def test_a_foreign_domain_is_ascii_in_the_envelope() -> None:
    """Domain as A-labels for the relay, in its own script for the reader (rule A28)."""
    address = parse_address("ada@BÜCHER.example.org")
    assert address.display == "ada@bücher.example.org"
    assert address.ascii == "ada@xn--bcher-kva.example.org"
    assert not address.needs_smtputf8


def test_a_foreign_local_part_needs_smtputf8() -> None:
    """A local part outside ASCII is not rewritten; it needs a relay with SMTPUTF8 (rule A28)."""
    address = parse_address("zoë@bücher.example.org")
    assert address.needs_smtputf8
    assert address.ascii == "zoë@xn--bcher-kva.example.org"


def test_a_stored_address_finds_its_envelope_again() -> None:
    """What was parsed once gives the same envelope address later, test domains too (rule A28)."""
    for text in ("Ada@example.org", "zoë@bücher.example.org", "ada@bücher.test"):
        parsed = parse_address(text, allow_test_domains=True)
        assert ascii_address(parsed.display) == parsed.ascii


@given(st.text("aßéςبא1-.。\u200d\u0301İẞ") | st.text(max_size=20))
def test_hosts_are_converted_as_addresses_are(name: str) -> None:
    """A host and the domain of an address in the same letters are the same name (rule A28)."""
    with suppress(AddressError):
        domain = parse_address(f"a@{name}.example", allow_test_domains=True).domain
        assert ascii_domain(f"{name}.example") == domain


@each("name", ["a..é", "-é.de", "🎉.de", "\ud800.de", "é de", f"{'é' * 60}.de"])
def test_what_is_no_international_domain_is_refused(name: str) -> None:
    """A name that the DNS cannot hold is told apart, whatever is wrong with it."""
    with pytest.raises(AddressError):
        ascii_domain(name)


def test_test_domains_are_let_in_on_request_only() -> None:
    """A demo or an intranet may mail to .test and to names of one label."""
    for text in ("a@shop.test", "a@intranet"):
        assert parse_address(text, allow_test_domains=True).ascii == text
    assert parse_address("ada@example.com").ascii == "ada@example.com"


@each(
    ("text", "name"),
    [
        ("Working Notes <notes@example.com>", "Working Notes"),
        ('"Ada, Bob & Co" <notes@example.com>', "Ada, Bob & Co"),
        (r'"She said \"hi\" \\ there" <notes@example.com>', 'She said "hi" \\ there'),
        ("Ada, Bob & Co <notes@example.com>", "Ada, Bob & Co"),
        ("Записки <notes@example.com>", "Записки"),
        ("notes@example.com", ""),
        ("<notes@example.com>", ""),
        ('"Ada <3 Notes" <notes@example.com>', "Ada <3 Notes"),
        ('"<a@example.org>, \\"b\\" >" <notes@example.com>', '<a@example.org>, "b" >'),
        (' "Notes" <notes@example.com> ', "Notes"),
        ('Ada "A" Bob <notes@example.com>', 'Ada "A" Bob'),
    ],
)
def test_a_mailbox_is_read_as_a_person_writes_it(text: str, name: str) -> None:
    """The sender may be quoted or not; the address is always the right one (rule A23)."""
    mailbox = parse_mailbox(text)
    assert mailbox.name == name
    assert mailbox.address.ascii == "notes@example.com"


def test_two_mailboxes_are_not_one() -> None:
    """From holds a single mailbox (rule A20)."""
    with pytest.raises(AddressError):
        parse_mailbox("A <a@example.com>, B <b@example.com>")
    with pytest.raises(AddressError):
        parse_mailbox('"A" <a@example.com>, "B" <b@example.com>')


def test_role_addresses_are_known() -> None:
    """Mailboxes of machines and offices are recognised, those of businesses are not (rule F18)."""
    for text in ("Abuse@example.com", "postmaster@example.com", "noreply+x@example.com"):
        assert is_role(parse_address(text))
    for text in ("info@example.com", "ada@example.com", "rooted@example.com"):
        assert not is_role(parse_address(text))


class _Dns(dns.resolver.Resolver):
    """A resolver that always comes back with the same."""

    def __init__(self, outcome: Exception) -> None:
        super().__init__(configure=False)
        self.outcome = outcome

    def resolve(self, *_args: object, **_options: object) -> dns.resolver.Answer:
        raise self.outcome


@each(
    ("outcome", "verdict"),
    [
        (dns.resolver.NXDOMAIN(), DomainVerdict.REFUSES),
        (dns.resolver.NoAnswer(), DomainVerdict.REFUSES),
        (dns.resolver.NoNameservers(), DomainVerdict.UNKNOWN),
        (dns.resolver.LifetimeTimeout(timeout=5, errors=[]), DomainVerdict.UNKNOWN),
        (dns.exception.FormError("garbage"), DomainVerdict.UNKNOWN),
        (OSError("network unreachable"), DomainVerdict.UNKNOWN),
    ],
)
def test_only_an_answer_of_the_dns_refuses(outcome: Exception, verdict: DomainVerdict) -> None:
    """NXDOMAIN and no record refuse; a DNS in trouble never does (rule F13)."""
    assert check_domain(parse_address("a@example.org"), _Dns(outcome)) is verdict


def test_the_resolver_is_bounded_and_remembers() -> None:
    """At most five seconds per domain, and answers are cached (rule F13)."""
    resolver = open_resolver()
    assert resolver.lifetime <= 5
    assert resolver.cache is not None


@settings(max_examples=examples(100), deadline=None)
@given(
    local=st.from_regex(r"[a-z0-9]+([._+-][a-z0-9]+){0,3}", fullmatch=True),
    domain=st.sampled_from(
        [
            "example.com",
            "Example.ORG",
            "straße.de",
            "xn--strae-oqa.de",
            "a.test",
            "localhost",
            "b",
            "",
        ]
    ),
    allowed=st.booleans(),
)
def test_a_usual_name_is_read_as_the_library_reads_it(
    local: str, domain: str, allowed: bool
) -> None:
    """A domain is looked at once for all who are there; what is read is what the library says of each."""
    text = f"{local}@{domain}"
    assert _read(parse_address, text, allowed) == _read(_as_the_library, text, allowed)


def _as_the_library(text: str, *, allow_test_domains: bool) -> address.Address:
    return address._validate(text, allow_test_domains)


def _read(parse: Callable[..., address.Address], text: str, allowed: bool) -> object:
    """The address, or the sentence that refuses it."""
    try:
        return parse(text, allow_test_domains=allowed)
    except AddressError as error:
        return str(error)


@each(
    "typed",
    [
        "ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        "ada＠example.org",
        "ada@example。org",
        "ada@example｡org",
        "ada\u00ad@exam\u00adple.org",
        "ada@exam\u200bple.org",
        "\u202aada@\u200eexample.org\u202c",
        "ada\u2060@example.org\ufeff",
        "ada@example.org\u3164",
        "\u2800ada@example.org\u2800",
        "\u3000ada@example.org\u3000",
    ],
)
def test_an_address_is_taken_as_it_was_meant(typed: str) -> None:
    """A reader whose keyboard writes wide letters, or who copied a place for a hyphen, is not lost (F15)."""
    assert parse_address(tidy_address(typed)).key == "ada@example.org"
    assert parse_mailbox(f"Ａｄａ <{typed}>").name == "Ａｄａ"


@each("typed", ["a da@example.org", "ada\u00a0b@example.org", "ada@example.org b"])
def test_a_blank_within_an_address_is_not_guessed_away(typed: str) -> None:
    """It may be two addresses, or another letter was meant."""
    with pytest.raises(AddressError):
        parse_address(tidy_address(typed))


@settings(max_examples=examples(200))
@given(st.text(max_size=30))
def test_tidying_changes_nothing_twice(text: str) -> None:
    """What is tidy stays as it is; of ASCII only blanks around it are taken."""
    once = tidy_address(text)
    assert tidy_address(once) == once
    plain = "".join(letter for letter in text if letter.isascii() and letter.isprintable())
    assert tidy_address(plain) == plain.strip()
