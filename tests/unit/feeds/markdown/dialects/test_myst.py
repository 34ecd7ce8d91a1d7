"""MyST's roles, labels, tables and remarks, as readers see them."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from feeds.markdown.render import render_markdown
from tests.unit.feeds.markdown.dialects.programs.test_steps import read
from tests.worlds.publishing.written import Published
from tests.worlds.rows import each
from words import words_of


@each(
    ("written", "becomes"),
    [
        ("see {rfc}`5321` and {pep}`8`",
         "see [RFC 5321](https://www.rfc-editor.org/rfc/rfc5321) and [PEP 8](https://peps.python.org/pep-0008/)"),
        ("{bdg-primary}`New` {py:func}`os.path` {octicon}`star` {del}`gone`", "New os.path  <del>gone</del>"),
        ("(my-part)=\n## Part\n\n[x](#my-part)", "## Part {#my-part}\n\n[x](#my-part)"),
        ("(x)=\n\nWords.\n% a remark\n%\nMore.", "Words.\n\n\nMore."),
        ("a\n\n+++ {\"b\": 1}\n\nc\n\n^^^\n\nd", "a\n\n\n\nc\n\n\n\nd"),
        ("```{list-table} Title\n:header-rows: 1\n* - A\n  - B\n* - 1\n  - 2\n    3\n```",
         "| A | B |\n|---|---|\n| 1 | 2 3 |\n\n*Title*"),
        ('```{csv-table}\n:header: a,b\n1,"2, 3"\n```', "| a | b |\n|---|---|\n| 1 | 2, 3 |"),
        ("```{epigraph}\nSaid.\n```", "> Said."),
        ("```{margin} Title\nBeside.\n```", "**Title**\n\nBeside."),
        ("```{versionadded} 1.2\nIt does.\n```", "*New in 1.2.* It does."),
        (":::{versionremoved} 1.2\nIt did.\n:::", "*Removed in 1.2.* It did."),
        ("```{deprecated} 1.0 Use y.\n```", "*Deprecated since 1.0.* Use y."),
        ("```{versionchanged}\nIt does.\n```", "It does."),
        ("```{prf:theorem} Big\nWords.\n```", "**Big**\n\nWords."),
        ("```{exercise}\nWords.\n```", "Words."),
        (":::{card} Title\n:link: /go\nWords.\n:::", "**[Title](/go)**\n\n\nWords."),
        (":::{prf:theorem} Big\nWords.\n:::", "**Big**\n\nWords."),
        ("::::{grid} 2\n:::{grid-item} \nWords.\n:::\n::::", "Words."),
        (":::{figure} x.png\n:alt: A bridge\nCaption.\n:::", "![A bridge](x.png)\n\nCaption."),
    ],
)  # fmt: skip
def test_what_myst_writes_is_read(written: str, becomes: str) -> None:
    """Roles as words or links, labels as addresses, tables as tables; what a card or a proof is called is shown."""
    lines = read(written).split("\n")
    assert "\n".join(line.rstrip() for line in lines) == becomes


@each(
    ("language", "said"),
    [
        ("de", "Neu in Version 1.2."),
        ("ja", "バージョン 1.2 で追加。"),
        ("ar", "جديد في الإصدار 1.2."),
    ],
)
def test_the_word_of_a_version_is_of_the_notes_language(language: str, said: str) -> None:
    """Of a block in backticks and of one in colons."""
    for fence in ("```", ":::"):
        note = f"{fence}{{versionadded}} 1.2\nWords.\n{fence}"
        shown = render_markdown(note, path="a.md", links=Published(), words=words_of(language))
        assert shown.text.strip() == f"_{said}_ Words."


def test_a_remark_is_one_in_its_own_notes_only() -> None:
    """A line that begins with a percent sign is a remark where the note is MyST's, else words."""
    assert "secret" not in read(":::{note}\nx\n:::\n\n% secret")
    assert read("x\n\n% of all") == "x\n\n% of all"


def test_a_role_that_is_not_known_keeps_its_words_and_is_told() -> None:
    """No reader sees `{foo}`, and its author hears of it."""
    translated = translate_dialects("a\n\nb {foo}`words`", "a.md")
    assert translated.text == "a\n\nb words"
    assert [one.line for one in translated.unknown] == [3]


def test_a_formula_has_the_label_that_its_block_gives_it() -> None:
    """`:label:` is no part of the formula, and `{eq}` leads to it."""
    translated = translate_dialects("```{math}\n:label: a\nx = 1\n```\n\nby {eq}`a`", "a.md")
    assert not translated.unknown
    assert "by (1)" in translated.text
    assert ":label:" not in translated.formulas.as_written(translated.text)
