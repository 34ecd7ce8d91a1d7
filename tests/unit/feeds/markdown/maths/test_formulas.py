"""Formulas among the words of a note: which there are, and what each medium has of them."""

from __future__ import annotations

from feeds.markdown.parser import find_title
from storage.model import FIELD
from tests.worlds.publishing.allowed import check
from tests.worlds.publishing.written import render
from tests.worlds.rows import each

# ── formulas ─────────────────────────────────────────────────────────────────────────────────


@each(
    ("body", "text"),
    [
        (r"$a^*$ and $b^*$", r"$a^*$ and $b^*$"),
        (r"$a \\ b\,c$", r"$a \\ b\,c$"),
        ("$$\nA\n=\nB\n$$", "$$\nA\n=\nB\n$$"),
        ("a $$x$$ b", "a\n$$x$$\nb"),
        ("> $$\n> x\n> = y\n> $$", "> $$\n> x\n> = y\n> $$"),
        ("- $*a*$", "- $*a*$"),
        ("| a |\n|---|\n| $x|y$ |", "a\n-----\n$x|y$"),
        ("$x_{a}$ *and* $y_{b}$", "$x_{a}$ _and_ $y_{b}$"),
        ("$[a](b)$", "$[a](b)$"),
        ("$a < b > c$", "$a < b > c$"),
        ("# H\n\n## $x$ y", "H\n===\n\n$x$ y\n====="),
    ],
)
def test_a_formula_is_mathml_and_in_text_as_it_is_written(body: str, text: str) -> None:
    """Nothing in a formula is Markdown: it is MathML with its TeX in HTML, and that TeX in text."""
    rendered = render(body)
    check(rendered)
    assert rendered.text == text
    assert rendered.html.count("<math") == rendered.html.count("<annotation") >= 1
    assert not rendered.warnings


def test_a_displayed_formula_is_no_heading_no_title_and_no_summary() -> None:
    """A line of `=` in it underlines nothing, and what sums the note up are words."""
    body = "$$\nA\n=\nB\n$$\n\nWords about $n^2$ and $\\frac{a}{b}$."
    rendered = render(body)
    assert find_title(body) == ""
    assert "<h" not in rendered.html
    assert rendered.summary == r"Words about n² and \frac{a}{b}."
    assert find_title(r"# On $x^2$ and `$y$`") == "On x² and $y$"


def test_code_attributes_and_addresses_keep_their_dollars() -> None:
    """A formula is one in text only: code, addresses and attributes hold what was written."""
    html = render("`$x$` [$a$](https://e.example/$b$c) <b title='$d$'>y</b>\n\n    $e$").html
    assert "<code>$x$</code>" in html
    assert 'href="https://e.example/$b$c"' in html
    assert 'title="$d$"' in html
    assert "<pre><code>$e$" in html
    assert html.count("<math") == 1


def test_what_cannot_be_shown_is_tex_and_told() -> None:
    """A formula with an unknown command stays its TeX, in code, and its author is told why."""
    rendered = render(r"a $\foo{x_*}$ b")
    assert rendered.html == "<p>a <code>$\\foo{x_*}$</code> b</p>\n"
    assert [remark.code for remark in rendered.warnings] == ["maths"]
    assert r"`\foo` is not known" in rendered.warnings[0].sentence


def test_an_authors_own_math_element_vanishes() -> None:
    """Raw MathML carries what it likes into a page, so only what is written here is let through."""
    assert "math" not in render("a <math><mtext><img src=x></mtext></math> b").html


def test_braces_in_a_formula_are_no_merge_field() -> None:
    """`{{a}}` in TeX is a group in a group, not something to fill in."""
    rendered = render("${{name}}$ {{ name }}")
    assert len(FIELD.findall(rendered.html)) == len(FIELD.findall(rendered.text)) == 1
