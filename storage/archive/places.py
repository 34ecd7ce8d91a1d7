"""Which issues stand in which part of a feed: what is needed to say so, and to read one part."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from storage.archive.rows import load_issues, newest_first, tagged
from storage.database import Database, schema
from storage.model import Issue, IssueExtent


class Places:
    """The issues of one newsletter by their order, not by their names."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def extents(self, *, tag: str | None = None) -> list[IssueExtent]:
        """The sizes of all issues, withdrawn ones too, oldest first; `tag` is compared as written."""
        c = schema.issues.c
        query = tagged(sa.select(c.id, sa.func.length(c.html).label("characters")), tag)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(c.published_at, c.id))
            return [IssueExtent(issue_id=row.id, characters=row.characters) for row in rows]

    def live(self, issue_ids: Sequence[int]) -> list[Issue]:
        """Those of them that readers can see, newest first."""
        query = newest_first(sa.select(schema.issues).where(schema.issues.c.id.in_(issue_ids)))
        with self._database.reading() as connection:
            return load_issues(connection, query)
