"""What is a formula in a note, and what is money, a variable or an escape."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.dialects import hide_formulas
from feeds.markdown.maths import Formula, find_formulas, finding
from feeds.markdown.maths.finding import LONGEST
from tests.sizes import examples, is_full
from tests.worlds.looking import looked_at
from tests.worlds.rows import each


def found(text: str) -> list[tuple[str, bool]]:
    """The TeX of each formula, and whether it is displayed."""
    formulas: list[Formula] = []

    def put(formula: Formula) -> str:
        formulas.append(formula)
        return "F"

    find_formulas(text, put)
    return [(formula.tex, formula.display) for formula in formulas]


@each(
    ("text", "formulas"),
    [
        ("$a^*$ and $b^*$", [("a^*", False), ("b^*", False)]),
        ("$$\nA\n=\nB\n$$", [("A\n=\nB", True)]),
        ("a $$x$$ b", [("x", True)]),
        (r"\(x\) and \[x^2\]", [("x", False), ("x^2", True)]),
        (r"\\(x\\) and \\[x^2\\]", [("x", False), ("x^2", True)]),
        ("\\[\nx\n\\]", [("x", True)]),
        ("a\n\n\\[x\\]\n\n> \\[ (y) \\] \nb", [("x", True), ("(y)", True)]),
        ("\\[Update\\]\n\n\\[x\\] b", []),
        (r"\begin{align}a&=b\\c&=d\end{align}", [(r"\begin{align}a&=b\\c&=d\end{align}", True)]),
        (
            "\\begin{equation*}\nx\n\\end{equation*}",
            [("\\begin{equation*}\nx\n\\end{equation*}", True)],
        ),
        (r"\begin{math}x\end{math}", [(r"\begin{math}x\end{math}", False)]),
        (
            r"\begin{pmatrix}\begin{pmatrix}1\end{pmatrix}\end{pmatrix}",
            [(r"\begin{pmatrix}\begin{pmatrix}1\end{pmatrix}\end{pmatrix}", True)],
        ),
        ("> $$\n> a\n> $$", [("a", True)]),
        ("$$\na &= b\\\\\n\nc &= d\n$$", [("a &= b\\\\\n\nc &= d", True)]),
        ("$$\na = b\n\nand so on we go with words\n\n$$\nc = d\n$$", [("c = d", True)]),
        ("$$\na = b\n\nc\n$$ and", []),
        ("$n$th and $k$-means", [("n", False), ("k", False)]),
        ("10$\\times$ as fast", [(r"\times", False)]),
        ("设$x$为", [("x", False)]),
        (r"$a \$ b$", [(r"a \$ b", False)]),
        (r"$a\,b$", [(r"a\,b", False)]),
        ("$$a $x$ b_1$$", [("a $x$ b_1", True)]),
        ("*$x$*", [("x", False)]),
        ("($x$, $y$).", [("x", False), ("y", False)]),
        ("$5$", [("5", False)]),
        ("$3 \\text{ km}$", [("3 \\text{ km}", False)]),
        ("$x$ costs $5", [("x", False)]),
        (r"for $5 and $10. Let $x \le y$ be", [(r"x \le y", False)]),
        (r"$5, $6 and $\alpha$", [(r"\alpha", False)]),
    ],
)
def test_formulas_are_found(text: str, formulas: list[tuple[str, bool]]) -> None:
    """Dollars, brackets and environments hold formulas, within a line or over several."""
    assert found(text) == formulas


@each(
    "text",
    [
        "$5 and $10",
        "US$ 3",
        "US$3 and US$4",
        "A$5, or NZ$6$",
        "$HOME and $PATH",
        "$HOME/$USER",
        '"$a"/"$b"',
        "${name} and ${other}",
        "${a}/${b}",
        "$5 a month, or 50$",
        "between $1,000 and $2,000",
        "$1,000-$2,000",
        r"\$5 and \$6",
        "$ x $",
        "$x",
        "x$",
        "$$",
        "$$$",
        "$$$$",
        "$$ is cheap, $$ is not",
        "a $b\n\nc$ d",
        "$a $b",
        "user@$host:$port",
        "https://e.example/$a$b$c",
        r"\[sic\]",
        r"\[1\]",
        r"\begin{itemize}\end{itemize}",
        r"\begin{align}a",
        r"\begin{align}a\end{gather}",
        r"\(",
        "$" + "x" * (LONGEST + 1) + "$",
        "I paid $20 and got 5$ back",
        "$20k-$30k",
    ],
)
def test_money_stays_money(text: str) -> None:
    """Prices, variables, escapes, addresses and single dollars are no formulas."""
    assert found(text) == []


@each(
    "text",
    ["`$a$b$c$`", "```\n$a$\n```", "``$x$``", "```sh\necho $HOME $x$\n```", "~~~\n\\(x\\)\n~~~"],
)
def test_code_is_code(text: str) -> None:
    """What stands in code is shown as it is written."""
    assert hide_formulas(text)[0] == text


@each(
    ("text", "tex"),
    [
        ("```math\nx^2\n```", "$$\nx^2\n$$"),
        ("~~~ math\nx\ny\n~~~", "$$\nx\ny\n$$"),
        ("> ```math\n> x\n> ```", "> $$\nx\n$$"),
        ("- ```math\n  x\n  ```", "- $$\nx\n$$"),
        ("a $`b_1`$ c", "a $b_1$ c"),
    ],
)
def test_code_that_says_maths_is_maths(text: str, tex: str) -> None:
    """GitHub's and GitLab's spellings: a fence called `math`, a code span between dollars."""
    hidden, formulas = hide_formulas(text)
    assert formulas
    assert formulas.as_written(hidden) == tex


PIECES = st.sampled_from(
    ["$", "$$", "\\", "\\(", "\\)", "\\[", "\\]", "{", "}", "\\begin{align}", "\\end{align}", "a", "5", " ",
     "\n", "\n\n", "> ", "`", "```math\n", "_", "*", "&", "\\\\", "^", "\\frac", "=", "# "]
)  # fmt: skip


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_nothing_is_lost(text: str) -> None:
    """Marks put back as they were written give the text again, but for quotations around a formula."""
    parts: list[Formula] = []

    def put(formula: Formula) -> str:
        parts.append(formula)
        return f"\ufdd9{len(parts) - 1}\ufdd9"

    hidden = find_formulas(text.replace(">", ""), put)
    for number, formula in enumerate(parts):
        hidden = hidden.replace(f"\ufdd9{number}\ufdd9", formula.source)
    assert hidden == text.replace(">", "")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece",
    ["$a ", "$", "$$", "$$a", "\\(", "\\[\n", "\\begin{align}", "\\begin{align}\\end{gather}", "$5 aa ",
     "$x$ ", "\n$x", "\n\n$$", "> $", "`$", "\\", "$`a`", "$$\na=\n\n"],
)  # fmt: skip
def test_hostile_text_takes_time_that_grows_with_its_length(piece: str) -> None:
    """Openings without closings, and the other way round, are read once."""
    text = piece * ((50_000 if is_full() else 10_000) // len(piece))
    with looked_at(finding) as looked:
        hide_formulas(text)
    assert looked.characters <= 4 * len(text)  # each pattern goes on where the last one ended


@pytest.mark.timeout(60)
def test_each_of_many_formulas_with_blank_lines_is_found() -> None:
    """Where one stands is looked up among all of them: each time from the first on it would take minutes."""
    found: list[Formula] = []

    def put(formula: Formula) -> str:
        found.append(formula)
        return ""

    find_formulas("$$\n\\x\n\n\\y\n$$\n\n" * 30_000, put)
    assert len(found) == 30_000
