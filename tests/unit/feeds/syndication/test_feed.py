"""What feed readers get: documents that parse, say the same in every format, and never waver."""

from __future__ import annotations

import json
import locale
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

import pytest
from lxml import etree

from feeds.syndication.feed import MAX_BYTES, build_feed
from feeds.syndication.ids import FeedFormat, feed_id, feed_url, newsletter_namespace, note_guid
from tests.worlds.publishing.fed import (
    DAY,
    IDENTITY,
    ISSUES,
    NAMESPACE,
    NS,
    URL,
    XML,
    make_issue,
    parse,
    tree,
)
from tests.worlds.rows import each


@pytest.mark.parametrize("feed_format", XML)
def test_readers_find_every_issue_with_its_whole_body(feed_format: FeedFormat) -> None:
    """RSS and Atom carry id, title, link, summary, body, dates, author and tags of each issue."""
    parsed = parse(build_feed(feed_format, IDENTITY, ISSUES))
    entry = parsed.entries[0]
    assert entry.id == ISSUES[0].guid
    assert entry.title == "Note 3"
    assert entry.link == f"{URL}/issues/note-3"
    assert entry.summary == "About 3"
    assert entry.content[0].value == ISSUES[0].html
    assert datetime(*entry.published_parsed[:6], tzinfo=UTC) == ISSUES[0].published_at.replace(
        microsecond=0
    )
    assert [tag.term for tag in entry.tags] == ["tools", "shipping things"]
    assert (entry.get("author") or parsed.feed.author) == "Ada Example"
    assert parsed.feed.language == "en-GB"


def test_what_stood_elsewhere_first_keeps_its_id_and_address() -> None:
    """An id of another system is the entry's, in Atom as an IRI; its link leads to where it stands first."""
    there = "https://blog.example/a?b=1&c"
    issues = (
        make_issue(2, guid="https://blog.example/?p=2", canonical=there),
        make_issue(1, guid="12 at blog", canonical=there),
    )
    rss, atom = (parse(build_feed(one, IDENTITY, issues)) for one in XML)
    assert [one.id for one in rss.entries] == ["https://blog.example/?p=2", "12 at blog"]
    assert [one.link for one in (*rss.entries, *atom.entries)] == [there] * 4
    assert atom.entries[0].id == "https://blog.example/?p=2"
    assert atom.entries[1].id.startswith("urn:uuid:")
    items = json.loads(build_feed(FeedFormat.JSON, IDENTITY, issues).body)["items"]
    assert [(one["id"], one["url"]) for one in items] == [
        ("https://blog.example/?p=2", there),
        ("12 at blog", there),
    ]


def test_ids_and_order_agree_in_all_formats() -> None:
    """Every format lists the same ids, newest first (rules E7, E12)."""
    expected = [issue.guid for issue in ISSUES]
    for feed_format in XML:
        parsed = parse(build_feed(feed_format, IDENTITY, ISSUES))
        assert [entry.id for entry in parsed.entries] == expected
    document = json.loads(build_feed(FeedFormat.JSON, IDENTITY, ISSUES).body)
    assert [item["id"] for item in document["items"]] == expected


@each("feed_format", FeedFormat)
def test_a_feed_shows_the_newsletters_icon(feed_format: FeedFormat) -> None:
    """Each format names a picture at an address that stays, in its own element."""
    url = f"{IDENTITY.url}/apple-touch-icon.png"
    document = build_feed(feed_format, IDENTITY, ISSUES)
    if feed_format is FeedFormat.JSON:
        made = json.loads(document.body)
        assert (made["icon"], made["favicon"]) == (url, f"{IDENTITY.url}/favicon.ico")
    elif feed_format is FeedFormat.ATOM:
        assert parse(document).feed.icon == url
    else:
        channel = parse(document).feed
        image = channel.image
        assert (image.href, image.title, image.link) == (url, channel.title, channel.link)


@each("hub", ["", "https://hub.example.com/"])
@each("tag", [None, "shipping things"])
def test_rss_channel_links_to_the_site_and_to_itself(hub: str, tag: str | None) -> None:
    """The channel's link is the site's page, and self is the feed's own address (E3, E4, E5)."""
    channel = tree(build_feed(FeedFormat.RSS, IDENTITY, ISSUES, hub=hub, tag=tag))[0]
    page = URL if tag is None else f"{URL}/tags/shipping%20things"
    assert channel.findtext("link") == page
    links = {link.get("rel"): link for link in channel.findall("atom:link", NS)}
    assert links["self"].get("href") == f"{page}/feed.xml"
    assert links["self"].get("type") == "application/rss+xml"
    assert ("hub" in links) == bool(hub)
    if hub:
        assert links["hub"].get("href") == hub


