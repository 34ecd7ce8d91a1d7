"""Topics, paces and digests on real databases: every issue reaches who wants it, once, one way or another."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.archive.issues import MailOrder
from storage.database import schema
from storage.database.engine import Database
from storage.ledger.digests import DigestOrder, Digests
from storage.model.deliveries import DeliveryKind, DeliveryState
from storage.model.errors import Conflict
from storage.model.issues import Issue, IssueState, Mailing
from storage.model.readers import ConsentEventKind, Pace, SuppressionReason, Wishes
from storage.readers.settings import ReaderSettings
from tests.conftest import NOON
from tests.sizes import examples
from tests.worlds.store import MINUTE, Store, consent, draft, settled

S = DeliveryState
WEEK = timedelta(days=7)


class Week(Store):
    """A store whose readers have wishes, and whose digests are made when a test says so."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.digests = Digests(database)
        self.settings = ReaderSettings(database)

    def reader(self, number: int, **wishes: object) -> int:
        """An active reader with these wishes."""
        return self.join(1, start=number, wishes=Wishes(**wishes))[0]  # type: ignore[arg-type]

    def wish(self, reader: int, *, now: datetime = NOON, **wishes: object) -> None:
        """The reader changes what they get."""
        known = self.subscribers.get(reader)
        assert known is not None
        event = consent(ConsentEventKind.CHANGED, at=now)
        changed = replace(known.wishes, **wishes)  # type: ignore[arg-type]
        assert self.settings.change(reader, known.name, changed, event)

    def issue(self, name: str, *tags: str, now: datetime = NOON) -> Issue:
        """Publishes a note with these tags; its mail is due at once."""
        order = MailOrder(at=now)
        made = draft(name, tags=tags)
        return self.issues.publish(made, published_at=now, mail=order, now=now).issue

    def digest(self, pace: Pace = Pace.WEEKLY, *, at: datetime = NOON, zone: str = "") -> int:
        """Has a digest made that is due then; how many readers get it."""
        name = f"digest-{pace}-{at.date()}"
        order = DigestOrder(pace=pace, name=name, title="Digest", zone=zone, before=at)
        expected, _issues = self.digests.expect(order)
        made = self.digests.make(order, now=at)
        assert made in {0, expected}  # none where its author took it back
        assert made or not expected or self.issues.by_slug(name)
        return made

    def got(self, reader: int, *, now: datetime = NOON) -> list[str]:
        """What is claimed for the reader, opened: the names of the issues, `+` between those of a mail."""
        mails = []
        for claim in self.claim(now=now):
            assert claim.issue_id is not None
            if claim.subscriber_id != reader:
                continue
            if claim.kind is DeliveryKind.DIGEST:
                edition = self.digests.edition(claim.issue_id, reader)
                mails.append("+".join(self.issues.get(id_).slug for id_, _ in edition))
            else:
                mails.append(self.issues.get(claim.issue_id).slug)
        return mails


@pytest.fixture
def week(database: Database) -> Week:
    """The rooms over one fresh database."""
    return Week(database)


# ── topics ───────────────────────────────────────────────────────────────────────────────────


def test_topics_choose_the_issues(week: Week) -> None:
    """Who chose topics gets what has one of them, in any case of letters; who chose none, everything."""
    everything = week.reader(1)
    rust = week.reader(2, topics=("rust", "straße"))
    other = week.reader(3, topics=("rus", "ust", "%", "_"))
    for number, tags in enumerate([("Rust", "ml"), ("ml",), (), ("STRASSE",), ("rust lang",)]):
        week.issue(f"i{number}", *tags)
    mails = Counter(claim.subscriber_id for claim in week.claim())
    assert mails == {everything: 5, rust: 2}
    assert other not in mails


def test_a_tag_is_no_pattern(week: Week) -> None:
    """What a tag or a topic holds is compared as it stands."""
    odd = week.reader(1, topics=("100%", "a_b", "c'd", 'e"f'))
    for number, tag in enumerate(["100%", "100x", "a_b", "axb", "c'd", 'E"F']):
        week.issue(f"i{number}", tag)
    assert week.got(odd) == ["i0", "i2", "i4", "i5"]


