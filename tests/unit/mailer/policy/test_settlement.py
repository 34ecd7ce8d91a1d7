"""Outcomes become settlements: retried, refused, suppressed, in doubt, or a reason to pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailer.policy.faults import FaultRuns
from mailer.policy.settlement import RetryPolicy, decide_settlement
from mailer.replies.outcome import Outcome, Phase, build_lost, parse_reply
from storage.model.deliveries import Claim, DeliveryKind, DeliveryState, Settlement
from storage.model.readers import SuppressionReason
from tests.worlds.rows import each

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = RetryPolicy(
    retry=(MINUTE, 5 * MINUTE, 60 * MINUTE), expire=timedelta(hours=48), resend=True
)


def claim(*, attempts: int = 0, waited: timedelta = timedelta()) -> Claim:
    """A delivery queued a week ago and first tried `waited` ago."""
    return Claim(
        delivery_id=7,
        kind=DeliveryKind.ISSUE,
        issue_id=1,
        issue_revision=1,
        subscriber_id=3,
        address="ada@example.org",
        name="Ada",
        nonce="n",
        attempts=attempts,
        queued_at=NOON - timedelta(days=7),
        first_tried_at=NOON - waited if waited else None,
    )


def reply(code: int, text: str = "", phase: Phase = Phase.RCPT) -> Outcome:
    """What the relay said."""
    return parse_reply(code, text, phase=phase)


def settle(outcome: Outcome, **of: object) -> Settlement:
    """The settlement at noon."""
    return decide_settlement(outcome, claim(**of), NOON, POLICY)  # type: ignore[arg-type]


def test_acceptance_ends_a_delivery() -> None:
    """250 after the dot is ACCEPTED, with the relay's words kept for later reports (rule B26)."""
    settlement = settle(reply(250, "2.0.0 queued as 1234", Phase.DOT))
    assert settlement.state is DeliveryState.ACCEPTED
    assert (settlement.due_at, settlement.code, settlement.suppress) == (None, 250, None)
    assert "1234" in settlement.reply


@each(("attempts", "minutes"), [(0, 1), (1, 5), (2, 60), (3, 60), (90, 60)])
def test_4yz_follows_the_configured_schedule(attempts: int, minutes: int) -> None:
    """Each counted attempt takes the next interval, and the last one repeats (rule B2)."""
    settlement = settle(reply(450, "4.2.0 greylisted"), attempts=attempts)
    assert settlement.state is DeliveryState.DEFERRED
    assert settlement.due_at == NOON + minutes * MINUTE
    assert settlement.counts


def test_a_delivery_out_of_time_expires() -> None:
    """When the next try would come after the limit there is none."""
    late = settle(reply(450), attempts=2, waited=timedelta(hours=47))
    assert (late.state, late.due_at) == (DeliveryState.EXPIRED, None)
    early = settle(reply(450), attempts=2, waited=timedelta(hours=46, minutes=59))
    assert early.state is DeliveryState.DEFERRED


@each(("retry", "tries"), [((1, 5, 60), 3), ((1,), 3), ((1440, 1440), 2), ((2880,), 1)])
def test_time_is_not_over_before_three_tries(retry: tuple[int, ...], tries: int) -> None:
    """Or as many as the schedule has: a clock that is set ahead between two tries loses no reader (G10)."""
    policy = RetryPolicy(
        retry=tuple(minutes * MINUTE for minutes in retry), expire=timedelta(hours=48)
    )
    for attempts in range(4):
        waited = timedelta(days=366)
        told = decide_settlement(reply(450), claim(attempts=attempts, waited=waited), NOON, policy)
        assert (told.state is DeliveryState.EXPIRED) is (attempts + 1 >= tries)


@each(
    "outcome",
    [
        reply(421, "4.7.0 going down"),
        build_lost(Phase.MAIL, "gone"),
        build_lost(Phase.CONTENT, "gone"),
        reply(550, "5.7.26 unauthenticated"),
        reply(535, "5.7.8 wrong password", Phase.MAIL),
        reply(554, "5.6.0 malformed", Phase.DOT),
    ],
)
def test_a_fault_not_of_the_reader_uses_no_attempt(outcome: Outcome) -> None:
    """The delivery goes back, uncounted and unsuppressed (promise 7)."""
    settlement = settle(outcome)
    assert settlement.state is DeliveryState.DEFERRED
    assert settlement.due_at == NOON + MINUTE
    assert (settlement.counts, settlement.suppress) == (False, None)


def test_uncounted_tries_still_become_rarer() -> None:
    """The wait is as long as has been waited, within the configured intervals."""
    waits = [
        (settle(reply(421), waited=waited).due_at or NOON) - NOON
        for waited in (timedelta(), 3 * MINUTE, 30 * MINUTE, timedelta(hours=30))
    ]
    assert waits == [MINUTE, 3 * MINUTE, 30 * MINUTE, 60 * MINUTE]


@each(
    ("code", "text", "proof"),
    [
        (550, "5.1.1 no such user", True),
        (550, "5.1.2 no such domain", True),
        (501, "5.1.3 bad syntax", True),
        (550, "5.1.6 moved", True),
        (556, "5.1.10 null MX", True),
        (556, "", True),
        (550, "5.2.1 account disabled", True),
        (550, "5.2.1 over the rate limit", False),
        (550, "", False),
        (550, "user unknown", True),
        (550, "5.1.1 user unknown, blocked as spam", False),
        (550, "5.1.1 user unknown, mailbox full", False),
        (550, "5.1.1 try again later, user unknown", False),
        (550, "no", False),
        (552, "5.2.2 mailbox full", False),
        (550, "5.0.0 no", False),
        (450, "5.1.1 no such user", False),
        (550, "5.7.1 no", False),
    ],
)
def test_only_proof_suppresses(code: int, text: str, proof: bool) -> None:
    """A mailbox is given up only when the reply says that it does not exist (rules B5, C5)."""
    outcome = reply(code, text)
    assert outcome.is_gone is proof
    expected = SuppressionReason.HARD_BOUNCE if proof else None
    assert settle(outcome).suppress is expected


