"""What the site wears: pictures, previews, themes, and what programs look for at fixed places."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from storage.model import ConfigError, palette_of
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import PIXEL, URL, Author, Client
from web.pages.theme import Theme

SITE = """
[site]
accent = "#ffcc00"
logo = "logo.svg"
portrait = "me.jpg"
cover = "cover.png"
theme = "theme"
humans = "humans.txt"
security_contact = "mailto:safety@example.com"
"""
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="88" height="88"><rect width="88" height="88" fill="red"/></svg>'
BODY = "## One\n\nWords.\n\n```\ncode\n```\n"


def _picture(size: tuple[int, int], kind: str) -> bytes:
    made = BytesIO()
    Image.new("RGB", size, "#336699").save(made, kind)
    return made.getvalue()


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Author]:
    """An author who dresses the site, with a theme of which one file is broken and one fails."""
    folder = tmp_path_factory.mktemp("looks")
    (folder / "logo.svg").write_text(LOGO)
    (folder / "me.jpg").write_bytes(_picture((900, 600), "JPEG"))
    (folder / "cover.png").write_bytes(_picture((2000, 1000), "PNG"))
    (folder / "humans.txt").write_text("Ada, with patience ☕\n", "utf-8")
    (folder / "theme").mkdir()
    (folder / "theme" / "theme.css").write_text("h1 { letter-spacing: 0 }")
    (folder / "theme" / "archive.html").write_text("fine\n\n{{ nothing.of.that }}")
    (folder / "theme" / "about.html").write_text("fine\n{% if %}")
    (folder / "theme" / "subscribe.html").write_text(
        '{% extends "ours/subscribe.html" %}\n{% block content %}<p>Mine.</p>{{ super() }}{% endblock %}'
    )
    writer = Author(folder, Clock(NOON), SITE)
    writer.write("a.png", PIXEL)
    writer.publish("one.md", BODY, title="On <lamps> & tides", tags='["sea"]')
    writer.publish("two.md", "![A](a.png)", title="Two", image="a.png", image_alt="A dot")
    writer.publish("three.md", "متن", title="ما تعلّمه المنارة", slug="three", lang="ar")
    yield writer
    writer.newsletter.close()


@pytest.mark.parametrize(
    ("name", "is_idle"), [("own.css", True), ("theme.css", False), ("home.html", False)]
)
def test_a_theme_that_changes_nothing_is_told(tmp_path: Path, name: str, is_idle: bool) -> None:
    """A style sheet by another name than those that are used is served, and nothing more."""
    (tmp_path / name).write_text("")
    with capture_logs() as logs:
        Theme(tmp_path, palette_of(""), {})
    assert ["theme.idle" in one["event"] for one in logs] == [True] * is_idle


@pytest.fixture(scope="module")
def client(author: Author) -> Iterator[Client]:
    """Somebody who looks."""
    with Client(author.newsletter) as somebody:
        yield somebody


def _meta(page: str, name: str) -> str:
    found = re.search(rf'<meta (?:property|name)="{name}" content="([^"]*)">', page)
    return found[1] if found else ""


def test_pictures_are_as_large_as_their_places(client: Client) -> None:
    """The author's files come small, with a size that the page says; twice as large, for fine screens."""
    home = client.get("/").text
    sizes = {"logo.png": (44, 44), "portrait.jpg": (88, 88), "cover.jpg": (640, 320)}
    for name, (width, height) in sizes.items():
        found = re.search(
            rf'<img[^>]* src="(/static/{name}\?\w+)" width="{width}" height="{height}"', home
        )
        assert found, name
        answer = client.get(found[1])
        assert "immutable" in answer.headers["cache-control"]
        shown = Image.open(BytesIO(answer.content))
        assert shown.width in {width, 2 * width}, name
        assert shown.width * height == shown.height * width
        assert len(answer.content) < 30_000


def test_icons_are_where_browsers_look(client: Client) -> None:
    """A square logo is the icon, at every address that is asked for unasked."""
    assert Image.open(BytesIO(client.get("/favicon.ico").content)).format == "ICO"
    touch = client.get("/apple-touch-icon.png")
    assert touch.headers["content-type"] == "image/png"
    icon = re.search(r'<link rel="icon" href="([^"]+)"', client.get("/").text)
    assert icon
    assert client.get(icon[1]).content == touch.content


@pytest.mark.parametrize("slug", ["one", "three"])
def test_an_issue_without_a_picture_has_one_of_its_title(client: Client, slug: str) -> None:
    """1200 by 630, made once, at an address that changes with the title."""
    page = client.get(f"/issues/{slug}").text
    address = _meta(page, "og:image").removeprefix(URL)
    assert re.fullmatch(rf"/media/\.preview/{slug}\.png\?[0-9a-f]{{16}}", address)
    answer = client.get(address)
    shown = Image.open(BytesIO(answer.content)).convert("RGB")
    assert shown.size == (1200, 630)
    assert len(shown.getcolors(100_000) or []) > 10, "there are letters on it"
    assert len(answer.content) < 60_000
    assert client.get(address, if_none_match=answer.headers["etag"]).status_code == 304
    assert _meta(page, "twitter:card") == "summary_large_image"


