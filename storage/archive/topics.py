"""Topics: the tags that readers can choose from, and the issues that have one of them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from storage.archive.rows import MarkKind, load_issues, newest_first, wears
from storage.database import Database, schema
from storage.model import Issue, IssueState


class Topics:
    """The tags of what readers can see."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> list[tuple[str, int]]:
        """Every tag of the live issues, and how many of them have it."""
        marks, issues = schema.issue_marks, schema.issues
        query = (
            sa.select(marks.c.value, sa.func.count())
            .join(issues, issues.c.id == marks.c.issue_id)
            .where(marks.c.kind == MarkKind.TAG.value, issues.c.state == IssueState.LIVE.value)
            .group_by(marks.c.value)
        )
        with self._database.reading() as connection:
            return [(tag, count) for tag, count in connection.execute(query)]

    def live(self, tags: Sequence[str], *, limit: int) -> list[Issue]:
        """Issues readers can see that have one of these tags, as they are written, newest first."""
        query = newest_first(sa.select(schema.issues).where(wears(tags))).limit(limit)
        with self._database.reading() as connection:
            return load_issues(connection, query)
