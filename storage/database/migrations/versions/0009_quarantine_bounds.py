"""Whom a report that is kept came from, and an index of those that are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

KEPT = sa.text("raw IS NOT NULL")


def upgrade() -> None:
    """Forward; what is kept already is of one unknown source."""
    op.add_column("reports", sa.Column("source", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_reports_kept", "reports", ["source", "id"], sqlite_where=KEPT, postgresql_where=KEPT
    )