def test_rss_items_keep_to_the_profile() -> None:
    """The summary stands before the body, the guid is no link, the author is a creator (E13, E27)."""
    item = tree(build_feed(FeedFormat.RSS, IDENTITY, ISSUES)).find("channel/item")
    assert item is not None
    names = [child.tag for child in item]
    assert names.index("description") < names.index(f"{{{NS['content']}}}encoded")
    assert item.find("guid").get("isPermaLink") == "false"  # type: ignore[union-attr]
    assert item.findtext("dc:creator", namespaces=NS) == "Ada Example"
    assert item.find("author") is None
    assert item.findtext("pubDate") == "Fri, 06 Nov 2026 09:00:00 +0000"


def test_atom_has_what_the_rfc_demands() -> None:
    """An Atom feed has one id, title, updated and author; entries type their body (RFC 4287 4.1)."""
    root = tree(build_feed(FeedFormat.ATOM, IDENTITY, ISSUES, hub="https://hub.example.com/"))
    for name in ("id", "title", "updated", "author"):
        assert len(root.findall(f"atom:{name}", NS)) == 1
    assert root.findtext("atom:author/atom:name", namespaces=NS) == "Ada Example"
    rels = [link.get("rel") for link in root.findall("atom:link", NS)]
    assert sorted(rels) == ["alternate", "hub", "self"]
    for entry in root.findall("atom:entry", NS):
        assert entry.find("atom:content", NS).get("type") == "html"  # type: ignore[union-attr]
        for name in ("id", "title", "updated", "published"):
            assert len(entry.findall(f"atom:{name}", NS)) == 1
    assert root.findtext("atom:updated", namespaces=NS) == "2026-11-06T10:00:00+00:00"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-GB"


@each("feed_format", list(FeedFormat))
def test_same_issues_give_the_same_bytes(feed_format: FeedFormat) -> None:
    """Two builds are byte-identical and share an etag; a change gives another one (rule E8)."""
    first = build_feed(feed_format, IDENTITY, ISSUES)
    again = build_feed(feed_format, IDENTITY, list(ISSUES))
    assert first == again
    changed = build_feed(feed_format, IDENTITY, [make_issue(3, title="Other"), *ISSUES[1:]])
    assert changed.etag != first.etag
    assert first.etag.startswith('"')
    assert first.etag.endswith('"')
    assert first.last_modified == datetime(2026, 11, 6, 10, tzinfo=UTC)