def test_a_pause_keeps_mail_away_until_its_day(week: Week) -> None:
    """What is queued is stopped, what comes out is not mailed, and from its end on issues come again."""
    reader = week.reader(1)
    before = week.issue("before")
    week.wish(reader, paused_until=NOON + WEEK)
    assert week.delivery(before, reader).state is S.SUPPRESSED
    week.issue("within", now=NOON + timedelta(days=6))
    week.issue("after", now=NOON + WEEK)
    assert week.got(reader, now=NOON + WEEK) == ["after"]


# ── digests ──────────────────────────────────────────────────────────────────────────────────


def test_a_digest_brings_the_issues_of_its_time_in_one_mail(week: Week) -> None:
    """One delivery for each reader, with the issues of their topics, the newest first; none for nothing."""
    weekly = week.reader(1, pace=Pace.WEEKLY)
    rust = week.reader(2, pace=Pace.WEEKLY, topics=("rust",))
    monthly = week.reader(3, pace=Pace.MONTHLY)
    none = week.reader(4, pace=Pace.WEEKLY, topics=("never",))
    each = week.reader(5)
    week.issue("one", "rust")
    week.issue("two", "ml", now=NOON + MINUTE)
    assert week.got(each, now=NOON + MINUTE) == ["one", "two"]
    assert week.digest(at=NOON + WEEK) == 2
    assert week.digest(at=NOON + WEEK) == 0
    claims = {claim.subscriber_id: claim for claim in week.claim(now=NOON + WEEK)}
    assert set(claims) == {weekly, rust}
    assert {claim.kind for claim in claims.values()} == {DeliveryKind.DIGEST}
    digest_id = claims[weekly].issue_id
    assert digest_id is not None
    names = {id_: week.issues.get(id_).slug for id_, _ in week.digests.edition(digest_id, weekly)}
    assert list(names.values()) == ["two", "one"]
    assert [names[id_] for id_, _ in week.digests.edition(digest_id, rust)] == ["one"]
    assert week.digests.edition(digest_id, monthly) == week.digests.edition(digest_id, none) == ()


def test_an_issue_whose_note_wants_no_mail_is_in_no_digest(week: Week) -> None:
    """Taken back before anything of it has left, it is in nobody's mail; once it has, it comes to all."""
    weekly = week.reader(1, pace=Pace.WEEKLY)
    each = week.reader(2)
    unwanted, wanted = week.issue("unwanted"), week.issue("wanted")
    assert week.issues.take_back_mail(unwanted.id, "no mail")
    assert week.got(each) == ["wanted"]
    assert not week.issues.take_back_mail(wanted.id, "no mail")
    assert not week.issues.take_back_mail(unwanted.id, "no mail")
    assert week.digest(at=NOON + WEEK) == 1
    assert week.got(weekly, now=NOON + WEEK) == ["wanted"]


def test_a_digest_is_mailed_like_an_issue_and_is_seen_by_no_reader(week: Week) -> None:
    """It is paused, taken back and done as an issue is; archive, feeds and links know nothing of it."""
    week.reader(1, pace=Pace.WEEKLY)
    week.issue("one")
    week.digest(at=NOON + WEEK)
    (claim,) = week.claim(now=NOON + WEEK)
    digest = week.issues.get(claim.issue_id or 0)
    assert (digest.state, digest.mailing) == (IssueState.DIGEST, Mailing.OPEN)
    assert [issue.slug for issue in week.issues.live()] == ["one"]
    assert [name.slug for name in week.issues.names()] == ["one"]
    assert week.mailings.pause(digest.id, "wait", now=NOON)
    assert week.claim(now=NOON + WEEK) == []
    assert week.mailings.resume(digest.id, now=NOON + WEEK)
    (claim,) = week.claim(now=NOON + WEEK)
    week.begin(claim.delivery_id, now=NOON + WEEK)
    week.settle(settled(claim.delivery_id, issue_id=digest.id))
    assert digest.id in week.mailings.finish()
    with pytest.raises(Conflict):
        week.mailings.mail_missing(digest.id, now=NOON + WEEK, due_at=NOON + WEEK)


