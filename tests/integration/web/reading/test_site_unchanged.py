"""What a reader has already is not sent again, and what changed always is."""

from __future__ import annotations

import os
from collections.abc import Callable

import feedparser
import pytest

from newsletter.app import Newsletter
from tests.integration.web.reading.test_site_reading import FEEDS, Elements
from tests.worlds.readers.site import Author, Client


@pytest.mark.parametrize("path", [*FEEDS, "/", "/issues/two", "/sitemap.xml", "/static/site.css"])
@pytest.mark.parametrize("encoding", ["identity", "gzip, deflate"])
def test_what_is_unchanged_is_not_sent_again(client: Client, path: str, encoding: str) -> None:
    """Its tag answers 304 with the same tag and no body, weak or in a list (rule E20)."""
    first = client.get(path, accept_encoding=encoding)
    etag = first.headers["etag"]
    for asked in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = client.get(path, accept_encoding=encoding, if_none_match=asked)
        assert again.status_code == 304
        assert again.content == b""
        for name in ("etag", "cache-control", "vary"):
            assert again.headers[name] == first.headers[name]
    assert client.get(path, accept_encoding=encoding, if_none_match='"x"').status_code == 200


@pytest.mark.parametrize("path", ["/feed.xml", "/issues/two", "/static/site.css"])
def test_who_wants_a_document_as_it_was_does_not_get_another(client: Client, path: str) -> None:
    """412 and none of it, also where the answer is in memory; its own state is given (RFC 9110 13.1.1)."""
    etag = client.get(path).headers["etag"]
    for _ in range(2):
        assert client.get(path, if_match='"x"').status_code == 412
        assert client.get(path, if_match=f"W/{etag}", if_none_match=etag).status_code == 412
        assert client.get(path, if_match=f'"x", {etag}').status_code == 200
        assert client.get(path, if_match=etag, if_none_match=etag).status_code == 304
        assert client.get(path).status_code == 200
    old = client.get(path, if_unmodified_since="Sun, 06 Nov 1994 08:49:37 GMT")
    assert old.status_code == (412 if "last-modified" in old.headers else 200)


@pytest.mark.parametrize("path", FEEDS)
def test_feed_dates_answer_304(client: Client, path: str) -> None:
    """Last-Modified works alone, and a tag that differs beats it (RFC 9110 13.1.3)."""
    since = client.get(path).headers["last-modified"]
    assert client.get(path, if_modified_since=since).status_code == 304
    assert client.get(path, if_modified_since=since, if_none_match='"x"').status_code == 200


def asked_by_date(reader: Client, since: dict[str, str]) -> set[int]:
    """What readers who ask by date are answered."""
    return {reader.get(path, if_modified_since=date).status_code for path, date in since.items()}


