"""Entries of a feed as notes, where an issue stands first, and who reads the feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Forward; nothing that is there changes."""
    op.add_column("issues", sa.Column("canonical", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "feed_entries",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("likeness", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("dated_at", sa.BigInteger()),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("there", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_feed_entries"),
        sa.UniqueConstraint("entry_id", name="uq_feed_entries_entry_id"),
    )
    op.create_index("ix_feed_entries_link", "feed_entries", ["link"])
    op.create_table(
        "feed_readers",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "feed", "reader", name="pk_feed_readers"),
    )
