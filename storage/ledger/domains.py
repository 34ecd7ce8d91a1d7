"""Domains of readers that are paused: remembered over claims and restarts, as parts of transactions."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import insert_new, schema

_M = schema.meta.c
_MARKS: Final = "astray:"


def put_pause(connection: Connection, domain: str, until: datetime) -> None:
    """The readers of a domain are not to be mailed until then."""
    lift_pause(connection, domain)
    insert_new(connection, schema.meta, {"key": _MARKS + domain, "value": until.isoformat()})


def lift_pause(connection: Connection, domain: str) -> bool:
    """The readers of a domain may be mailed again; False when they might all the time."""
    found = connection.execute(sa.delete(schema.meta).where(_M.key == _MARKS + domain))
    return bool(found.rowcount)


def find_paused(connection: Connection, now: datetime) -> dict[str, datetime]:
    """The domains that are paused, and until when."""
    rows = connection.execute(sa.select(_M.key, _M.value).where(_M.key.startswith(_MARKS)))
    pauses = {key.removeprefix(_MARKS): datetime.fromisoformat(value) for key, value in rows}
    return {domain: until for domain, until in pauses.items() if until > now}
