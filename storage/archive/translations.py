"""Issues that say the same in other languages."""

from __future__ import annotations

import sqlalchemy as sa

from storage.archive.rows import MarkKind
from storage.database import Database, schema
from storage.model import Issue, IssueState, Translation


class Translations:
    """The translations of one newsletter's issues."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, issue: Issue) -> list[Translation]:
        """Live issues that share a key with this one, itself left out, the oldest first; whatever
        their language.
        """
        if not issue.translation_keys:
            return []
        marks, c = schema.issue_marks.c, schema.issues.c
        sharing = sa.select(marks.issue_id).where(
            marks.kind == MarkKind.TRANSLATION.value, marks.value.in_(issue.translation_keys)
        )
        query = (
            sa.select(c.language, c.slug, c.title)
            .where(c.state == IssueState.LIVE.value, c.id != issue.id, c.id.in_(sharing))
            .order_by(c.id)
            .limit(_MOST)
        )
        with self._database.reading() as connection:
            return [Translation(**row) for row in connection.execute(query).mappings()]


_MOST = 200
"""More than there are languages anybody writes in."""
