"""The rules that protect the author, as pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.publishing.decisions import (
    Publish,
    Restore,
    Revise,
    Skip,
    Wait,
    Wish,
    Withdraw,
    decide,
)
from storage.model.issues import Issue, IssueState
from tests.conftest import NOON
from tests.sizes import examples
from tests.unit.newsletter.publishing.test_publicview import PLAIN

GRACE = timedelta(hours=24)
LIVE = replace(PLAIN, content_hash="published")
WITHDRAWN = replace(LIVE, state=IssueState.WITHDRAWN)
WISH = Wish(publish_at=NOON, seen_at=NOON, kept="", email=True)

moments = st.integers(-10_000, 10_000).map(lambda minutes: NOON + timedelta(minutes=minutes))
wishes = st.builds(
    Wish,
    publish_at=st.none() | moments,
    seen_at=moments,
    kept=st.sampled_from(["", "it is a draft"]),
    email=st.booleans(),
)
issues = st.sampled_from([None, LIVE, WITHDRAWN])
hashes = st.sampled_from(["published", "changed"])


@settings(max_examples=examples(200))
@given(st.none() | wishes, hashes, issues, moments)
def test_mail_only_for_a_new_timely_wanted_issue(
    wish: Wish | None, content: str, issue: Issue | None, now: datetime
) -> None:
    """Whatever comes together, mail needs: no issue yet, its time come, in time, no draft."""
    decision = decide(wish, content, issue, now=now, grace=GRACE)
    if isinstance(decision, Publish):
        assert issue is None
        assert wish is not None
        assert not wish.kept
        assert wish.publish_at is not None
        assert decision.at == wish.publish_at <= now
        timely = wish.seen_at - wish.publish_at <= GRACE
        assert decision.mail == (wish.email and timely)
        assert decision.mail == (not decision.reason or decision.held)


@settings(max_examples=examples(200))
@given(st.none() | wishes, hashes, st.sampled_from([LIVE, WITHDRAWN]), moments)
def test_readers_see_exactly_what_is_wanted(
    wish: Wish | None, content: str, issue: Issue, now: datetime
) -> None:
    """An issue is live afterwards if and only if its note is there, public and no draft."""
    decision = decide(wish, content, issue, now=now, grace=GRACE)
    live = issue.state is IssueState.LIVE
    live = (live or isinstance(decision, Restore)) and not isinstance(decision, Withdraw)
    assert live == (wish is not None and wish.publish_at is not None and not wish.kept)


def test_before_its_time_it_waits() -> None:
    """A note of the future is looked at again when its time has come (rule E11)."""
    later = replace(WISH, publish_at=NOON + timedelta(seconds=1))
    assert decide(later, "x", None, now=NOON, grace=GRACE) == Wait(until=later.publish_at or NOON)


def test_the_grace_ends_to_the_second() -> None:
    """Exactly the grace late is mailed; a second more is not, and the reason tells why."""
    for late, mailed in ((GRACE, True), (GRACE + timedelta(seconds=1), False)):
        wish = replace(WISH, seen_at=NOON + late)
        decision = decide(wish, "x", None, now=NOON + late, grace=GRACE)
        assert isinstance(decision, Publish)
        assert decision.mail is mailed
    assert "more than 24 h after" in decision.reason


def test_the_publish_time_of_an_issue_does_not_matter_any_more() -> None:
    """Moved to the future after publishing, an issue is not hidden again."""
    wish = replace(WISH, publish_at=NOON + timedelta(days=9))
    assert decide(wish, "published", LIVE, now=NOON, grace=GRACE) == Skip(reason="unchanged")
    assert decide(wish, "changed", LIVE, now=NOON, grace=GRACE) == Revise()


def test_a_withdrawal_says_why() -> None:
    """Removed, made a draft, made private: three reasons."""
    reasons = [
        decide(wish, "", LIVE, now=NOON, grace=GRACE)
        for wish in (None, replace(WISH, kept="it is a draft"), replace(WISH, publish_at=None))
    ]
    assert [getattr(decision, "reason", "") for decision in reasons] == [
        "the note was removed",
        "the note is a draft",
        "the note is private",
    ]
