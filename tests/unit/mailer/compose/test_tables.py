"""What a phone has room for in a table."""

from __future__ import annotations

import re

from mailer.compose.tables import wrap_tables
from tests.worlds.rows import each


def _table(*cells: str) -> str:
    row = "".join(f'<td class="align-right">{cell}</td>' for cell in cells)
    head = "<thead><tr><th>Lamp</th></tr></thead>"
    return f"<table>{head}<tr><td>Argand</td>{row}</tr></table>"


@each(
    ("table", "kind"),
    [
        ("<table><tr><td>Lamp</td></tr></table>", "wide"),
        (_table("1,234,567.50", "A few words that wrap."), "wide figures"),
        (_table("1,234,567.50", "https://example.com/a/long/address/that/must/break"), "wide"),
        (_table(*["123,456"] * 4), "wide"),
        (_table(*["1"] * 6), "wide crowded"),
    ],
)
def test_the_box_of_a_table_says_what_a_phone_has_room_for(table: str, kind: str) -> None:
    """Numbers stay whole where they fit, and many columns stand closer (rule D20)."""
    boxed = (
        wrap_tables(f"{table}<p>x</p>").replace(' class="unbroken"', "").replace("unbroken ", "")
    )
    assert boxed == f'<div class="{kind}">{table}</div><p>x</p>'


@each(
    ("words", "kept"),
    [
        ("Configuration Throughput Value", "Configuration Throughput Value"),
        ("Modell Genauigkeit Trainingszeit Speicherbedarf Veröffentlichung", "Modell"),
        ("a b Veröffentlichung d", "Veröffentlichung"),
        (f"Modell {'x' * 90} Resnet", ""),
        ("one two", ""),
    ],
)
def test_a_short_word_is_not_broken_for_a_long_one(words: str, kept: str) -> None:
    """Columns whose words fit keep them whole, the short ones first, while half of the others still fits (rule D20)."""
    cells = "".join(f"<td>{word}</td>" for word in words.split())
    boxed = wrap_tables(
        f"<table><tr>{cells}</tr><tr>{'<td>1</td>' * len(words.split())}</tr></table>"
    )
    assert " ".join(re.findall(r'<td class="unbroken">([^<\d]+)</td>', boxed)) == kept
    assert boxed.count('class="unbroken">1<') == len(kept.split())


@each(
    "table",
    [
        '<table><tr><td colspan="2">Configuration</td></tr><tr><td>Throughput</td><td>x</td></tr></table>',
        "<table><tr><td><table><tr><td>in</td></tr></table></td></tr></table>",
        "<table></table>",
    ],
)  # fmt: skip
def test_other_tables_have_a_box_alone(table: str) -> None:
    """Of cells over several columns, tables within tables and empty ones only the boxes are new."""
    boxed = wrap_tables(table)
    assert re.sub(r'<div class="wide">|</div>', "", boxed) == table
    assert boxed.count("<div") == boxed.count("</div>") == table.count("<table")
