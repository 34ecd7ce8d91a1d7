"""Owns what the tables are made of: their kinds of columns, and the number of the last migration.

How instants and text are kept stands in storage/database/values.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    Integer,
    MetaData,
    Table,
)
from sqlalchemy.types import TypeDecorator

from storage.database.values import from_micros, storable, to_micros

REVISION: Final = "0024"
"""The last migration: what the tables of this program are."""


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

alembic_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", sa.String(32)),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Not ours: where alembic keeps which migrations were made."""


def rows_where(condition: sa.ColumnElement[bool] | sa.TextClause) -> dict[str, Any]:
    """What has an index hold only some rows."""
    return {"sqlite_where": condition, "info": {"where": condition}}


@sa.event.listens_for(metadata, "before_create")
def _tell_postgresql(_metadata: MetaData, connection: Connection, **_options: object) -> None:
    """Its options are said when tables are made there: to know them SQLAlchemy loads all that it has for it."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.tables.values():
        if "with" in table.info:
            table.dialect_kwargs["postgresql_with"] = table.info["with"]
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_kwargs["postgresql_where"] = index.info["where"]


def text_column(name: str, default: str | None = "") -> Column[str]:
    """A text column that is never NULL; `default=None` makes it required."""
    return Column(name, Text, nullable=False, default=default)
