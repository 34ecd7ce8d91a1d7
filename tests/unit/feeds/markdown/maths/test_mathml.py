"""TeX as authors write it, as MathML that is written here and nowhere else."""

from __future__ import annotations

import re
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.dialects import hide_formulas
from feeds.markdown.maths.finding import LONGEST, Formula
from feeds.markdown.maths.mathml import _ALLOWED, _TAGS, Unreadable, read_tex, write_math
from tests.sizes import examples
from tests.worlds.rows import each

FORMULAS = (
    "a^*", r"x \le y", r"\frac{a}{b}", r"\dfrac12", r"\sqrt{2}", r"\sqrt[3]{x}", r"\sum_{i=1}^n i^2",
    r"\int_0^\infty e^{-x^2}\,dx", r"\lim_{x \to 0} \frac{\sin x}{x} = 1", r"\alpha + \beta \neq \gamma",
    r"\begin{aligned}a&=b\\c&=d\end{aligned}", r"\begin{align*}a&=b\\&=c\end{align*}",
    r"\begin{align}a&=b\label{x}\\c&=d\nonumber\end{align}", r"\begin{split}a&=b\\&=c\end{split}",
    r"\begin{gather}a\\b\end{gather}", r"\begin{gathered}\sum_i a\\b\end{gathered}",
    r"\begin{multline*}a\\b\end{multline*}", r"\begin{equation}E=mc^2\end{equation}",
    r"\begin{equation*}\begin{aligned}a&=b\end{aligned}\end{equation*}", r"\begin{eqnarray}a&=&b\end{eqnarray}",
    r"\begin{alignat}{2}a&=b&c&=d\end{alignat}", r"\begin{flalign}a&=b\end{flalign}",
    r"\begin{cases}1 & x>0\\0 & \text{otherwise}\end{cases}", r"\begin{dcases}1\\0\end{dcases}",
    r"\begin{rcases}1\\0\end{rcases}=x", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
    r"\begin{bmatrix}1&2\\3&4\end{bmatrix}", r"\begin{vmatrix}a&b\\c&d\end{vmatrix}",
    r"\begin{array}{l|r}1&2\\\hline 3&4\end{array}", r"\begin{smallmatrix}1&2\end{smallmatrix}",
    r"\text{if } x > 0", r"\operatorname{rank}(A)", r"\operatorname*{argmax}_x f", r"\argmin_\theta L",
    r"\mathbb{R}^n", r"\mathbf{AB}", r"\mathcal{L}", r"\mathfrak{g}", r"\mathrm{d}x", r"\mathsf{P}",
    r"\boldsymbol{\theta}", r"\hat{x}", r"\overline{AB}", r"\vec{v}", r"\tilde{x}", r"\underbrace{a+b}_{c}",
    r"\left( \frac{a}{b} \right)", r"\left\{ x \mid x > 0 \right.", r"\bigl( x \bigr)", r"\binom{n}{k}",
    r"f'(x)", r"a_1, \dots, a_n", r"\forall x \in \mathbb{R} : \exists y", r"A \subseteq B \cup C",
    r"x \mapsto x^2", r"p \implies q \iff r", r"\lVert x \rVert_2", r"\overset{!}{=}", r"\xrightarrow{f}",
    r"a \equiv b \pmod{n}", r"\color{red}{x}", r"90^\circ", r"50\%", r"\{1, 2\}", r"\cdot \times \div \pm",
    r"\ln x \quad \log_2 y", r"\nabla \cdot \mathbf{E} = \frac{\rho}{\varepsilon_0}", r"x \tag{1}",
    r"\boxed{x=1}", r"\phantom{x}y", r"\substack{a\\b}", r"a \\ b", r"a &= b \\ c &= d", "A\n=\nB",
    r"\underset{x}{\max}", r"\stackrel{d}{=}", r"\prod_{k}", r"\partial_t u", r"\langle x, y \rangle",
    r"\lfloor x \rfloor", r"\not= \notin", r"|x|", r"\ell \hbar \Re \Im \aleph", "x<y", "x % rest\n+ y",
)  # fmt: skip


def shown(tex: str, *, display: bool = False) -> str:
    """The `math` element of this TeX."""
    formula = Formula(tex=tex, display=display, source=f"${tex}$")
    return write_math(formula, read_tex(tex, display=display), tex)


def check(math: str) -> None:
    """It is well-formed, of the elements and attributes that are allowed, with its TeX in it."""
    root = fromstring(math)
    for one in root.iter():
        assert one.tag in _TAGS | {"math", "semantics", "annotation"}
        for name, value in one.attrib.items():
            if name == "alttext":
                assert one.tag == "math"
            elif one.tag in {"math", "annotation"} or name == "mathvariant":
                assert value in {"block", "application/x-tex", "normal"}
            else:
                assert _ALLOWED[name].fullmatch(value)


