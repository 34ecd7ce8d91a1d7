"""Owns the tables of the notes folder: what the poll remembers, schedules, and facts about the store."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
)

from storage.database.schema.columns import Instant, Text, metadata, text_column

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    text_column("value", None),
)
"""Small facts about the store itself: the secret's fingerprint, the archive's version."""

notes = Table(
    "notes",
    metadata,
    Column("path", Text, primary_key=True),
    text_column("note_id"),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    text_column("content_hash"),
    Column("publish_at", Instant),
    Column("publish_seen_at", Instant),
    text_column("fault"),
    Column("wake_at", Instant),
)
"""The poll's memory of files, by path."""

feed_entries = Table(
    "feed_entries",
    metadata,
    Column("path", Text, primary_key=True),
    Column("entry_id", Text, nullable=False, unique=True),
    text_column("guid", None),
    text_column("link"),
    text_column("likeness"),
    text_column("said"),
    Column("dated_at", Instant),
    Column("first_seen_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("mail", Boolean, nullable=False),
    Column("there", Boolean, nullable=False),
    text_column("note", None),
    Index("ix_feed_entries_link", "link"),
)
"""Entries of the feed that `[notes] feed` names, each as a note (see FeedEntry)."""

schedules = Table(
    "schedules",
    metadata,
    Column("path", Text, primary_key=True),
    Column("publish_at", Instant, nullable=False),
    text_column("wall", None),
    text_column("zone", None),
    Column("created_at", Instant, nullable=False),
    text_column("title"),
    text_column("content_hash"),
)

feed_readers = Table(
    "feed_readers",
    metadata,
    Column("day", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("reader", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)
"""How many read the feeds, day by day, by what they read with (see FeedReaders)."""
