"""The tables: the only file with column names besides the migrations that make them.

Instants are kept as microseconds since 1970 in UTC, the same on SQLite and PostgreSQL, so that
comparisons and indexes mean the same on both. Uniqueness is an index, never a check in code.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

REVISION: Final = "0011"
"""The last migration: what the tables of this program are."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970; exact, unlike `timestamp()`. Refuses a naive datetime."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC datetime of `to_micros`."""
    return EPOCH + timedelta(microseconds=micros)


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Aware datetime → integer."""
        del dialect
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Integer → aware datetime in UTC."""
        del dialect
        return None if value is None else from_micros(value)


class Text(TypeDecorator[str]):
    """Text as every database keeps it: see `storable`. What cannot be kept is found nowhere."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Text → text without NUL and halves of characters."""
        del dialect
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """The text without what no database keeps: one hostile word must not stop all recording."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


# SQLite numbers rows by itself only in a column declared INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

alembic_version = Table("alembic_version", MetaData(), Column("version_num", Text))
"""Not ours: where alembic keeps which migrations were made."""


def _text(name: str, default: str | None = "") -> Column[str]:
    """A text column that is never NULL; `default=None` makes it required."""
    return Column(name, Text, nullable=False, default=default)


meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    _text("value", None),
)
"""Small facts about the store itself: the secret's fingerprint, the archive's version."""

notes = Table(
    "notes",
    metadata,
    Column("path", Text, primary_key=True),
    _text("note_id"),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    _text("content_hash"),
    Column("publish_at", Instant),
    Column("publish_seen_at", Instant),
    _text("fault"),
    Column("wake_at", Instant),
)
"""The poll's memory of files, by path."""

schedules = Table(
    "schedules",
    metadata,
    Column("path", Text, primary_key=True),
    Column("publish_at", Instant, nullable=False),
    _text("wall", None),
    _text("zone", None),
    Column("created_at", Instant, nullable=False),
    _text("title"),
    _text("content_hash"),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Id, primary_key=True),
    Column("note_id", Text, nullable=False, unique=True),
    _text("path", None),
    Column("guid", Text, nullable=False, unique=True),
    Column("slug", Text, nullable=False, unique=True),
    _text("title", None),
    _text("summary"),
    _text("html"),
    _text("text"),
    _text("language"),
    _text("subject"),
    _text("image"),
    _text("image_alt"),
    _text("content_hash"),
    _text("rendering"),
    _text("state", None),
    _text("mailing", None),
    _text("mailing_reason"),
    Column("published_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("mail_at", Instant),
    Column("revision", Integer, nullable=False, default=1),
    Index("ix_issues_state_published_at", "state", "published_at"),
    Index("ix_issues_mailing", "mailing", "mail_at"),
    sqlite_autoincrement=True,  # an id in a link in the wild is never given twice
)

absences = Table(
    "absences",
    metadata,
    Column(
        "issue_id",
        ForeignKey("issues.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("since", Instant, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("paused", Boolean, nullable=False),
)
"""Issues whose note went away while they were being mailed."""

issue_marks = Table(
    "issue_marks",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    _text("value", None),
    Index("ix_issue_marks_kind_value", "kind", "value"),
)
"""What an issue is found by: its tags, its images, the notes it links to (see MarkKind)."""

formulas = Table(
    "formulas",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("png", LargeBinary, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("depth", Integer, nullable=False),
)
"""Formulas drawn for mails, which ask for them as long as they are opened (see FormulaPicture)."""

slugs = Table(
    "slugs",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), nullable=False),
)
"""Every slug an issue ever had, so that old links lead on and no slug is given twice."""

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Id, primary_key=True),
    _text("address", None),
    Column("address_key", Text, nullable=False, unique=True),
    Column("address_hash", Text, nullable=False, unique=True),
    _text("name"),
    _text("tags"),
    _text("state", None),
    _text("nonce", None),
    _text("consent"),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("unsubscribed_at", Instant),
    Index("ix_subscribers_state", "state"),
    sqlite_autoincrement=True,  # an id in a link in the wild is never given twice
)
"""`address_key` is what makes two spellings one subscriber (F14); `tags` are joined by commas."""

