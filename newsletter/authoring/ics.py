"""The calendar as iCalendar (RFC 5545), for programs that subscribe to one. Pure.

A side door, not shown by the room's face: only such a file needs its library.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from icalendar import Calendar, Event

from newsletter.authoring.outlook import Planned, PlannedBy
from storage.model import Identity

_LONG: Final = timedelta(minutes=15)
"""Of an event: a moment without a length is not shown by some programs."""


def write_calendar(planned: Iterable[Planned], identity: Identity, now: datetime) -> bytes:
    """The events, each under a name of its own that stays when its time changes."""
    calendar = Calendar()
    calendar.add("prodid", "-//newsletter-service//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{identity.title}: what goes out")
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    for one in planned:
        calendar.add_component(_event(one, identity, now))
    return bytes(calendar.to_ical())


def _event(one: Planned, identity: Identity, now: datetime) -> Event:
    event = Event()
    key = one.path or f"{one.by.value} {one.title} {one.publish_at.isoformat()}".replace("  ", " ")
    host = urlsplit(identity.url).hostname or "localhost"
    event.add("uid", f"{uuid5(NAMESPACE_URL, f'{identity.url}#{key}')}@{host}")
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("dtstart", one.publish_at.replace(microsecond=0))
    event.add("dtend", one.publish_at.replace(microsecond=0) + _LONG)
    event.add("summary", "Free slot" if one.by is PlannedBy.SLOT else one.title)
    event.add("status", "TENTATIVE" if one.problem or one.by is PlannedBy.SLOT else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # it is nobody's time
    told = [one.path, one.problem, one.reason, "" if one.email else "feeds and archive only"]
    if any(told):
        event.add("description", "\n".join(filter(None, told)))
    return event
