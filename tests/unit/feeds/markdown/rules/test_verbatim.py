"""Code by indentation is told before anything is translated, and nothing else is taken for it."""

from __future__ import annotations

import re

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it.token import Token

from feeds.markdown.parser import PARSER
from feeds.markdown.rules.verbatim import find_indented
from tests.sizes import examples
from tests.worlds.rows import each

FRAGMENTS = (
    *("a", "b c", "\n", "\n\n", "    ", "\t", "  ", " ", "- ", "* ", "12. ", "1) ", "> ", ">", "# ", "---\n"),
    *("[^1]: ", "\n\n    a\n", "\n\n        b", "\n> \n>     c\n", "- a\n\n  b\n", "\n: ", "***\n", "=\n"),
)  # fmt: skip


ODD = re.compile(
    r"^[ \t]*(?:\[\^1\]:|>|[-*=] ?|\d+[.)]|: )[^\n]*\n(?:[ \t>]*\n)*[ ]*: |[>:][^\n]*\t|\t[^\n]*>",
    re.MULTILINE,
)
"""Where the plug-in for definitions takes what begins an item, a quotation or a footnote for a term, and where tabs
count otherwise behind marks: feeds/markdown/rules/verbatim.py says so."""


def indented(text: str) -> set[int]:
    """The numbers of all lines that are taken for code."""
    return {line for first, end in find_indented(text) for line in range(first, end)}


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))
@example("  [^1]: \n\n    a\n")
@example("\n: \n12.     a\n\n    a\n")
@example("a\n: \t- a\n\n  b\n\n\n    a\n")
@example("- [^1]: a\n: \n\n        b")
@example("- a\n: \n\n    a\n")
@example("\n> \n>     c\n=\n12.     a")
@example("    a\n=\na\n: - a\n\n  b\n12.     a")
@settings(max_examples=examples(400), deadline=None)
def test_only_what_the_parser_reads_as_code_is_taken_for_code(text: str) -> None:
    """What goes on in a list, a footnote, a definition, a quotation or a paragraph is none, however deep."""
    assume(not ODD.search(text))
    tokens: list[Token] = []
    PARSER.block.parse(text, PARSER, {}, tokens)
    code: set[int] = set()
    for token in tokens:
        if token.type == "code_block" and token.map:
            code |= set(range(*token.map))
    told = {line for line in indented(text) if text.split("\n")[line].strip(" \t>")}
    assert told <= code


@each(
    "text, lines",
    [
        ("    a\n\na\n=\n    b", {0, 4}),
        ("=\n--\n12. - \n\n    a\n", set()),
        (">     c\na\n12.     b", {0}),
        ("    a\n- a\n***\n    b", {0, 3}),
        ("-\n\n    a", {2}),
        ("a\n: b\n\n: c\n\n    d", set()),
        ("a\nb\n: c\n\n    d", set()),
        ("=\na\n: c\n\n    d", {4}),
        ("    a", {0}),
        ("a\n\n    b\n\n    c\n\nd", {2, 3, 4}),
        ("a\n    b", set()),
        ("    a\nb\n12.     c\n-\n    d", {0, 4}),
        ("    a\n[^1]: - \tb", {0}),
        ("> a\n- b\n\n    c", set()),
        (">     a\n    > b", {0}),
        ("    a\n\n: \n        b", {0}),
        ("# a\n    b", {1}),
        ("- a\n\n    b", set()),
        ("- a\n\n      b", {2}),
        ("1. a\n\n       b\n\nc\n\n    d", {2, 6}),
        ("> a\n>\n>     b\n\n    c", {2, 4}),
        ("- > a\n  >\n  >     b", {2}),
        ("\t- a\n\tb", {0, 1}),
        ("- a\n\t- b\n\n\t\tc", set()),
        ("!!! note\n    a\n\n    b\n\n        c", {5}),
        ('=== "A"\n\n    b\n\n        c', {4}),
        ("[^1]: a\n\n    b\n\n        c", {4}),
        ("a\n: b\n\n    c\n\n      d", {5}),
        ("<Tabs>\n\n    a\n\n</Tabs>\n\n    b", {6}),
        ("{{< tabs >}}\n\n    a\n\n{{< /tabs >}}\n\n    b", {6}),
        ("{% note %}\n\n    a\n\n{% endnote %}\n\n    b", {6}),
        ("\ufdd00\ufdd1\n    a", {1}),
        ("* * *\n\n    a", {2}),
        ("a\n", set()),
    ],
)
def test_indented_code_is_found_where_it_stands(text: str, lines: set[int]) -> None:
    """At the top, in items, quotations, boxes, footnotes and definitions; not between a generator's tags."""
    assert indented(text) == lines


def test_many_lines_cost_no_more_than_their_number() -> None:
    """Deep quotations and items, and tags that are never closed, are gone through once."""
    deep = "> " * 2000 + "\n\n    a\n" + "- " * 2000 + "\n\n    a\n" + "{% note %}\n" * 2000
    assert len(indented(deep * 3)) < 10
