"""What a command writes for programs to read."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout

from hypothesis import given
from hypothesis import strategies as st

from scripts.console import PAGE, Json, print_json, print_json_list, print_long_table

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=4))
def test_a_list_written_as_it_comes_is_the_list_written_at_once(items: list[Json]) -> None:
    """Octet for octet the same document, whatever stands in it."""
    streamed, whole = io.StringIO(), io.StringIO()
    with redirect_stdout(streamed):
        print_json_list(iter(items))
    with redirect_stdout(whole):
        print_json(items)
    assert streamed.getvalue() == whole.getvalue()
    assert json.loads(streamed.getvalue()) == items


def test_a_long_table_is_written_as_its_rows_come() -> None:
    """However many rows there are, no more of them are held than a page has."""
    out = io.StringIO()
    ahead: list[int] = []

    def rows() -> Iterator[tuple[str]]:
        for number in range(PAGE * 3 + 1):
            ahead.append(number - out.getvalue().count("row"))
            yield (f"row{number}",)

    with redirect_stdout(out):
        print_long_table(("what",), rows())
    lines = [line for line in out.getvalue().splitlines() if line.startswith("row")]
    assert lines == [f"row{number}" for number in range(PAGE * 3 + 1)]
    assert max(ahead) <= PAGE
