"""Feeds as people write them, and what is none: RSS, Atom, JSON Feed, and everything that only looks so."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.following import parser
from newsletter.following.parser import NoFeed, read_feed
from newsletter.following.saying import SaidFeed, read_said
from tests.sizes import examples, is_full
from tests.worlds.publishing.following import Item, rss
from tests.worlds.rows import each

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
URL = "https://blog.example/feeds/all.xml"


def read(body: bytes | str, media_type: str = "application/xml") -> SaidFeed:
    """The feed as it is understood."""
    octets = body.encode() if isinstance(body, str) else body
    return read_said(json.dumps(read_feed(octets, media_type)), URL)


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://blog.example/base/" xml:lang="de">
<title>T</title><link rel="hub" href="https://hub.example/"/>
<entry xml:base="sub/"><title type="html">A &lt;b&gt;bold&lt;/b&gt; &amp;amp; title</title><id>urn:x</id>
<updated>2026-11-21T03:04:05+01:00</updated><published>2026-11-20T03:04:05Z</published>
<link href="post"/><link rel="enclosure" type="image/png" href="p.png"/>
<category term="t1" label="Bridges"/><summary>In short.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hi <a href="q">q</a></p></div></content>
</entry></feed>"""


def test_atom() -> None:
    """RFC 4287 with `xml:base` within `xml:base`, markup in the title, dates with offsets."""
    feed = read(ATOM)
    (entry,) = feed.entries
    assert entry.entry_id == "urn:x"
    assert entry.link == "https://blog.example/base/sub/post"
    assert entry.base == "https://blog.example/base/sub/"
    assert entry.title == "A bold & title"
    assert entry.published == datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
    assert entry.updated == datetime(2026, 11, 21, 2, 4, 5, tzinfo=UTC)
    assert entry.tags == ("Bridges",)
    assert entry.summary == "In short."
    assert entry.language == "de"
    assert 'href="q"' in entry.html
    assert feed.hubs == ("https://hub.example/",)


def test_rss_content() -> None:
    """`content:encoded` is the content and `description` the summary; the base is the entry's own address."""
    (entry,) = read(
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        "<item><title>A &amp;amp; B</title><link>/a/</link><guid>https://blog.example/a/</guid>"
        "<description>Short.</description><content:encoded><![CDATA[<p>Long.</p>]]></content:encoded>"
        "<pubDate>Fri, 20 Nov 2026 09:00:00 +0100</pubDate></item></channel></rss>"
    ).entries
    assert entry.title == "A & B"
    assert entry.html == "<p>Long.</p>"
    assert entry.summary == "Short."
    assert entry.base == entry.link == "https://blog.example/a/"
    assert entry.published == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_json() -> None:
    """JSON Feed 1 and 1.1: text becomes paragraphs, numbers are ids, what is not understood is passed over."""
    feed = read(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "hubs": [{"type": "WebSub", "url": "https://hub.example/"}, 7],
                "items": [
                    {"id": 7, "url": "/seven", "content_text": "One <i>.\n\nTwo.", "tags": ["a", 3]},
                    {"id": "x", "title": "X", "content_html": "<p>x</p>", "date_published": "2026-11-20T09:00:00Z"},
                    "no item",
                    {"content_text": "neither id nor address"},
                ],
            }
        )
    )  # fmt: skip
    seven, other, bare = feed.entries
    assert (seven.entry_id, seven.link) == ("7", "https://blog.example/seven")
    assert seven.tags == ("a",)
    assert other.published == AT
    assert not bare.has_id
    assert bare.title == "neither id nor address"


