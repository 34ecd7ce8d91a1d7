"""Owns which tables a database has: those of this program, made at once or brought along by steps."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.model import SchemaNewer, SchemaOutdated, StorageError

_TABLE: Final = {
    "postgresql": sa.text("SELECT to_regclass(:name)::text"),
    "sqlite": sa.text("SELECT name FROM sqlite_master WHERE type = 'table' AND name = :name"),
}
"""Whether there is a table: every command asks, and SQLAlchemy's own question takes three milliseconds to put."""


def read_revision(connection: Connection) -> str | None:
    """What alembic keeps of the tables; None in an empty database."""
    looked_for = {"name": schema.alembic_version.name}
    if connection.scalar(_TABLE[connection.dialect.name], looked_for) is None:
        return None
    return connection.scalar(sa.select(schema.alembic_version.c.version_num))


def make_tables(connection: Connection) -> None:
    """All tables as they are now, in an empty database; nothing where another process was faster.

    The steps that led to them would make the same: a test compares the two.
    """
    if read_revision(connection) is not None:
        return
    schema.alembic_version.create(connection, checkfirst=False)
    connection.execute(sa.insert(schema.alembic_version).values(version_num=schema.REVISION))
    schema.metadata.create_all(connection, checkfirst=False)


def migrate(connection: Connection, revision: str) -> None:
    """Every step that is missing to that version, or to the last, "head"; none where they are made.

    Raises StorageError for a version that nobody knows.
    """
    # Only here, because it takes a tenth of the memory and the start of every command.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise StorageError(f"there is no schema {revision!r}") from error


def refuse_newer(revision: str | None) -> None:
    """Raises SchemaNewer for tables of a later program."""
    if revision is not None and revision > schema.REVISION:
        raise SchemaNewer(
            f"the database has schema {revision}, newer than the {schema.REVISION} of this "
            "program: use the version of the program that made it, or a later one"
        )


def refuse_older(revision: str) -> None:
    """Raises SchemaOutdated for tables of an earlier program."""
    if revision != schema.REVISION:
        raise SchemaOutdated(
            f"the database has schema {revision}, this program needs {schema.REVISION}: "
            "make a backup, then run `newsletter db upgrade`"
        )
