"""Schedule a note for the next working morning at nine, as an author's own script would.

    python -m scripts.examples.schedule_a_send newsletter.toml 2026/launch.md

The schedule is a row in the database: the service, or the next `newsletter send`, sends it.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter import Newsletter, NewsletterError


def next_working_morning(now: datetime) -> datetime:
    """Nine o'clock of the next Monday to Friday, in the zone of `now`."""
    day = now + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


def schedule(config: str, note: str) -> None:
    """Look the note over once more, then schedule it and say what is to come. Raises NewsletterError."""
    with Newsletter.open(config) as newsletter:
        for checked in newsletter.check(note):
            for finding in checked.findings:
                print(f"{finding.gravity}: {finding.message}", file=sys.stderr)
        zone = ZoneInfo(newsletter.identity.timezone)
        at = next_working_morning(datetime.now(zone))
        done = newsletter.schedule(note, at)
        if done.remark:
            print(done.remark, file=sys.stderr)
        for planned in newsletter.calendar():
            print(
                f"{planned.publish_at.astimezone(zone):%a %d %b %H:%M}  {planned.title or 'free'}"
            )
        if not newsletter.is_running():
            print("nothing is running that would send it", file=sys.stderr)


def main(config: str, note: str) -> int:
    """The same for a shell: 0, or 1 with a sentence that says why not."""
    try:
        schedule(config, note)
    except NewsletterError as error:  # no such note, a draft, published already, a busy database …
        print(f"not scheduled: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
