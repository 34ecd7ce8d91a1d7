"""The Message-ID of the confirmation in the proof of consent (rule F9)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward; lines that are there already have none."""
    column = sa.Column("message_id", sa.Text(), server_default="", nullable=False)
    op.add_column("consent_events", column)
