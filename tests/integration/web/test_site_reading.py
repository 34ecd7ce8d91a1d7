"""The site for readers and their programs: a real newsletter, asked over ASGI."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from urllib.parse import quote, unquote

import feedparser
import pytest

from newsletter.app import Newsletter
from storage.database.engine import Database
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.site import PIXEL, URL, Author, Client

FEEDS = {
    "/feed.xml": "application/rss+xml; charset=utf-8",
    "/atom.xml": "application/atom+xml; charset=utf-8",
    "/feed.json": "application/feed+json; charset=utf-8",
}


def make_author(folder: Path) -> Author:
    """An author with two issues, one of them with a picture, the other with tags."""
    writer = Author(folder, Clock(NOON), '[feeds]\nhub = "https://hub.example/"\n')
    writer.write("img/a.png", PIXEL)
    writer.write("img/private.png", PIXEL)
    writer.publish(
        "one.md", "Hello {{ name | there <3 }}.\n\n![Dot](img/a.png)", title="One & <two>"
    )
    writer.clock.move(days=1)
    writer.publish("two.md", "Second.", title="Two", tags='["ship it", "a/b"]')
    return writer


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Somebody who reads, and changes nothing."""
    writer = make_author(tmp_path_factory.mktemp("site"))
    with Client(writer.newsletter) as reader:
        yield reader
    writer.newsletter.close()


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """An author whose notes a test may change."""
    writer = make_author(tmp_path)
    yield writer
    writer.newsletter.close()


@pytest.fixture
def reader(author: Author) -> Iterator[Client]:
    """Somebody who reads that author."""
    with Client(author.newsletter) as asking:
        yield asking


class Elements(HTMLParser):
    """Every start tag of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps one."""
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of a name."""
        return [attributes for name, attributes in self.found if name == tag]


PAGES = ["/", "/about", "/archive", "/issues/two", "/tags/ship%20it", "/subscribe"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_made(client: Client, path: str) -> None:
    """A page has a language, one h1, landmarks, labels, a skip link first and no script that runs."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    page = Elements(response.text)
    assert page.named("html")[0]["lang"] == "en"
    assert len(page.named("h1")) == len(page.named("main")) == 1
    assert page.named("header")
    assert page.named("footer")
    assert page.named("a")[0] == {"class": "skip", "href": "#content"}
    assert all(one["type"] == "application/ld+json" for one in page.named("script"))
    assert not any(name.startswith(("on", "style")) for _, attrs in page.found for name in attrs)
    labels = {label["for"] for label in page.named("label")}
    assert {field["id"] for field in page.named("input")} == labels
    assert all("checked" not in field for field in page.named("input"))
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_announces_the_feeds(client: Client, path: str) -> None:
    """Each format is discovered by its type, title and absolute address (rule E25)."""
    links = Elements(client.get(path).text).named("link")
    announced = {link["type"]: link for link in links if link["rel"] == "alternate"}
    assert set(announced) == {kind.partition(";")[0] for kind in FEEDS.values()}
    assert all(str(link["href"]).startswith(f"{URL}/") for link in announced.values())
    assert all(link["title"] for link in announced.values())


@pytest.mark.parametrize("path", [*PAGES, *FEEDS, "/nope", "/static/site.css"])
def test_every_answer_protects_its_reader(client: Client, path: str) -> None:
    """No sniffing, no framing, no script, no cookie, whatever was asked for."""
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers
    assert headers["strict-transport-security"].startswith("max-age=")
    assert "camera=()" in headers["permissions-policy"]


@pytest.mark.parametrize("path", [*PAGES, *FEEDS, "/sitemap.xml", "/robots.txt", "/nope"])
def test_links_never_follow_the_host_header(client: Client, path: str) -> None:
    """A forged Host reaches no link (rule F8)."""
    response = client.get(path, x_forwarded_host="forged.example", x_forwarded_proto="gopher")
    assert "forged.example" not in response.text
    assert "forged.example" not in str(response.headers)


@pytest.mark.parametrize("path", [*PAGES, *FEEDS, "/media/img/a.png", "/nope"])
def test_head_is_get_without_the_body(client: Client, path: str) -> None:
    """HEAD has the status and the fields of GET, and nothing else (RFC 9110 9.3.2)."""
    got, head = client.get(path), client.head(path)
    assert head.content == b""
    assert head.status_code == got.status_code
    assert head.headers == got.headers


