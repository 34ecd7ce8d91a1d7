"""Whether a cohort lets the rest follow, by table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailer.policy.cohort import Cohort
from storage.model.deliveries import DeliveryState
from storage.model.gates import Answer, CohortSeen, Step
from tests.worlds.rows import each

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEN = Cohort(size=10, wait=timedelta(minutes=10), refusals=0.2)
LATER = NOON + timedelta(minutes=10)
S = DeliveryState


def some(
    count: int, state: DeliveryState, code: int | None = None, reply: str = "", status: str = ""
) -> Answer:
    """So many readers with the same answer."""
    return Answer(state=state, code=code, status=status, reply=reply, count=count)


def seen(*answers: Answer) -> CohortSeen:
    """What the ledger counted; the last was tried at noon."""
    return CohortSeen(answers=answers, last_tried_at=NOON if answers else None)


GOOD = some(8, S.ACCEPTED, 250)
NOBODY = some(2, S.REJECTED, 550, "5.1.1 no such user", "5.1.1")
SENT = some(10, S.ACCEPTED, 250)


@each(
    ("answers", "now", "step", "room"),
    [
        ((), NOON, Step.FILL, 10),
        ((some(3, S.SENDING),), NOON, Step.FILL, 7),
        ((some(9, S.ACCEPTED, 250),), LATER, Step.FILL, 1),
        ((GOOD, some(2, S.SENDING)), LATER, Step.WAIT, 0),  # outcomes are missing
        ((SENT,), NOON, Step.WAIT, 0),
        ((SENT,), LATER - timedelta(seconds=1), Step.WAIT, 0),
        ((SENT,), LATER, Step.PASS, 0),
        ((GOOD, NOBODY), LATER, Step.PASS, 0),  # two of ten are allowed
        (
            (some(12, S.ACCEPTED, 250),),
            LATER,
            Step.PASS,
            0,
        ),  # a smaller cohort was configured since
        ((GOOD, some(1, S.DEFERRED), some(1, S.UNKNOWN)), LATER, Step.PASS, 0),
        ((GOOD, some(2, S.SUPPRESSED)), LATER, Step.PASS, 0),
    ],
)
def test_a_cohort_is_filled_and_waited_for(
    answers: tuple[Answer, ...], now: datetime, step: Step, room: int
) -> None:
    """The rest follows when all outcomes are there, the wait is over and few refused."""
    decided = TEN.decide(seen(*answers), now)
    assert (decided.step, decided.room) == (step, room)


@each(
    ("three", "refused"),
    [
        (some(3, S.REJECTED, 550, "5.1.1 no such user", "5.1.1"), True),
        (some(3, S.REJECTED, 550, "no"), True),
        (some(3, S.BOUNCED, 250), True),
        (some(3, S.COMPLAINED, 250), True),
        (some(3, S.DEFERRED, 450, "4.7.28 unusual rate", "4.7.28"), True),
        (some(3, S.DEFERRED, 421, "4.7.0 try later", "4.7.0"), True),
        (some(3, S.DEFERRED, 550, "5.7.26 unauthenticated", "5.7.26"), True),
        (some(3, S.DEFERRED, 451, "message looks like spam"), True),
        (some(3, S.EXPIRED, 450, "4.7.1 blocked", "4.7.1"), True),
        (some(3, S.DEFERRED, 451, "4.7.1 greylisted, come again", "4.7.1"), False),
        (some(3, S.DEFERRED, 452, "4.2.2 mailbox full", "4.2.2"), False),
        (some(3, S.DEFERRED, 421, "too many connections"), False),
        (some(3, S.DEFERRED), False),  # the connection was lost
        (some(3, S.UNKNOWN), False),
        (some(3, S.SUPPRESSED), False),
        (some(3, S.ACCEPTED, 250, "4.7.1 rejected spam policy", "4.7.1"), False),
    ],
)
def test_what_counts_as_a_refusal(three: Answer, refused: bool) -> None:
    """Refused for good, reported back, or put off for policy; not what passes by itself."""
    decided = TEN.decide(seen(some(7, S.ACCEPTED, 250), three), LATER)
    assert decided.step is (Step.STOP if refused else Step.PASS)
    assert decided.refused == (3 if refused else 0)


def test_too_many_refusals_stop_at_once() -> None:
    """Nobody else of the cohort is spent on what is certain already."""
    three = some(3, S.REJECTED, 550, "5.7.1 blocked by policy", "5.7.1")
    decided = TEN.decide(seen(three, some(1, S.SENDING)), NOON)
    assert (decided.step, decided.room) == (Step.STOP, 0)


def test_nothing_is_stopped_where_nobody_is_left() -> None:
    """A pause would spare nobody, and keep second tries from those who were put off."""
    all_of_them = CohortSeen(
        answers=(some(5, S.REJECTED, 550), some(1, S.DEFERRED, 450)),
        last_tried_at=NOON,
        rest=False,
    )
    assert TEN.decide(all_of_them, NOON).step is Step.FILL


def test_the_sentence_says_what_was_seen() -> None:
    """How many, of how many, why, what is allowed and what to do; a long reply is cut."""
    decided = TEN.decide(
        seen(
            some(4, S.ACCEPTED, 250),
            some(3, S.DEFERRED, 450, "4.7.28 unusual rate of mail", "4.7.28"),
            some(1, S.REJECTED, 550, "x" * 900),
        ),
        NOON,
    )
    assert decided.reason == (
        "of the first 8 readers 4 refused (3 put off for policy, 1 rejected), and at most 2 of 10 "
        "may; most often: 450 4.7.28 unusual rate of mail. The others were not tried; `newsletter "
        "resume` lets them follow"
    )
    long = TEN.decide(seen(some(5, S.REJECTED, 550, "x" * 900)), NOON)
    assert len(long.reason) < 450


def test_an_issue_that_is_further_already_is_judged_by_all_who_were_tried() -> None:
    """Configured in the middle of a mailing, the usual few refusals of a long list stop nothing."""
    hundreds = seen(some(500, S.ACCEPTED, 250), some(100, S.REJECTED, 550))
    assert TEN.decide(hundreds, LATER).step is Step.PASS
    worse = seen(some(400, S.ACCEPTED, 250), some(101, S.REJECTED, 550))
    assert "at most 100 of 501 may" in TEN.decide(worse, LATER).reason


@each(("share", "bearable"), [(0, 0), (0.29, 29), (0.05, 5), (0.99, 99)])
def test_the_bound_is_exact(share: float, bearable: int) -> None:
    """29 % of a hundred are twenty-nine, whatever floating point makes of it."""
    cohort = Cohort(size=100, wait=timedelta(), refusals=share)
    assert cohort.bearable() == bearable
    at = seen(some(bearable, S.REJECTED, 550), some(100 - bearable, S.ACCEPTED))
    assert cohort.decide(at, NOON).step is Step.PASS
    over = seen(some(bearable + 1, S.REJECTED, 550), some(99 - bearable, S.ACCEPTED))
    assert cohort.decide(over, NOON).step is Step.STOP


@given(
    st.lists(
        st.builds(
            some,
            st.integers(1, 9),
            st.sampled_from(S),
            st.none() | st.integers(0, 999),
            st.text(),
            st.text(max_size=8),
        )
    )
)
def test_whatever_a_relay_wrote_is_decided_over(answers: list[Answer]) -> None:
    """No reply, code or status that a relay can leave in the ledger stops the decision."""
    decided = TEN.decide(seen(*answers), NOON)
    assert decided.room <= TEN.size
    assert bool(decided.reason) is (decided.step is Step.STOP)
