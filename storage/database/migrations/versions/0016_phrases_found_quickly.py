"""An index on PostgreSQL that tells which issues have two words one after the other."""

from __future__ import annotations

from alembic import op

from storage.database.schema import make_search_quick

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Forward; issues that are there already are in it."""
    make_search_quick(op.get_bind())
