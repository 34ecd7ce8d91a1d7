"""What every format says of an entry: any text of an author, read as it was written."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.syndication.feed import build_feed
from feeds.syndication.ids import FeedFormat
from tests.sizes import examples
from tests.worlds.publishing.fed import IDENTITY, ISSUES, NS, XML, make_issue, parse, tree
from tests.worlds.rows import each


def test_titles_are_plain_text() -> None:
    """A title that looks like markup is shown as it was written (rule E15)."""
    issue = make_issue(title="A & <b>  bold</b>\n claim")
    rss = tree(build_feed(FeedFormat.RSS, IDENTITY, [issue]))
    atom = tree(build_feed(FeedFormat.ATOM, IDENTITY, [issue]))
    item = json.loads(build_feed(FeedFormat.JSON, IDENTITY, [issue]).body)["items"][0]
    shown = "A & <b> bold</b> claim"
    assert rss.findtext("channel/item/title") == shown
    assert atom.findtext("atom:entry/atom:title", namespaces=NS) == shown
    assert atom.find("atom:entry/atom:title", NS).get("type") is None  # type: ignore[union-attr]
    assert item["title"] == shown


@each("words", ["Use the `<template>` tag", "a &lt; b", "<b>&amp;</b>", "R&D"])
def test_a_summary_is_read_as_it_was_written(words: str) -> None:
    """An RSS description is HTML and a summary is text, so it is escaped once more there; Atom's and
    JSON Feed's are text as they stand (RFC 4287 4.2.13).
    """
    issue = make_issue(summary=words)
    rss = tree(build_feed(FeedFormat.RSS, IDENTITY, [issue]))
    atom = tree(build_feed(FeedFormat.ATOM, IDENTITY, [issue]))
    item = json.loads(build_feed(FeedFormat.JSON, IDENTITY, [issue]).body)["items"][0]
    assert unescape(rss.findtext("channel/item/description") or "") == words
    assert atom.findtext("atom:entry/atom:summary", namespaces=NS) == words
    assert atom.find("atom:entry/atom:summary", NS).get("type") in (None, "text")  # type: ignore[union-attr]
    assert item["summary"] == words


text = st.text(max_size=60)


@settings(max_examples=examples(12), deadline=None)
@given(title=text, summary=text, body=text, tag=text, author=text)
def test_no_text_breaks_a_feed(title: str, summary: str, body: str, tag: str, author: str) -> None:
    """Whatever a note holds, every format parses and keeps the other notes (rule E1)."""
    hostile = make_issue(9, title=title, summary=summary, html=body, text=body, tags=(tag,))
    identity = replace(IDENTITY, author=author, description=summary)
    for feed_format in XML:
        parsed = parse(build_feed(feed_format, identity, [hostile, ISSUES[0]]))
        assert [entry.id for entry in parsed.entries] == [hostile.guid, ISSUES[0].guid]
    items = json.loads(build_feed(FeedFormat.JSON, identity, [hostile, ISSUES[0]]).body)["items"]
    assert len(items) == 2
    assert all(item["title"] and item["summary"] for item in items)


@each("bad", ["\x00", "\x1b", "\ufffe", "\uffff", "\ud800", "\x85", "\x7f"])
@each("feed_format", list(FeedFormat))
def test_forbidden_characters_are_left_out(feed_format: FeedFormat, bad: str) -> None:
    """Characters outside XML's Char, and the controls validators dislike, are dropped (rule E1)."""
    issue = make_issue(title=f"a{bad}b", html=f"<p>c{bad}d</p>", summary=f"e{bad}f", tags=(bad,))
    body = build_feed(feed_format, IDENTITY, [issue]).body.decode()
    assert bad not in body
    assert all(kept in body for kept in ("ab", "cd", "ef"))
