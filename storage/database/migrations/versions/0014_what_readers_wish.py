"""What readers wish: topics, pace, language, zone, a feed of their own, another address; digests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("digest_id IS NULL")
PRIVATE = sa.text("feed_key <> ''")


def upgrade() -> None:
    """Forward; everybody goes on getting each issue."""
    for name, default in (
        ("topics", ""),
        ("pace", "each"),
        ("language", ""),
        ("zone", ""),
        ("feed_key", ""),
    ):
        column = sa.Column(name, sa.Text(), server_default=default, nullable=False)
        op.add_column("subscribers", column)
    op.add_column("subscribers", sa.Column("paused_until", sa.BigInteger()))
    op.add_column("subscribers", sa.Column("moves", sa.BigInteger()))
    op.create_index("ix_subscribers_moves", "subscribers", ["moves"])
    op.create_index(
        "ix_subscribers_feed_key",
        "subscribers",
        ["feed_key"],
        sqlite_where=PRIVATE,
        postgresql_where=PRIVATE,
    )
    op.add_column("signups", sa.Column("moves", sa.BigInteger()))
    op.add_column("signups", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "gathered",
        sa.Column("issue_id", ID, nullable=False),
        sa.Column("subscriber_id", ID, nullable=False),
        sa.Column("pace", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("digest_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("issue_id", "subscriber_id", name="pk_gathered"),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name="fk_gathered_issue_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name="fk_gathered_subscriber_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_gathered_subscriber_id", "gathered", ["subscriber_id"])
    op.create_index("ix_gathered_digest_id", "gathered", ["digest_id", "subscriber_id"])
    op.create_index(
        "ix_gathered_waiting",
        "gathered",
        ["pace", "subscriber_id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
