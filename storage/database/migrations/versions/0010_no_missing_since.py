"""The poll no longer keeps since when a file is missing: absences have a table of their own."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Forward; nothing ever read the column."""
    op.drop_column("notes", "missing_since")
