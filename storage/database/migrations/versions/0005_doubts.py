"""How often a message was in doubt, so that it is resent once and then waits (rule B8)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Forward; what was in doubt so far counts as if it had not been."""
    column = sa.Column("doubts", sa.Integer(), server_default="0", nullable=False)
    op.add_column("deliveries", column)
