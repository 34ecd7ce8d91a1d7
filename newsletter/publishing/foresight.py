"""What will be published in a look is known before the first of it is rendered.

A note that links to a later one would otherwise be rendered twice. What was expected and did not come
out is told at the end, so that what links to it is rendered again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from newsletter.publishing.findings import Findings
from storage.archive import IssueName


class Foresight:
    """Has links lead to what is about to be published, as long as it is."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._expected: dict[str, IssueName] = {}

    def expect(self, coming: Iterable[IssueName]) -> None:
        """Learn what comes, in the order in which it does: its slugs, which are wishes, are given as
        then. A copy of another note, or of one that comes before it, will not come out.
        """
        names = self._found.names
        slugs = {name.slug for name in names.by_note.values()}
        contents: set[str] = set()
        for name in coming:
            is_copy = name.content_hash in contents or names.with_content(name.content_hash)
            if is_copy or name.note_id in self._expected:
                continue
            slug = name.slug
            if slug in slugs:
                slug = next(one for n in count(2) if (one := f"{name.slug}-{n}") not in slugs)
            slugs.add(slug)
            contents.add(name.content_hash)
            self._expected[name.note_id] = expected = replace(name, slug=slug)
            names.links.put(expected)

    def settle(self) -> list[IssueName]:
        """What was expected and is no issue; links do not lead there any more."""
        names = self._found.names
        missed = [name for key, name in self._expected.items() if key not in names.by_note]
        for name in missed:
            names.links.drop(name.note_id)
        self._expected.clear()
        return missed