@each("tex", FORMULAS)
def test_what_authors_write_is_shown(tex: str) -> None:
    """Every construct of everyday TeX becomes MathML without a remnant of TeX in what is shown."""
    for display in (False, True):
        math = shown(tex, display=display)
        check(math)
        presentation = re.sub(
            '<annotation.*</annotation>|alttext="[^"]*"', "", math, flags=re.DOTALL
        )
        assert "\\" not in presentation
        assert not re.search(r">&amp;<|\{aligned|\{align", presentation)


@each(
    ("tex", "reason"),
    [
        (r"\foo{x}", r"`\foo` is not known"),
        (r"a \unknowncommand", r"`\unknowncommand` is not known"),
        ("}{", "it is not complete TeX"),
        (r"\frac", "it is not complete TeX"),
        ("x_", "it is not complete TeX"),
        ("a^b^c", "it is not complete TeX"),
        (r"\left( x", "it is not complete TeX"),
        (r"\newcommand{\x}{\x\x}\x", "commands cannot be defined"),
        (r"\def\a{\a\a}\a", "commands cannot be defined"),
        ("x" * (LONGEST + 1), f"it has more than {LONGEST} characters"),
        ("{" * 300 + "}" * 300, "it is nested more than 40 deep"),
        (r"\sqrt" * 300 + "x", "it is nested more than 40 deep"),
        (r"\begin{nothing}x\end{nothing}", "the environment `nothing` is not known"),
    ],
)
def test_what_cannot_be_read_is_said(tex: str, reason: str) -> None:
    """Unknown commands, unfinished TeX, definitions and what is too long or deep are refused, and why."""
    with pytest.raises(Unreadable) as refused:
        shown(tex)
    assert str(refused.value) == reason


@each(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}", r"\class{evil}{x}", r"\style{position:fixed}{x}",
        r"\text{<img src=x onerror=y>}", r"\text{&lt;script&gt;}", r"<script>x</script>", r"\unicode{3c}",
        r"\color{red;x}{y}", r"\rule{9999em}{9999em}", r"\hspace{99999em}x", "]]>", "<!--", "</math>",
        r"\text{</annotation></semantics></math><b>}", r"\verb|<b>|",
    ],
)  # fmt: skip
def test_no_markup_comes_from_a_formula(tex: str) -> None:
    """What an author or a stranger writes in a formula is never an element, attribute or address."""
    try:
        math = shown(tex)
    except Unreadable:
        return
    check(math)
    math = re.sub('alttext="[^"]*"', "", math.partition("<annotation")[0])
    for word in ("href", "class=", "style=", "<img", "<script", "<b>", 'mathcolor="red;'):
        assert word not in math


def test_letters_of_other_alphabets_are_characters() -> None:
    """MathML Core knows no `mathvariant` but normal: bold, script and blackboard are characters."""
    assert ">𝐀<" in shown(r"\mathbf{AB}")
    assert ">ℝ<" in shown(r"\mathbb{R}")
    assert "ℒ" in shown(r"\mathcal{L}")


def test_names_stand_apart_from_letters() -> None:
    """`n log n` is no word: MathML has no blank there of its own, and `sin(x)` needs none."""
    assert shown(r"n \log n").count("<mspace") == 2
    assert "<mspace" not in shown(r"\sin(x)")


TEX = st.lists(
    st.sampled_from(
        ["\\frac", "\\sqrt", "{", "}", "^", "_", "a", "1", "\\left(", "\\right)", "&", "\\\\", "\\text{", "[", "]",
         "\\begin{array}", "{cc}", "\\end{array}", "\\begin{align}", "\\end{align}", "\\over", "\\color{red}", "'",
         "\\hspace{", "2em", "\\not", "\\big", "\\limits", "\\sum", "%", "$", "\\verb|", "\\mathbf", "<", "\\tag{1}",
         "\\begin{cases}", "\\end{cases}", "\\middle|", "\\xrightarrow[", "\\mathchoice", "\\genfrac", "\\sideset",
         "\\skew", "\\root", "\\of", "\\unicode{", "\\rule", "\\operatorname{", "\u0301", "日", "&lt;"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=examples(400), deadline=None)
@given(TEX)
def test_anything_is_shown_or_refused(tex: str) -> None:
    """Whatever stands in a formula becomes allowed MathML, or is refused in words."""
    try:
        math = shown(tex)
    except Unreadable:
        return
    check(math)


def test_a_wide_formula_within_a_line_scrolls_by_itself() -> None:
    """A phone shows the rest of its paragraph as it is; what is short, or on a line of its own, needs nothing."""
    wide = "+".join("abcdefghijklmn")
    marked, formulas = hide_formulas(f"${wide}$ $x$\n\n$${wide}$$")
    assert formulas.settle_html(marked).count('<span class="formula"><math') == 1


def test_a_formula_is_as_wide_as_its_signs() -> None:
    """Not as what stands for them: signs are written as references to their characters."""
    marked, formulas = hide_formulas(r"$L(N) \propto N^{-\alpha} \le \beta$")
    assert "<span" not in formulas.settle_html(marked)
