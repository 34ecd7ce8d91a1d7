"""What a command writes for programs to read."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout

from hypothesis import given
from hypothesis import strategies as st

from scripts.console import Json, print_json, print_json_list

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
