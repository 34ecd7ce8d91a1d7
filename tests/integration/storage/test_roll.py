"""Readers by state, tag and words, their tags, and audiences, on both databases."""

from __future__ import annotations

import pytest

from storage.archive.issues import MailOrder
from storage.model.audience import includes, parse_audience, tag_key
from storage.model.deliveries import DeliveryState, Missing
from storage.model.errors import AudienceError, NotFound
from storage.model.issues import Issue
from storage.model.readers import SubscriberState, SuppressionReason
from storage.readers.roll import Roll
from tests.conftest import NOON
from tests.worlds.store import MINUTE, Store, counted, draft, kept_counts, settled

TAGS: tuple[tuple[str, ...], ...] = (
    (),
    ("ml",),
    ("ML", "Beta"),
    ("machine, learning",),
    ("learning", "50%"),
    ("Größe", "a_b"),
    ("beta", "Early Reader"),
    ("axb", "50x"),
)
AUDIENCES = (
    "", "ml", "not ml", "ml and not beta", "ml or beta", '"machine, learning"', "learning",
    "'50%'", "a_b", "GRÖSSE", '"early reader" and beta', "not (ml or beta)", "nobody", "not nobody",
)  # fmt: skip


@pytest.fixture
def tagged(store: Store) -> Store:
    """A reader for each of TAGS."""
    for number, tags in enumerate(TAGS, 1):
        store.join(1, start=number, tags=tags)
    return store


def publish(store: Store, audience: str) -> Issue:
    """An issue for this audience, its mail due in five minutes."""
    order = MailOrder(at=NOON + 5 * MINUTE)
    made = draft(audience=audience)
    return store.issues.publish(made, published_at=NOON, mail=order, now=NOON).issue


def waiting(store: Store, issue: Issue) -> set[int]:
    """The readers who will get it."""
    found = store.overview.deliveries(issue.id, state=DeliveryState.QUEUED)
    return {one.subscriber_id for one in found}


def test_an_audience_is_the_same_readers_in_the_database(tagged: Store) -> None:
    """What counts, and what queues, includes whoever the expression does."""
    roll = Roll(tagged.database)
    everyone = list(roll.find())
    for text in AUDIENCES:
        audience = parse_audience(text)
        meant = {one.id for one in everyone if includes(audience, {*map(tag_key, one.tags)})}
        assert roll.count_audience(text) == len(meant), text
        order = MailOrder(at=NOON)
        name = f"issue {text}"
        issue = tagged.issues.publish(
            draft(name, audience=text), published_at=NOON, mail=order, now=NOON
        )
        assert (waiting(tagged, issue.issue), issue.queued) == (meant, len(meant)), text
    assert kept_counts(tagged) == counted(tagged)
    with pytest.raises(AudienceError):
        roll.count_audience("ml beta")


def test_who_left_or_is_suppressed_is_in_no_audience(tagged: Store) -> None:
    """`not ml` is not everybody else in the world."""
    tagged.leave(1)
    reason = SuppressionReason.MANUAL
    tagged.subscribers.suppress("hash-2", "x", reason, evidence="asked", at=NOON)
    roll = Roll(tagged.database)
    assert roll.count_audience("") == len(TAGS) - 2
    assert roll.count_audience("not nobody") == len(TAGS) - 2
    assert roll.count_audience("ml") == 1
    assert roll.unknown_tags("ml and not nothing or '50%'") == ("nothing",)


def test_mail_of_which_nothing_has_left_follows_its_audience(tagged: Store) -> None:
    """An edit takes out who is not meant any more and puts in who is, as often as it is edited."""
    issue = publish(tagged, "ml")
    assert waiting(tagged, issue) == {2, 3}
    for audience, meant in (("beta", {3, 7}), ("ml and not beta", {2}), ("", {*range(1, 9)})):
        changed = draft(audience=audience, content_hash=audience)
        tagged.issues.revise(issue.id, changed, updated_at=NOON + MINUTE, slug=None)
        assert waiting(tagged, issue) == meant
        assert tagged.issues.get(issue.id).audience == audience
    due = {one.due_at for one in tagged.overview.deliveries(issue.id, state=DeliveryState.QUEUED)}
    assert due == {NOON + 5 * MINUTE}
    assert kept_counts(tagged) == counted(tagged)


def test_mail_that_has_begun_goes_to_whom_it_was_for(tagged: Store) -> None:
    """Once a message has left, an edit changes nobody's mail; a cancelled one does not come back."""
    issue = publish(tagged, "ml")
    later = NOON + 5 * MINUTE
    first, *_ = tagged.claim(now=later, limit=1)
    tagged.begin(first.delivery_id)
    tagged.settle(settled(first.delivery_id))
    tagged.issues.revise(issue.id, draft(audience="beta"), updated_at=later, slug=None)
    assert waiting(tagged, issue) == {2, 3} - {first.subscriber_id}
    other = publish_second(tagged)
    tagged.mailings.cancel(other.id)
    tagged.issues.revise(other.id, draft("second", audience="beta"), updated_at=later, slug=None)
    assert waiting(tagged, other) == set()


def publish_second(store: Store) -> Issue:
    """Another issue, for `ml`."""
    order = MailOrder(at=NOON + 5 * MINUTE)
    made = draft("second", audience="ml")
    return store.issues.publish(made, published_at=NOON, mail=order, now=NOON).issue


def test_who_joins_later_gets_it_only_if_it_is_for_them(tagged: Store) -> None:
    """Mailing an issue to those who have not had it keeps to its audience."""
    issue = publish(tagged, "ml")
    tagged.join(1, start=20, tags=("ml",))
    tagged.join(1, start=21, tags=("other",))
    assert tagged.mailings.missing(issue.id, now=NOON) == Missing(new=1, again=0)
    mailed = tagged.mailings.mail_missing(issue.id, now=NOON, due_at=NOON)
    assert mailed == Missing(new=1, again=0)


def test_tags_are_given_and_taken(tagged: Store) -> None:
    """In any case, once each, and found by from then on."""
    roll = Roll(tagged.database)
    changed = roll.change_tags(2, add=["ML", "#new  one", 'q"uote', ""], remove=["x"])
    assert changed.tags == ("ml", "new one", "quote")
    assert [one.id for one in roll.find(tag="NEW ONE")] == [2]
    assert roll.change_tags(2, remove=["New One", "ml"]).tags == ("quote",)
    assert roll.count_audience("ml") == 1
    with pytest.raises(NotFound):
        roll.change_tags(99, add=["a"])


def test_readers_are_found_by_state_tag_and_words(tagged: Store) -> None:
    """All conditions together, in the order in which readers came, so many at most."""
    tagged.join(1, start=30, name="Zoë Größe", tags=("ml",))
    tagged.leave(3)
    roll = Roll(tagged.database)
    assert [one.id for one in roll.find(tag="ml")] == [2, 3, 9]
    assert [one.id for one in roll.find(tag="ml", state=SubscriberState.ACTIVE)] == [2, 9]
    assert [one.id for one in roll.find(search="GRÖSSE")] == [9]
    assert [one.id for one in roll.find(search="Reader3@")] == [3]
    assert [one.id for one in roll.find(search="example.org", limit=2)] == [1, 2]
    assert len(list(roll.find(search="example.org", limit=10**30))) > 2
    assert list(roll.find(search="nobody")) == []
