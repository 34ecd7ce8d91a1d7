"""Which issue a reader of another language is led to. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from storage.model import Issue, Translation

_MOST: Final = 200
"""Issues that share one key and are looked at: more than there are languages anybody writes in."""


def choose_translations(
    language: str, sharing: Iterable[Translation], usual: str
) -> list[Translation]:
    """Of those that share a key with an issue in `language`, the oldest first, the first in each other
    language, by language; each with its language, also where that is the `usual` one.
    """
    found: dict[str, Translation] = {}
    for one in sharing:
        other = one.language or usual
        if other.casefold() != (language or usual).casefold():
            found.setdefault(other, replace(one, language=other))
    return [found[other] for other in sorted(found)]


def gather_languages(issues: Iterable[Issue], usual: str) -> dict[int, list[Translation]]:
    """By id, for each issue that has translations among these, its versions by language, itself included."""
    by_key: defaultdict[str, list[Issue]] = defaultdict(list)
    oldest_first = sorted(issues, key=lambda issue: issue.id)
    for issue in oldest_first:
        for key in issue.translation_keys:
            by_key[key].append(issue)
    found: dict[int, list[Translation]] = {}
    for issue in oldest_first:
        sharing = {one.id: one for key in issue.translation_keys for one in by_key[key][:_MOST]}
        named = [_name(sharing[one]) for one in sorted(sharing) if one != issue.id]
        if others := choose_translations(issue.language, named, usual):
            own = replace(_name(issue), language=issue.language or usual)
            found[issue.id] = sorted([own, *others], key=lambda one: one.language)
    return found


def _name(issue: Issue) -> Translation:
    return Translation(language=issue.language, slug=issue.slug, title=issue.title)
