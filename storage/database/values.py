"""Owns how instants and text are kept, the same on SQLite and PostgreSQL; pure.

Instants are microseconds since 1970 in UTC, so that comparisons and indexes mean the same on both.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970; exact, unlike `timestamp()`. Refuses a naive datetime."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC datetime of `to_micros`."""
    return EPOCH + timedelta(microseconds=micros)


def storable(text: str) -> str:
    """The text without what no database keeps: one hostile word must not stop all recording."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def as_row(record: DataclassInstance) -> dict[str, object]:
    """The values of a record by the names of its fields; `dataclasses.asdict` copies each of them first."""
    return {name: getattr(record, name) for name in _names(type(record))}


@cache
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
