"""A table that is one test: no row is left out, and none that fails hides another."""

from __future__ import annotations

import pytest

from tests.worlds.rows import ROWS, each


def test_every_row_is_tried_and_each_that_fails_is_told() -> None:
    """After a failure the others are tried, and what is raised names each that failed, as it was given."""
    tried = []

    @each("left, right", [(1, 1), (2, 3), pytest.param(4, 5, id="four"), (6, 6)])
    def they_are_equal(left: int, right: int) -> None:
        tried.append(left)
        assert left == right

    with pytest.raises(BaseExceptionGroup, match="2 of 4 rows") as raised:
        they_are_equal()
    assert tried == [1, 2, 4, 6]
    assert [error.__notes__ for error in raised.value.exceptions] == [
        ["in the row 2, 3"],
        ["in the row four"],
    ]


def test_what_pytest_itself_says_fails_fails_a_row() -> None:
    """`pytest.fail`, and `pytest.raises` where nothing is raised, are failures of their row alone."""
    tried = []

    @each("key", ["there", "gone", "there"], ids=["first", "second", "third"])
    def it_is_missing(key: str) -> None:
        tried.append(key)
        with pytest.raises(KeyError):
            {"there": 1}.pop(key)

    with pytest.raises(BaseExceptionGroup, match="2 of 3 rows") as raised:
        it_is_missing()
    assert tried == ["there", "gone", "there"]
    assert [error.__notes__ for error in raised.value.exceptions] == [
        ["in the row first"],
        ["in the row third"],
    ]


@each("one", "ab")
@each(("two", "three"), [(1, 2), (3, 4), (5, 6)])
def test_tables_multiply_and_fixtures_are_given(
    now: object, one: str, two: int, three: int
) -> None:
    """Each row of one table meets each of the other, beside what pytest gives."""
    assert now
    assert one in "ab"
    assert three == two + 1


def test_examples_are_counted() -> None:
    """A test of two tables counts for the product of their rows."""
    assert getattr(test_tables_multiply_and_fixtures_are_given, ROWS) == 6


def test_a_table_has_rows() -> None:
    """A table that became empty is no test that passes."""
    with pytest.raises(AssertionError):
        each("row", [])
