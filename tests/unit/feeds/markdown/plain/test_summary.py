"""What sums a note up: words that say something, whole, and nothing that only looks like them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.plain.summary import SUMMARY_LIMIT, summarise
from feeds.markdown.render import render_markdown
from storage.model.text import columns
from tests.sizes import examples
from tests.unit.feeds.markdown.plain.test_text import Somewhere
from tests.worlds.rows import each


def sum_up(body: str) -> str:
    """The summary of a note."""
    return render_markdown(body, path="a.md", links=Somewhere(), title="T").summary


@each(
    "before",
    [
        "![A bridge in fog](b.png)",
        '![alt](b.png "Figure 1: a caption")',
        "[![alt](b.png)](https://x.example)",
        "![[shot.png]]",
        "- one\n- two",
        "> Somebody said this.",
        "> [!note] Title\n> Of the box.",
        ":::warning\nGlass breaks.\n:::",
        "$$\nx = 1\n$$",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "```python\nprint(1)\n```",
        "## Part one",
        "[^1]: The note is first.",
        "[TOC]",
        "<!-- a comment -->",
        "%%mine%%",
        "[Read this elsewhere](https://example.com)",
        "https://example.com/a/b",
        "{{< youtube abc >}}",
        '<iframe src="https://x.example"></iframe>',
        "TL;DR",
        "Hi {{ name | friend }},",
        "*By Ada Example*",
        "**Published: 2020-01-01**",
        "#one #two",
        "Term\n: Meaning of it.",
        "<details><summary>More</summary>\n\nHidden words.\n\n</details>",
        '<p align="center"><img src="a.png" alt="logo"></p>',
        "<div>Raw words.</div>",
        "---",
        "—",
        "&nbsp;",
    ],
)
def test_what_says_nothing_is_passed_over(before: str) -> None:
    """Pictures, lists, quotes, boxes, formulas, tables, code, headings, notes, greetings, labels."""
    assert sum_up(f"{before}\n\nThese are the words.[^1]\n\n[^1]: x") == "These are the words."


@each(
    ("body", "summary"),
    [
        ("- first thing\n- second", "first thing"),
        ("> Somebody said this.", "Somebody said this."),
        ("> [!note] Title\n> Body of the box.", "Body of the box."),
        ("Term\n: Meaning of it", "Meaning of it"),
        ("## Part one\n\n## Part two", "Part one"),
        ("Hello", "Hello"),
        ("This<br>and that<br/>too.", "This and that too."),
        ("See <details><summary>one</summary>two.</details>", "See one two."),
        ("![alt](b.png) Words after it.", "Words after it."),
        ("<div>Raw <b>words</b> in a div.</div>", "Raw words in a div."),
        ("![alt](b.png)", ""),
        ("```\ncode\n```", ""),
        ("| a |\n|---|\n| 1 |", ""),
        (
            "Hi,\n\nthis is what I want to tell you about today, all of it.",
            "this is what I want to tell you about today, all of it.",
        ),
        ("<table><tr><td>Of $x^2$ only</td></tr></table>", "Of x² only"),
        ("We show $x^2$ and :tada:", "We show x² and 🎉"),
        ("Hello {{ name | there }}, it is me.", "Hello {{ name | there }}, it is me."),
    ],
)
def test_what_is_left_is_better_than_nothing(body: str, summary: str) -> None:
    """A note of one list, quote or box is summed up by its first words; a picture's are none."""
    assert sum_up(body) == summary


@each(
    ("text", "summary"),
    [
        ("Number one is here. " * 20, ("Number one is here. " * 10).strip()),
        ("吾輩は猫である。名前はまだ無い。" * 10, "吾輩は猫である。名前はまだ無い。" * 6),
        ("هذا نص طويل. " * 40, ("هذا نص طويل. " * 15).strip()),
        ("Mr. " + "word " * 60, "Mr. " + "word " * 38 + "word…"),
        ("x" * 400, "x" * 199 + "…"),
        ("w " * 95 + "{{ name | someone }} and more", ("w " * 95).strip() + "…"),
    ],
)
def test_a_long_one_ends_at_a_sentence_or_a_word(text: str, summary: str) -> None:
    """In any script; where no sentence ends in its second half, at a word, and in no merge field."""
    assert summarise(text) == summary


@given(st.text(st.sampled_from("aB .。!?{}| 日é"), max_size=500), st.integers(10, 200))
@settings(max_examples=examples(200), deadline=None)
def test_a_summary_is_never_too_long(text: str, limit: int) -> None:
    """In columns, whatever it is made of, and it is the beginning of what was said."""
    summary = summarise(text, limit)
    assert columns(summary) <= max(limit, 1) + 1
    assert len(summary) <= SUMMARY_LIMIT
    assert " ".join(text.split()).startswith(summary.rstrip("… ,;:.–—-{")[:1])