def test_author_text_is_escaped(client: Client) -> None:
    """A title is text, also where it looks like HTML; a merge field shows its default."""
    page = client.get("/issues/one").text
    assert "<h1>One &amp; &lt;two&gt;</h1>" in page
    assert "<two>" not in client.get("/").text
    assert "Hello there &lt;3." in page


def test_feeds_are_whole_and_typed(client: Client) -> None:
    """All formats hold every issue newest first, under the registered types (rule E19)."""
    for path, kind in FEEDS.items():
        response = client.get(path)
        assert response.headers["content-type"] == kind
        assert response.headers["cache-control"] == "public, max-age=900"
    for path in ("/feed.xml", "/atom.xml"):
        parsed = feedparser.parse(client.get(path).content)
        assert not parsed.bozo
        assert [entry.title for entry in parsed.entries] == ["Two", "One & <two>"]
    assert [item["title"] for item in json.loads(client.get("/feed.json").content)["items"]] == [
        "Two",
        "One & <two>",
    ]


def test_feeds_name_their_hub_in_the_headers(client: Client) -> None:
    """One hub and one self link, the self link being the canonical address (WebSub 4, rule E5)."""
    assert client.get("/tags/ship%20it/atom.xml").headers["link"] == (
        f'<https://hub.example/>; rel="hub", <{URL}/tags/ship%20it/atom.xml>; rel="self"'
    )


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
        return {path: reader.get(path).headers["last-modified"] for path in FEEDS}

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


def test_withdrawn_is_gone_and_comes_back(author: Author, reader: Client) -> None:
    """A removed note's page says 410 and leaves every list; restored, it is back (rule E10)."""
    kept = (author.notes / "two.md").read_text()
    (author.notes / "two.md").unlink()
    for _ in range(3):
        author.newsletter.poll()
        author.clock.move(minutes=5)
    gone = reader.get("/issues/two")
    assert gone.status_code == 410
    assert "withdrawn" in gone.text
    assert "/issues/two" not in reader.get("/archive").text
    assert "/issues/two" not in reader.get("/sitemap.xml").text
    assert reader.get("/tags/ship%20it").status_code == 404
    assert reader.get("/tags/ship%20it/feed.xml").status_code == 404
    author.write("two.md", kept)
    author.newsletter.poll()
    assert reader.get("/issues/two").status_code == 200


def test_a_former_slug_leads_on(author: Author, reader: Client) -> None:
    """A link that readers have keeps working when the author renames the issue."""
    author.publish("two.md", "Second.", title="Two", slug="the-second")
    moved = reader.get("/issues/two")
    assert moved.status_code == 301
    assert moved.headers["location"] == f"{URL}/issues/the-second"
    assert reader.get("/issues/the-second").status_code == 200


def test_media_are_those_of_live_issues(author: Author, reader: Client) -> None:
    """A picture is served if a live issue shows it, with its type, and nothing else ever is."""
    picture = reader.get("/media/img/a.png")
    assert picture.content == PIXEL
    assert picture.headers["content-type"] == "image/png"
    assert "sandbox" in picture.headers["content-security-policy"]
    again = reader.get("/media/img/a.png", if_none_match=picture.headers["etag"])
    assert again.status_code == 304
    for path in ("img/private.png", "one.md", "../newsletter.toml", "%2e%2e/secret", "%00"):
        assert reader.get(f"/media/{path}").status_code == 404
    author.write(
        "one.md", (author.notes / "one.md").read_text().replace("---\nH", "draft: true\n---\nH")
    )
    author.newsletter.poll()
    assert reader.get("/media/img/a.png").status_code == 404