def rest(reader: Client, look: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The dates of the feeds, when who asks by them gets 304.

    Of several changes in one second the last is dated ahead, and kept until its second has come: by a
    steady clock, which a test does not move.
    """
    while asked_by_date(reader, since := look()) != {304}:
        pass
    return since


def test_readers_who_ask_by_date_see_every_change(author: Author, reader: Client) -> None:
    """Each change of the archive is later than the one before: a note dated earlier than the newest,
    an edit, another address, a link that leads somewhere now, a rename and a withdrawal (RFC 9110 8.8.2.1).
    """

    def look() -> dict[str, str]:
        """By HEAD: who fetches feeds whole again and again is asked to wait."""
        return {path: reader.head(path).headers["last-modified"] for path in FEEDS}

    def date_back() -> None:
        author.write("zero.md", "---\npublish: 2026-11-23 00:00\ntitle: Zero\n---\nEarlier.\n")

    def edit(text: str, keys: str = "") -> None:
        head = f"---\npublish: 2026-11-23 00:00\ntitle: Zero\n{keys}---\n"
        author.write("zero.md", f"{head}{text}\n")

    def readdress() -> None:
        edit("Another. See [[Later]].", "slug: naught\n")

    def render_again() -> None:
        author.write("later.md", "---\npublish: 2026-11-01\ntitle: Later\n---\nLinked to.\n")

    def rename() -> None:
        (author.notes / "zero.md").rename(author.notes / "nil.md")

    def withdraw() -> None:
        (author.notes / "nil.md").unlink()

    edits = (lambda: edit("A."), lambda: edit("Another."), readdress, render_again)
    steps = (date_back, *edits, rename, withdraw)
    for step in steps:
        author.clock.move(minutes=1)
        since = rest(reader, look)
        step()
        for _ in range(3):
            author.newsletter.poll()
        assert asked_by_date(reader, since) == {200}
    author.clock.move(minutes=1)
    rest(reader, look)


def test_pictures_are_asked_for_by_date(author: Author, reader: Client) -> None:
    """A picture that another one replaced is sent again, also if that one is older."""
    author.clock.now = author.clock.now.replace(year=2100)
    since = reader.get("/media/img/a.png").headers["last-modified"]
    assert reader.get("/media/img/a.png", if_modified_since=since).status_code == 304
    file = author.notes / "img" / "a.png"
    os.utime(file, (1_000_000_000, 1_000_000_000))
    stands = file.stat().st_ctime
    assert stands > 1_700_000_000
    assert reader.get("/media/img/a.png").headers["last-modified"] >= since


ODD_TAGS = ("x", "x/feed.xml", ".", "..", "a/b", "~", "x~", "feed.json", "a/../b")


def test_every_tag_has_a_page_and_feeds(author: Author, reader: Client) -> None:
    """A tag that looks like a feed, or like a step up, has its own page and feeds."""
    for number, tag in enumerate(ODD_TAGS):
        author.publish(f"t{number}.md", "Words.", title=f"Tagged {number}", tags=f'["{tag}"]')
    links = [a["href"] or "" for a in Elements(reader.get("/archive").text).named("a")]
    titles = set()
    for link in (link for link in links if link.startswith("/tags/")):
        page, feed = reader.get(link).text, reader.get(f"{link}/feed.xml")
        assert feed.headers["content-type"] == FEEDS["/feed.xml"]
        found = [entry.title for entry in feedparser.parse(feed.content).entries]
        assert all(title in page for title in found)
        titles |= {tuple(found)} if len(found) == 1 else set()
    assert titles >= {(f"Tagged {number}",) for number in range(len(ODD_TAGS)) if number != 4}


@pytest.mark.parametrize("path", [*FEEDS, "/"])
def test_gzip_is_the_same_document(client: Client, path: str) -> None:
    """Packed and plain are equal, told apart by their tags, and caches know (rules E20, E21)."""
    plain = client.get(path, accept_encoding="identity")
    packed = client.get(path, accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content  # httpx has unpacked it
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert plain.headers["etag"] != packed.headers["etag"]
    assert plain.headers["vary"] == packed.headers["vary"]
    assert plain.headers["vary"].endswith("Accept-Encoding")


def test_an_edit_changes_tag_and_page(author: Author, reader: Client) -> None:
    """After an edit the old tag no longer holds, on the page and in the feed."""
    before = {path: reader.get(path).headers["etag"] for path in ("/feed.xml", "/issues/two")}
    author.clock.move(hours=1)
    author.publish("two.md", "Second, corrected.", title="Two", tags='["ship it", "a/b"]')
    for path, etag in before.items():
        response = reader.get(path, if_none_match=etag)
        assert response.status_code == 200
        assert "Second, corrected." in response.text


@pytest.mark.parametrize("path", [*FEEDS, "/tags/ship%20it/atom.xml"])
def test_a_question_asked_again_has_the_same_answer(client: Client, path: str) -> None:
    """A 304 that is remembered carries every field of the first one, for HEAD too (rule E20)."""
    for encoding in ("identity", "gzip"):
        etag = client.get(path, accept_encoding=encoding).headers["etag"]
        asked = {"accept_encoding": encoding, "if_none_match": etag}
        first, again, head = (
            client.get(path, **asked),
            client.get(path, **asked),
            client.head(path, **asked),
        )
        assert first.status_code == again.status_code == head.status_code == 304
        assert (
            first.headers.multi_items() == again.headers.multi_items() == head.headers.multi_items()
        )
        assert again.headers["x-content-type-options"] == "nosniff"
        assert again.headers["etag"] == etag
        other = "gzip" if encoding == "identity" else "identity"
        assert client.get(path, accept_encoding=other, if_none_match=etag).status_code == 200


def test_another_newsletters_edit_is_seen_at_once(author: Author, reader: Client) -> None:
    """A remembered 304 ends with the next change, also one made over another connection."""
    etag = reader.get("/feed.xml").headers["etag"]
    for _ in range(3):
        assert reader.get("/feed.xml", if_none_match=etag).status_code == 304
    note = author.notes / "two.md"
    author.write("two.md", note.read_text() + "Corrected elsewhere.\n")
    with Newsletter.open(
        author.notes.parent / "newsletter.toml", environ={}, clock=author.clock
    ) as elsewhere:
        assert len(elsewhere.poll().revised) == 1
    response = reader.get("/feed.xml", if_none_match=etag)
    assert response.status_code == 200
    assert "Corrected elsewhere." in response.text


def test_questions_answered_from_memory_are_counted(reader: Client) -> None:
    """The metrics tell of every 304, remembered or not."""
    etag = reader.get("/feed.xml").headers["etag"]
    for _ in range(3):
        reader.get("/feed.xml", if_none_match=etag)
    counted = [line for line in reader.watch("/metrics").text.splitlines() if '"304"' in line]
    assert [line.rsplit(" ", 1)[1].removesuffix(".0") for line in counted] == ["3"]
