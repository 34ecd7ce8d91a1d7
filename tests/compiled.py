"""What is compiled once for all tests of a process, as the product compiles it once for its one newsletter.

Each test has a database and a site of its own. Each engine of SQLAlchemy compiles whatever it is asked for the first
time, and each environment of Jinja its templates: a third of all that tests of the store and of the site computed.
"""

from __future__ import annotations

import functools
from types import CodeType
from typing import Any

import jinja2
import sqlalchemy as sa
from jinja2.bccache import Bucket


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


class Templates(jinja2.BytecodeCache):
    """Code of templates, by their file and what stands in it."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Gives the code, if there is any."""
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps it."""
        self._compiled[bucket.key, bucket.checksum] = bucket.code


def share() -> None:
    """From now on every engine and every environment of this process looks among what others compiled."""
    create, statements = sa.create_engine, Statements()
    make, templates = jinja2.Environment.__init__, Templates()

    @functools.wraps(create)
    def create_sharing(*given: Any, **options: Any) -> sa.Engine:
        own = {**options.pop("execution_options", {}), "compiled_cache": statements}
        return create(*given, execution_options=own, **options)

    @functools.wraps(make)
    def make_sharing(environment: jinja2.Environment, *given: Any, **options: Any) -> None:
        make(environment, *given, **{"bytecode_cache": templates, **options})

    sa.create_engine = create_sharing
    jinja2.Environment.__init__ = make_sharing  # type: ignore[method-assign]
