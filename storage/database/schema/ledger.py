"""Owns the tables of the ledger: deliveries, their attempts and who works on them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    select,
    union_all,
)

from storage.database.schema.archive import issues
from storage.database.schema.columns import Id, Instant, Text, metadata, rows_where, text_column
from storage.database.schema.readers import subscribers

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
    text_column("kind", None),
    # No foreign key: PostgreSQL would look at the issue once for each row that is queued. No issue is
    # ever deleted, and whoever queues mail for one looks at it, or makes it, in the same transaction.
    Column("issue_id", Id),
    # No foreign key, which would want an index of its own: in that the rows of an issue, written one
    # after the other, lie on as many pages as there are readers. Whoever deletes a reader deletes these first.
    Column("subscriber_id", Id, nullable=False),
    text_column("state", None),
    Column("attempts", Integer, nullable=False, default=0),
    Column("doubts", Integer, nullable=False, default=0),
    Column("queued_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("claimed_by", Text),
    Column("first_tried_at", Instant),
    Column("began_at", Instant),
    Column("settled_at", Instant),
    Column("code", Integer),
    text_column("status"),
    text_column("reply"),
    text_column("reason"),
    UniqueConstraint("issue_id", "subscriber_id"),
    sqlite_autoincrement=True,  # an id in a link in the wild is never given twice
    # Room on each page for the versions of a row that PostgreSQL makes when it is begun and settled:
    # one on the same page needs no entry in any index.
    info={"with": {"fillfactor": 70}},
)
"""One row per duty. `due_at` is set exactly while the row may be claimed."""

# Tables of earlier versions have keys to both: they are filled, and dropped, in that order.
for _named in (issues, subscribers):
    deliveries.add_is_dependent_on(_named)

Index(
    "ix_deliveries_due",
    deliveries.c.issue_id,
    deliveries.c.due_at,
    deliveries.c.id,
    **rows_where(deliveries.c.due_at.is_not(None)),
)

Index(
    "ix_deliveries_singles",
    deliveries.c.kind,
    deliveries.c.queued_at,
    **rows_where(deliveries.c.issue_id.is_(None)),
)


def of_readers(*subscriber_ids: int) -> ColumnElement[bool]:
    """Deliveries of these readers, found issue by issue, and with them those of no issue."""
    own = deliveries.alias("own")
    theirs = own.c.subscriber_id.in_(subscriber_ids)
    # A join in its place has SQLite go through the whole index for the issues where it knows no sizes.
    of_issues = select(own.c.id).where(own.c.issue_id.in_(select(issues.c.id)), theirs)
    of_none = select(own.c.id).where(own.c.issue_id.is_(None), theirs)
    return deliveries.c.id.in_(union_all(of_issues, of_none))


moves = Table(
    "moves",
    metadata,
    Column("id", Id, primary_key=True),
    # No foreign key: checking it would have every group of outcomes lock the issue's row.
    Column("issue_id", BigInteger, nullable=False),
    text_column("before", None),
    text_column("after", None),
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
    text_column("state", None),
    Column("code", Integer),
    text_column("status"),
    text_column("reply"),
    text_column("reason"),
)
"""Every try but the one that was accepted, which the delivery's own row tells."""

gathered = Table(
    "gathered",
    metadata,
    Column(
        "issue_id",
        ForeignKey("issues.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "subscriber_id",
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    text_column("pace", None),
    Column("at", Instant, nullable=False),
    Column("digest_id", BigInteger),
    Index("ix_gathered_subscriber_id", "subscriber_id"),
    Index("ix_gathered_digest_id", "digest_id", "subscriber_id"),
)
"""Issues that wait for a reader's digest, and in which one they went: `digest_id` is that issue's."""

Index(
    "ix_gathered_waiting",
    gathered.c.pace,
    gathered.c.subscriber_id,
    **rows_where(gathered.c.digest_id.is_(None)),
)
