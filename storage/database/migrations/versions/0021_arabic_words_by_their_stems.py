"""Arabic words are found on PostgreSQL by one beginning each, whatever is written together with them."""

from __future__ import annotations

from alembic import op

from storage.database.schema import find_arabic_by_stems

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Forward; issues that are there already are found so."""
    find_arabic_by_stems(op.get_bind())