def test_zones_join_the_digest_of_their_day(week: Week) -> None:
    """Readers of a later zone come to the digest that is done already, and get what came out by their hour."""
    east = week.reader(1, pace=Pace.WEEKLY, zone="Asia/Tokyo")
    west = week.reader(2, pace=Pace.WEEKLY, zone="America/Los_Angeles")
    week.issue("one")
    assert sorted(week.digests.waiting()) == [
        (Pace.WEEKLY, "America/Los_Angeles"),
        (Pace.WEEKLY, "Asia/Tokyo"),
    ]
    assert week.digest(at=NOON + MINUTE, zone="Asia/Tokyo") == 1
    (claim,) = week.claim(now=NOON + MINUTE)
    week.begin(claim.delivery_id, now=NOON + MINUTE)
    week.settle(settled(claim.delivery_id, issue_id=claim.issue_id))
    week.mailings.finish()
    assert claim.subscriber_id == east
    late = NOON + timedelta(hours=9)
    week.issue("two", now=late)
    assert week.digest(at=late, zone="America/Los_Angeles") == 1
    assert week.got(west, now=late) == ["two+one"]
    assert week.digests.waiting() == [(Pace.WEEKLY, "Asia/Tokyo")]


def test_a_digest_that_is_taken_back_leaves_its_issues_for_the_next(week: Week) -> None:
    """Nobody misses an issue because its author cancelled a digest; nor gets one that was withdrawn."""
    reader = week.reader(1, pace=Pace.WEEKLY)
    week.issue("one")
    gone = week.issue("gone")
    week.digest(at=NOON + WEEK)
    (claim,) = week.claim(now=NOON + WEEK)
    assert week.mailings.cancel(claim.issue_id or 0) == 1
    week.issues.withdraw(gone.id, "removed", now=NOON)
    assert week.digest(at=NOON + WEEK) == 0
    assert week.digest(at=NOON + 2 * WEEK) == 1
    assert week.got(reader, now=NOON + 2 * WEEK) == ["one"]


def test_who_wants_digests_is_counted_without_looking_at_the_others(week: Week) -> None:
    """By pace and zone, of those who would be mailed; most readers want each issue, and are not read."""
    week.join(3)
    for number, pace in enumerate((Pace.WEEKLY, Pace.WEEKLY, Pace.MONTHLY, Pace.WEEKLY), start=11):
        week.reader(number, pace=pace, zone="Asia/Tokyo" if number == 13 else "")
    week.leave(week.reader(15, pace=Pace.MONTHLY))
    week.subscribers.suppress("hash-14", "x", SuppressionReason.MANUAL, evidence="", at=NOON)
    asked: list[tuple[str, Any]] = []

    def ask(*given: Any) -> None:
        asked.append((given[2], given[3]))

    sa.event.listen(week.database._engine, "before_cursor_execute", ask)
    wanted = week.digests.wanted()
    sa.event.remove(week.database._engine, "before_cursor_execute", ask)
    assert wanted == {(Pace.WEEKLY, ""): 2, (Pace.MONTHLY, "Asia/Tokyo"): 1}
    way = "EXPLAIN QUERY PLAN " if week.database.is_sqlite else "EXPLAIN "
    with week.database.reading() as connection:
        if not week.database.is_sqlite:  # a table of a test is read whole where there is a choice
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        [(text, values)] = asked
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(way + text, values))
    assert "ix_subscribers_pace" in plan


def test_an_issue_that_is_taken_back_is_in_no_digest(week: Week) -> None:
    """Until the hold is over its author may take it back, for all readers alike."""
    week.reader(1, pace=Pace.WEEKLY)
    issue = week.issue("one")
    week.mailings.cancel(issue.id)
    assert week.digest(at=NOON + WEEK) == 0


