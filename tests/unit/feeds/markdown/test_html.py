"""What the renderer wrote itself is cleaned without asking about each attribute, and comes out the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.html import sanitise, sanitise_written
from feeds.markdown.parser import PARSER
from feeds.markdown.render import _lay_out
from feeds.markdown.speech import speaking
from tests.sizes import examples
from tests.unit.feeds.markdown.test_render import FRAGMENTS, Published
from words import words_of

OWN = (
    *("# Part {#one}\n", "## One\n", "[go](#one)", "[p](#part)", "10000. a\n", "9999. a\n", "![a|300](x.png)"),
    *("[a](other.md)", "[a](https://e.example/ü?b&c)", "[a](javascript:x)", "[a](//x)", "[TOC]\n\n", "*[a]: b\n"),
    *('![a](x.png "Caption")', "> [!tip] b\n> c\n", "[a](mailto:x@e.example)", ":tada:", "==a=="),
)  # fmt: skip


def written(body: str) -> tuple[bool, str, str]:
    """Whether a note's attributes were judged, its HTML cleaned in the quick way, and with each of them asked about."""
    with speaking(words_of("en")):
        laid = _lay_out(body, "note.md", Published(), None, title="", toc=False)
    html = str(PARSER.renderer.render(laid.tokens, PARSER.options, laid.env))
    return laid.is_judged, sanitise_written(html), sanitise(html, laid.resolver)


@given(st.lists(st.sampled_from([*OWN, *FRAGMENTS]), max_size=30).map("".join))
@settings(max_examples=examples(400), deadline=None)
def test_what_was_judged_is_cleaned_the_same(body: str) -> None:
    """Of a note without raw HTML nothing is let through that asking about each attribute would have removed."""
    is_judged, quick, careful = written(body)
    assert not is_judged or quick == careful


@pytest.mark.parametrize(
    "body", ["a <b>b</b>", "<div>\n\na", "- <i>a</i>", "[<i>a</i>](other.md)", "|a|\n|-|\n|<i>a|"]
)
def test_raw_html_is_judged_by_the_cleaner(body: str) -> None:
    """Wherever an author writes a tag, each attribute of the note is asked about."""
    assert written(body)[0] is False


@pytest.mark.parametrize(
    "body", ["words", "# a\n\n*b* [c](other.md) ![d](x.png)\n\n1. e\n\n> f[^1]\n\n[^1]: g"]
)
def test_what_has_no_html_is_judged_before(body: str) -> None:
    """Most notes are cleaned in the quick way."""
    assert written(body)[0] is True
