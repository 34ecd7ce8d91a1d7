"""What the renderer wrote itself is cleaned without asking about each attribute, and comes out the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.html import _CLEAN, _WRITTEN_CLEANER, _repair, sanitise, sanitise_written
from feeds.markdown.parser import PARSER
from feeds.markdown.render import _lay_out
from feeds.markdown.speech import speaking
from tests.sizes import examples
from tests.unit.feeds.markdown.test_render import FRAGMENTS, Published
from tests.worlds.rows import each
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


@each(
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


WITHOUT_TAGS = (
    *OWN, *(one for one in FRAGMENTS if "<" not in one), *("<https://e.example/a>", "[[Other|b]]", "[[Other]]"),
    *("```python\n'a' \"b\" # <c>&\n```\n", "[a https://e.example b](other.md)", "    <i>\n", "\n: d\n", "a\n: b\n"),
    *('[a](other.md "<b> \"c\"")', "![&quot;](x.png)", "\xa0", "'\"", "&nbsp;&lt;b&gt;", "[a <https://e.example> b](other.md)"),
    *("| a | b |\n|:-|-:|\n| c | d |\n", "> [!warning] a\n", "1. a\n   - b\n\n     c\n", "\\<", "\n\n", "~~", "- [-] a\n"),
)  # fmt: skip


@given(st.lists(st.sampled_from(WITHOUT_TAGS), max_size=30).map("".join))
@settings(max_examples=examples(400), deadline=None)
def test_what_is_not_cleaned_would_have_come_out_the_same(body: str) -> None:
    """HTML that the sanitiser is spared is what it would have made of it, to the letter."""
    with speaking(words_of("en")):
        laid = _lay_out(body, "note.md", Published(), None, title="", toc=False)
    html = str(PARSER.renderer.render(laid.tokens, PARSER.options, laid.env))
    assert not laid.is_judged or sanitise_written(html) == _repair(_WRITTEN_CLEANER.clean(html))


@each(
    "html",
    [
        "<script>a</script>",
        '<a href="javascript:x" rel="noopener">a</a>',
        '<a href="https:evil" rel="noopener">a</a>',
        '<a href="https://a.example">a</a>',
        '<a href="#a" rel="noopener"><a href="#b" rel="noopener">c</a></a>',
        '<a href="#a" rel="noopener">never closed',
        '<a href="#a" onclick="x" rel="noopener">a</a>',
        '<a href="#a"b" rel="noopener">a</a>',
        '<img src="javascript:x" alt="">',
        '<img src="https://a.example/x.png" alt="" onerror="x">',
        "<p style='x'>a</p>",
        "<P>a</P>",
        '<span class="hl-x">a</span>',
        "<div>a</div>",
        "a < b",
        "a & b",
        "<h1>a</h1>",
        "a\r\nb",
        "a\x00b",
        "<p",
        "<p>a</p>\n<",
        '<a href="#a',
        '<a href="https://a.a',
        '<img src="https://a.a',
        '<a href="#a" rel="noopener"',
        '<a href="#a" rel="noopener"><p>',
        '<ol start="12345">',
    ],
)
def test_only_what_the_allow_list_has_is_spared(html: str) -> None:
    """Whatever is not plainly harmless and whole goes through the sanitiser."""
    assert _CLEAN.match(html) is None


def test_a_usual_note_is_spared() -> None:
    """Most notes are as the sanitiser would write them: that is what makes it quick."""
    body = 'a "b" *c* `d` [e](other.md) ![f](x.png)\n\n- g\n\n> h\n\n| i |\n|-|\n| j |\n\n```python\nk = "l"\n```\n'
    with speaking(words_of("en")):
        laid = _lay_out(body, "note.md", Published(), None, title="", toc=False)
    html = str(PARSER.renderer.render(laid.tokens, PARSER.options, laid.env))
    assert _CLEAN.match(html) is not None


@each(
    ("body", "html"),
    [
        ("a <text>b</text> <set x=1>c", "<p>a b c</p>"),
        ("<list item='>'>\n\nwords\n\n</list>\n\nmore", "<p>words</p>\n\n<p>more</p>"),
        ("<div>\n<not equal=x>b\n</div>", "<div>\nb\n</div>"),
        (
            '<img src="https://e.example/x" alt="<path x=1>">',
            '<img src="https://e.example/x" alt="&lt;path x=1&gt;">',
        ),
        ("<svg><text>b</text></svg> c", "<p>c</p>"),
    ],
)
def test_words_within_tags_of_no_html_are_there(body: str, html: str) -> None:
    """Also where MathML or SVG have that name, for which the library takes all away; of a whole drawing all goes."""
    assert written(body)[2].strip() == html


@each(
    ("body", "html"),
    [
        ('a <a name="top">b</a> c', "<p>a b c</p>"),
        (
            '<a href="javascript:x" title="t">b</a> [c](https://e.example/)',
            '<p>b <a href="https://e.example/" rel="noopener">c</a></p>',
        ),
        (
            '<a title="t" href="https://e.example/">b</a>',
            '<p><a title="t" href="https://e.example/" rel="noopener">b</a></p>',
        ),
        ('<a id="x"></a>b', "<p>b</p>"),
    ],
)
def test_what_leads_nowhere_is_no_link(body: str, html: str) -> None:
    """Its words stay; nobody is shown a link that cannot be followed (rule D13)."""
    assert written(body)[2].strip() == html
