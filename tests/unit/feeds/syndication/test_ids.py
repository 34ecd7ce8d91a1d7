"""Addresses of tags: whatever a tag is called, its page and feeds have addresses of their own."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from feeds.syndication.ids import FeedFormat, feed_url, home_of, read_archive, read_tag, tag_path
from tests.worlds.rows import each

TAGS = st.text(st.sampled_from("./~ax%") | st.characters(codec="utf-8"), min_size=1, max_size=12)
ODD = st.sampled_from(
    [".", "..", "x/feed.xml", "x/feed.json~", "a/../b", "/", "a//b", "x/feed", "x/archive/1.xml"]
)


@given(TAGS | ODD)
def test_a_tag_is_found_by_its_address(tag: str) -> None:
    """What stands in the address of a tag's page is that tag and no other."""
    path = urlsplit(home_of("https://a.example", tag)).path
    assert read_tag(unquote(path.removeprefix("/tags/"))) == tag


@given(TAGS | ODD)
def test_nothing_on_the_way_reads_a_tag_otherwise(tag: str) -> None:
    """No segment vanishes as a dot does (RFC 3986 5.2.4), and none is taken for a feed's name."""
    parts = tag_path(tag).split("/")
    assert not {"", ".", ".."} & set(parts)
    assert (
        len(parts) == 1
        or not parts[-1].endswith((".xml", ".json"))
        or parts[-1] not in {known.path for known in FeedFormat}
    )
    assert read_archive(parts[-1]) is None


@each("tag", ["tools", "shipping things", "a/b", "C++", "feed", "naïve"])
def test_an_ordinary_tag_stands_as_it_is(tag: str) -> None:
    """Addresses of tags that cannot be mistaken do not change."""
    assert tag_path(tag) == tag


def test_the_feed_of_a_tag_that_looks_like_one() -> None:
    """The feed of `x/feed.xml` is not the page of anything else."""
    url = feed_url("https://a.example", FeedFormat.RSS, "x/feed.xml")
    assert url == "https://a.example/tags/x%2Ffeed.xml~/feed.xml"
