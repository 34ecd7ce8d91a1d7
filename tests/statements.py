"""Statements are compiled once for all databases of a run, as the product compiles each once for its one.

Each test has a database of its own, and each engine of SQLAlchemy compiles what it is asked for the first time: in
tests that was a third of all that they computed.
"""

from __future__ import annotations

import functools
from typing import Any

import sqlalchemy as sa


class Statements:
    """What was compiled, by the kind of database instead of the engine: all that SQLAlchemy asks of such a cache."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[Any, ...], Any] = {}

    def get(self, key: tuple[Any, ...]) -> Any:
        """The same statement, compiled for another engine of this kind; None if there is none."""
        return self._compiled.get(_kind(key))

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._compiled[_kind(key)] = compiled


def _kind(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *statement = key
    return type(dialect), dialect.paramstyle, dialect.server_version_info, *statement


def share() -> None:
    """From now on every engine of this process looks among the statements of all."""
    create, statements = sa.create_engine, Statements()

    @functools.wraps(create)
    def create_sharing(*given: Any, **options: Any) -> sa.Engine:
        own = {**options.pop("execution_options", {}), "compiled_cache": statements}
        return create(*given, execution_options=own, **options)

    sa.create_engine = create_sharing
