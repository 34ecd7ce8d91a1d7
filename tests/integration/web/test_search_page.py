"""The archive searched by a reader: a field, what was found, pages of it; no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from newsletter.searching import Hits, Searching
from tests.conftest import NOON
from tests.sizes import examples
from tests.worlds.clock import Clock
from tests.worlds.readers.site import URL, Author, Client
from web.pages import Frame, Pages


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Somebody who searches an archive of thirteen issues."""
    author = Author(tmp_path_factory.mktemp("search"), Clock(NOON))
    for number in range(12):
        author.write(
            f"{number}.md",
            f"---\npublish: 2020-01-{number + 1:02}\ntitle: Number {number}\n---\nCommon words.\n",
        )
    author.publish("tea.md", "Hello {{ name | friend }}, **Café** & tea.", title="On <tea>")
    with Client(author.newsletter) as reader:
        yield reader
    author.newsletter.close()


def test_an_issue_is_found_and_quoted(client: Client) -> None:
    """With its title, date and words, what was asked for marked; merge fields as readers see them."""
    answer = client.get("/search?q=cafe")
    assert answer.status_code == 200
    assert "1 issue found" in answer.text
    assert '<a href="/issues/tea">On &lt;tea&gt;</a>' in answer.text
    assert "Hello friend, <mark>Café</mark> &amp; tea." in answer.text
    assert 'value="cafe"' in answer.text
    assert answer.headers["x-robots-tag"] == "noindex, follow"
    assert "<script" not in answer.text


def test_pages_of_results_lead_to_each_other(client: Client) -> None:
    """Ten on a page; what follows is one link away, and so is what was before."""
    first = client.get("/search?q=common words")
    assert "12 issues found" in first.text
    assert first.text.count("<mark>") == 20
    (following,) = re.findall(r'rel="next"[^>]*href="([^"]+)"', first.text)
    second = client.get(following.replace("&amp;", "&"))
    assert second.text.count("<h2>") == 2
    assert 'rel="prev"' in second.text
    assert 'rel="next"' not in second.text
    for odd in ("0", "-1", "x", "99999999999999999999", "٣"):
        assert client.get(f"/search?q=common&page={odd}").status_code == 200


def test_nothing_found_is_said(client: Client) -> None:
    """And without a query there is the field alone."""
    assert "Nothing was found" in client.get("/search?q=absent").text
    for empty in ("/search", "/search?q=", "/search?q=%2B%2B"):
        assert 'role="status"' not in client.get(empty).text


@given(st.text(max_size=300))
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_breaks_the_page(client: Client, query: str) -> None:
    """It is shown back as text, if it is shown, and never as markup."""
    text = query.encode("utf-8", "replace").decode()
    answer = client.get(f"/search?q={quote(text)}")
    assert answer.status_code == 200
    if "<" in text.strip():
        assert escape(text.strip()) in answer.text or text.strip() not in answer.text


def test_an_answer_is_kept_until_the_archive_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for the same words is given it without the index being asked, and has an issue as soon as it is there."""
    author = Author(tmp_path, Clock(NOON))
    author.publish("tea.md", "Common words.", title="Tea")
    asked: list[str] = []
    find = author.newsletter.parts.searching.find

    def counted(_: Searching, query: str, page: int) -> Hits:
        asked.append(query)
        return find(query, page)

    monkeypatch.setattr(Searching, "find", counted)
    with Client(author.newsletter) as reader:
        first, again = (reader.get("/search?q=common") for _ in range(2))
        assert (first.text, asked) == (again.text, ["common"])
        known = {"If-None-Match": first.headers["etag"]}
        assert reader.get("/search?q=common", **known).status_code == 304
        assert "1 issue found" in first.text
        author.publish("coffee.md", "Common words.", title="Coffee")
        assert "2 issues found" in reader.get("/search?q=common", **known).text
    author.newsletter.close()


def test_browsers_and_readers_find_the_field(client: Client) -> None:
    """The archive has it; pages name its description, which is well-formed and leads here."""
    assert 'action="/search"' in client.get("/archive").text
    assert 'rel="search"' in client.get("/").text
    described = client.get("/opensearch.xml")
    assert described.headers["content-type"].startswith("application/opensearchdescription+xml")
    tree = etree.fromstring(described.content)
    templates = [url.get("template") for url in tree if url.get("template")]
    assert f"{URL}/search?q={{searchTerms}}" in templates
    assert "Disallow: /search" in client.get("/robots.txt").text


def test_an_empty_archive_has_no_field(tmp_path: Path) -> None:
    """There is nothing to find."""
    author = Author(tmp_path, Clock(NOON))
    with Client(author.newsletter) as reader:
        assert 'action="/search"' not in reader.get("/archive").text
        assert "Nothing was found" in reader.get("/search?q=x").text
    author.newsletter.close()


@pytest.mark.parametrize("is_partial", [True, False])
def test_it_is_said_that_older_issues_were_left_out(tmp_path: Path, is_partial: bool) -> None:
    """Also where nothing was found: there may be something in them."""
    author = Author(tmp_path, Clock(NOON))
    found = Hits(query="x", is_partial=is_partial)
    page = Pages.of(author.newsletter).render("search.html", Frame(title="Search"), found=found)
    assert ("Older issues were left out" in page) == is_partial
    author.newsletter.close()
