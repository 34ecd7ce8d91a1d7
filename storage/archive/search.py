"""Finds issues by their words: FTS5 on SQLite, tsvector on PostgreSQL, over the same terms.

The terms are written with the issue, in its transaction; triggers bring them into the index of either
engine (migration "what issues are found by").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.archive.rows import load_issues
from storage.database import Database, schema
from storage.model import Issue, IssueDraft, Phrase, find_terms, readable

MOST_FOUND: Final = 500
"""Issues that are ranked, and so may be shown, of all that have the words: the newest."""
_WAIT_MS: Final = 2000
"""How long PostgreSQL may think about a query."""
# CROSS JOIN: the words first. SQLite would ask the index anew for every live issue otherwise.
_SQLITE: Final = """
SELECT issue_terms.rowid FROM issue_terms CROSS JOIN issues i ON i.id = issue_terms.rowid
WHERE issue_terms MATCH :query AND i.state = 'live'
ORDER BY bm25(issue_terms, 8.0, 1.0), i.published_at DESC LIMIT :most
"""
_POSTGRESQL: Final = """
SELECT f.issue_id FROM (
  SELECT t.issue_id, t.vector, i.published_at FROM issue_terms t JOIN issues i ON i.id = t.issue_id
  WHERE t.vector @@ CAST(:query AS tsquery) AND i.state = 'live'
  ORDER BY i.published_at DESC LIMIT :most
) f ORDER BY ts_rank(f.vector, CAST(:query AS tsquery), 1) DESC, f.published_at DESC
"""
_COUNT_SQLITE: Final = """
SELECT count(*) FROM issue_terms CROSS JOIN issues i ON i.id = issue_terms.rowid
WHERE issue_terms MATCH :query AND i.state = 'live'
"""
_COUNT_POSTGRESQL: Final = """
SELECT count(*) FROM issue_terms t JOIN issues i ON i.id = t.issue_id
WHERE t.vector @@ CAST(:query AS tsquery) AND i.state = 'live'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of what was found."""

    total: int
    """Live issues that have all the words."""
    issues: tuple[Issue, ...]


class Search:
    """Over the live issues of one newsletter."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, phrases: Sequence[Phrase], *, limit: int, offset: int = 0) -> Found:
        """Issues that have all of the phrases, the best first. Without phrases nothing is found."""
        if not phrases:
            return Found(total=0, issues=())
        is_sqlite = self._database.is_sqlite
        query = {"query": _for_fts5(phrases) if is_sqlite else _for_tsquery(phrases)}
        ranked, counted = (
            (_SQLITE, _COUNT_SQLITE) if is_sqlite else (_POSTGRESQL, _COUNT_POSTGRESQL)
        )
        with self._database.reading() as connection:
            if not is_sqlite:
                connection.execute(sa.text(f"SET LOCAL statement_timeout = {_WAIT_MS}"))
            ids = list(connection.scalars(sa.text(ranked), {**query, "most": MOST_FOUND}))
            total = len(ids)
            if total == MOST_FOUND:
                total = connection.scalar(sa.text(counted), query) or total
            return Found(total=total, issues=_load(connection, ids[offset : offset + limit]))


def _load(connection: Connection, ids: Sequence[int]) -> tuple[Issue, ...]:
    issues = load_issues(connection, sa.select(schema.issues).where(schema.issues.c.id.in_(ids)))
    by_id = {issue.id: issue for issue in issues}
    return tuple(by_id[number] for number in ids if number in by_id)


def write_words(connection: Connection, issue_id: int, draft: IssueDraft) -> None:
    """The issue is found by the words of this draft from now on."""
    table = schema.issue_words
    connection.execute(sa.delete(table).where(table.c.issue_id == issue_id))
    text = "\n".join((" ".join(draft.tags), draft.summary, readable(draft.text)))
    connection.execute(
        sa.insert(table).values(
            issue_id=issue_id,
            title=" ".join(find_terms(draft.title)),
            body=" ".join(find_terms(text)),
        )
    )


def _for_fts5(phrases: Sequence[Phrase]) -> str:
    """Terms hold letters, digits and signs above 127 alone, so that quotes are all they need."""
    return " AND ".join(
        f'"{" ".join(phrase.terms)}"{" *" if phrase.is_prefix else ""}' for phrase in phrases
    )


def _for_tsquery(phrases: Sequence[Phrase]) -> str:
    return " & ".join(
        "(" + " <-> ".join(f"'{term}'" for term in phrase.terms) + f"{':*' * phrase.is_prefix})"
        for phrase in phrases
    )
