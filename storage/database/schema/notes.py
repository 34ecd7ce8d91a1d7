"""Owns the tables of the notes folder: what the poll remembers, schedules, and facts about the store."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
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