def test_tags_with_odd_names(client: Client) -> None:
    """A tag with a slash or a blank has its page and its feeds, in any case; an unknown one has none."""
    for tag in ("a%2Fb", "ship%20it"):
        assert client.get(f"/tags/{tag}").status_code == 200
        assert f"{URL}/tags/{tag}/feed.xml" in client.get(f"/tags/{tag}").text
        assert client.get(f"/tags/{tag}/feed.json").status_code == 200
    for place in ("", "/feed.xml", "/atom.xml", "/feed.json"):
        other = client.get(f"/tags/SHIP%20it{place}")
        assert other.status_code == 301
        assert other.headers["location"] == f"{URL}/tags/ship%20it{place}"
    for other, feed in (("rss.xml", "feed.xml"), ("index.xml", "feed.xml"), ("atom", "atom.xml")):
        for tag in ("a%2Fb", "a/b", "SHIP%20it"):
            moved = client.get(f"/tags/{tag}/{other}")
            assert moved.status_code == 301
            spelt = tag.replace("/", "%2F").replace("SHIP", "ship")
            assert moved.headers["location"] == f"{URL}/tags/{spelt}/{feed}"
    assert client.get("/tags/none").status_code == 404
    assert client.get("/tags/none/rss.xml").status_code == 404
    assert client.get("/tags/a%2Fb/feed.rss").status_code == 404
    assert client.get("/tags/none/feed.xml").status_code == 404


def test_an_accent_may_be_written_apart(author: Author, reader: Client) -> None:
    """Files and addresses of a Mac have it so: it is the same tag, and the same issue."""
    apart, tag = (quote(unicodedata.normalize(form, "Été")) for form in ("NFD", "NFC"))
    author.publish("a.md", "Words.", title="A", slug="й", tags=f"[{unquote(apart)}]")
    author.publish("b.md", "Words.", title="B", tags=f"[{unquote(tag)}]")
    assert reader.get(f"/tags/{tag}").text.count("<h2>") == 2
    for place in ("", "/feed.xml"):
        moved = reader.get(f"/tags/{apart}{place}")
        assert (moved.status_code, moved.headers["location"]) == (301, f"{URL}/tags/{tag}{place}")
    assert reader.get(f"/issues/{quote('й')}").status_code == 200
    moved = reader.get(f"/issues/{quote(unicodedata.normalize('NFD', 'й'))}")
    assert moved.headers["location"] == f"{URL}/issues/{quote('й')}"


@pytest.mark.parametrize(
    ("asked", "status"), [("bytes=0-4", 206), ("Bytes=0-4", 206), ("rows=0-4", 200)]
)
def test_a_part_of_a_file_is_counted_in_octets(
    author: Author, reader: Client, asked: str, status: int
) -> None:
    """A player asks for parts; a unit that nobody knows is ignored (RFC 9110 14.2)."""
    author.write("ep.mp3", b"ID3" + bytes(500))
    author.publish("ep.md", "[Listen](ep.mp3)", title="Episode")
    answer = reader.get("/media/ep.mp3", range=asked)
    assert (answer.status_code, len(answer.content)) == (status, 5 if status == 206 else 503)


def test_about_comes_from_the_author(author: Author, reader: Client) -> None:
    """About shows about.md, the sender as a mail link and the author's pages as rel=me."""
    assert "a newsletter by Ada Example" in reader.get("/about").text
    author.write("about.md", "# Who I am\n\nSomebody who writes. <script>alert(1)</script>")
    page = reader.get("/about").text
    assert "<h1>Who I am</h1>" in page
    assert "Somebody who writes." in page
    assert "<script" not in page
    links = Elements(page).named("a")
    assert {"href": "mailto:notes@example.com"} in links
    assert {"href": "https://github.com/example", "rel": "me noopener"} in links


@pytest.mark.parametrize(
    ("path", "place"),
    [
        *((path, "/feed.xml") for path in ("/rss", "/rss/", "/rss.xml", "/feed/", "/index.xml")),
        *((path, "/atom.xml") for path in ("/atom", "/atom/", "/feed.atom")),
        *((path, "/archive") for path in ("/issues", "/tags")),
    ],
)
def test_usual_addresses_lead_on_at_once(client: Client, path: str, place: str) -> None:
    """Where other systems have their feeds, and what is left of an address that was cut short."""
    moved = client.get(path)
    assert (moved.status_code, moved.headers["location"]) == (301, f"{URL}{place}")


