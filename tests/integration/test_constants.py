"""Hypothesis finds the constants of the product's source, all of them and no others, however soon."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.internal import constants_ast
from hypothesis.internal.conjecture import choice, providers
from hypothesis.internal.intervalsets import IntervalSet

from mailer.replies import vocabulary
from tests.constants import Permission, is_ours

ALPHABETS = [
    st.characters(),
    st.characters(codec="ascii"),
    st.characters(categories=("L", "N")),
    st.characters(exclude_characters="\n\r ", max_codepoint=255),
]


def test_constants_come_from_the_same_modules() -> None:
    """Each loaded module of the product is looked into, and none of the libraries or tests."""
    files = {path for module in sys.modules.values() if (path := getattr(module, "__file__", None))}
    ours = set(filter(is_ours, files))
    house = Path(__file__).parents[2]
    looked_into = filter(constants_ast.is_local_module_file, files)
    assert ours == {path for path in looked_into if Path(path).resolve().is_relative_to(house)}
    assert vocabulary.__file__ in ours


@pytest.mark.parametrize("least", [0, 3])
def test_the_same_constants_are_permitted(least: int) -> None:
    """Of each alphabet and length the same texts are taken, in whatever order alphabets are asked for."""
    may_be = Permission()
    texts = sorted(providers._get_local_constants().strings)
    assert len(texts) > 100
    for alphabet in ALPHABETS:
        bounds = {"intervals": _intervals(alphabet), "min_size": least, "max_size": 12}
        taken = [text for text in texts if may_be(text, bounds)]
        assert taken == [text for text in texts if choice.choice_permitted(text, bounds)]
        assert 0 < len(taken) < len(texts)


def _intervals(alphabet: st.SearchStrategy[str]) -> IntervalSet:
    return alphabet.wrapped_strategy.intervals
