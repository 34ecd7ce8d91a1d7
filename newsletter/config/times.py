"""Times of day and recurring times, as the configuration writes them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from newsletter.config.values import parse_list

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
MOST_LINES: Final = 20
_FIELDS: Final = 5
_BUFFER: Final = timedelta(hours=3)
"""No zone ever put its clocks forward by more at once."""


def parse_day_time(value: object) -> timedelta:
    """Reads `09:00` as the time since midnight."""
    if isinstance(value, timedelta):
        return value
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError('must be a time of day like "09:00"')
    return timedelta(hours=int(found[1]), minutes=int(found[2]))


def parse_slots(value: object) -> tuple[str, ...]:
    """Reads cron lines: a list, also as TOML writes it, or one text in which line ends or semicolons part them."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = parse_list(value)
    lines = re.split(r"[;\n]", value) if isinstance(value, str) else value
    if not isinstance(lines, Sequence) or not all(isinstance(line, str) for line in lines):
        raise ValueError('must be a cron line like "0 9 * * TUE", or a list of them')
    found = tuple(" ".join(line.split()) for line in lines if line.strip())
    if len(found) > MOST_LINES:
        raise ValueError(f"must be {MOST_LINES} lines at most")
    for line in found:
        _walls(line, datetime(2026, 1, 1))  # noqa: DTZ001 - a wall time has no zone
    return found


def slots_after(lines: Sequence[str], zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The moments of all lines after that one, each once, soonest first, in UTC; without an end.

    A line speaks of the clock on the wall in `zone`. A wall time that a change of clocks skips is
    taken by the offset before it, one that comes twice is taken at its first (rule G1).
    """
    import heapq  # only needed where there are slots

    begin = after.astimezone(zone).replace(tzinfo=None) - 2 * _BUFFER
    walls = heapq.merge(*(_walls(line, begin) for line in lines))
    last, waiting = after, list[datetime]()
    for wall in walls:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        # One that was skipped comes later than its wall time says, and perhaps after the next one.
        while waiting and moment - waiting[0] > _BUFFER:
            if (first := heapq.heappop(waiting)) > last:
                last = first
                yield first
        heapq.heappush(waiting, moment)


def _walls(line: str, begin: datetime) -> Iterator[datetime]:
    """The wall times of a cron line after `begin`. Raises ValueError."""
    from cronsim import CronSim, CronSimError

    if len(line.split()) != _FIELDS:
        raise ValueError(f'{line!r} is no cron line; write it like "0 9 * * TUE"')
    try:
        walls = CronSim(line, begin)
        next(walls)
    except CronSimError as error:
        raise ValueError(f"{line!r} is no cron line: {str(error).lower()}") from error
    except StopIteration:
        raise ValueError(f"{line!r} never comes") from None
    return CronSim(line, begin)
