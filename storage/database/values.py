"""Owns how instants and text are kept, the same on SQLite and PostgreSQL; pure.

Instants are microseconds since 1970 in UTC, so that comparisons and indexes mean the same on both.
"""

from __future__ import annotations

from dataclasses import Field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, Protocol

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


def is_number(number: int) -> bool:
    """Whether a row may have this number: 64 bits on both databases, which refuse to be asked for more."""
    return 0 < number < 2**63


class Record(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def as_row(record: Record) -> dict[str, object]:
    """The values of a record by the names of its fields; `dataclasses.asdict` copies each of them first."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
