"""What is not for readers, and what only looks like it."""

from __future__ import annotations

from feeds.markdown.dialects.comments import drop_comments, drop_marks
from feeds.markdown.dialects.translation import translate_dialects
from tests.worlds.rows import each


@each(
    ("written", "read"),
    [
        ("Words. ^abc-1", "Words."),
        ("^abc", ""),
        ("> quoted\n>^abc", "> quoted\n>"),
        ("Words. ^a", "Words."),
        ("Is it? ^b\n\nYes", "Is it?\n\nYes"),
        ("2 ^n and x ^a", "2 ^n and x ^a"),
        ("Words[^1] and x^2.", "Words[^1] and x^2."),
        ("{::nomarkdown}x{:/}", "x"),
        (r"\{::comment} is kramdown's", r"\{::comment} is kramdown's"),
    ],
)
def test_a_mark_goes_and_what_an_author_says_stays(written: str, read: str) -> None:
    """Block ids, in quotations as well, of one letter behind a sentence's end, and kramdown's extensions; none behind a backslash."""
    assert drop_marks(written) == read


def test_a_tab_of_hexo_says_what_it_is() -> None:
    """Its name is the one comment that readers see, without its icon; a comment about tabs is none of them."""
    written = (
        "<!-- tab One -->\na\n<!-- endtab -->\n<!-- tab Two words@icon fa -->\nb\n<!-- endtab -->"
    )
    shown = [line for line in drop_comments(written).split("\n") if line]
    assert shown == ["**One**", "a", "**Two words**", "b"]
    assert drop_comments("<!-- tab One -->\na").strip() == "a"


def test_what_only_members_read_on_ghost_is_for_nobody_here() -> None:
    """Behind its mark nothing is shown, and the author is told, so that the mail of a new issue waits; in code the mark is code."""
    translated = translate_dialects("For all.\n\n<!--members-only-->\n\nSECRET", "a.md")
    assert translated.text.strip() == "For all."
    assert [unknown.line for unknown in translated.unknown] == [3]
    assert translate_dialects("`<!--members-only-->` a", "a.md").unknown == ()


@each(
    "text",
    [
        "a {% comment %} secret {% /comment %}b",
        'a {% comment "why" %}\nsecret\n{% endcomment %}b',
        "a {% doc %}\n  secret\n{% enddoc %}b",
        "a {% # secret %}b",
        "a {%-\n  # secret\n  # secret\n-%}b",
        "a {{/* secret */}}b",
        "a {{- /* secret */ -}}b",
        "a <%# secret %>b",
        "a <%-- secret --%>b",
        "a\n\n#+BEGIN_COMMENT\nsecret\n#+END_COMMENT\n\nb",
        "<![if !supportLists]>a <![endif]>b",
        "a {{% comment %}}secret{{% /comment %}}b",
    ],
)
def test_a_comment_is_for_nobody_and_no_news(text: str) -> None:
    """Liquid's, Django's, Markdoc's, Go's, ERB's, JSP's, Org's and Word's are left out, and nobody is told."""
    translated = translate_dialects(text, "a.md")
    assert translated.text.split() == ["a", "b"]
    assert not translated.unknown


@each(
    ("written", "read"),
    [
        (r"write \<!-- this --> so", r"write \<!-- this --> so"),
        (r"a \\<!-- secret -->b", r"a \\b"),
        (r"a \\\<!-- secret -->b", r"a \\\b"),
    ],
)
def test_a_comment_that_is_written_to_be_read_is_none(written: str, read: str) -> None:
    """One backslash before it makes words of it; where there are more it is hidden."""
    assert drop_comments(written) == read


def test_a_mark_that_may_be_a_comment_hides_what_follows() -> None:
    """Obsidian's that is never closed, with a blank behind it, too; its author is told."""
    translated = translate_dialects("a %% secret\nsecret\n\nb", "a.md")
    assert translated.text.split() == ["a", "b"]
    assert [one.line for one in translated.unknown] == [1]
