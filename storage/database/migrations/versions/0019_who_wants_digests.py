"""An index of the readers who want digests: the calendar counts them, and looked at all readers for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Forward."""
    which = sa.text("pace <> 'each'")
    op.create_index(
        "ix_subscribers_pace",
        "subscribers",
        ["state", "pace", "zone"],
        sqlite_where=which,
        postgresql_where=which,
    )
