"""Arabic words are found on SQLite by one beginning each, too, in an index of their stems."""

from __future__ import annotations

from alembic import op

from storage.database.schema import find_stems_on_sqlite

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Forward; issues that are there already are found so."""
    find_stems_on_sqlite(op.get_bind())
