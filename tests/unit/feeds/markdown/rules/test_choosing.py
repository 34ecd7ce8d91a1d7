"""A parser that chooses its rules by character reads what the library's own reads."""

from __future__ import annotations

import re

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from feeds.markdown.html import sanitise
from feeds.markdown.links import LinkResolver
from feeds.markdown.rules.choosing import hurry
from feeds.markdown.rules.writing import QuickRenderer
from tests.sizes import examples
from tests.unit.feeds.markdown.test_render import Published
from tests.worlds.rows import each

# No letter of a script without blanks: beside one a mark is read otherwise, on purpose (test_lines.py).
FRAGMENTS = (
    *"ab1 \n\t*_`[]()<>!#-+=~|\\:{}\"'&^.;éя",
    *("**", "__", "``", "```\n", "\n\n", "> ", "- ", "1. ", "    ", "[^1]", "[^1]: x", "![", "]("),
    *("https://a.example", "&amp;", "<b>", "</b>", "<div>\n", "<!-- x -->", "^[note]", "\n: means"),
    *(
        "[a](/b?c=d#e)",
        "[a](https://B.example/é)",
        "*a*",
        "**b**",
        "_c_",
        "~~d~~",
        "<https://a.example>",
    ),
    *("| a | b |\n| - | - |\n", "\n===\n", "\n---\n", "[x]: /y\n", "~~", "\\\n", "  \n"),
)


def make(*, quick: bool) -> MarkdownIt:
    """The library's parser with the same plug-ins, in a hurry or not."""
    options = {"maxNesting": 4}
    parser = (
        MarkdownIt("commonmark", options, renderer_cls=QuickRenderer)
        if quick
        else MarkdownIt("commonmark", options)
    )
    parser.options["xhtmlOut"] = False
    parser.enable(["table", "strikethrough"])
    footnote_plugin(parser)
    deflist_plugin(parser)
    if quick:
        hurry(parser)
    return parser


def cleaned(html: str) -> str:
    """HTML as the sanitiser writes it."""
    return sanitise(html, LinkResolver("note.md", Published()))


MARKED_ADDRESS = re.compile(r"https?://\S*[*_]")
OURS, THEIRS = make(quick=True), make(quick=False)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
@settings(max_examples=examples(400), deadline=None)
def test_a_hurried_parser_reads_the_same(text: str) -> None:
    """Tokens are those of the library's own parser, whatever is written and however deep, and so is HTML, which is
    written as the sanitiser does; but for marks of emphasis in a bare address, which are letters of it here
    (tests/unit/feeds/markdown/rules/test_lines.py).
    """
    assume(not MARKED_ADDRESS.search(text))
    assert OURS.parse(text, {}) == THEIRS.parse(text, {})
    assert cleaned(OURS.render(text)) == cleaned(THEIRS.render(text))


@each("text", ["[" * 30 + "a" + "]" * 30, "*a" * 40, "> " * 9 + "a", "![[a]](b)"])
def test_nesting_ends_where_it_ended(text: str) -> None:
    """What is nested deeper than it may be is read as before."""
    assert cleaned(OURS.render(text)) == cleaned(THEIRS.render(text))


def test_a_rule_that_is_off_stays_off() -> None:
    """Rules can be switched off afterwards, as the parser of blocks alone does."""
    quick, plain = make(quick=True).disable("heading"), make(quick=False).disable("heading")
    assert quick.render("# a\n\nb") == plain.render("# a\n\nb")
