"""Notes in several languages: on their pages, in feeds, and in mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import pytest

from storage.model.issues import Mailing
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import CONFIG, URL, Author, Client

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """One note in four languages, of which the English ones are mailed, and one in one."""
    writer = Author(tmp_path, Clock(NOON), '[notes]\nlanguages = ["en"]\n')
    writer.newsletter.subscriptions.add("ada@example.com", consent="told me so")
    writer.have_due("hello.md", "# Hello\n\nWords.")
    writer.have_due("hello.de.md", "# Hallo\n\nWorte.")
    writer.have_due("ja/hello.md", "# こんにちは\n\n言葉。")
    writer.have_due("shalom.md", "# שלום\n\nמילים.", lang="he", translationKey="Hello")
    writer.have_due("other.md", "# Other\n\nWords.")
    writer.newsletter.poll()
    yield writer
    writer.newsletter.close()


def test_pages_lead_to_their_translations(author: Author) -> None:
    """For readers in the words of each language, for search engines as `hreflang`, itself included."""
    with Client(author.newsletter) as reader:
        page = reader.get("/issues/hello").text
        assert f'<link rel="alternate" hreflang="en" href="{URL}/issues/hello">' in page
        assert f'<link rel="alternate" hreflang="ja" href="{URL}/issues/hello-ja">' in page
        german = reader.get("/issues/hello-de").text
        assert f'<link rel="alternate" hreflang="en" href="{URL}/issues/hello">' in german
        assert 'hreflang="ja" lang="ja">日本語</a>' in german
        assert "hreflang" not in reader.get("/issues/other").text


def test_the_sitemap_leads_to_all_versions(author: Author) -> None:
    """Each version names all of them, itself included, in the namespace that search engines read; an issue in
    one language names none.
    """
    with Client(author.newsletter) as reader:
        root = ET.fromstring(reader.get("/sitemap.xml").content)
    said = {
        url.findtext(f"{SITEMAP}loc"): {
            one.attrib["hreflang"]: one.attrib["href"]
            for one in url.findall("{http://www.w3.org/1999/xhtml}link[@rel='alternate']")
        }
        for url in root.findall(f"{SITEMAP}url")
    }
    versions = {"en": "hello", "de": "hello-de", "ja": "hello-ja"}
    wanted = {language: f"{URL}/issues/{slug}" for language, slug in versions.items()}
    assert said[f"{URL}/issues/hello"] == wanted
    assert said[f"{URL}/issues/hello-ja"] == wanted
    assert said[f"{URL}/issues/shalom"] == said[f"{URL}/issues/other"] == {}


def test_only_the_languages_that_are_named_are_mailed(author: Author) -> None:
    """By the end of the name, by a folder, by a key."""
    states = {one.path: one.mailing for one in author.newsletter.publication.live()}
    off = {path for path, mailing in states.items() if mailing is Mailing.OFF}
    assert off == {"hello.de.md", "ja/hello.md", "shalom.md"}


def test_a_translation_that_goes_is_linked_no_more(author: Author) -> None:
    """And comes back with it."""
    (author.notes / "ja" / "hello.md").unlink()
    author.newsletter.poll()
    with Client(author.newsletter) as reader:
        assert 'hreflang="ja"' not in reader.get("/issues/hello").text
        assert 'hreflang="de"' in reader.get("/issues/hello").text


def test_entries_of_feeds_say_their_language(author: Author) -> None:
    """In each format as it can, and in their own HTML with the direction."""
    with Client(author.newsletter) as reader:
        items = {one["title"]: one for one in json.loads(reader.get("/feed.json").content)["items"]}
        assert [items[name].get("language") for name in ("שלום", "Other")] == ["he", None]
        assert items["שלום"]["content_html"].startswith('<div lang="he" dir="rtl">')
        assert items["Other"]["content_html"].startswith("<p>")
        atom = feedparser.parse(reader.get("/atom.xml").content)
        assert {one.title: one.content[0].language for one in atom.entries}["שלום"] == "he"
        rss = feedparser.parse(reader.get("/feed.xml").content)
        assert not rss.bozo
        assert {one.title: one.get("language") for one in rss.entries}["שלום"] == "he"


@pytest.mark.parametrize(
    ("newsletter", "other", "title", "text"),
    [
        ("ar", "ltr", "On lamps", "The lamp burns each night."),
        ("en", "rtl", "المنارة", "تفعل المنارة شيئًا واحدًا كل ليلة."),
    ],
)
def test_a_note_without_a_language_is_laid_as_it_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    newsletter: str,
    other: str,
    title: str,
    text: str,
) -> None:
    """A full stop of English stands behind its sentence in an Arabic newsletter, and what the page says of the
    issue goes as the newsletter does: on pages, in lists, what is found and feeds.
    """
    config = CONFIG.replace("author =", f'language = "{newsletter}"\nauthor =')
    monkeypatch.setattr("tests.worlds.readers.site.CONFIG", config)
    author = Author(tmp_path, Clock(NOON))
    author.publish("one.md", text, title=title, slug="one", summary=text)
    own, said = ("rtl", "ltr")[other == "rtl"], f' dir="{other}">'
    with author.newsletter, Client(author.newsletter) as reader:
        page = reader.get("/issues/one").text
        assert f"<article{said}" in page
        assert f'<p class="date" dir="{own}">' in page
        for path in ("/", "/archive", f"/search?q={title.rsplit(maxsplit=1)[-1]}"):
            assert f'/issues/one"{said}{title}</a>' in reader.get(path).text
        assert f"<bdi{said}{text}</bdi>" in reader.get("/").text
        (item,) = json.loads(reader.get("/feed.json").content)["items"]
        assert item["content_html"].startswith(f'<div lang="{newsletter}"{said}')
        assert "language" not in item


def test_a_title_is_read_aloud_in_its_language(author: Author) -> None:
    """Wherever it stands in another page: on the home page, in the archive, beside other issues, in what is shared."""
    author.publish("sea.md", "# 海\n\n言葉。", lang="ja", summary="海について", tags="sea")
    author.publish("later.md", "# Later\n\nWords.")
    with Client(author.newsletter) as client:
        for path in ("/", "/archive", "/tags/sea"):
            page = client.get(path).text
            assert '<a href="/issues/sea" lang="ja" dir="ltr">海</a>' in page, path
            assert path == "/archive" or '<p lang="ja">' in page, path
        assert '<bdi lang="ja">海</bdi>' in client.get("/issues/later").text
        own, other = client.get("/issues/sea").text, client.get("/issues/later").text
    assert '<meta property="og:locale" content="ja">' in own
    assert '<meta property="og:locale" content="en">' in other
