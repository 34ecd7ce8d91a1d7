"""Where a form stood and what it showed, out of what a request says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.worlds.rows import each
from web.http.standing import Standing, find_standing, read_page

HOME = "https://notes.example.com/blog"
FORM = f"{HOME}/subscribe"


def find(referer: str = "", origin: str = "", told: str = "") -> Standing:
    """Of a newsletter with a path of its own."""
    return find_standing(
        home=HOME, form=FORM, words="ours", referer=referer, origin=origin, told=told
    )


@each(
    ("said", "page", "words"),
    [
        ({}, FORM, "ours"),
        ({"origin": "null"}, FORM, "ours"),
        ({"referer": "nonsense", "origin": "https://[::1"}, FORM, "ours"),
        ({"referer": f"{HOME}/issues/one?utm=x#y"}, f"{HOME}/issues/one", "ours"),
        ({"referer": f"{HOME}/", "told": "theirs"}, HOME, "ours"),
        (
            {"referer": "https://me:pass@shop.example/a?token=1", "told": " They \n said "},
            "https://shop.example/a",
            "They said",
        ),
        (
            {"origin": "https://shop.example"},
            "https://shop.example",
            "(the page did not tell which words it showed)",
        ),
        (
            {"referer": "https://notes.example.com/blogs"},
            "https://notes.example.com/blogs",
            "(the page did not tell which words it showed)",
        ),
    ],
)
def test_a_page_and_its_words_are_kept(said: dict[str, str], page: str, words: str) -> None:
    """Our words are kept of our own pages alone; of others what they tell, or that they did not."""
    assert find(**said) == Standing(page=page, words=words)


@given(st.text(max_size=3000))
def test_whatever_is_said_is_bounded(said: str) -> None:
    """A page has at most 500 characters, none of them unseen, and no login."""
    page = read_page(said)
    assert len(page) <= 500
    assert not page or page.startswith(("http://", "https://"))
    assert not any(character.isspace() for character in page)
    assert len(find(referer="https://a.example/", told=said).words) <= 1000
