"""Complaints of readers and other feedback, as the desk takes them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from newsletter.inbound.reportdesk import ReportDesk
from newsletter.inbound.softbounces import SoftLimits
from storage.database.engine import Database
from storage.model.deliveries import DeliveryKind, DeliveryState
from storage.model.readers import ConsentEventKind, SubscriberState, SuppressionReason
from storage.model.reports import Effect
from tests.conftest import NOON
from tests.worlds.inbound.reports import FOLDER, House, house_over
from tests.worlds.store import consent


@pytest.fixture
def house(database: Database) -> House:
    """Three readers, on each engine."""
    return house_over(database)


def test_a_complaint_unsubscribes(house: House) -> None:
    """Left, never mailed again, and the delivery says why (rule C9)."""
    issue = house.mail()
    result = house.desk.process(house.report("arf-abuse", issue, 2))
    assert result.action is Effect.UNSUBSCRIBED
    assert house.consent(2) is SubscriberState.UNSUBSCRIBED
    assert house.reason(2) is SuppressionReason.COMPLAINT
    assert house.store.delivery(issue, 2).state is DeliveryState.COMPLAINED
    last = house.store.subscribers.events(2)[-1]
    assert (last.kind, last.source) == (ConsentEventKind.UNSUBSCRIBED, "complaint")


def test_a_complaint_without_a_return_path_is_found_by_its_link(house: House) -> None:
    """The link in the returned part is as good a key, when all addresses are redacted (rule C9)."""
    issue = house.mail()
    raw = house.report("arf-abuse", issue, 3)
    raw = raw.replace(house.path(issue, 3).encode(), b"redacted@example.com")
    assert house.desk.process(raw).action is Effect.UNSUBSCRIBED
    assert house.consent(3) is SubscriberState.UNSUBSCRIBED


def test_a_complaint_that_names_only_its_reader_is_about_an_issue(house: House) -> None:
    """The link in it stands in issues alone: a confirmation, older or newer, was not meant (C9)."""
    reader = house.store.ask(9)
    assert house.store.subscribers.confirm(
        reader, "asked", new_nonce="used", event=consent(ConsentEventKind.CONFIRMED)
    )
    issue = house.mail()  # and the confirmation before it
    house.store.subscribers.notify(reader, now=NOON)
    house.pass_on()
    raw = house.report("arf-abuse", issue, reader)
    raw = raw.replace(house.path(issue, reader).encode(), b"redacted@example.com")
    assert house.desk.process(raw).action is Effect.UNSUBSCRIBED
    states = Counter(house.store.states().values())
    assert house.store.delivery(issue, reader).state is DeliveryState.COMPLAINED
    assert (states[DeliveryState.COMPLAINED], states[DeliveryState.ACCEPTED]) == (1, 5)


def test_a_complaint_found_by_its_link_is_about_the_mail_it_returns(house: House) -> None:
    """Where the link says whose it is, the Message-ID says which of the reader's mails (rule C9)."""
    issue, later = house.mail("first"), house.mail("second")
    made = house.tokens.message_id(
        kind=DeliveryKind.ISSUE,
        issue_id=issue.id,
        subscriber_id=3,
        delivery_id=0,
        domain="example.com",
    )
    raw = house.report("arf-abuse", issue, 3).replace(
        b"<11111111111111111111111111111111@example.com>", made.encode()
    )
    assert made.encode() in raw
    raw = raw.replace(house.path(issue, 3).encode(), b"redacted@example.com")
    assert house.desk.process(raw).action is Effect.UNSUBSCRIBED
    assert house.store.delivery(issue, 3).state is DeliveryState.COMPLAINED
    assert house.store.delivery(later, 3).state is DeliveryState.ACCEPTED


def test_a_complaint_without_any_key_is_set_aside(house: House) -> None:
    """A complaint that returns nothing of ours unsubscribes nobody (rules C3, C10)."""
    issue = house.mail()
    before = house.everything()
    raw = (FOLDER / "arf-abuse.eml").read_bytes().replace(b"redacted@", b"reader1@")
    assert house.desk.process(raw).action is Effect.QUARANTINED
    assert house.everything() == before
    assert house.store.delivery(issue, 1).state is DeliveryState.ACCEPTED


def test_other_feedback_touches_no_reader(house: House) -> None:
    """What is not spam does nothing, a failed authentication is an alarm (rule C9)."""
    issue = house.mail()
    before = house.everything()
    assert house.desk.process(house.report("arf-not-spam", issue, 1)).action is Effect.NOTHING
    assert house.desk.process(house.report("arf-auth-failure", issue, 1)).action is Effect.ALARM
    assert house.everything() == before


@pytest.mark.parametrize("word", ["a\0b", "a\x1b[2Jb", "a\u202eb", "ada@example.org"])
def test_hostile_feedback_is_set_aside(house: House, word: str) -> None:
    """Whatever stands where the kind of feedback should: it is kept, and what the author is shown of
    it is one clean line without addresses (rule C12).
    """
    raw = (FOLDER / "arf-other.eml").read_bytes()
    raw = raw.replace(b"Feedback-Type: other", b"Feedback-Type: " + word.encode())
    assert house.desk.process(raw).action is Effect.QUARANTINED
    (kept,) = house.reports.set_aside()
    assert kept.evidence.isprintable()
    assert "@" not in kept.evidence


def test_complaints_of_strangers_are_set_aside(house: House) -> None:
    """Once sources are enrolled, feedback that they have not signed touches nobody (rule C10)."""
    issue = house.mail()
    desk = ReportDesk(
        house.reports,
        house.store.subscribers,
        house.tokens,
        limits=SoftLimits(count=5, span=timedelta(days=14), clean=timedelta(days=30)),
        clock=lambda: house.clock[0],
        is_genuine=lambda raw: b"X-Signed: yes" in raw,
    )
    before = house.everything()
    raw = house.report("arf-abuse", issue, 1)
    assert desk.process(raw).action is Effect.QUARANTINED
    assert desk.process(house.report("arf-auth-failure", issue, 1)).action is Effect.QUARANTINED
    assert desk.process(house.report("arf-not-spam", issue, 1)).action is Effect.NOTHING
    assert house.everything() == before
    assert desk.process(house.report("postfix-hard", issue, 2)).action is Effect.SUPPRESSED
    later = raw.replace(b"Date: Sun, 22", b"X-Signed: yes\nDate: Sun, 23")
    assert desk.process(later).action is Effect.UNSUBSCRIBED
    assert house.consent(1) is SubscriberState.UNSUBSCRIBED
