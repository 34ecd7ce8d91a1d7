"""Whom an issue is meant for, by its note's `audience`: conditions on readers' rows. Parts of transactions.

Whoever queues or counts readers of an issue asks here, so that all of them mean the same.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.model import (
    And,
    Audience,
    Not,
    Or,
    Tagged,
    parse_audience,
)

_S = schema.subscribers.c


def is_meant(audience: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Which subscribers are in an audience (storage/model/audience.py); no condition for everybody.

    Raises AudienceError for an expression that cannot be read.
    """
    wanted = parse_audience(audience)
    return () if wanted is None else (_clause(wanted),)


def is_meant_by(connection: Connection, issue_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Which subscribers an issue is for."""
    c = schema.issues.c
    audience = connection.scalar(sa.select(c.audience).where(c.id == issue_id))
    return is_meant(str(audience or ""))


def wears_tag(key: str) -> sa.ColumnElement[bool]:
    """Subscribers with the tag of this key."""
    return _S.tag_keys.contains(f"\n{key}\n", autoescape=True)


def _clause(audience: Audience) -> sa.ColumnElement[bool]:
    match audience:
        case Tagged(key=key):
            return wears_tag(key)
        case Not(other=other):
            return sa.not_(_clause(other))
        case And(parts=parts):
            return sa.and_(*map(_clause, parts))
        case Or(parts=parts):
            return sa.or_(*map(_clause, parts))
