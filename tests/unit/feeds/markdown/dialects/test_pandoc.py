"""What only pandoc reads."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from tests.worlds.publishing.written import read
from tests.worlds.rows import each


@each(
    ("written", "becomes"),
    [
        ("```{r, echo=FALSE}\nhidden\n```\n\nWords", "Words"),
        ("```{=html}\n<b>x</b>\n```", "<b>x</b>"),
        ("```{=latex}\n\\newpage\n```\n\nWords", "Words"),
        ("`<i>x</i>`{=html} and `y`{=latex}.", "<i>x</i> and ."),
        (
            "See @tbl-x.\n\n| a |\n|---|\n| b |\n\n: Cap {#tbl-x}",
            "See Cap.\n\n| a |\n|---|\n| b |\n\n*Cap*",
        ),
        ("\\newpage\n\nWords", "Words"),
        ("+---+\n| a |\n+---+\n\nWords", "|  |\n|---|\n| a |\n\nWords"),
        ("+---+\n| a |\n+ b +\n+---+", "```\n+---+\n| a |\n+ b +\n+---+\n```"),
        (
            "Right   Left\n-----   ----\n    1   b c\n\n: Cap",
            "| Right | Left |\n|---|---|\n| 1 | b c |\n\n*Cap*",
        ),
        ("a\n----\n\nb", "a\n----\n\nb"),
        ("| Roses\n|   red\n\nx", "Roses\\\n\u00a0\u00a0red\n\nx"),
        ("(@) a\n(@b) c\n\nAs (@b).", "1) a\n2) c\n\nAs (2)."),
        ("#. a\n#. b", "1. a\n1. b"),
        ("5\\ km", "5\u00a0km"),
        ('[a]{style="color:red"} `b`{.r} <https://a.b>{.c}', "a `b` <https://a.b>"),
        ("\\begin{center}a\\end{center} \\vspace{1cm}b", "a b"),
        ('![Cap](a.png){#fig-a fig-alt="Alt" width=300}', '![Alt|300](a.png "Cap")'),
        ("![Cap](a.png){width=50%}", "![Cap](a.png)"),
        (
            "# Part {#sec-p}\n\nSee @sec-p, [-@sec-p].",
            "# Part {#sec-p}\n\nSee [Part](#sec-p), [Part](#sec-p).",
        ),
    ],
)
def test_a_document_is_read_without_pandoc(written: str, becomes: str) -> None:
    """Cells that show nothing, what is of another language already, captions, breaks, drawn tables."""
    assert read(written, "a.qmd") == becomes


@each("source", ["`r nrow(x)`", "`{python} x`", r"\@ref(fig:x)"])
def test_what_a_program_would_work_out_is_told(source: str) -> None:
    """Code within a line that is run, and numbers that only the whole document gives."""
    result = translate_dialects(f"a {source} b", "a.Rmd")
    assert result.text == "a  b"
    assert [one.source for one in result.unknown] == [source]


def test_the_number_of_a_formula_is_not_shown() -> None:
    """`{#eq-x}` is for references."""
    assert "{#" not in read("$$ x = 1 $$ {#eq-x}\n\nSee @eq-x.", "a.qmd")


GRID = "+----+-----+\n| a  | b   |\n+====+=====+\n| 1  | - x |\n| 2  | - y |\n+----+-----+"
WIDE = "-----------\n a     b\n----- -----\n 1     x\n       y\n\n 2     z|\n-----------"


@each(
    ("written", "becomes"),
    [
        (GRID, "| a | b |\n|---|---|\n| 1 2 | - x<br>- y |"),
        (
            f"Words.\n\n{WIDE}\n\nWords.",
            "Words.\n\n| a | b |\n|---|---|\n| 1 | x y |\n| 2 | z\\| |\n\n\nWords.",
        ),
        ("| Roses\n|   red\n    and so on\n| are", "Roses\\\n\u00a0\u00a0red and so on\\\nare"),
        ("(@)  One.\n(@b)  Two.\n\nAs (@b) shows.", "1)  One.\n2)  Two.\n\nAs (2) shows."),
        ("`<i>x</i>`{=html} and `y`{=latex}.", "<i>x</i> and ."),
        ("\\begin{center}\nWords\n\\end{center}\n\n\\vspace{2em}", "Words"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("a -- b\n\n- - -\n\n| x", "a -- b\n\n- - -\n\n| x"),
        ("write to (@ada) now", "write to (@ada) now"),
    ],
)
def test_what_is_drawn_is_read_in_any_note(written: str, becomes: str) -> None:
    """Tables of lines and dashes, verses and numbered examples mean the same where no suffix says pandoc."""
    assert read(written, "a.md") == becomes


@each(
    "text", ["---- ----\n" * 5, "+--+\n" * 5, "-----------\n----- -----\n\n-----------", "|\n" * 3]
)
@each("path", ["a.md", "a.qmd"])
def test_lines_without_words_are_no_table(text: str, path: str) -> None:
    """Nothing that is drawn without content ends in an error."""
    assert isinstance(read(text, path), str)


@each(
    ("written", "path"),
    [
        ("`r 1` ", "a.qmd"),
        ("```query\nx\n```\n", "a.md"),
        ("{foo}`x` ", "a.md"),
        ("::foo{}\n", "a.md"),
    ],
)
def test_of_thousands_that_are_not_known_the_first_are_told(written: str, path: str) -> None:
    """A line is dear to find, so that no note takes time with the square of what it has of them."""
    translated = translate_dialects(written * 3000, path)
    assert len(translated.unknown) == 20
    assert not translated.text.replace("x", "").strip()
