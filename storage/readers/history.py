"""How readers came and went, day by day. Looks, and changes nothing; the days are those of UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import Database, from_micros, schema
from storage.model import Effect, SubscriberState

_S = schema.subscribers.c
_R = schema.reports.c
_DAY: Final = timedelta(days=1) // timedelta(microseconds=1)
_BOUNCED: Final = (Effect.BOUNCED, Effect.COUNTED, Effect.SUPPRESSED)


class History:
    """Counts by day, from what is kept of readers and of reports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def joined(self) -> Mapping[date, int]:
        """Readers who became active, by the day on which they did; erased ones are forgotten."""
        moment = sa.func.coalesce(_S.confirmed_at, _S.created_at)
        return self._by_day(moment, _S.state != SubscriberState.PENDING.value)

    def left(self) -> Mapping[date, int]:
        """Readers who unsubscribed."""
        return self._by_day(_S.unsubscribed_at, _S.unsubscribed_at.is_not(None))

    def bounced(self) -> Mapping[date, int]:
        """Reports that a mail did not arrive."""
        return self._by_day(_R.received_at, _R.action.in_([one.value for one in _BOUNCED]))

    def complained(self) -> Mapping[date, int]:
        """Reports that a reader called a mail spam."""
        return self._by_day(_R.received_at, _R.action == Effect.UNSUBSCRIBED.value)

    def _by_day(
        self, moment: sa.ColumnElement[datetime | None], which: sa.ColumnElement[bool]
    ) -> Mapping[date, int]:
        day = sa.type_coerce(moment, sa.BigInteger).op("/")(sa.literal_column(str(_DAY)))
        query = sa.select(day.label("day"), sa.func.count()).where(which).group_by(sa.text("day"))
        with self._database.reading() as connection:
            return _counted(connection, query)


def _counted(connection: Connection, query: sa.Select[Any]) -> Mapping[date, int]:
    found = connection.execute(query).all()
    return {from_micros(int(row[0]) * _DAY).date(): row[1] for row in found}
