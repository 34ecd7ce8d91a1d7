"""What only pandoc reads."""

from __future__ import annotations

import pytest

from tests.unit.feeds.markdown.dialects.test_programs import read


@pytest.mark.parametrize(
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
        ("+---+\n| a |\n+---+\n\nWords", "```\n+---+\n| a |\n+---+\n```\n\nWords"),
    ],
)
def test_a_document_is_read_without_pandoc(written: str, becomes: str) -> None:
    """Cells that show nothing, what is of another language already, captions, breaks, drawn tables."""
    assert read(written, "a.qmd") == becomes


def test_the_number_of_a_formula_is_not_shown() -> None:
    """`{#eq-x}` is for references."""
    assert "{#" not in read("$$ x = 1 $$ {#eq-x}\n\nSee @eq-x.", "a.qmd")
