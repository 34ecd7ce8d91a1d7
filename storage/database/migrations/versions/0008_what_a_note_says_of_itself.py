"""Issues keep their note's language, its subject and its preview picture."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Forward; the next start renders every issue anew, and fills them."""
    for name in ("language", "subject", "image", "image_alt"):
        column = sa.Column(name, sa.Text(), server_default="", nullable=False)
        op.add_column("issues", column)
