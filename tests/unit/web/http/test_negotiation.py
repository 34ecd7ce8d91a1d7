"""What headers ask for: every odd spelling is understood or ignored, and none is an error."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sizes import examples
from tests.worlds.rows import each
from web.http.negotiation import (
    accepts_gzip,
    client_ip,
    http_date,
    is_another,
    is_unchanged,
    pack,
    packed_etag,
    wants_json,
    wants_page,
)

ETAG = '"abc"'
CHANGED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HEADER = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=60)
PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@each(
    ("if_none_match", "unchanged"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", W/"abc" , "y"', True),
        ("*", True),
        (" * ", True),
        ('"abcd"', False),
        ('"ab"', False),
        ("abc", False),
        ('"x,abc"', False),
    ],
)
def test_if_none_match(if_none_match: str, *, unchanged: bool) -> None:
    """A list, a weak tag or a star match; a part of a tag, or one without quotes, does not."""
    assert (
        is_unchanged(ETAG, CHANGED, if_none_match=if_none_match, if_modified_since="") is unchanged
    )


def test_if_none_match_beats_if_modified_since() -> None:
    """With a tag that differs, a date that matches does not make a 304 (RFC 9110 13.1.3)."""
    date = http_date(CHANGED)
    assert not is_unchanged(ETAG, CHANGED, if_none_match='"x"', if_modified_since=date)
    assert is_unchanged(ETAG, CHANGED, if_none_match="", if_modified_since=date)


@each(
    ("since", "unchanged"),
    [
        (http_date(CHANGED), True),
        (http_date(CHANGED + timedelta(seconds=1)), True),
        (http_date(CHANGED - timedelta(seconds=1)), False),
        ("yesterday", False),
        ("Fri, 20 Nov 2026 09:00:00", False),
        ("Friday, 20-Nov-26 09:00:00 GMT", True),
        ("Friday, 20-Nov-26 08:59:59 GMT", False),
        ("Sunday, 20-Nov-94 09:00:00 GMT", False),
        ("Fri Nov 20 09:00:00 2026", True),
        ("Fri Nov 20 08:59:59 2026", False),
        ("Sun Nov  6 09:00:00 2026", False),
        ("Tue Dec  1 09:00:00 2026", True),
        ("Fri, 20 Nov 2026 09:00:00 +0000", False),
        ("Fri, 31 Feb 2027 09:00:00 GMT", False),
        ("Fri, 20 Nov 2026 25:00:00 GMT", False),
        ("Fri, 20 Nov 0000 09:00:00 GMT", False),
        ("", False),
    ],
)
def test_if_modified_since(since: str, *, unchanged: bool) -> None:
    """A date as late as the last change makes a 304, in each of the three forms that a recipient must
    read (RFC 9110 5.6.7); what is no HTTP date asks for nothing.
    """
    assert is_unchanged(ETAG, CHANGED, if_none_match="", if_modified_since=since) is unchanged


@each(
    ("if_match", "unmodified_since", "another"),
    [
        ("", "", False),
        ("*", "", False),
        (ETAG, "", False),
        (f'"x", {ETAG}', "", False),
        (f'"x",{ETAG} ,"y"', "", False),
        ('"x"', "", True),
        (f"W/{ETAG}", "", True),
        ("nonsense", "", True),
        (ETAG, "Sun, 06 Nov 1994 08:49:37 GMT", False),
        ('"x"', "Sun, 06 Nov 2044 08:49:37 GMT", True),
        ("", "Sun, 06 Nov 1994 08:49:37 GMT", True),
        ("", "Sun, 06 Nov 2044 08:49:37 GMT", False),
        ("", "yesterday", False),
    ],
)
def test_only_a_certain_state(if_match: str, unmodified_since: str, *, another: bool) -> None:
    """If-Match is compared strongly and beats If-Unmodified-Since (RFC 9110 13.1.1, 13.1.4)."""
    asked = {"if_match": if_match, "if_unmodified_since": unmodified_since}
    assert is_another(ETAG, CHANGED, **asked) is another


@each(
    ("accept", "accepted"),
    [
        ("gzip, deflate", True),
        ("GZIP", True),
        ("*", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("gzip;q=much", False),
        ("gzip;q=0.1, identity", False),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("gzip, identity;q=0.5", True),
        ("", False),
    ],
)
def test_accept_encoding(accept: str, *, accepted: bool) -> None:
    """Gzip is used where it is named or meant by a star, never where its weight is zero or less than that of
    the document as it is.
    """
    assert accepts_gzip(accept) is accepted


@each(
    ("accept", "content_type", "as_json"),
    [
        ("application/json", "", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "", False),
        ("text/html;q=0.5, application/json", "application/x-www-form-urlencoded", True),
        ("*/*", "application/json; charset=utf-8", True),
        ("", "Application/JSON", True),
        ("text/html", "application/json", False),
        ("*/*", "application/x-www-form-urlencoded", False),
        ("", "", False),
    ],
)
def test_wants_json(accept: str, content_type: str, *, as_json: bool) -> None:
    """Accept decides; where it does not, a program that sent JSON gets JSON."""
    assert wants_json(accept, content_type) is as_json


@each(
    ("peer", "forwarded", "expected"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, garbage", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("", "203.0.113.9", ""),
        ("unix", "", ""),
        ("10.0.0.1", "203.0.113.9:51234", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::5]:443", "2001:db8::5"),
        ("10.0.0.1", "[2001:db8::5]", "2001:db8::5"),
        ("10.0.0.1", '"[::1]:443"', "::1"),
        ("10.0.0.1", "203.0.113.9:51234, 10.0.0.2:80", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:port", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9,", "203.0.113.9"),
        ("10.0.0.1", ", 203.0.113.9 ,, 10.0.0.2 , ", "203.0.113.9"),
        ("198.51.100.7", ",", "198.51.100.7"),
        ("", ", 203.0.113.9", ""),
    ],
)
def test_client_ip(peer: str, forwarded: str, expected: str) -> None:
    """Only what trusted proxies wrote is believed, so nobody chooses the address they come from."""
    assert client_ip(peer, forwarded, PROXIES) == expected


def test_packing_is_reproducible_and_small() -> None:
    """The same document has the same bytes and a tag of its own in gzip; a tiny one stays plain."""
    body = b"<p>again and again</p>" * 100
    packed = pack(body)
    assert packed is not None
    assert packed == pack(body)
    assert gzip.decompress(packed) == body
    assert pack(b"tiny") is None
    assert packed_etag(ETAG) == '"abc-gz"'


@settings(max_examples=examples(80))
@given(HEADER, HEADER)
def test_no_header_is_an_error(one: str, other: str) -> None:
    """Whatever a client sends in these headers, an answer comes of it."""
    is_unchanged(ETAG, CHANGED, if_none_match=one, if_modified_since=other)
    is_unchanged(ETAG, CHANGED, if_none_match="", if_modified_since=other)
    accepts_gzip(one)
    wants_json(one, other)
    client_ip("10.0.0.1", one, PROXIES)


def test_a_field_that_is_too_long_asks_for_nothing() -> None:
    """Beyond a bound no list is read: neither tags, nor weights, nor proxies."""
    tags = '"abc", ' * 9000
    assert not is_unchanged(ETAG, CHANGED, if_none_match=tags, if_modified_since=http_date(CHANGED))
    assert not accepts_gzip("gzip, " * 9000)
    assert not wants_json("application/json, " * 9000, "")
    hops = "10.0.0.1, " * 9000 + "10.0.0.2"
    assert client_ip("10.0.0.3", hops, PROXIES) == "10.0.0.1"
    assert client_ip("10.0.0.3", "9" * 60_000, PROXIES) == "10.0.0.3"


@each(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", True),
        ("text/html, application/xhtml+xml, image/jxr, */*;q=0.5", True),
        ("text/html", True),
        ("", False),
        ("*/*", False),
        ("application/rss+xml", False),
        ("application/rss+xml, text/html;q=0.5", False),
        ("application/atom+xml, application/rss+xml, application/xml, text/html, */*;q=0.9", False),
        ("text/html;q=0.2, */*", False),
        ("text/html, */*", False),
        ("text/html;q=0, application/xml;q=0", False),
        ("text/html;q=nan", False),
        ("application/feed+json, text/html;q=0.9", False),
    ],
)
def test_browsers_and_feed_readers_are_told_apart(accept: str, *, page: bool) -> None:
    """Only who ranks HTML above every kind of feed wants to look at one (rule E26)."""
    assert wants_page(accept) is page


@given(HEADER)
def test_no_accept_field_is_an_error(accept: str) -> None:
    """Whatever stands in it, something is understood."""
    assert wants_page(accept) in (True, False)
