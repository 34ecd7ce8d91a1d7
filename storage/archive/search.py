"""Finds issues by their words: FTS5 on SQLite, tsvector on PostgreSQL, over the same terms.

The terms are written with the issue, in its transaction; triggers bring them into the index of either
engine (migration "what issues are found by").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.archive.asking import Bounds, Engine
from storage.archive.fts5 import Fts5
from storage.archive.rows import load_unmarked
from storage.archive.tsquery import Tsquery
from storage.database import Database, schema
from storage.model import Issue, IssueDraft

if TYPE_CHECKING:
    from storage.model import Phrase

MOST_FOUND: Final = 500
"""Issues that may be shown of all that have the words, the newest. What comes after is not counted."""
MOST_RANKED: Final = 200
"""Of these, the newest, the best first; the others follow by date."""
MOST_READ: Final = 1000
"""Issues that PostgreSQL looks into for a phrase, the newest of those that have each three words of it:
a bound that only a phrase of the most frequent words meets, so that none costs more in a larger archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of what was found."""

    total: int
    """Live issues that have all the words; at most MOST_FOUND."""
    has_more: bool = False
    """Whether there are more of them than that."""
    is_partial: bool = False
    """Whether older issues were not looked into for a phrase: a few of them may have it, too."""
    issues: tuple[Issue, ...]
    """Without their tags, images and links."""


class Search:
    """Over the live issues of one newsletter."""

    def __init__(
        self,
        database: Database,
        *,
        most_found: int = MOST_FOUND,
        most_ranked: int = MOST_RANKED,
        most_read: int = MOST_READ,
    ) -> None:
        self._database = database
        self._bounds = Bounds(found=most_found, ranked=min(most_ranked, most_found), read=most_read)

    def find(self, phrases: Sequence[Phrase], *, limit: int, offset: int = 0) -> Found:
        """Issues that have all of the phrases, the best first. Without phrases nothing is found.

        However many have them, no more than MOST_FOUND are counted, no more than MOST_RANKED compared
        and no more than `limit` read.
        """
        if not phrases:
            return Found(total=0, issues=())
        engine: Engine = Fts5(phrases) if self._database.is_sqlite else Tsquery(phrases)
        with self._database.reading() as connection:
            listed = engine.page(connection, self._bounds, limit=limit, offset=offset)
            return Found(
                total=min(listed.total, self._bounds.found),
                has_more=listed.total > self._bounds.found,
                is_partial=listed.is_partial,
                issues=_load(connection, listed.ids) if listed.ids else (),
            )


def _load(connection: Connection, ids: Sequence[int]) -> tuple[Issue, ...]:
    query = sa.select(schema.issues).where(schema.issues.c.id.in_(ids))
    issues = load_unmarked(connection, query)
    by_id = {issue.id: issue for issue in issues}
    return tuple(by_id[number] for number in ids if number in by_id)


def write_words(connection: Connection, issue_id: int, draft: IssueDraft) -> None:
    """The issue is found by the words of this draft from now on."""
    table = schema.issue_words
    connection.execute(sa.delete(table).where(table.c.issue_id == issue_id))
    write_all_words(connection, [(issue_id, draft)])


def write_all_words(connection: Connection, new: Sequence[tuple[int, IssueDraft]]) -> None:
    """The same for issues that have no words yet, by their ids."""
    # Its rules take long to load, and most commands write no issue.
    from storage.model import find_terms

    words = [
        (issue_id, " ".join(find_terms(draft.title)), " ".join(find_terms(_searched(draft))))
        for issue_id, draft in new
    ]
    rows = [{"issue_id": number, "title": title, "body": body} for number, title, body in words]
    connection.execute(sa.insert(schema.issue_words), rows)
    schema.write_stems(connection, words)


def _searched(draft: IssueDraft) -> str:
    from storage.model import readable

    return "\n".join((" ".join(draft.tags), draft.summary, readable(draft.text)))
