"""Owns the tables of the archive: issues and what belongs to each."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
)

from storage.database.schema.columns import Id, Instant, Text, metadata, text_column

issues = Table(
    "issues",
    metadata,
    Column("id", Id, primary_key=True),
    Column("note_id", Text, nullable=False, unique=True),
    text_column("path", None),
    Column("guid", Text, nullable=False, unique=True),
    Column("slug", Text, nullable=False, unique=True),
    text_column("title", None),
    text_column("summary"),
    text_column("html"),
    text_column("text"),
    text_column("language"),
    text_column("subject"),
    text_column("canonical"),
    text_column("audience"),
    text_column("image"),
    text_column("image_alt"),
    text_column("content_hash"),
    text_column("rendering"),
    text_column("state", None),
    text_column("mailing", None),
    text_column("mailing_reason"),
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
    text_column("value", None),
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
