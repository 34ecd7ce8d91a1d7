"""Expressions over readers' tags: what they mean, and that nothing else is ever made of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.model.audience import (
    And,
    Audience,
    Not,
    Or,
    Tagged,
    includes,
    parse_audience,
    tag_key,
    tag_keys_of,
    write_tag_keys,
)
from storage.model.errors import AudienceError
from tests.sizes import examples
from tests.worlds.rows import each

KEYS = ("ml", "beta", "early reader", "and", "grösse", "c++", "a/b", "日本", "x)")
AUDIENCES: st.SearchStrategy[Audience] = st.recursive(
    st.sampled_from(KEYS).map(Tagged),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=8,
)


def spell(audience: Audience) -> str:
    """An expression as a careful author writes it."""
    match audience:
        case Tagged(key=key):
            return key if key in {"ml", "beta", "c++", "grösse"} else f'"{key}"'
        case Not(other=other):
            return f"not ({spell(other)})"
        case And(parts=parts):
            return " AND ".join(f"({spell(part)})" for part in parts)
        case Or(parts=parts):
            return " or ".join(f"({spell(part)})" for part in parts)


@given(AUDIENCES, st.frozensets(st.sampled_from(KEYS)))
@settings(max_examples=examples(300), deadline=None)
def test_what_is_written_is_what_is_meant(audience: Audience, keys: frozenset[str]) -> None:
    """Written with brackets and read again, an expression includes the same readers."""
    again = parse_audience(spell(audience))
    assert includes(again, keys) == includes(audience, keys)
    assert set(tag_keys_of(again)) == set(tag_keys_of(audience))


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["and", "or", "not ", "(", ")", '"', "ml", "'", " ", "&&", "#"])
    ).map("".join)
)
@settings(max_examples=examples(400), deadline=None)
def test_any_text_is_an_expression_or_told(text: str) -> None:
    """Nothing but AudienceError is raised, and it says something."""
    told = "said"
    try:
        parse_audience(text)
    except AudienceError as error:
        told = str(error)
    assert told


@each(
    ("text", "inside", "outside"),
    [
        ("ml", [{"ml"}, {"ml", "beta"}], [set(), {"beta"}, {"mlx"}]),
        ("ML and not Beta", [{"ml"}], [{"ml", "beta"}, set()]),
        ("a or b and c", [{"a"}, {"b", "c"}], [{"b"}, {"c"}]),
        ("(a or b) and c", [{"a", "c"}], [{"a"}, {"c"}]),
        ("not a and not b", [set(), {"c"}], [{"a"}, {"b"}]),
        ("not not a", [{"a"}], [set()]),
        ('"early  Reader"', [{"early reader"}], [{"early"}]),
        ("'it''s'", [], []),
        ('"and" and #tag', [{"and", "tag"}], [{"tag"}]),
        ("r/d", [{"r/d"}], [{"r"}]),
        ("", [set(), {"a"}], []),
        ("  ", [set()], []),
    ],
)
def test_expressions_mean_what_they_say(
    text: str, inside: list[set[str]], outside: list[set[str]]
) -> None:
    """`and` binds more than `or`, `not` most; case and blanks do not matter."""
    if text == "'it''s'":
        with pytest.raises(AudienceError, match="neither `and` nor `or`"):
            parse_audience(text)
        return
    audience = parse_audience(text)
    assert all(includes(audience, keys) for keys in inside)
    assert not any(includes(audience, keys) for keys in outside)


@each(
    ("text", "told"),
    [
        ("ml beta", '`"ml beta"`'),
        ("ml & beta", "write `and`"),
        ("ml,beta", "write `or`"),
        ("!beta", "write `not`"),
        ("ml and", "ends where a tag should follow"),
        ("and ml", "where a tag should stand"),
        ("(ml", "without its `)`"),
        ("ml)", "without its `(`"),
        ('"ml', "not closed"),
        ('""', "without a letter"),
        ("not " * 50 + "a", "too many"),
        ("(" * 80 + "a" + ")" * 80, "too many"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(text: str, told: str) -> None:
    """A slip never becomes a mail to everybody, and its author learns the way out."""
    with pytest.raises(AudienceError) as raised:
        parse_audience(text)
    assert told in str(raised.value)


def test_keys_are_kept_so_that_one_is_never_found_in_another() -> None:
    """Each key stands between two ends of lines, which no key holds."""
    kept = write_tag_keys(["ML", "#ml", "Early  Reader", "a\nb", ""])
    assert kept == "\nml\nearly reader\na b\n"
    assert tag_key("Größe") == tag_key("GRÖSSE") == "grösse"
    assert write_tag_keys([]) == ""
