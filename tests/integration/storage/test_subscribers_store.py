"""Subscribers, consent, suppressions and sign-ups on real databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.model.deliveries import DeliveryKind, DeliveryState
from storage.model.errors import StorageError
from storage.model.readers import (
    ConsentEventKind,
    Subscriber,
    SubscriberState,
    Suppression,
    SuppressionReason,
    Wishes,
)
from storage.readers.settings import ReaderSettings
from storage.readers.subscribers import Added
from tests.conftest import NOON
from tests.worlds.store import MINUTE, Store, consent, new_subscriber

PENDING = {"state": SubscriberState.PENDING, "confirmed_at": None}


def confirm(store: Store, reader: int, nonce: str = "asked") -> Subscriber | None:
    """The reader presses the button on the confirmation page."""
    event = consent(ConsentEventKind.CONFIRMED, at=NOON + MINUTE)
    return store.subscribers.confirm(reader, nonce, new_nonce="used", event=event)


def suppress(store: Store, number: int, reason: SuppressionReason, evidence: str = "") -> bool:
    """Never mail that reader again."""
    return store.subscribers.suppress(
        f"hash-{number}", f"reader{number}@example.org", reason, evidence=evidence, at=NOON
    )


# ── joining ──────────────────────────────────────────────────────────────────────────────────


def test_a_request_makes_a_pending_reader_and_one_confirmation(store: Store) -> None:
    """Nothing but the confirmation is queued, and the request is on record (rules F1, F9)."""
    reader = store.ask(1)
    known = store.subscribers.get(reader)
    assert known is not None
    assert (known.state, known.confirmed_at) == (SubscriberState.PENDING, None)
    (claim,) = store.claim()
    assert (claim.kind, claim.nonce) == (DeliveryKind.CONFIRMATION, "asked")
    (event,) = store.subscribers.events(reader)
    assert event == replace(consent(ConsentEventKind.REQUESTED), subscriber_id=reader)


def test_a_confirmation_works_once(store: Store) -> None:
    """The reader is active from then on, with the wording agreed to and the times (rule F3)."""
    reader = store.ask(1)
    known = confirm(store, reader)
    assert known is not None
    assert (known.state, known.confirmed_at) == (SubscriberState.ACTIVE, NOON + MINUTE)
    assert (known.nonce, known.consent) == ("used", "I agree, version 2")
    assert confirm(store, reader) == known
    kinds = [event.kind for event in store.subscribers.events(reader)]
    assert kinds == [ConsentEventKind.REQUESTED, ConsentEventKind.CONFIRMED]


def test_only_the_link_of_the_latest_request_confirms(store: Store) -> None:
    """A second request makes the first link worthless (rule F3)."""
    reader = store.ask(1, "first")
    assert store.ask(1, "second") == reader
    assert confirm(store, reader, "first") is None
    assert confirm(store, reader, "second") is not None


def test_a_used_link_does_not_confirm_a_later_request(store: Store) -> None:
    """After leaving and asking again, the old link is not enough."""
    reader = store.ask(1, "first")
    confirm(store, reader, "first")
    store.leave(reader)
    store.ask(1, "second")
    assert confirm(store, reader, "first") is None
    assert confirm(store, reader, "used") is None


def test_nobody_confirms_for_a_stranger(store: Store) -> None:
    """A link to a reader who is not there does nothing."""
    assert confirm(store, 404) is None


def test_a_suppressed_address_cannot_confirm(store: Store) -> None:
    """Neither consent nor mail comes back by the form; not even its confirmation is sent."""
    reader = store.ask(1)
    suppress(store, 1, SuppressionReason.COMPLAINT)
    store.ask(1, "again")
    assert store.claim() == []
    assert confirm(store, reader, "again") is None
    known = store.subscribers.get(reader)
    assert known is not None
    assert known.state is SubscriberState.PENDING


def test_a_request_of_an_active_reader_changes_nothing(store: Store) -> None:
    """It is told apart, so that the reader gets a notice instead (rule F5)."""
    store.join(1)
    before = store.subscribers.find("reader1@example.org")
    row = new_subscriber(1, nonce="other", **PENDING)
    event = consent(ConsentEventKind.REQUESTED)
    assert store.subscribers.request(row, event, now=NOON) is None
    assert store.subscribers.find("reader1@example.org") == before
    assert store.claim() == []


def test_a_reader_who_left_may_come_back_by_a_new_confirmation(store: Store) -> None:
    """The same person, all the proof kept, and mail only from the next issue on."""
    (reader,) = store.join(1)
    store.publish("before")
    store.leave(reader)
    assert store.ask(1) == reader
    assert [claim.kind for claim in store.claim()] == [DeliveryKind.CONFIRMATION]
    known = confirm(store, reader)
    assert known is not None
    assert (known.state, known.unsubscribed_at) == (SubscriberState.ACTIVE, None)
    assert store.claim() == []
    issue = store.publish("after")
    assert [claim.issue_id for claim in store.claim()] == [issue.id]
    kinds = [event.kind.value for event in store.subscribers.events(reader)]
    assert kinds == ["added", "unsubscribed", "requested", "confirmed"]


def test_a_pause_ends_with_the_subscription_it_was_of(store: Store) -> None:
    """Who comes back gets the next issue, as the page says; what they chose of topics and pace stays."""
    (reader,) = store.join(1)
    settings = ReaderSettings(store.database)
    chosen = Wishes(topics=("tea",), paused_until=NOON + timedelta(days=30))
    event = consent(ConsentEventKind.CHANGED, at=NOON)
    assert settings.change(reader, "", chosen, event)
    store.leave(reader)
    store.ask(1)
    known = confirm(store, reader)
    assert known is not None
    assert known.wishes == replace(chosen, paused_until=None)


def test_singles_are_counted_per_reader_and_kind_since_a_time(store: Store) -> None:
    """What the limits on confirmations and notices look at (rules F5, F6)."""
    reader = store.ask(1, now=NOON - MINUTE)
    store.ask(1, now=NOON)
    store.ask(2, now=NOON)
    store.subscribers.notify(reader, now=NOON)
    count, notices = store.signups.count_confirmations, store.signups.count_notices
    assert count(reader, since=NOON - MINUTE) == 2
    assert count(reader, since=NOON) == 1
    assert notices(reader, since=NOON) == 1
    assert len(store.signups.confirmations(since=NOON)) == 2
    assert store.signups.confirmations(since=NOON + timedelta(days=9)) == []


def test_singles_of_one_reader_may_be_many(store: Store) -> None:
    """One delivery per reader holds for issues, not for confirmations."""
    for number in range(3):
        store.ask(1, f"nonce {number}")
    assert [claim.nonce for claim in store.claim()] == ["nonce 2"] * 3


# ── adding ───────────────────────────────────────────────────────────────────────────────────


def test_adding_answers_for_every_row_in_order(store: Store) -> None:
    """New ones are added, known ones stay as they are, suppressed ones stay away (rule F17)."""
    store.join(1)
    suppress(store, 2, SuppressionReason.HARD_BOUNCE)
    rows = [new_subscriber(number, name="import") for number in (1, 2, 3, 3)]
    answers = store.subscribers.add(rows, kind=ConsentEventKind.IMPORTED)
    assert answers == [Added.EXISTS, Added.SUPPRESSED, Added.ADDED, Added.EXISTS]
    assert [reader.name for reader in store.subscribers.everyone()] == ["", "import"]


@pytest.mark.parametrize("state", [SubscriberState.UNSUBSCRIBED, SubscriberState.PENDING])
def test_adding_never_revives(store: Store, state: SubscriberState) -> None:
    """A list from elsewhere does not bring back who left or who never confirmed (rule F17)."""
    store.join(1, state=state)
    assert store.subscribers.add([new_subscriber(1)], kind=ConsentEventKind.IMPORTED) == [
        Added.EXISTS
    ]
    assert store.subscribers.counts()[state] == 1


def test_what_was_added_comes_back_as_it_was(store: Store) -> None:
    """Export and import keep state, times, tags and consent; the proof has its own date."""
    row = new_subscriber(
        1,
        name="Ada “Countess” Łovelace",
        tags=("vip", "köln"),
        state=SubscriberState.UNSUBSCRIBED,
        unsubscribed_at=NOON + MINUTE,
        consent="imported from 'old', row 3",
    )
    later = NOON + 2 * MINUTE
    store.subscribers.add([row], kind=ConsentEventKind.IMPORTED, at=later)
    known = store.subscribers.find(row.key)
    assert known is not None
    for name in ("address", "name", "tags", "state", "nonce", "consent", "created_at"):
        assert getattr(known, name) == getattr(row, name), name
    assert (known.confirmed_at, known.unsubscribed_at) == (row.confirmed_at, NOON + MINUTE)
    (event,) = store.subscribers.events(known.id)
    assert (event.kind, event.at, event.text) == (
        ConsentEventKind.IMPORTED,
        later,
        row.consent,
    )


def test_each_added_reader_gets_the_proof_of_their_own_row(store: Store) -> None:
    """However many rows are written at once, no consent goes to another reader."""
    rows = [new_subscriber(number, consent=f"row {number}") for number in range(1500)]
    store.subscribers.add(rows, kind=ConsentEventKind.IMPORTED)
    for number in (0, 7, 999, 1000, 1499):
        known = store.subscribers.find(f"reader{number}@example.org")
        assert known is not None
        assert [event.text for event in store.subscribers.events(known.id)] == [f"row {number}"]


def test_adding_with_suppressions_is_one_transaction(store: Store) -> None:
    """Suppressions come into force with the rows, not for them."""
    suppression = Suppression(
        address_hash="hash-1",
        address="reader1@example.org",
        reason=SuppressionReason.MANUAL,
        evidence="imported",
        created_at=NOON,
    )
    rows = [new_subscriber(1), new_subscriber(2)]
    answers = store.subscribers.add(
        rows, kind=ConsentEventKind.IMPORTED, suppressions=[suppression]
    )
    assert answers == [Added.ADDED, Added.ADDED]
    issue = store.publish()
    assert store.overview.tally(issue.id).total == 1


def test_two_imports_at_once_add_everybody_once(store: Store) -> None:
    """Processes that add the same people together neither fail nor add anybody twice."""
    rows = [new_subscriber(number) for number in range(40)]

    def add(_: int) -> int:
        answers = store.subscribers.add(rows, kind=ConsentEventKind.IMPORTED)
        return answers.count(Added.ADDED)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(4))) == 40


def test_two_spellings_with_one_key_are_one_reader(store: Store) -> None:
    """The key decides, and the first spelling stays (rule F14)."""
    store.subscribers.add(
        [new_subscriber(1, address="Reader1@example.org"), new_subscriber(1)],
        kind=ConsentEventKind.ADDED,
    )
    assert [reader.address for reader in store.subscribers.everyone()] == ["Reader1@example.org"]


# ── leaving ──────────────────────────────────────────────────────────────────────────────────


def test_leaving_takes_effect_once_and_keeps_the_proof(store: Store) -> None:
    """At once; a second click is no error and no second line (rules A8, A12)."""
    (reader,) = store.join(1)
    assert store.leave(reader)
    assert not store.leave(reader)
    known = store.subscribers.get(reader)
    assert known is not None
    assert (known.state, known.unsubscribed_at) == (SubscriberState.UNSUBSCRIBED, NOON)
    kinds = [event.kind for event in store.subscribers.events(reader)]
    assert kinds == [ConsentEventKind.ADDED, ConsentEventKind.UNSUBSCRIBED]


def test_a_stranger_leaving_is_no_error(store: Store) -> None:
    """A link of a reader who was erased still answers kindly."""
    assert not store.leave(404)


def test_leaving_before_confirming_stops_the_confirmation(store: Store) -> None:
    """Whoever was signed up by somebody else is rid of it at once, and the link is dead."""
    reader = store.ask(1)
    assert store.leave(reader)
    assert store.claim() == []
    assert confirm(store, reader) is None


def test_a_suppression_keeps_its_first_evidence(store: Store) -> None:
    """The second report changes nothing about why the address is suppressed."""
    store.join(1)
    assert suppress(store, 1, SuppressionReason.HARD_BOUNCE, "550 5.1.1")
    assert not suppress(store, 1, SuppressionReason.COMPLAINT, "arf")
    (kept,) = store.subscribers.suppressions()
    assert (kept.reason, kept.evidence) == (SuppressionReason.HARD_BOUNCE, "550 5.1.1")
    assert store.subscribers.suppression("hash-1") == kept
    assert store.subscribers.suppression("hash-2") is None


def test_a_suppression_stops_what_is_queued_and_leaves_consent_alone(store: Store) -> None:
    """Being suppressed is not having left."""
    (reader,) = store.join(1)
    issue = store.publish()
    suppress(store, 1, SuppressionReason.COMPLAINT)
    delivery = store.delivery(issue, reader)
    assert delivery.state is DeliveryState.SUPPRESSED
    assert delivery.reason == "the address is suppressed: complaint"
    known = store.subscribers.get(reader)
    assert known is not None
    assert known.state is SubscriberState.ACTIVE


def test_an_address_nobody_reads_with_may_be_suppressed(store: Store) -> None:
    """A suppression needs no subscriber; it waits for the address."""
    assert suppress(store, 7, SuppressionReason.MANUAL)
    assert store.subscribers.add([new_subscriber(7)], kind=ConsentEventKind.ADDED) == [
        Added.SUPPRESSED
    ]


def test_a_lifted_suppression_lets_the_next_issue_through(store: Store) -> None:
    """Consent is as it was; nothing that was stopped comes back."""
    store.join(1)
    suppress(store, 1, SuppressionReason.SOFT_BOUNCES)
    store.publish("first")
    assert store.subscribers.lift("hash-1")
    assert not store.subscribers.lift("hash-1")
    assert store.claim() == []
    store.publish("second")
    assert len(store.claim()) == 1


def test_suppressing_one_address_twice_at_once_is_one_suppression(store: Store) -> None:
    """Two reports in the same moment: one is first, neither fails."""
    store.join(1)
    with ThreadPoolExecutor(4) as pool:
        added = pool.map(lambda _: suppress(store, 1, SuppressionReason.COMPLAINT), range(4))
        assert sorted(added) == [False, False, False, True]


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def test_everyone_is_read_completely_in_portions(store: Store) -> None:
    """More readers than one portion come in order, each once; a state narrows them."""
    readers = store.join(2050)
    assert [reader.id for reader in store.subscribers.everyone()] == sorted(readers)
    store.leave(readers[3])
    left = store.subscribers.everyone(state=SubscriberState.UNSUBSCRIBED)
    assert [reader.id for reader in left] == [readers[3]]


def test_counts_name_every_state(store: Store) -> None:
    """States without readers count zero."""
    store.join(2)
    store.ask(10)
    assert store.subscribers.counts() == {
        SubscriberState.ACTIVE: 2,
        SubscriberState.PENDING: 1,
        SubscriberState.UNSUBSCRIBED: 0,
    }


def test_states_and_suppressions_are_looked_up_by_the_portion(store: Store) -> None:
    """An import asks for thousands at once; the unknown are not in the answer."""
    store.join(1)
    suppress(store, 2, SuppressionReason.MANUAL)
    keys = [f"reader{number}@example.org" for number in range(5000)]
    assert store.subscribers.states(keys) == {keys[1]: SubscriberState.ACTIVE}
    hashes = [f"hash-{number}" for number in range(5000)]
    assert store.subscribers.suppressed(hashes) == {"hash-2"}


def test_an_error_does_not_repeat_the_address(store: Store) -> None:
    """What the database says of a row it refuses stays out of our words, which are logged."""
    store.join(1)
    twin = new_subscriber(1, key="other@example.org", hash="hash-1")
    with pytest.raises(StorageError) as caught:
        store.subscribers.add([twin], kind=ConsentEventKind.ADDED)
    assert "@" not in str(caught.value)
    assert "hash-1" not in str(caught.value)
