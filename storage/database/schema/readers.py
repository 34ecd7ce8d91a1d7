"""Owns the tables of readers: subscribers, consent, sign-ups, suppressions, reports."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    text,
)

from storage.database.schema.columns import Id, Instant, Text, metadata, rows_where, text_column

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Id, primary_key=True),
    text_column("address", None),
    Column("address_key", Text, nullable=False, unique=True),
    Column("address_hash", Text, nullable=False, unique=True),
    text_column("name"),
    text_column("tags"),
    text_column("tag_keys"),
    text_column("state", None),
    text_column("nonce", None),
    text_column("consent"),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("unsubscribed_at", Instant),
    text_column("topics"),
    text_column("pace", "each"),
    Column("paused_until", Instant),
    text_column("language"),
    text_column("zone"),
    text_column("feed_key"),
    Column("moves", BigInteger),
    Index("ix_subscribers_state", "state"),
    Index("ix_subscribers_moves", "moves"),
    Index(
        "ix_subscribers_pace",
        "state",
        "pace",
        "zone",
        **rows_where(text("pace <> 'each'")),
    ),
    Index(
        "ix_subscribers_feed_key",
        "feed_key",
        **rows_where(text("feed_key <> ''")),
    ),
    sqlite_autoincrement=True,  # an id in a link in the wild is never given twice
)
"""`address_key` is what makes two spellings one subscriber (F14); `tags` are joined by commas,
and `tag_keys` is what they are looked for by (`write_tag_keys`), as are `topics` of tags of issues.
`moves` is the reader whose address this one is to become, or was."""

consent_events = Table(
    "consent_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    text_column("kind", None),
    Column("at", Instant, nullable=False),
    text_column("ip"),
    text_column("source"),
    text_column("text"),
    text_column("message_id"),
    Index("ix_consent_events_subscriber_id", "subscriber_id"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", Text, primary_key=True),
    text_column("address"),
    text_column("reason", None),
    text_column("evidence"),
    Column("created_at", Instant, nullable=False),
)

signups = Table(
    "signups",
    metadata,
    Column("id", Id, primary_key=True),
    text_column("address", None),
    text_column("address_key", None),
    text_column("domain", None),
    text_column("ip"),
    text_column("source"),
    text_column("consent"),
    Column("at", Instant, nullable=False),
    Column("handled_at", Instant),
    Column("moves", BigInteger),
    text_column("name"),
    Index("ix_signups_at", "at"),
)

Index(
    "ix_signups_open",
    signups.c.id,
    **rows_where(signups.c.handled_at.is_(None)),
)

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    text_column("kind", None),
    text_column("action", None),
    text_column("status"),
    Column("issue_id", BigInteger),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE")),
    Column("happened_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    text_column("evidence"),
    Column("counts", Boolean, nullable=False),
    Column("raw", LargeBinary),
    text_column("source"),
    text_column("host"),
    Index("ix_reports_subscriber_id", "subscriber_id", "happened_at"),
    Index(
        "ix_reports_gone",
        "host",
        "received_at",
        **rows_where(text("kind = 'hard'")),
    ),
    Index("ix_reports_received_at", "received_at"),
    Index(
        "ix_reports_kept",
        "source",
        "id",
        **rows_where(text("raw IS NOT NULL")),
    ),
)
"""What came back after acceptance. `raw` is kept only of what nobody could be matched with, for some
time and of each `source` (who is said to have written it) within bounds. `host` is whose host did not take
the mail, as it says."""
