"""Owns the consequences of an outcome: retry when, suppress whom, pause what. Pure.

A fault of ours or of the relay never counts against a reader (rule B5): the delivery goes back,
and a run of such faults pauses the issue instead of burning through its readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailer.replies import Fault, Outcome, Verdict
from storage.model import RESENDS, Claim, DeliveryState, Settlement, SuppressionReason

_ACCEPTED: Final = DeliveryState.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When to try again and when to give up (RFC 5321 4.5.4.1, rule B2)."""

    retry: tuple[timedelta, ...]
    """Wait after the first, second, … counted attempt; the last one repeats. Not empty."""
    expire: timedelta
    """A delivery is given up when its next try would come so long after its first."""
    resend: bool = True
    """Whether a message whose acceptance is unknown is sent again, once (rule B8)."""
    fault_limit: int = 5
    """How many faults of ours in a row pause an issue."""

    def __post_init__(self) -> None:
        if not self.retry:
            raise ValueError("a retry policy needs at least one interval")


def decide_settlement(
    outcome: Outcome, claim: Claim, now: datetime, policy: RetryPolicy
) -> Settlement:
    """Decides what becomes of the delivery after this outcome.

    ACCEPTED; REJECTED for a recipient's 5yz, with a suppression when the reply proves that the
    mailbox does not exist; UNKNOWN; else DEFERRED, or EXPIRED when there is no time for
    another try.
    """
    if outcome.accepted:
        return Settlement(
            delivery_id=claim.delivery_id,
            state=_ACCEPTED,
            at=now,
            issue_id=claim.issue_id,
            code=outcome.code,
            status=outcome.status,
            reply=outcome.text,
        )
    match outcome.verdict:
        case Verdict.UNKNOWN:
            return _settle_unknown(outcome, claim, now, policy)
        case Verdict.PERMANENT if outcome.fault is Fault.RECIPIENT:
            return _settle_rejected(outcome, claim, now)
        case _:
            return _settle_later(outcome, claim, now, policy)


def decide_unfillable(claim: Claim, reason: str, now: datetime) -> Settlement:
    """Settles a delivery whose message must not be sent as it is; `reason` is a sentence."""
    return Settlement(
        delivery_id=claim.delivery_id,
        state=DeliveryState.REJECTED,
        at=now,
        reason=reason,
        counts=False,
    )


def decide_held_back(
    claim: Claim,
    wait_s: float,
    now: datetime,
    why: str = "not tried yet: this domain puts much mail off, and is sent to more slowly",
) -> Settlement:
    """Puts off a delivery that was not tried, because of its domain (rules B5, B18)."""
    return Settlement(
        delivery_id=claim.delivery_id,
        state=DeliveryState.DEFERRED,
        at=now,
        due_at=now + timedelta(seconds=wait_s),
        reason=why,
        counts=False,
    )


def is_ours(outcome: Outcome) -> bool:
    """Whether a final refusal is for the sender or the content, not for the reader (rule B5)."""
    ours = outcome.fault in (Fault.SENDER, Fault.CONTENT)
    return ours and outcome.verdict is Verdict.PERMANENT


def _settle(
    outcome: Outcome,
    claim: Claim,
    now: datetime,
    state: DeliveryState,
    *,
    due_at: datetime | None = None,
    reason: str = "",
    counts: bool = True,
    suppress: SuppressionReason | None = None,
    is_soft: bool = False,
) -> Settlement:
    """Copies the reply; text without a code is ours and so becomes the reason."""
    replied = outcome.code is not None
    return Settlement(
        delivery_id=claim.delivery_id,
        state=state,
        at=now,
        due_at=due_at,
        code=outcome.code,
        status=outcome.status,
        reply=outcome.text if replied else "",
        reason=reason if replied or reason else outcome.text,
        counts=counts,
        suppress=suppress,
        is_soft=is_soft,
    )


def _settle_rejected(outcome: Outcome, claim: Claim, now: datetime) -> Settlement:
    return _settle(
        outcome,
        claim,
        now,
        DeliveryState.REJECTED,
        suppress=SuppressionReason.HARD_BOUNCE if outcome.is_gone else None,
        is_soft=outcome.counts,
    )


def _settle_unknown(
    outcome: Outcome, claim: Claim, now: datetime, policy: RetryPolicy
) -> Settlement:
    """Sends it again once (rule B8). In doubt a second time it is the relay's habit to take messages
    and not to say so, and each further try would be one more copy: the author decides.
    """
    due_at = now + _interval(claim, policy)
    again = policy.resend and claim.doubts < RESENDS and not _too_late(due_at, claim, now, policy)
    return _settle(outcome, claim, now, DeliveryState.UNKNOWN, due_at=due_at if again else None)


def _settle_later(outcome: Outcome, claim: Claim, now: datetime, policy: RetryPolicy) -> Settlement:
    """Puts the delivery back. Only a 4yz reply other than 421 uses an attempt (rules B5, B6)."""
    counts = outcome.verdict is Verdict.TRANSIENT and outcome.code not in (None, 421)
    wait = _interval(claim, policy) if counts else _patience(claim, now, policy)
    due_at = now + wait
    reason = _reason(outcome)
    if _too_late(due_at, claim, now, policy) and not (counts and _is_hasty(claim, policy)):
        return _settle(
            outcome,
            claim,
            now,
            DeliveryState.EXPIRED,
            reason=f"out of time: {reason}" if reason else "out of time",
            counts=counts,
            is_soft=outcome.counts,
        )
    return _settle(
        outcome, claim, now, DeliveryState.DEFERRED, due_at=due_at, reason=reason, counts=counts
    )


def _reason(outcome: Outcome) -> str:
    if outcome.code is None:
        return outcome.text
    if is_ours(outcome):
        return f"the relay refused the {outcome.fault}, not this reader"
    return ""


def _interval(claim: Claim, policy: RetryPolicy) -> timedelta:
    """Returns the configured wait after this attempt."""
    return policy.retry[min(claim.attempts, len(policy.retry) - 1)]


def _patience(claim: Claim, now: datetime, policy: RetryPolicy) -> timedelta:
    """Returns the wait after a try that does not count.

    As long as it has been tried already, so the waits double although no attempt is counted;
    at least the shortest and at most the longest configured interval.
    """
    shortest, longest = min(policy.retry), max(policy.retry)
    return min(max(now - (claim.first_tried_at or now), shortest), longest)


def _too_late(due_at: datetime, claim: Claim, now: datetime, policy: RetryPolicy) -> bool:
    """Time runs from the first try, not while the queue or a pause held the delivery back."""
    return due_at >= (claim.first_tried_at or now) + policy.expire


def _is_hasty(claim: Claim, policy: RetryPolicy) -> bool:
    """Whether fewer tries were made than three, or the schedule has: time that passed with so few of them is
    a clock's that was set ahead, or a machine's that was off. A host that greylists has put off the first, or two.
    """
    first, second = policy.retry[0], policy.retry[min(1, len(policy.retry) - 1)]
    planned = 1 + (first < policy.expire) + (first + second < policy.expire)
    return claim.attempts + 1 < planned
