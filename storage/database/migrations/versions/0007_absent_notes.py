"""Notes that are away while their issues are being mailed, and what a schedule knows its note by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward; nothing is away yet, and schedules learn what their notes are at the next poll."""
    op.create_table(
        "absences",
        sa.Column("issue_id", ID, autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name="fk_absences_issue_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue_id", name="pk_absences"),
    )
    for name in ("title", "content_hash"):
        column = sa.Column(name, sa.Text(), server_default="", nullable=False)
        op.add_column("schedules", column)
