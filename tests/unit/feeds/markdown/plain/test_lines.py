"""Lines of plain text."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.markdown.plain.lines import _wrap_line, wrap
from tests.sizes import examples


@settings(max_examples=examples(100), deadline=None)
@given(st.text(max_size=200), st.integers(min_value=1, max_value=40))
def test_wrapping_loses_nothing(source: str, width: int) -> None:
    """Wrapping changes blanks only."""
    assert "".join("".join(wrap(source, width)).split()) == "".join(source.split())


@settings(max_examples=examples(100), deadline=None)
@given(
    st.text(st.sampled_from("日本語とても長いabc。、」「（）ー！"), max_size=120).filter(
        lambda text: not re.search("[。、」）ー！「（]{3}", text)
    )
)
def test_no_line_begins_with_what_ends_a_sentence(text: str) -> None:
    """Nor does one end with an opening bracket, in scripts without blanks; and nothing is lost for that."""
    lines = wrap(f"日{text}本", 20)
    assert not [line for line in lines if line[0] in "。、」）ー！"]
    assert not [line for line in lines if line[-1] in "「（"]
    assert "".join(lines) == f"日{text}本"


@given(
    st.text(st.sampled_from("ab’é- \xa0x—\tword日{}\u0301"), max_size=120),
    st.sampled_from([20, 72]),
)
@settings(max_examples=examples(200), deadline=None)
def test_the_short_way_of_wrapping_is_no_other_way(line: str, width: int) -> None:
    """Lines whose columns are characters are wrapped as all others are."""
    assert wrap(line, width) == list(_wrap_line(line, width))
