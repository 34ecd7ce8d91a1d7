"""Rules listed by what they begin with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

_Rule = TypeVar("_Rule", bound=Callable[..., bool])


def by_first(rules: Iterable[tuple[str | None, _Rule]]) -> dict[str, tuple[_Rule, ...]]:
    """For each character with which a rule begins those that may begin there, in their order."""
    listed = list(rules)
    firsts = sorted(set("".join(first or "" for first, _rule in listed)))
    return {
        one: tuple(rule for first, rule in listed if first is None or one in first)
        for one in firsts
    }
