"""Which issues stand in which part of a feed: what is needed to say so, and to read one part."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa

from storage.archive.rows import MarkKind, load_issues, newest_first, tagged
from storage.database import Database, schema
from storage.model import Issue, IssueExtent, IssueState


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

    def slugs(self) -> list[tuple[str, int]]:
        """Every slug that an issue has or had, with the issue's id."""
        table = schema.slugs
        query = sa.select(table.c.slug, table.c.issue_id).order_by(table.c.slug)
        with self._database.reading() as connection:
            return [(slug, issue_id) for slug, issue_id in connection.execute(query)]

    def live(self, issue_ids: Sequence[int]) -> list[Issue]:
        """Those of them that readers can see, newest first."""
        query = newest_first(sa.select(schema.issues).where(schema.issues.c.id.in_(issue_ids)))
        with self._database.reading() as connection:
            return load_issues(connection, query)

    def prints(self) -> dict[str, str]:
        """A mark of what is in the feed of each tag, and under "" in that of all issues.

        It changes with every issue that comes, goes or is revised.
        """
        issues, marks = schema.issues, schema.issue_marks
        live = sa.select(issues.c.id, issues.c.revision).where(
            issues.c.state == IssueState.LIVE.value
        )
        tags = live.add_columns(marks.c.value).join(marks, marks.c.issue_id == issues.c.id)
        found = {"": hashlib.blake2b(digest_size=8)}
        with self._database.reading() as connection:
            for row in connection.execute(live.order_by(issues.c.id)):
                found[""].update(f"{row.id} {row.revision}\n".encode())
            query = tags.where(marks.c.kind == MarkKind.TAG.value)
            for row in connection.execute(query.order_by(issues.c.id, marks.c.position)):
                mark = found.setdefault(row.value, hashlib.blake2b(digest_size=8))
                mark.update(f"{row.id} {row.revision}\n".encode())
        return {place: mark.hexdigest() for place, mark in found.items()}
