"""Addresses of sites: what is one becomes a URI, what is none says what to write."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.compose.headers import bracket_field
from newsletter.config.uris import parse_site, parse_web_address
from tests.worlds.rows import each


@each(
    ("value", "site"),
    [
        ("https://notes.example.com", "https://notes.example.com"),
        ("https://Notes.Example.com/", "https://notes.example.com"),
        ("https://example.com/Letter/", "https://example.com/Letter"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        (" https://example.com/ ", "https://example.com"),
    ],
)
def test_site_addresses_lose_their_slash(value: str, site: str) -> None:
    """The site's address is absolute and ends without a slash, so that paths can follow."""
    assert parse_site(value) == site


@each(
    ("value", "site"),
    [
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("https://faß.de:8443/", "https://xn--fa-hia.de:8443"),
        ("https://βόλος.gr", "https://xn--nxasmm1c.gr"),
        ("https://bücher。example", "https://xn--bcher-kva.example"),
        ("https://example.com/zamétki/", "https://example.com/zam%C3%A9tki"),
        ("https://example.com/zame\u0301tki", "https://example.com/zam%C3%A9tki"),
        ("https://example.com/my notes/<b>", "https://example.com/my%20notes/%3Cb%3E"),
        ("https://example.com/100%", "https://example.com/100%25"),
        ("https://example.com/日本", "https://example.com/%E6%97%A5%E6%9C%AC"),
    ],
)
def test_an_international_site_becomes_a_uri(value: str, site: str) -> None:
    """The host is written in A-labels, the path percent-encoded (RFC 5891, RFC 3986)."""
    assert parse_site(value) == site
    assert parse_site(site) == site


_PATHS = st.text("ab.-_~!$&'()*+,;=:@/%AF0").filter(
    lambda path: not re.search(r"%(?![0-9A-Fa-f]{2})", path)
)


@given(_PATHS)
def test_what_is_a_uri_stays_as_it_is(path: str) -> None:
    """Ids, feeds and pages keep the address that they have, octet by octet, percent signs too."""
    site = f"https://example.com/{path}".rstrip("/")
    assert parse_site(site) == site
    assert parse_web_address(f"{site}?a=b&c=%C3%A9#x/?") == f"{site}?a=b&c=%C3%A9#x/?"


@given(st.text() | st.text("aéß%. <\u0301/:🎉。").map("https://example.com/".__add__))
def test_any_text_may_stand_for_a_site(text: str) -> None:
    """Whatever is written can stand in a header then, or is refused in a sentence (rule A14)."""
    with suppress(ValueError):
        site = parse_site(text)
        assert bracket_field("List-Archive", f"{site}/archive").isascii()
        assert parse_site(site) == site


def test_the_address_of_a_hub_is_a_uri() -> None:
    """It stands in a header of every feed."""
    assert (
        parse_web_address("https://hub.faß.de/ä?b=ö") == "https://hub.xn--fa-hia.de/%C3%A4?b=%C3%B6"
    )


@each(
    ("value", "told"),
    [
        ("https://🎉.example", "https://xn--bcher-kva.example"),
        ("https://bücher..example", "https://xn--bcher-kva.example"),
        ("https://example.com/\ud800", "half a character"),
        (f"https://example.com/{'é' * 100}", "at most 500 characters"),
        (f"https://{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.example", "at most 244 characters"),
        (f"https://{'.'.join('abcdefg' * 20)}.example", "absolute http"),
    ],
)
def test_a_site_that_no_mail_could_name_says_what_to_write(value: str, told: str) -> None:
    """What cannot be converted, or leaves no room in a header line, is refused before any mail."""
    with pytest.raises(ValueError, match=told):
        parse_site(value)


@each(
    "value",
    [
        "notes.example.com",
        "ftp://example.com",
        "https://",
        "https://example.com/?a=b",
        "https://example.com/#top",
        "https://example.com?",
        "https://user@example.com",
        "https://exa mple.com",
        "https://example.com:99999",
        "https://-example.com",
        "https://[::1",
    ],
)
def test_what_cannot_be_a_site_is_refused(value: str) -> None:
    """A site needs a scheme and a host, and nothing that paths cannot follow."""
    with pytest.raises(ValueError, match=r"must|well-formed"):
        parse_site(value)
