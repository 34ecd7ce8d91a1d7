"""Digests before they are made: what calendar and plan say of them is what is made then, zone by zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter import Newsletter
from storage.archive.issues import MailOrder
from storage.model.readers import Pace, Wishes
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.store import Store, draft

CONFIG = """
[newsletter]
title = "Working Notes"
url = "https://notes.example.com"
sender = "Working Notes <notes@example.com>"
timezone = "Europe/Berlin"
[storage]
url = "sqlite:///newsletter.db"
[subscribers]
digest_at = "SUN 17:00"
"""


def test_calendar_and_plan_tell_of_digests(tmp_path: Path) -> None:
    """What waits is told for each hour at which it is due, and a digest that is due is part of the plan
    and of nothing but the plan that was made with it.
    """
    (tmp_path / "newsletter.toml").write_text(CONFIG)
    (tmp_path / "notes").mkdir()
    clock = Clock(NOON)  # a Sunday
    with Newsletter.open(tmp_path / "newsletter.toml", environ={}, clock=clock) as newsletter:
        store = Store(newsletter.parts.database)
        store.join(2, start=1, wishes=Wishes(pace=Pace.WEEKLY))
        store.join(1, start=5, wishes=Wishes(pace=Pace.WEEKLY, zone="Asia/Tokyo"))
        store.join(1, start=7, wishes=Wishes(pace=Pace.MONTHLY))
        store.join(1, start=9)
        assert newsletter.calendar() == []
        order = MailOrder(at=NOON)
        store.issues.publish(draft("first"), published_at=NOON, mail=order, now=NOON)
        found = [(one.title, one.publish_at, one.reason) for one in newsletter.calendar()]
        assert found == [
            (
                "Weekly digest",
                datetime(2026, 11, 22, 16, tzinfo=UTC),
                "1 issue so far, for 2 readers",
            ),
            (
                "Weekly digest",
                datetime(2026, 11, 29, 8, tzinfo=UTC),
                "1 issue so far, for 1 reader",
            ),
            (
                "Monthly digest",
                datetime(2026, 12, 6, 16, tzinfo=UTC),
                "1 issue so far, for 1 reader",
            ),
        ]
        plan = newsletter.plan()
        assert plan.mails == 1
        assert [one.is_due for one in plan.digests] == [False, False, False]
        assert b"SUMMARY:Weekly digest" in newsletter.calendar_file()
        clock.move(hours=5)
        later = newsletter.plan()
        assert later.mails == 3
        assert later.hash != plan.hash
        assert newsletter.parts.readers.digests.run() == 2
        assert [one.readers for one in newsletter.plan().digests] == [1, 1]
        clock.now = NOON + timedelta(days=20)
        assert newsletter.parts.readers.digests.run() == 2
        assert newsletter.plan().digests == ()