@pytest.mark.parametrize("feed_format", list(FeedFormat))
def test_building_touches_no_locale(
    feed_format: FeedFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight threads build equal bytes and nobody sets the process's locale (rule E18)."""
    calls: list[object] = []
    monkeypatch.setattr(locale, "setlocale", lambda *arguments: calls.append(arguments))
    with ThreadPoolExecutor(8) as pool:
        built = list(pool.map(lambda _: build_feed(feed_format, IDENTITY, ISSUES), range(16)))
    assert len({document.body for document in built}) == 1
    assert calls == []


@each("feed_format", XML)
@each("year", [999, 1969, 2400])
def test_odd_years_are_dates_too(feed_format: FeedFormat, year: int) -> None:
    """A year of three digits is written with four (rule E18)."""
    issue = make_issue(published_at=datetime(year, 1, 1, tzinfo=UTC), updated_at=DAY)
    root = tree(build_feed(feed_format, IDENTITY, [issue]))
    if feed_format is FeedFormat.RSS:
        assert parsedate_to_datetime(root.findtext("channel/item/pubDate")).year == year  # type: ignore[arg-type]
    else:
        assert root.findtext("atom:entry/atom:published", namespaces=NS) == (
            f"{year:04}-01-01T00:00:00+00:00"
        )


@each("feed_format", list(FeedFormat))
def test_an_empty_feed_is_valid(feed_format: FeedFormat) -> None:
    """A newsletter without an issue has feeds with all that the formats demand (rule E2)."""
    document = build_feed(feed_format, replace(IDENTITY, description=""), [])
    if feed_format is FeedFormat.JSON:
        assert json.loads(document.body)["items"] == []
        return
    parsed = parse(document)
    assert parsed.entries == []
    assert parsed.feed.title == "Working Notes"
    assert parsed.feed.link == URL
    assert parsed.feed.updated


@each("feed_format", list(FeedFormat))
def test_a_feed_changes_when_its_archive_does(feed_format: FeedFormat) -> None:
    """Its times are the archive's, which also move when an older issue appears or one goes (E8)."""
    changed = DAY + timedelta(days=90)
    later = changed + timedelta(seconds=5)
    document = build_feed(feed_format, IDENTITY, ISSUES, changed_at=changed, modified=later)
    assert document.last_modified == later.replace(microsecond=0)
    if feed_format is FeedFormat.ATOM:
        said = tree(document).findtext("atom:updated", namespaces=NS)
        assert said == "2027-02-01T09:00:00+00:00"
    if feed_format is FeedFormat.RSS:
        said = tree(document).findtext("channel/lastBuildDate")
        assert said == "Mon, 01 Feb 2027 09:00:00 +0000"


def test_the_feed_stays_small() -> None:
    """Beyond a megabyte the oldest entries are left out, the same ones in all formats (E23)."""
    long = "<p>" + "x" * 200_000 + "</p>"
    issues = [make_issue(number, html=long) for number in range(20, 0, -1)]
    for feed_format in XML:
        document = build_feed(feed_format, IDENTITY, issues)
        assert len(document.body) < MAX_BYTES * 1.1
        assert [e.id for e in parse(document).entries] == [i.guid for i in issues[:4]]
    items = json.loads(build_feed(FeedFormat.JSON, IDENTITY, issues).body)["items"]
    assert len(items) == 4


HEAVY = (
    {"summary": "<&>" * 40_000},
    {"title": '"' * 100_000},
    {"tags": tuple(f"{n} {'long ' * 12}" for n in range(300))},
    {"html": "\\\n" * 50_000},
    {"html": '<p class="x">&amp;</p>' * 5000},
)


@each("heavy", HEAVY)
def test_all_of_an_entry_counts(heavy: dict[str, object]) -> None:
    """A long summary or title, many tags and what is escaped weigh as a long body does (E23)."""
    issues = [make_issue(number, **heavy) for number in range(40, 0, -1)]
    documents = [build_feed(feed_format, IDENTITY, issues) for feed_format in FeedFormat]
    assert all(len(document.body) < MAX_BYTES + 10_000 for document in documents)
    counts = {document.body.count(b"urn:uuid:") for document in documents}
    assert len(counts) <= 2  # JSON Feed has no id of its own


def test_one_huge_issue_still_appears() -> None:
    """The newest issue is in the feed however long it is (rule E23)."""
    huge = make_issue(html="x" * (MAX_BYTES + 1))
    assert huge.guid.encode() in build_feed(FeedFormat.RSS, IDENTITY, [huge, *ISSUES]).body


@each("feed_format", list(FeedFormat))
def test_media_type_and_address_name_the_format(feed_format: FeedFormat) -> None:
    """Each format has its registered type with a charset, and its own name (rule E19)."""
    document = build_feed(feed_format, IDENTITY, ISSUES)
    expected = {
        FeedFormat.RSS: ("application/rss+xml; charset=utf-8", "feed.xml"),
        FeedFormat.ATOM: ("application/atom+xml; charset=utf-8", "atom.xml"),
        FeedFormat.JSON: ("application/feed+json; charset=utf-8", "feed.json"),
    }
    assert (document.media_type, feed_format.path) == expected[feed_format]
    assert feed_url(URL, feed_format, "a/b") == f"{URL}/tags/a%2Fb/{feed_format.path}"


@each("feed_format", list(FeedFormat))
def test_a_stylesheet_is_for_xml_alone(feed_format: FeedFormat) -> None:
    """The CSS instruction stands between declaration and root, and not in JSON (rule E26)."""
    body = build_feed(feed_format, IDENTITY, ISSUES, stylesheet="/static/feed.css").body
    if feed_format is FeedFormat.JSON:
        json.loads(body)
        return
    instruction = etree.fromstring(body).getprevious()
    assert instruction is not None
    assert instruction.get("type") == "text/css"
    assert instruction.get("href") == "/static/feed.css"


def test_ids_outlive_scheme_and_spelling() -> None:
    """A note's guid is a urn:uuid that neither https, a slash nor Unicode's forms change (E7)."""
    assert newsletter_namespace("http://Notes.example.com/") == NAMESPACE
    guid = note_guid(NAMESPACE, "caf\u00e9")
    assert guid == note_guid(NAMESPACE, "cafe\u0301")
    assert guid.startswith("urn:uuid:")
    assert UUID(guid).version == 5
    assert note_guid(NAMESPACE, "\udcff.md") != guid


def test_a_moved_newsletter_keeps_its_feed_id() -> None:
    """With its old namespace, a feed on a new domain has the id it had (RFC 4287 4.2.6)."""
    moved = replace(IDENTITY, url="https://new.example.org", title="New name")
    root = tree(build_feed(FeedFormat.ATOM, moved, ISSUES, namespace=NAMESPACE))
    assert root.findtext("atom:id", namespaces=NS) == feed_id(NAMESPACE)
    assert feed_id(NAMESPACE) != feed_id(NAMESPACE, "tools")
