"""Room on the pages of deliveries, so that PostgreSQL need not touch the indexes for an outcome."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward; pages that are written already stay as they are."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE deliveries SET (fillfactor = 70)")