@each(
    ("body", "told"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<!DOCTYPE html><html><head></head></html>", "a page for people"),
        (
            b"<!-- x --><html><link rel=alternate type='application/rss+xml' href='/feed.xml'></html>",
            "names its feed: /feed.xml",
        ),
        (b"<?xml version='1.0'?><urlset><url/></urlset>", "neither RSS nor Atom"),
        (b"hello", "neither RSS nor Atom"),
        (b"\x00\xff\xfe\x89PNG", "neither RSS nor Atom"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [', "breaks off"),
        (b'{"openapi": "3"}', "no JSON Feed"),
        (b"{" + b'"a":[' * 50_000, "cannot be read"),
        (rss(Item("one", AT), Item("two", AT))[:-40], "breaks off in the middle"),
    ],
)
def test_no_feed(body: bytes, told: str) -> None:
    """What is no feed, or half of one, is told in words and gives no entries."""
    with pytest.raises(NoFeed, match=told):
        read_feed(body)


def test_almost_xml() -> None:
    """What is not quite XML is read, and said to be so."""
    feed = read(rss(Item("a", AT)).replace(b"<title>a</title>", b"<title>a & b &nbsp; c</title>"))
    assert feed.broken
    assert feed.entries[0].title.startswith("a & b")


@each("coding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "utf-8-sig"])
def test_encodings(coding: str) -> None:
    """The declaration says how it is written; a byte order mark, too."""
    text = rss(Item("Brücke – é" if coding != "iso-8859-1" else "Brücke é", AT)).decode()
    name = coding.removesuffix("-sig")
    assert read(text.replace("utf-8", name, 1).encode(coding)).entries[0].title.startswith("Brücke")


def test_entities_do_not_explode() -> None:
    """Entities that multiply (billion laughs) are not resolved, nor is a file's."""
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    for inside in (
        f'<!ENTITY a0 "{"lol" * 2000}">{laughs}',
        '<!ENTITY a9 SYSTEM "file:///etc/passwd">',
    ):
        body = f"<?xml version='1.0'?><!DOCTYPE r [{inside}]><rss version='2.0'><channel><item><title>T &a9;</title><guid>1</guid></item></channel></rss>"
        feed = read(body)
        assert len(feed.entries[0].title) < 1_000
        assert "root:" not in feed.entries[0].title


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many entries the first thousand are read; a very long one is left out and told."""
    assert (parser.MOST_ENTRIES, parser.MOST_HTML) == (1_000, 500_000)
    most = parser.MOST_ENTRIES if is_full() else 50
    monkeypatch.setattr(parser, "MOST_ENTRIES", most)
    feed = read(rss(*(Item(f"n{n}", AT) for n in range(most + 3))))
    assert (len(feed.entries), feed.more) == (most, 3)
    words = "<p>x</p>" if is_full() else f"<p>{'x' * 800}</p>"
    (entry,) = read(rss(Item("long", AT, words=words * (560_000 // len(words))))).entries
    assert entry.fault


def test_doubled_ids() -> None:
    """Of entries with one id the first counts."""
    feed = read(rss(Item("a", AT, guid="same"), Item("b", AT, guid="same")))
    assert [one.title for one in feed.entries] == ["a"]
    assert feed.doubled == 1


@each(
    "written",
    ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Zzz 2026 99:99:99", "0001-01-01T00:00:00Z"],
)  # fmt: skip
def test_wrong_dates(written: str) -> None:
    """A date that nobody set, or nobody can read, is none."""
    body = rss(Item("a")).replace(b"</item>", f"<pubDate>{written}</pubDate></item>".encode())
    assert read(body).entries[0].published is None


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=examples(100))
@given(_text, _text, _text, _text)
def test_anything(title: str, guid: str, link: str, words: str) -> None:
    """Whatever stands in an entry, it is read, or said to be no feed; addresses are addresses or none."""
    item = Item("x", AT, guid=guid or None, link=link or None, words=words)
    body = rss(item).replace(b"<title>x</title>", f"<title>{title}</title>".encode())
    try:
        feed = read(body)
    except NoFeed:
        return
    for entry in feed.entries:
        assert entry.entry_id
        assert entry.link == "" or entry.link.startswith(("http://", "https://"))
        assert "\n" not in entry.title


@settings(max_examples=examples(50))
@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    """No octets do more than be no feed."""
    for body in (
        octets,
        b"<rss version='2.0'><channel>" + octets + b"</channel></rss>",
        b"{" + octets,
    ):
        try:
            read(body)
        except NoFeed:
            continue
