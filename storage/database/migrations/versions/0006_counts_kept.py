"""Counts kept with each issue, and an index for those of subscribers: nothing counts every row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Forward; what there is already is counted once."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "moves",
        sa.Column("id", number, nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_moves"),
    )
    op.create_index("ix_moves_issue_id", "moves", ["issue_id"])
    op.create_index("ix_subscribers_state", "subscribers", ["state"])
    op.execute(
        sa.text(
            "INSERT INTO moves (issue_id, before, after, count) "
            "SELECT issue_id, '', state, count(*) FROM deliveries "
            "WHERE issue_id IS NOT NULL GROUP BY issue_id, state"
        )
    )
