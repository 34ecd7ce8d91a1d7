"""Links that stay on the site, and whether they lead anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.worlds.rows import each
from web.building.links import find_links, is_dead

URL = "https://example.com/blog"
FILES = {
    "index.html",
    "about/index.html",
    "issues/日本/index.html",
    "media/a b.png",
    "tags/a/b/index.html",
}


@each(
    ("link", "dead"),
    [
        ("/blog", False),
        ("/blog/", False),
        ("/blog/about", False),
        ("/blog/about/", False),
        ("/blog/about?x#y", False),
        ("https://example.com/blog/about", False),
        ("/blog/issues/%E6%97%A5%E6%9C%AC", False),
        ("/blog/media/a%20b.png", False),
        ("/blog/tags/a%2Fb", False),
        ("/blog/confirm/TOKEN", False),
        ("/blog/search?q=x", False),
        ("/blog/nothing", True),
        ("https://example.com/blog/nothing", True),
        ("/blog/subscribers", True),
    ],
)
def test_a_link_is_dead_where_neither_a_file_nor_the_service_answers(link: str, dead: bool) -> None:
    """Relative to the host or whole, encoded or not, with or without what follows the path."""
    assert is_dead(link, URL, FILES) is dead


def test_links_that_lead_elsewhere_are_nobodys_business() -> None:
    """Other hosts, other parts of this one, mail, the page itself, nonsense."""
    html = "".join(
        f'<a class="x" href="{link}">x</a>'
        for link in (
            *("https://other.example/blog/x", "/elsewhere", "/blogs", "mailto:a@example.com"),
            *("#part", "", "?q=1", "//other.example/x", "http://[::1", "relative"),
        )
    )
    assert list(find_links(html, URL)) == []


def test_every_kind_of_link_is_found_once() -> None:
    """Of pages, pictures, styles and sounds; entities are read."""
    html = (
        '<a href="/blog/x?a=1&amp;b=2">x</a><a rel="tag" href="/blog/x?a=1&amp;b=2">x</a>'
        '<img alt="" src="/blog/media/i.png"><link rel="stylesheet" href="/blog/static/s.css">'
    )
    found = ["/blog/x?a=1&b=2", "/blog/media/i.png", "/blog/static/s.css"]
    assert list(find_links(html, URL)) == found


@given(st.text(max_size=50))
def test_no_link_is_too_odd_to_be_judged(link: str) -> None:
    """Whatever stands there, there is an answer."""
    assert is_dead(link, URL, FILES) in (True, False)
