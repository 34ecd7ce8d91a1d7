"""No foreign key from a delivery to its issue: PostgreSQL looked at the issue for every row that was queued.

On SQLite the table's text is changed in place, as https://sqlite.org/lang_altertable.html tells for constraints: the
rows stay where they are, however many.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_KEY = "fk_deliveries_issue_id"
_IN_TEXT = (
    rf",\s*CONSTRAINT {_KEY} FOREIGN KEY\(issue_id\) REFERENCES issues \(id\) ON DELETE CASCADE"
)


def upgrade() -> None:
    """Forward."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(_KEY, "deliveries", type_="foreignkey")
    else:
        _drop_in_text(connection)


def _drop_in_text(connection: sa.Connection) -> None:
    where = "WHERE type = 'table' AND name = 'deliveries'"
    text = connection.scalar(sa.text(f"SELECT sql FROM sqlite_master {where}"))  # noqa: S608 - ours
    without, found = re.subn(_IN_TEXT, "", text)
    if found != 1:
        raise RuntimeError("the table `deliveries` is not as it was made")
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    change = sa.text(f"UPDATE sqlite_master SET sql = :text {where}")  # noqa: S608
    connection.execute(change, {"text": without})
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = RESET"))
