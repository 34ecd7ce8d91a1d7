"""Letters that a pattern can't be found without."""

from __future__ import annotations

import pytest

from mailer.replies.needs import needed_by, split_alternatives
from tests.worlds.rows import each


@each(
    ("pattern", "needs"),
    [
        (r"user.{0,30}(?:unknown|not known)", {"unknown", "not known"}),
        (r"\bdelay(?:ed)?\b", {"delay"}),
        (r"colou?rs", {"colo"}),
        (r"(?:is|was) late{2}r", {" late"}),
        (r"l[ií]mite", {"mite"}),
        (r"(?=now)\w+|here", set()),
        (r"(?:a|b(?:cd|ef))x{0,2}\.z", {".z"}),
        (r"(?<!not )(?:down|off)+", {"down", "off"}),
        (r"no\w* ?(?:such )?[users]*", {"no"}),
        (r"[(|)]x\|y", {"x|y"}),
        (r"\w+", set()),
        ("", set()),
    ],
)  # fmt: skip
def test_the_longest_letters_are_taken_that_must_be_there(pattern: str, needs: set[str]) -> None:
    """What may be absent, looks around, or is a class of letters is not asked for."""
    assert needed_by(pattern) == needs


@each(
    ("pattern", "pieces"),
    [
        ("a|b", ["a", "b"]),
        (r"a(?:b|c(d|e))|[|)]f|\|g", [r"a(?:b|c(d|e))", "[|)]f", r"\|g"]),
        ("", [""]),
        ("a|", ["a", ""]),
    ],
)
def test_a_pattern_is_taken_apart_between_its_groups(pattern: str, pieces: list[str]) -> None:
    """What stands in a group or a class stays together."""
    assert split_alternatives(pattern) == pieces


@each("pattern", ["[a", "a\\"])
def test_half_a_pattern_is_refused(pattern: str) -> None:
    """Whoever writes one that does not end is told, and none is taken for letters that it does not mean."""
    with pytest.raises(ValueError, match="ends in the middle"):
        needed_by(pattern)
