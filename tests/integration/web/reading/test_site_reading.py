"""The site for readers and their programs: a real newsletter, asked over ASGI."""

from __future__ import annotations

import json
import re
import unicodedata
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
from tests.worlds.readers.site import PIXEL, URL, Author, Client

FEEDS = {
    "/feed.xml": "application/rss+xml; charset=utf-8",
    "/atom.xml": "application/atom+xml; charset=utf-8",
    "/feed.json": "application/feed+json; charset=utf-8",
}


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
    olds = {
        "rss.xml": "feed.xml",
        "index.xml": "feed.xml",
        "feed": "feed.xml",
        "feed/": "feed.xml",
        "atom": "atom.xml",
    }
    for other, feed in olds.items():
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


def test_questions_go_where_answers_go(author: Author) -> None:
    """Pages name `reply_to`, where it is said, and not the sender, whose mailbox may take bounces alone."""
    said = {"NEWSLETTER_NEWSLETTER__REPLY_TO": "Ada <ada@example.org>"}
    config = author.newsletter.config.source
    with Newsletter.open(config, environ=said) as newsletter, Client(newsletter) as reader:
        for path in ("/about", "/subscribe", "/confirm/stale"):
            page = reader.get(path).text
            assert "mailto:ada@example.org" in page
            assert "notes@example.com" not in page


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
    """A mistyped slash is put right with all that was asked, and never leads to another host."""
    moved = client.get("/archive/")
    assert (moved.status_code, moved.headers["location"]) == (308, f"{URL}/archive")
    assert client.get("/a%5C/").headers["location"] == f"{URL}/a%5C"
    assert client.get("/a%25%20/").headers["location"] == f"{URL}/a%25%20"
    asked = client.get("/search/?q=a%20b&q=%2F")
    assert asked.headers["location"] == f"{URL}/search?q=a%20b&q=%2F"
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
        for table in ("meta", "issues"):
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO lost_{table}")
    database.close()
    response = reader.get("/")
    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert "<h1>" in response.text
    assert reader.get("/nope").status_code == 503  # it may have been the address of an issue
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
