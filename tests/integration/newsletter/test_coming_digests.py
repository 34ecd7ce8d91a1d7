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


def test_what_is_planned_before_a_digest_is_due_is_told(tmp_path: Path) -> None:
    """Also where nothing waits yet: how many issues go out by then, and for how many who want a digest."""
    (tmp_path / "newsletter.toml").write_text(CONFIG)
    notes = tmp_path / "notes"
    notes.mkdir()
    # The digest is due on Sunday the 22nd, and on the 29th; what comes out with it waits for the next one.
    for day, hour in ((24, 9), (25, 9), (29, 17), (30, 9)):
        (notes / f"{day}.md").write_text(
            f"---\npublish: 2026-11-{day} {hour:02}:00\n---\n# {day}\n\nWords.\n"
        )
    (notes / "page.md").write_text(
        "---\npublish: 2026-11-26\nemail: false\n---\n# Page\n\nWords.\n"
    )
    clock = Clock(NOON + timedelta(days=1))
    with Newsletter.open(tmp_path / "newsletter.toml", environ={}, clock=clock) as newsletter:
        store = Store(newsletter.parts.database)
        store.join(1, start=9)
        assert newsletter.plan().digests == (), "nobody wants one"
        store.join(2, start=1, wishes=Wishes(pace=Pace.WEEKLY))
        store.join(1, start=7, wishes=Wishes(pace=Pace.MONTHLY))
        told = [
            (one.name, one.readers, one.issues, one.to_come) for one in newsletter.plan().digests
        ]
        assert told == [
            ("digest-weekly-2026-11-29", 2, 0, 2),
            ("digest-monthly-2026-12-06", 1, 0, 4),
        ]
        reasons = [one.reason for one in newsletter.calendar() if one.reason]
        assert reasons == [
            "0 issues so far, 2 more by then, for 2 readers",
            "0 issues so far, 4 more by then, for 1 reader",
        ]
        for _ in range(2):
            clock.move(hours=23)
            newsletter.poll()
        weekly, _ = newsletter.plan().digests
        assert (weekly.readers, weekly.issues, weekly.to_come) == (2, 2, 0)
