r"""Formulas that a text refers to: numbers at both ends, in each system's spelling."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feeds.markdown.dialects import translate_dialects
from tests.worlds.rows import each


def read(text: str, path: str = "a.md") -> tuple[str, tuple[str, ...]]:
    """The body, its formulas as the text part shows them, and what is told."""
    result = translate_dialects(text, path)
    return result.formulas.as_written(result.text), tuple(one.source for one in result.unknown)


@each(
    ("text", "shown"),
    [
        (r"By \eqref{e}: $$a \label{e}$$", r"By (1): $$a \tag{1}$$"),
        (r"By (\ref{e}): $$\label{e} a$$", r"By (1): $$ a \tag{1}$$"),
        (r"$$a\label{e}$$ and $b = \eqref{e}$", r"$$a \tag{1}$$ and $b = (1)$"),
        (r"$$a\label{n}$$ $$b\label{e}$$ \autoref{e}", r"$$a$$ $$b \tag{1}$$ (1)"),
        (r"\[a \tag{*} \label{e}\] \ref{e}", r"\[a \tag{*}\] *"),
        (
            "\\begin{align}\na \\label{p} \\\\\nb \\label{q}\n\\end{align} \\eqref{q}, \\cref{p}",
            "\\begin{align}\na \\tag{1} \\\\\nb \\tag{2}\n\\end{align} (2), (1)",
        ),
        (
            r"\begin{equation}\label{e}\begin{split}a\\b\end{split}\end{equation} \eqref{e}",
            r"\begin{equation}\begin{split}a\\b\end{split} \tag{1}\end{equation} (1)",
        ),
        (r"$$a$$ {#eq-x} by @eq-x, [@eq-x]", r"$$a \tag{1}$$ by (1), (1)"),
        (r"$$a$$ {#eq:x} by [@eq:x].", r"$$a \tag{1}$$ by (1)."),
        (
            r"\begin{equation}a (\#eq:x)\end{equation} \@ref(eq:x)",
            r"\begin{equation}a \tag{1}\end{equation} (1)",
        ),
        (r"$$a \label{e}$$", r"$$a \label{e}$$"),
        (r"## Part \label{s}", "## Part "),
        (r"`\eqref{e}` and @eq-x", r"`\eqref{e}` and @eq-x"),
    ],
)
def test_a_reference_and_its_formula_have_one_number(text: str, shown: str) -> None:
    """In the order of the formulas, at the end of the row that is meant; without a reference there is none."""
    assert read(text) == (shown, ())


@each("source", [r"\ref{fig:x}", r"\eqref{gone}", r"\@ref(eq:gone)"])
def test_a_reference_to_no_formula_is_left_out_and_told(source: str) -> None:
    """Nobody is mailed TeX outside a formula."""
    assert read(f"See {source}. $$a \\label{{e}}$$ \\ref{{e}}") == (
        r"See . $$a \tag{1}$$ 1",
        (source,),
    )


@given(
    st.lists(
        st.sampled_from(
            ["$$", "$", r"\label{a}", r"\ref{a}", r"\eqref{a}", r"\tag{", "}", r"\\", r"\begin{align}", "\n",
             r"\end{align}", r"\end{equation}", r"\begin{equation}", "{#eq-a}", "@eq-a", " x ", r"(\#eq:a)"]
        ),
        max_size=25,
    ).map("".join)
)  # fmt: skip
def test_any_text_is_read_and_no_line_is_lost(text: str) -> None:
    """Broken formulas and references raise nothing; what follows stands where it stood."""
    shown, _told = read(text)
    assert shown.count("\n") == text.count("\n")
