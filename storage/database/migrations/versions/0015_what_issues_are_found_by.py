"""What issues are found by: their terms, and an index over them on either engine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.schema import make_index
from storage.model import find_terms, readable

revision = "0015"
down_revision = "0014"

_AT_A_TIME = 200


def upgrade() -> None:
    """Forward; issues that are there already can be found at once."""
    op.create_table(
        "issue_words",
        sa.Column(
            "issue_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("issues.id", ondelete="CASCADE", name="fk_issue_words_issue_id"),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", name="pk_issue_words"),
    )
    make_index(op.get_bind())
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """In portions, so that an archive of any size takes no memory."""
    last = 0
    issues = sa.text(
        "SELECT id, title, summary, text FROM issues WHERE id > :last ORDER BY id LIMIT :most"
    )
    tags = sa.text("SELECT value FROM issue_marks WHERE issue_id = :id AND kind = 'tag'")
    insert = sa.text("INSERT INTO issue_words (issue_id, title, body) VALUES (:id, :title, :body)")
    while rows := connection.execute(issues, {"last": last, "most": _AT_A_TIME}).all():
        for row in rows:
            named = " ".join(connection.scalars(tags, {"id": row.id}))
            text = "\n".join((named, row.summary, readable(row.text)))
            words = {"title": " ".join(find_terms(row.title)), "body": " ".join(find_terms(text))}
            connection.execute(insert, {"id": row.id, **words})
        last = rows[-1].id
