"""Formulas in a mail: letters where that is enough, pictures with their TeX where it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import unescape

from feeds.markdown.maths.finding import Formula as Written
from feeds.markdown.maths.mathml import read_tex, write_math
from feeds.markdown.maths.unicode import plain_formula
from mailer.compose.formulas import MOST_PICTURES, Formula, show_formulas
from storage.model import FormulaPicture
from tests.worlds.rows import each

SITE = "https://n.example"


def math(tex: str, *, display: bool = False) -> str:
    """The element as an issue's HTML has it."""
    formula = Written(tex=tex, display=display, source=f"${tex}$")
    return write_math(formula, read_tex(tex, display=display), plain_formula(tex))


def pictures(formulas: Sequence[Formula]) -> Mapping[str, FormulaPicture]:
    """A picture for each."""
    return {
        one.digest: FormulaPicture(digest=one.digest, png=b"", width=40, height=20, depth=6)
        for one in formulas
    }


def shown(html: str) -> str:
    """What the mail says."""
    return show_formulas(html, SITE, pictures)[0]


@each(
    ("tex", "html"),
    [
        ("x", "<i>x</i>"),
        ("n^2", "<i>n</i><sup>2</sup>"),
        ("a_1", "<i>a</i><sub>1</sub>"),
        (r"\alpha", "<i>α</i>"),
        (r"x \le y", "<i>x</i> ≤ <i>y</i>"),
        ("x<y", "<i>x</i> &lt; <i>y</i>"),
        ("-1", "−1"),
        ("a^*", "<i>a</i><sup>*</sup>"),
        (r"c \tag{1}", "<i>c</i>\u2003\u2003(1)"),
        ("x_i^2", "<i>x</i><sub><i>i</i></sub><sup>2</sup>"),
        (r"O(n \log n)", "<i>O</i>(<i>n</i> log <i>n</i>)"),
        (r"\mathbb{R}^n", "ℝ<sup><i>n</i></sup>"),
        ("e^{-x}", "<i>e</i><sup>−<i>x</i></sup>"),
    ],
)
def test_simple_formulas_are_letters(tex: str, html: str) -> None:
    """What raised, lowered and slanted letters can say needs no picture, and is read with pictures off."""
    assert shown(math(tex)) == f'<span class="whole">{html}</span>'


@each(
    "tex",
    [r"\frac{a}{b}", r"\sum_i i", r"\sqrt{x}", "x^{y^z}", r"\mathbf{A}", r"\hat x", r"\int f"],
)
def test_others_are_pictures_with_their_tex(tex: str) -> None:
    """A picture has its size, its place on the line and its TeX as what is said instead of it."""
    html = shown(f"<p>a {math(tex)} b</p>")
    assert html.startswith(f'<p>a <img src="{SITE}/media/maths/')
    assert ' width="40" height="20" ' in html
    assert f'alt="{tex}"' in unescape(html)
    assert 'style="vertical-align: -6px"' in html
    assert "<math" not in html


def test_a_displayed_formula_stands_on_its_own() -> None:
    """In the middle of a line of its own, as letters or as a picture."""
    assert shown(math("E=mc^2", display=True)).startswith('<span class="displayed"><span')
    assert shown(math(r"\frac12", display=True)).startswith('<span class="displayed"><img')


def test_what_is_not_drawn_is_tex_and_told() -> None:
    """A formula without a picture is its TeX, in code, and the author is told which."""
    html, remarks = show_formulas(math(r"\frac{a}{b}"), SITE, lambda _formulas: {})
    assert html == r"<code>\frac{a}{b}</code>"
    assert [remark.code for remark in remarks] == ["maths"]


def test_a_mail_has_a_bounded_number_of_pictures() -> None:
    """What thousands of formulas cost to draw is bounded; the rest is TeX."""
    asked: list[int] = []

    def count(formulas: Sequence[Formula]) -> Mapping[str, FormulaPicture]:
        asked.append(len(formulas))
        return {}

    show_formulas(
        "".join(math(rf"\frac{{{n}}}{{b}}") for n in range(MOST_PICTURES + 50)), SITE, count
    )
    assert asked == [MOST_PICTURES]


def test_the_same_formula_is_drawn_once() -> None:
    """It has one name, on a line and between two others."""
    asked: list[int] = []

    def count(formulas: Sequence[Formula]) -> Mapping[str, FormulaPicture]:
        asked.append(len(formulas))
        return pictures(formulas)

    show_formulas(math(r"\frac ab") * 3, SITE, count)
    assert asked == [1]