def test_a_recipients_5yz_is_final() -> None:
    """A plain 550 ends this delivery and nothing more."""
    settlement = settle(reply(550))
    assert (settlement.state, settlement.due_at) == (DeliveryState.REJECTED, None)
    assert settlement.counts


def test_doubt_is_resent_or_held_as_configured() -> None:
    """A message whose acceptance is unknown is due again, or waits for the author (rule B8)."""
    lost = build_lost(Phase.DOT, "gone")
    resent = decide_settlement(lost, claim(), NOON, POLICY)
    assert (resent.state, resent.due_at) == (DeliveryState.UNKNOWN, NOON + MINUTE)
    hold = RetryPolicy(retry=POLICY.retry, expire=POLICY.expire, resend=False)
    held = decide_settlement(lost, claim(), NOON, hold)
    assert (held.state, held.due_at) == (DeliveryState.UNKNOWN, None)
    assert held.reason == "gone"


def test_a_run_of_our_faults_pauses_the_issue() -> None:
    """N sender or content faults in a row are enough, and the reason quotes the relay (rule B5)."""
    runs = FaultRuns(3)
    ours, content = reply(550, "5.7.26 unauthenticated"), reply(554, "5.6.0 bad", Phase.DOT)
    assert runs.learn(1, ours) is None
    assert runs.learn(1, content) is None
    reason = runs.learn(1, ours)
    assert reason is not None
    assert "550 5.7.26 unauthenticated" in reason
    assert runs.learn(1, ours) is None  # resumed, it starts afresh


@pytest.mark.parametrize("ending", [reply(250, phase=Phase.DOT), reply(550, "5.1.1 unknown")])
def test_a_run_is_broken_by_any_answer_about_a_reader(ending: Outcome) -> None:
    """Acceptance or a reader's own fault shows that the issue can go out."""
    runs = FaultRuns(2)
    ours = reply(550, "5.7.26 unauthenticated")
    assert runs.learn(1, ours) is None
    assert runs.learn(1, ending) is None
    assert runs.learn(1, ours) is None


def test_runs_are_kept_per_issue_and_confirmations_pause_nothing() -> None:
    """One issue's faults are not another's; what has no issue cannot pause one."""
    runs = FaultRuns(2)
    ours = reply(550, "5.7.26 unauthenticated")
    assert runs.learn(1, ours) is None
    assert runs.learn(2, ours) is None
    assert [runs.learn(None, ours) for _ in range(5)] == [None] * 5


def test_transient_replies_neither_build_nor_break_a_run() -> None:
    """A 4yz says nothing about whose fault it is."""
    runs = FaultRuns(2)
    ours = reply(550, "5.7.26 unauthenticated")
    runs.learn(1, ours)
    assert runs.learn(1, reply(450, "4.7.1 later")) is None
    assert runs.learn(1, ours) is not None


GONE = reply(550, "5.1.1 user unknown")


def test_readers_of_many_domains_who_are_all_unknown_pause_the_issue() -> None:
    """A relay that has lost its directory would cost the author every reader."""
    runs = FaultRuns(2)
    reasons = [runs.learn(1, GONE, f"domain{number % 5}.example") for number in range(25)]
    assert reasons[:-1] == [None] * 24
    assert reasons[-1] is not None
    assert "25 readers in a row, at 5 domains" in reasons[-1]
    assert "550 5.1.1 user unknown" in reasons[-1]
    assert runs.learn(1, GONE, "domain0.example") is None  # resumed, it starts afresh


def test_unknown_by_a_code_of_policy_of_everybody_pauses_too() -> None:
    """What counts against one reader, as Yandex's 5.7.1, is not believed of a whole list (rule B5)."""
    runs = FaultRuns(2)
    unknown = reply(550, "5.7.1 No such user!")
    reasons = [runs.learn(1, unknown, f"domain{number % 5}.example") for number in range(25)]
    assert reasons[:-1] == [None] * 24
    assert "5.7.1 No such user!" in (reasons[-1] or "")


@pytest.mark.parametrize(
    ("domains", "between"),
    [(4, None), (25, reply(250, phase=Phase.DOT))],
    ids=["few domains", "one accepted in between"],
)
def test_readers_who_are_really_gone_pause_nothing(domains: int, between: Outcome | None) -> None:
    """A company that closed its mail, or a list with many dead addresses, is sent on to."""
    runs = FaultRuns(2)
    for number in range(100):
        if between is not None and number % 24 == 0:
            assert runs.learn(1, between, "lives.example") is None
        assert runs.learn(1, GONE, f"domain{number % domains}.example") is None


def test_other_refusals_are_no_proof_that_a_reader_is_gone() -> None:
    """A full mailbox neither adds to the run of those who are gone nor ends it."""
    runs = FaultRuns(2)
    for number in range(24):
        assert runs.learn(1, GONE, f"domain{number}.example") is None
        assert runs.learn(1, reply(552, "5.2.2 mailbox full"), "full.example") is None
    assert runs.learn(1, GONE, "last.example") is not None


def test_a_policy_without_intervals_is_refused() -> None:
    """There is always a next wait."""
    with pytest.raises(ValueError, match="interval"):
        RetryPolicy(retry=(), expire=MINUTE)
