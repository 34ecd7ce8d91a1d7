"""What a note's parts show together."""

from __future__ import annotations

import re

from feeds.markdown import render_markdown
from tests.unit.feeds.markdown.test_render import Published
from tests.worlds.rows import each


def test_the_parts_of_a_part_are_listed_within_it() -> None:
    """On page, in mail and in the text; a part without one above it stands beside those that have their own."""
    headings = "### Alone\n\n## One\n\n### Within\n\n### And this\n\n## Two\n\nend"
    rendered = render_markdown(headings, path="a.md", links=Published(), toc=True)
    contents = re.sub(r"<a [^>]*>|</a>", "", rendered.html.partition("<h3")[0])
    assert contents == (
        '<ul class="contents"><li>Alone</li><li>One<ul><li>Within</li><li>And this</li></ul></li><li>Two</li></ul>'
    )
    assert rendered.text.startswith("- Alone\n- One\n  - Within\n  - And this\n- Two\n")


@each(
    ("body", "lines"),
    [
        ("a. one\nb. two\nc. three", ["a. one", "b. two", "c. three"]),
        ("First:\ni) one\nmore of it\nii) two", ["First:", "i) one more of it", "ii) two"]),
        ("(1) *one*\n(2) two", ["(1) _one_", "(2) two"]),
        ("> A. one\n> B. two", ["> A. one", "> B. two"]),
        ("#. one\n#. two", ["#. one", "#. two"]),
        ("1.) one\n2.) two", ["1.) one", "2.) two"]),
        ("Bring:\n• a hat\n• boots\nif you can", ["Bring:", "• a hat", "• boots if you can"]),
        ("✅ done\n❌ *not* done\n→ next", ["✅ done", "❌ _not_ done", "→ next"]),
        ("— Who?\n— I.", ["— Who?", "— I."]),
        ("He said:\n– one\n– two", ["He said:", "– one", "– two"]),
        (
            "a walk – and\n– as said –\n– a swim\nor two",
            ["a walk – and – as said – – a swim or two"],
        ),
        ("from a\n→ to b\nfrom b\n→ to c", ["from a → to b from b → to c"]),
        ("a. one\nB) two", ["a. one B) two"]),
        ("b. one\nc. two", ["b. one c. two"]),
        ("see a. one\nb. two", ["see a. one b. two"]),
        ("I. saw\nit twice", ["I. saw it twice"]),
        ("a. one\n`b. two`", ["a. one `b. two`"]),
    ],
)
def test_lines_that_count_stay_apart(body: str, lines: list[str]) -> None:
    """Letters, Roman numbers, numbers in brackets and signs make no list, but lines that each reader can tell apart, in
    every part; words that only look so stay one paragraph.
    """
    rendered = render_markdown(body, path="a.md", links=Published())
    assert rendered.text.rstrip().split("\n") == lines
    assert rendered.html.count("<br") == len(lines) - 1


@each(
    ("body", "text"),
    [
        ("日本語の文は、\n空白なしに続く。", "日本語の文は、空白なしに続く。"),
        ("中文\n*重点*\n句子", "中文_重点_句子"),
        ("中文\nLatin\n中文", "中文 Latin 中文"),
        ("한국어\n문장", "한국어 문장"),
        ("日本\n🎉", "日本 🎉"),
        ("日本  \n語", "日本\n語"),
    ],
)
def test_no_blank_stands_where_a_line_ends_without_one(body: str, text: str) -> None:
    """In Chinese and Japanese the next line goes on at once, in mail, page and feed."""
    rendered = render_markdown(body, path="a.md", links=Published())
    assert rendered.text.strip() == text
    assert ("\n" in rendered.html.strip()) == ((" " in text) or "\n" in text)


def test_every_line_is_one_where_that_is_asked() -> None:
    """In paragraphs, items and quotations; what is code, a table or a heading is as it was."""
    body = (
        "Best,\nAda  \nB.\n\n- a\n  b\n\n> c\n> *d\n> e*\n\n| f |\n|---|\n| g |\n\n```\nh\ni\n```\n"
    )
    rendered = render_markdown(body, path="a.md", links=Published(), every_line=True)
    assert rendered.text.startswith("Best,\nAda\nB.\n\n- a\n  b\n\n> c\n> _d\n> e_\n\nf\n-\ng\n")
    assert rendered.html.count("<br>") == 5
    once = render_markdown(body, path="a.md", links=Published())
    assert once.html.count("<br>") == 1


def test_pandoc_s_own_numbers_make_a_list() -> None:
    """Where `#.` is the language's own, each is the next number."""
    assert render_markdown("#. one\n#. two", path="a.qmd", links=Published()).text.startswith(
        "1. one\n2. two"
    )
