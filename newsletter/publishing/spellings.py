"""One tag whatever its case: the spelling that the archive has is the one that is shown. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable


class Spellings:
    """How the tags of the issues are written; kept true during a poll."""

    def __init__(self, used: Iterable[tuple[int, str]]) -> None:
        """`used` is every (issue id, tag) there is, the oldest issue first."""
        self._users: defaultdict[str, dict[int, str]] = defaultdict(dict)
        self._keys: defaultdict[int, set[str]] = defaultdict(set)
        for issue_id, tag in used:
            self._add(issue_id, tag)

    def spell(self, tags: Iterable[str], issue_id: int | None = None) -> tuple[str, ...]:
        """`tags` as the oldest other issue that carries them writes them, each once, in order.

        `issue_id` is the issue they are for, if there is one: what it alone carries, its author may
        spell anew.
        """
        spelled: dict[str, str] = {}
        for tag in tags:
            spelled.setdefault(tag.casefold(), self._spell_one(tag, issue_id))
        return tuple(spelled.values())

    def put(self, issue_id: int, tags: Iterable[str]) -> None:
        """These are now the tags of an issue."""
        tags = tuple(tags)
        for key in self._keys.pop(issue_id, set()) - {tag.casefold() for tag in tags}:
            self._users[key].pop(issue_id, None)
        for tag in tags:
            self._add(issue_id, tag)

    def _add(self, issue_id: int, tag: str) -> None:
        self._users[tag.casefold()][issue_id] = tag
        self._keys[issue_id].add(tag.casefold())

    def _spell_one(self, tag: str, issue_id: int | None) -> str:
        users = self._users.get(tag.casefold(), {})
        oldest = next((user for user in users if user != issue_id), None)
        return tag if oldest is None else users[oldest]
