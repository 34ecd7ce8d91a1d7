"""Patterns of a guide fit the paths that their generator means, and end."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feeds.notes.folders.places import fits
from tests.worlds.rows import each


@each(
    ("pattern", "path", "does_fit"),
    [
        ("/a/*", "/a/x", True),
        ("/a/*", "/a/b/x", False),
        ("/a/**", "/a/b/x", True),
        ("**/x", "/a/b/x", True),
        ("/{a,b*}/?", "/bc/x", True),
        ("/{a,b}/?", "/c/x", False),
        ("/A/X", "/a/x", True),
        ("/a{", "/a{", True),
        ("?", "/", False),
        ("", "", True),
        ("", "x", False),
    ],
)
def test_a_pattern_fits_what_it_means(pattern: str, path: str, does_fit: bool) -> None:
    """`*` stays within a folder, `**` crosses them, and braces are a choice."""
    assert fits(pattern, path) is does_fit


AS_REGEX = {"**": ".*", "*": "[^/]*", "?": "[^/]", "a": "a", "/": "/", "{a,b/}": "(?:a|b/)"}


@given(
    st.lists(st.sampled_from(sorted(AS_REGEX)), max_size=8), st.text(alphabet="ab/", max_size=10)
)
def test_any_pattern_fits_what_an_expression_would(pieces: list[str], path: str) -> None:
    """Keeping all places at once finds what trying one after another does."""
    assume(not STARS & set(pairwise(pieces)))
    wanted = re.fullmatch("".join(AS_REGEX[one] for one in pieces), path) is not None
    assert fits("".join(pieces), path) is wanted


STARS = {("*", "*"), ("*", "**"), ("**", "*"), ("**", "**"), ("**", "/")}
"""What would be another pattern when it is written together."""


@pytest.mark.timeout(20)
def test_no_pattern_takes_for_ever() -> None:
    """A pattern of stars alone is tried on a long path in no time; trying one place after another would not end."""
    assert not fits("*a" * 140 + "b", "/".join(["a" * 250] * 15))
    assert not fits("{*a,*a}" * 40 + "b", "a" * 250)
