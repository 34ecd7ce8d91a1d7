"""A search on PostgreSQL goes through a narrow table: the vectors of words lie beside it."""

from __future__ import annotations

from alembic import op

from storage.database.schema import keep_vectors_beside

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Forward; the rows that are there already are written anew."""
    keep_vectors_beside(op.get_bind())