def test_who_left_or_is_suppressed_or_pauses_gets_no_digest(week: Week) -> None:
    """And who pauses gets what was gathered before in the first digest after the pause."""
    left, bounced, paused = (week.reader(number, pace=Pace.WEEKLY) for number in (1, 2, 3))
    week.issue("one")
    week.leave(left)
    week.subscribers.suppress("hash-2", "x", SuppressionReason.MANUAL, evidence="", at=NOON)
    week.wish(paused, paused_until=NOON + WEEK + MINUTE)
    assert week.digest(at=NOON + WEEK) == 0
    assert week.digest(at=NOON + 2 * WEEK) == 1
    assert week.got(paused, now=NOON + 2 * WEEK) == ["one"]
    assert bounced


def test_a_pause_in_the_middle_of_a_digest_loses_nothing(week: Week) -> None:
    """A digest that is queued and not begun is stopped; what it would have brought comes later."""
    reader = week.reader(1, pace=Pace.WEEKLY)
    week.issue("one")
    assert week.digest(at=NOON + WEEK) == 1
    week.wish(reader, now=NOON + WEEK, paused_until=NOON + WEEK + MINUTE)
    assert week.claim(now=NOON + WEEK) == []
    assert week.digest(at=NOON + 2 * WEEK) == 1
    assert week.got(reader, now=NOON + 2 * WEEK) == ["one"]


def test_readers_with_equal_editions_follow_each_other(week: Week) -> None:
    """So that each edition is made once, however many readers there are."""
    readers = [
        week.reader(number, pace=Pace.WEEKLY, topics=("a",) if number % 2 else ("b",))
        for number in range(1, 9)
    ]
    week.issue("one", "a")
    week.issue("two", "b")
    assert week.digest(at=NOON + WEEK) == len(readers)
    order = [claim.subscriber_id % 2 for claim in week.claim(now=NOON + WEEK)]
    assert sorted(order, reverse=order[0] == 1) == order


STEPS = st.lists(
    st.one_of(
        st.just("publish"),
        st.just("week"),
        st.just("month"),
        st.sampled_from(list(Pace)),
    ),
    min_size=1,
    max_size=14,
)


@given(steps=STEPS)
@settings(max_examples=examples(24))
def test_no_change_of_pace_misses_or_repeats_an_issue(
    steps: list[str | Pace], database_url_once: str
) -> None:
    """Whenever a reader changes pace, each issue comes exactly once in the end."""
    database = Database.open(database_url_once)
    week = Week(database)
    with database.transaction() as connection:
        for table in ("deliveries", "gathered", "issues", "subscribers", "moves", "slugs"):
            connection.execute(sa.delete(getattr(schema, table)))
    reader = week.reader(1)
    now, published, got = NOON, [], []
    for number, step in enumerate([*steps, "publish", Pace.EACH]):
        now += timedelta(hours=1)
        if isinstance(step, Pace):
            week.wish(reader, now=now, pace=step)
        elif step == "publish":
            published.append(week.issue(f"i{number}", now=now).slug)
        else:
            now += WEEK
            week.digest(Pace.WEEKLY if step == "week" else Pace.MONTHLY, at=now)
        now += timedelta(hours=1)
        week.digest(Pace.EACH, at=now)
        got += [slug for mail in week.got(reader, now=now) for slug in mail.split("+")]
        now += timedelta(days=1)
    week.digest(Pace.EACH, at=now)
    got += [slug for mail in week.got(reader, now=now) for slug in mail.split("+")]
    database.close()
    assert sorted(got) == sorted(published)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url_once(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """One database for all examples of a property, on each engine in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('paces') / 'newsletter.db'}"
    else:
        server = request.getfixturevalue("postgres")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE paces TEMPLATE migrated")
        url = f"{server}/paces"
    made = Database.open(url)
    made.prepare()
    made.close()
    return url
