"""Schedule a note for the next working morning at nine, as an author's own script would.

    python -m scripts.examples.schedule_a_send newsletter.toml 2026/launch.md

The schedule is a row in the database: the service, or the next `newsletter send`, sends it.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter import Newsletter


def next_working_morning(now: datetime) -> datetime:
    """Nine o'clock of the next Monday to Friday, in the zone of `now`."""
    day = now + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


def main(config: str, note: str) -> None:
    """Look the mail over once more, then schedule it and say what is to come."""
    with Newsletter.open(config) as newsletter:
        for warning in newsletter.preview(note).warnings:
            print(f"note: {warning}", file=sys.stderr)
        zone = ZoneInfo(newsletter.identity.timezone)
        at = next_working_morning(datetime.now(zone))
        newsletter.schedule(note, at)
        for planned in newsletter.calendar():
            print(f"{planned.publish_at.astimezone(zone):%a %d %b %H:%M}  {planned.title}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