def test_a_trailing_slash_leads_to_the_page(client: Client) -> None:
    """A mistyped slash is put right, and never leads to another host."""
    moved = client.get("/archive/")
    assert (moved.status_code, moved.headers["location"]) == (308, f"{URL}/archive")
    assert client.get("/a%5C/").headers["location"] == f"{URL}/a%5C"
    assert client.get("/a%25%20/").headers["location"] == f"{URL}/a%25%20"
    away = client.ask("GET", "http://forged.example//evil.example/", headers={})
    assert away.headers["location"].startswith(f"{URL}/")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nope", 404), ("POST", "/feed.xml", 405), ("DELETE", "/subscribe", 405)],
)
def test_errors_are_pages(client: Client, method: str, path: str, status: int) -> None:
    """An error has its status, a page with a way on, and is not kept or indexed."""
    response = client.ask(method, path, headers={})
    assert response.status_code == status
    assert "<h1>" in response.text
    assert "noindex" in response.text
    assert response.headers["cache-control"] == "no-store"
    if status == 405:
        assert "GET, HEAD" in response.headers["allow"]


def test_a_lost_database_is_503(author: Author, reader: Client) -> None:
    """Without its tables the site says that it is busy; it stays alive, and not ready."""
    path = author.notes.parent / "newsletter.db"
    database = Database.open(f"sqlite:///{path}")
    with database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE meta RENAME TO lost")
    database.close()
    response = reader.get("/")
    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert "<h1>" in response.text
    assert reader.watch("/healthz").status_code == 200
    assert "newsletter_database_up 0.0" in reader.watch("/metrics").text


def test_vitals(client: Client) -> None:
    """Alive, ready, and counts of every state in Prometheus' format."""
    assert client.watch("/healthz").text == "ok\n"
    assert client.watch("/readyz").json()["ready"] is True
    client.get("/nope")
    client.get("/feed.xml")
    client.post("/subscribe", b"email=ada%40example.com")
    metrics = client.watch("/metrics").text
    assert 'newsletter_subscribers{state="active"} 0.0' in metrics
    assert 'newsletter_deliveries{state="accepted"} 0.0' in metrics
    assert 'newsletter_http_responses_total{method="GET",status="404"}' in metrics
    assert re.search(r'newsletter_feed_requests_total\{format="rss"\} [1-9]', metrics)
    assert re.search(r"newsletter_signup_requests_total [1-9]", metrics)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_strangers_learn_nothing_from_vitals(client: Client, path: str) -> None:
    """How many wait to confirm is not told on the site: it would betray a known address."""
    assert client.get(path).status_code == 404


CONTROLS = ("%00", "%0A", "%1B", "%7F", "%C2%85")
PLACES = (
    *("/{}", "/issues/{}", "/tags/{}", "/tags/{}/feed.xml", "/media/{}", "/static/{}"),
    *("/confirm/{}", "/unsubscribe/{}", "/preferences/{}", "/outbox/{}", "/webhooks/{}"),
)


def test_no_address_holds_a_control_character(tmp_path: Path, database_url: str) -> None:
    """A path with one is 404 in every place, whatever the database and the method."""
    writer = Author(tmp_path, Clock(NOON), f'[storage]\nurl = "{database_url}"\n')
    with Client(writer.newsletter) as stranger:
        for place, control in product(PLACES, CONTROLS):
            path = place.format(f"a{control}b")
            got = [ask(path).status_code for ask in (stranger.get, stranger.head, stranger.post)]
            assert got == [404, 404, 404], path
    writer.newsletter.close()


def test_crawlers_are_told(client: Client) -> None:
    """robots.txt closes readers' own links; the sitemap has every issue and no private page."""
    robots = client.get("/robots.txt").text
    for path in ("/confirm/", "/unsubscribe/", "/preferences/"):
        assert f"Disallow: {path}" in robots
    assert f"Sitemap: {URL}/sitemap.xml" in robots
    found = re.findall(r"<loc>(.*?)</loc>", client.get("/sitemap.xml").text)
    assert f"{URL}/issues/one" in found
    assert f"{URL}/tags/a%2Fb" in found


def test_own_files_may_be_kept_for_ever(client: Client) -> None:
    """A page links its style sheet by content, so that it may be cached without end."""
    link = re.search(r'href="(/static/site\.css\?[0-9a-f]+)"', client.get("/").text)
    assert link is not None
    assert "immutable" in client.get(link[1]).headers["cache-control"]
    assert "immutable" not in client.get("/static/site.css?0").headers["cache-control"]