consent_events = Table(
    "consent_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    _text("kind", None),
    Column("at", Instant, nullable=False),
    _text("ip"),
    _text("source"),
    _text("text"),
    _text("message_id"),
    Index("ix_consent_events_subscriber_id", "subscriber_id"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", Text, primary_key=True),
    _text("address"),
    _text("reason", None),
    _text("evidence"),
    Column("created_at", Instant, nullable=False),
)

signups = Table(
    "signups",
    metadata,
    Column("id", Id, primary_key=True),
    _text("address", None),
    _text("address_key", None),
    _text("domain", None),
    _text("ip"),
    _text("source"),
    _text("consent"),
    Column("at", Instant, nullable=False),
    Column("handled_at", Instant),
    Index("ix_signups_at", "at"),
)

Index(
    "ix_signups_open",
    signups.c.id,
    sqlite_where=signups.c.handled_at.is_(None),
    postgresql_where=signups.c.handled_at.is_(None),
)

workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("lease_until", Instant, nullable=False),
)
"""A lease belongs to a worker, not to each row it claims: renewing it is one small write."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    _text("kind", None),
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE")),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    _text("state", None),
    Column("attempts", Integer, nullable=False, default=0),
    Column("doubts", Integer, nullable=False, default=0),
    Column("queued_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("claimed_by", Text),
    Column("first_tried_at", Instant),
    Column("began_at", Instant),
    Column("settled_at", Instant),
    Column("code", Integer),
    _text("status"),
    _text("reply"),
    _text("reason"),
    UniqueConstraint("issue_id", "subscriber_id"),
    Index("ix_deliveries_subscriber_id", "subscriber_id"),
    sqlite_autoincrement=True,  # an id in a link in the wild is never given twice
    # Room on each page for the versions of a row that PostgreSQL makes when it is begun and settled:
    # one on the same page needs no entry in any index.
    postgresql_with={"fillfactor": 70},
)
"""One row per duty. `due_at` is set exactly while the row may be claimed."""

Index(
    "ix_deliveries_due",
    deliveries.c.issue_id,
    deliveries.c.due_at,
    deliveries.c.id,
    sqlite_where=deliveries.c.due_at.is_not(None),
    postgresql_where=deliveries.c.due_at.is_not(None),
)

Index(
    "ix_deliveries_singles",
    deliveries.c.kind,
    deliveries.c.queued_at,
    sqlite_where=deliveries.c.issue_id.is_(None),
    postgresql_where=deliveries.c.issue_id.is_(None),
)

moves = Table(
    "moves",
    metadata,
    Column("id", Id, primary_key=True),
    # No foreign key: checking it would have every group of outcomes lock the issue's row.
    Column("issue_id", BigInteger, nullable=False),
    _text("before", None),
    _text("after", None),
    Column("count", BigInteger, nullable=False),
    Index("ix_moves_issue_id", "issue_id"),
)
"""How many deliveries of an issue went from a state to another; see storage/ledger/moves.py."""

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    _text("state", None),
    Column("code", Integer),
    _text("status"),
    _text("reply"),
    _text("reason"),
)
"""Every try but the one that was accepted, which the delivery's own row tells."""

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    _text("kind", None),
    _text("action", None),
    _text("status"),
    Column("issue_id", BigInteger),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE")),
    Column("happened_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    _text("evidence"),
    Column("counts", Boolean, nullable=False),
    Column("raw", LargeBinary),
    _text("source"),
    Index("ix_reports_subscriber_id", "subscriber_id", "happened_at"),
    Index("ix_reports_received_at", "received_at"),
    Index(
        "ix_reports_kept",
        "source",
        "id",
        sqlite_where=text("raw IS NOT NULL"),
        postgresql_where=text("raw IS NOT NULL"),
    ),
)
"""What came back after acceptance. `raw` is kept only of what nobody could be matched with, for some
time and of each `source` (who is said to have written it) within bounds."""
