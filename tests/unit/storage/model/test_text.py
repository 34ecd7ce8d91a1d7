"""How words are counted and days are written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.model.text import columns, write_day


@pytest.mark.parametrize(
    ("text", "wide"),
    [("", 0), ("plain", 5), ("日本", 4), ("e\u0301", 1), ("a\u200bb", 2), ("ﾊﾝ", 2), ("Ａ", 2)],
)
def test_columns_are_those_of_a_terminal(text: str, wide: int) -> None:
    """Wide characters take two columns, marks and invisible ones none (UAX 11)."""
    assert columns(text) == wide


@given(st.text(), st.text())
def test_columns_add_up(one: str, other: str) -> None:
    """Two texts side by side take what each takes."""
    assert columns(one + other) == columns(one) + columns(other)


@pytest.mark.parametrize("day", [date(2026, 11, 2), datetime(2026, 11, 2, 9, tzinfo=UTC)])
def test_days_are_written_in_english(day: date) -> None:
    """Whatever the host speaks."""
    assert write_day(day) == "2 November 2026"
