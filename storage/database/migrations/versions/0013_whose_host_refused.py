"""Whose host a report is about, and an index of those that found readers gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

GONE = sa.text("kind = 'hard'")


def upgrade() -> None:
    """Forward; of earlier reports it is not known."""
    op.add_column("reports", sa.Column("host", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_reports_gone",
        "reports",
        ["host", "received_at"],
        sqlite_where=GONE,
        postgresql_where=GONE,
    )
