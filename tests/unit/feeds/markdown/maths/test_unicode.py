"""Formulas where only characters can stand: titles, summaries, subjects."""

from __future__ import annotations

from feeds.markdown.maths.unicode import plain_formula
from tests.worlds.rows import each


@each(
    ("tex", "plain"),
    [
        ("x", "x"),
        ("n^2", "n²"),
        ("a_1", "a₁"),
        ("x_i^2", "xᵢ²"),
        (r"\alpha", "α"),
        (r"x \le y", "x ≤ y"),
        (r"a \bmod b", "a mod b"),
        (r"2\max x + \lim y", "2 max x + lim y"),
        (r"\max(a, b)", "max(a, b)"),
        (r"x \not= y \not\in Z", "x ≠ y ∉ Z"),
        ("a+b=c", "a + b = c"),
        ("-1", "−1"),
        ("x = -1", "x = −1"),
        ("f(x, y)", "f(x, y)"),
        ("e^{-x}", "e⁻ˣ"),
        (r"\mathbb{R}^n", "ℝⁿ"),
        (r"a \to b", "a → b"),
        (r"\text{if } x", "if x"),
        ("10^{-3}", "10⁻³"),
        ("a^*", "a*"),
        (r"n!", "n!"),
        ("A\n=\nB", "A = B"),
        (r"\sin x", "sin x"),
        (r"O(n \log n)", "O(n log n)"),
        (r"\hat y_i = \bar x", "ŷᵢ = x̄"),
        (r"\left|\hat p - p\right|", "|p\u0302 − p|"),
        (r"\tilde{\theta}, \vec v, \dot x", "θ\u0303, v\u20d7, ẋ"),
    ],
)
def test_simple_formulas_are_characters(tex: str, plain: str) -> None:
    """Letters, numbers, signs and short powers and indices are plain Unicode."""
    assert plain_formula(tex) == plain


@each(
    "tex",
    [
        r"\frac{a}{b}",
        r"\sqrt{2}",
        "x^{y^z}",
        r"\foo",
        r"\begin{pmatrix}1\end{pmatrix}",
        "x_Q",
        r"\overline{AB}",
        r"\overset{a}{b}",
        "}{",
    ],
)
def test_others_stay_tex(tex: str) -> None:
    """What a line of characters cannot say stays the TeX that the author wrote."""
    assert plain_formula(tex) == tex
