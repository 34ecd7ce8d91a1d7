"""The states and the transitions between them: what the manual of the ledger promises."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.database import from_micros, to_micros
from storage.model import deliveries as records
from storage.model import errors
from storage.model.deliveries import NOT_HAD, TAKEN, TRANSITIONS, DeliveryState, Tally
from storage.model.issues import Identity
from storage.model.readers import SignUp
from tests.worlds.rows import each

S = DeliveryState

RECORDS = [
    value
    for value in vars(records).values()
    if isinstance(value, type) and is_dataclass(value) and value.__module__ == records.__name__
]


def reachable(start: DeliveryState) -> set[DeliveryState]:
    """Every state that a delivery can come to from this one."""
    found: set[DeliveryState] = set()
    ahead = [start]
    while ahead:
        new = TRANSITIONS[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def test_every_state_has_its_transitions() -> None:
    """The table is complete: a new state cannot be forgotten."""
    assert set(TRANSITIONS) == set(S)


def test_every_state_is_reached_from_the_queue() -> None:
    """No state is dead, and none leads to itself."""
    assert reachable(S.QUEUED) == set(S)
    assert all(state not in after for state, after in TRANSITIONS.items())


def test_every_state_comes_to_an_end() -> None:
    """From wherever a delivery is, it can come to a last state (promise 1)."""
    last = {state for state, after in TRANSITIONS.items() if not after - {S.QUEUED}}
    assert last == NOT_HAD - {S.EXPIRED} | {S.COMPLAINED}
    assert all(state in last or reachable(state) & last for state in S)


def test_what_ended_is_queued_again_only_where_it_brought_nothing() -> None:
    """Of last states only those in which nobody had the message lead back (`newsletter mail`)."""
    again = {state for state in S if S.QUEUED in TRANSITIONS[state]}
    assert again - {S.SENDING} == NOT_HAD
    assert not NOT_HAD & TAKEN


def test_what_was_accepted_is_never_sent_again() -> None:
    """No way leads from acceptance, or from a report after it, back to sending (promise 2)."""
    for state in (S.ACCEPTED, S.BOUNCED, S.COMPLAINED):
        assert S.SENDING not in reachable(state)


def test_only_what_waits_leads_to_sending() -> None:
    """A worker takes what was never tried, what was put off and what is in doubt, and nothing else."""
    waiting = {S.QUEUED, S.DEFERRED, S.UNKNOWN}
    assert {state for state in S if S.SENDING in TRANSITIONS[state]} == waiting


def test_only_a_delivery_that_was_on_the_wire_can_bounce() -> None:
    """A report about a delivery that never left is not believed."""
    never_left = {S.QUEUED, S.DEFERRED, S.REJECTED, S.SUPPRESSED, S.CANCELLED}
    assert not any(TRANSITIONS[state] & {S.BOUNCED, S.COMPLAINED} for state in never_left)


@each("record", RECORDS, ids=lambda record: record.__name__)
def test_records_cannot_be_changed_or_mixed_up(record: type) -> None:
    """Records are frozen, or final in every field; slotted, and made with names only."""
    final = all(str(field.type).startswith("Final[") for field in fields(record))
    assert final or record.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(record)
    assert all(field.kw_only for field in fields(record))


def test_a_record_refuses_a_change() -> None:
    """What has left the store cannot be altered on the way."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    record = SignUp(id=1, address="a@example.org", ip="", source="", consent="", at=at)
    with pytest.raises(FrozenInstanceError):
        record.address = "b@example.org"  # type: ignore[misc]


def test_a_tally_answers_for_every_state() -> None:
    """States without deliveries count zero; open ones may still be sent."""
    tally = Tally(counts={S.QUEUED: 2, S.SENDING: 3, S.DEFERRED: 4, S.ACCEPTED: 5, S.UNKNOWN: 6})
    assert tally[S.BOUNCED] == 0
    assert tally.total == 20
    assert tally.open == 9


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_survive_the_store_exactly(instant: datetime) -> None:
    """Microseconds are exact from year 1 to 9999, before 1970 too."""
    assert from_micros(to_micros(instant)) == instant


def test_an_instant_is_the_same_in_any_zone() -> None:
    """What is stored is the moment, not the clock on the wall."""
    instant = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert to_micros(instant.astimezone(timezone(timedelta(hours=-8)))) == to_micros(instant)


def test_a_time_without_a_zone_is_refused() -> None:
    """A naive datetime means nothing, so it is never stored."""
    with pytest.raises(TypeError):
        to_micros(datetime(2026, 11, 22))  # noqa: DTZ001


def test_the_tree_of_errors_is_as_it_is_drawn() -> None:
    """Every error in the module is in the drawing, and hangs from the one root."""
    tree = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert all(issubclass(error, errors.NewsletterError) for error in tree)
    drawing = errors.__doc__ or ""
    assert [error.__name__ for error in tree if error.__name__ not in drawing] == []


def test_errors_say_what_to_do() -> None:
    """A problem is told with its subject, and help where there is some."""
    missing = errors.NotFound("issue", "frist", nearest="first")
    assert str(missing) == "there is no issue 'frist'; did you mean 'first'?"
    config = errors.ConfigError("newsletter.toml", ["url is missing", "lease is too short"])
    assert str(config).splitlines() == [
        "newsletter.toml: 2 problems",
        "  - url is missing",
        "  - lease is too short",
    ]


@each(
    ("languages", "direction"),
    [
        ("ar he fa ur dv yi ckb prs azb nqo AR-eg", "rtl"),
        ("az-Arab pa-Arab ku-Arab ff-Adlm ms-arab uz-Arab-AF", "rtl"),
        ("pa-PK ku-IQ az-IR uz-AF", "rtl"),
        ("en de-DE zh-Hant-TW az pa ku az-AZ en-x-arab en-u-nu-arab", "ltr"),
        ("ku-Latn fa-Latn ar-Latn-EG sd-Deva sd-IN ug-Cyrl ug-KZ", "ltr"),
    ],
)
def test_the_direction_is_that_of_the_script(languages: str, direction: str) -> None:
    """The script that a language tag names decides, else the region, else the language (rule D9)."""
    for language in languages.split():
        identity = Identity(title="N", url="", sender="", author="", language=language)
        assert (language, identity.direction) == (language, direction)
