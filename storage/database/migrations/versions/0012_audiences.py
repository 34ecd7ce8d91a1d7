"""An issue keeps whom it is for, and readers' tags are kept as they are looked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.model import read_tags, write_tag_keys

revision = "0012"
down_revision = "0011"

_PORTION = 1000


def upgrade() -> None:
    """Forward; `tag_keys` is filled from the tags that are there."""
    for table, name in (("issues", "audience"), ("subscribers", "tag_keys")):
        column = sa.Column(name, sa.Text(), server_default="", nullable=False)
        op.add_column(table, column)
    s = sa.table(
        "subscribers",
        sa.column("id", sa.BigInteger),
        sa.column("tags", sa.Text),
        sa.column("tag_keys", sa.Text),
    )
    connection = op.get_bind()
    update = (
        sa.update(s).where(s.c.id == sa.bindparam("b_id")).values(tag_keys=sa.bindparam("b_keys"))
    )
    last = 0
    tagged = sa.select(s.c.id, s.c.tags).where(s.c.tags != "").order_by(s.c.id).limit(_PORTION)
    while rows := connection.execute(tagged.where(s.c.id > last)).all():
        keys = [{"b_id": row.id, "b_keys": write_tag_keys(read_tags(row.tags))} for row in rows]
        connection.execute(update, keys)
        last = rows[-1].id