def test_a_picture_of_the_notes_is_the_preview(client: Client) -> None:
    """Where the author names one."""
    page = client.get("/issues/two").text
    assert _meta(page, "og:image") == f"{URL}/media/a.png"
    assert _meta(page, "og:image:alt") == "A dot"


@pytest.mark.parametrize(
    "path", ["/media/.preview/gone.png", "/static/nothing.png", "/static/..%2fa"]
)
def test_there_is_no_picture_of_what_is_not_there(client: Client, path: str) -> None:
    """404, and nothing is drawn."""
    assert client.get(path).status_code == 404


def test_an_issue_tells_machines_what_it_is(client: Client) -> None:
    """A BlogPosting with its author and dates, in a script that runs nothing."""
    page = client.get("/issues/one").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found
    data = json.loads(found[1])
    assert data["@type"] == "BlogPosting"
    assert data["headline"] == "On <lamps> & tides"
    assert data["author"]["name"] == "Ada Example"
    assert data["datePublished"].startswith("2026-")
    assert _meta(page, "article:tag") == "sea"


def test_the_one_script_is_allowed_by_its_hash(client: Client) -> None:
    """It stands only where there is code, and no other one could run."""
    answer = client.get("/issues/one")
    script = re.search(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    assert script
    digest = b64encode(sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in answer.headers["content-security-policy"]
    assert "<script>" not in client.get("/issues/two").text


def test_a_theme_stands_over_ours_where_it_works(author: Author) -> None:
    """What is broken or fails is told with file and line, once, and ours is shown."""
    folder = author.notes.parent / "theme"
    with capture_logs() as logs, Client(author.newsletter) as somebody:
        assert "<p>Mine.</p>" in somebody.get("/subscribe").text
        for _ in range(2):
            assert "Reach Ada Example" in somebody.get("/about").text
            assert "<h1>Archive</h1>" in somebody.get("/archive").text
        css = re.search(r'href="(/static/site\.css\?\w+)"', somebody.get("/").text)
        assert css
        assert somebody.get(css[1]).text.endswith("h1 { letter-spacing: 0 }")
    told = [(one["file"], one["line"]) for one in logs if one["event"] == "theme.broken"]
    assert sorted(told) == [(str(folder / "about.html"), 2), (str(folder / "archive.html"), 3)]


def test_who_made_it_and_where_to_tell_of_faults(client: Client, author: Author) -> None:
    """humans.txt in the author's words; security.txt with all that RFC 9116 asks for."""
    assert client.get("/humans.txt").text == "Ada, with patience ☕\n"
    said = client.get("/.well-known/security.txt").text.splitlines()
    assert said[0] == "Contact: mailto:safety@example.com"
    assert said[1].startswith("Expires: 2027-05-")
    assert said[2:] == ["Preferred-Languages: en", f"Canonical: {URL}/.well-known/security.txt"]


def test_mail_wears_accent_and_logo(author: Author) -> None:
    """The accent as dark as it must be to be read, and the logo as the site serves it."""
    html = author.newsletter.preview("one.md").html
    assert f'src="{URL}/static/logo.png" width="44" height="44"' in html
    assert "#ffcc00" not in html
    assert [one.code for one in author.newsletter.config.warnings].count("accent") == 1


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (PIXEL[:16] + (12_000).to_bytes(4) + (9_000).to_bytes(4) + PIXEL[24:], "40 million pixels"),
        (LOGO.replace("<svg", '<!DOCTYPE svg [<!entity a "b">]><svg', 1).encode(), "entities"),
        (LOGO.replace("</svg>", " " * 2_000_000 + "</svg>").encode(), "2 MB"),
        (b"no picture", "no PNG"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_refused(
    tmp_path: Path, picture: bytes, told: str
) -> None:
    """At the start, by name: readers would see a gap on each page, and the author nothing but the log."""
    (tmp_path / "logo.svg").write_bytes(picture)
    with pytest.raises(ConfigError, match=rf"\[site\] logo: .*{told}"):
        Author(tmp_path, Clock(NOON), '[site]\nlogo = "logo.svg"\n')


def test_nothing_is_there_where_nothing_is_configured(tmp_path: Path) -> None:
    """No humans.txt, no security.txt, no picture; an icon there always is."""
    writer = Author(tmp_path, Clock(NOON))
    with Client(writer.newsletter) as somebody:
        for path in (
            "/humans.txt",
            "/.well-known/security.txt",
            "/static/logo.png",
            "/static/cover.jpg",
        ):
            assert somebody.get(path).status_code == 404
        assert Image.open(BytesIO(somebody.get("/favicon.ico").content)).format == "ICO"
        assert "<img" not in somebody.get("/").text
    writer.newsletter.close()
