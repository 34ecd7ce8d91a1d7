"""An index on PostgreSQL that tells which issues have three words one after the other."""

from __future__ import annotations

from alembic import op

from storage.database.schema import find_phrases_by_threes

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Forward; issues that are there already are in it."""
    find_phrases_by_threes(op.get_bind())
