"""Owns the consequences of an outcome: retry when, suppress whom, pause what. Pure.

A fault of ours or of the relay never counts against a reader (rule B5): the delivery goes back,
and a run of such faults pauses the issue instead of burning through its readers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailer.replies.outcome import Fault, Outcome, Verdict
from storage.model.deliveries import Claim, DeliveryState, Settlement, SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When to try again and when to give up (RFC 5321 4.5.4.1, rule B2)."""

    retry: tuple[timedelta, ...]
    """Wait after the first, second, … counted attempt; the last one repeats. Not empty."""
    expire: timedelta
    """A delivery is given up when its next try would come so long after its first."""
    resend: bool = True
    """Whether a message whose acceptance is unknown is sent again (rule B8)."""
    fault_limit: int = 5
    """So many faults of ours in a row pause an issue."""

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
    match outcome.verdict:
        case Verdict.ACCEPTED:
            return Settlement(
                delivery_id=claim.delivery_id,
                state=DeliveryState.ACCEPTED,
                at=now,
                code=outcome.code,
                status=outcome.status,
                reply=outcome.text,
            )
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


def decide_held_back(claim: Claim, wait_s: float, now: datetime) -> Settlement:
    """Puts off a delivery that was not tried, because its domain puts off too much (rule B18)."""
    return Settlement(
        delivery_id=claim.delivery_id,
        state=DeliveryState.DEFERRED,
        at=now,
        due_at=now + timedelta(seconds=wait_s),
        reason="not tried yet: this domain puts much mail off, and is sent to more slowly",
        counts=False,
    )


_GONE_LIMIT: Final = 25
_GONE_DOMAINS: Final = 5
"""So many readers in a row, of so many domains, do not all cease to exist by themselves: on a list
that is half dead, it would begin at one reader in thirty million."""


class FaultRuns:
    """Counts what is not the readers' fault in a row, per issue; the only state of decisions.

    That is each refusal of the sender or the content, and many readers of many domains of whom the
    relay says that they do not exist: then it is the relay that has lost its way, and would cost
    the author every reader (rule B5).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._runs: dict[int, tuple[int, Outcome]] = {}
        """How many, and the last of them."""
        self._open: set[int] = set()
        """Issues of which a reader was put off: nobody knows yet what will be said of that one."""
        self._gone: dict[int, Counter[str]] = {}
        """The readers in a row who are said not to exist, by domain."""

    def note(self, issue_id: int | None, outcome: Outcome, domain: str = "") -> str | None:
        """Returns the sentence to pause the issue with when a run is full, else None.

        `domain` is the reader's. Acceptance or a reader's own fault ends a run of ours; acceptance
        ends a run of readers who are gone. A transient reply says nothing either way. What belongs
        to no issue (a confirmation) never pauses anything.
        """
        if issue_id is None or (outcome.accepted and not self._runs and not self._gone):
            return None
        if _is_ours(outcome):
            return self._lengthen(issue_id, outcome)
        if outcome.verdict in (Verdict.ACCEPTED, Verdict.PERMANENT):
            self._runs.pop(issue_id, None)
        else:
            self._open.add(issue_id)
        if outcome.accepted:
            self._gone.pop(issue_id, None)
        return self._miss(issue_id, outcome, domain) if outcome.is_gone else None

    def _lengthen(self, issue_id: int, outcome: Outcome) -> str | None:
        count = self._runs.get(issue_id, (0, outcome))[0] + 1
        if count < self._limit:
            self._runs[issue_id] = count, outcome
            return None
        self._runs.pop(issue_id, None)  # a resumed issue starts afresh
        return _blame(count, outcome)

    def unbroken(self) -> dict[int, str]:
        """The issues that were refused so and not put off, and the sentence to pause each with."""
        runs = self._runs.items()
        return {issue_id: _blame(*run) for issue_id, run in runs if issue_id not in self._open}

    def _miss(self, issue_id: int, outcome: Outcome, domain: str) -> str | None:
        gone = self._gone.setdefault(issue_id, Counter())
        gone[domain] += 1
        if gone.total() < _GONE_LIMIT or len(gone) < _GONE_DOMAINS:
            return None
        del self._gone[issue_id]
        return (
            f"{gone.total()} readers in a row, at {len(gone)} domains, do not exist, says the relay: "
            f"{_words(outcome)}. If it is wrong, lift what `newsletter suppressions list` shows "
            "before you resume"
        )


def _blame(count: int, outcome: Outcome) -> str:
    refusals = "1 refusal that is" if count == 1 else f"{count} refusals in a row that are"
    return f"{refusals} not the readers' fault: {_words(outcome)}"


def _is_ours(outcome: Outcome) -> bool:
    ours = outcome.fault in (Fault.SENDER, Fault.CONTENT)
    return ours and outcome.verdict is Verdict.PERMANENT


def _words(outcome: Outcome) -> str:
    code = "" if outcome.code is None else str(outcome.code)
    text = outcome.text
    if outcome.status and not text.startswith(outcome.status):
        text = f"{outcome.status} {text}"
    return f"{code} {text}".strip()


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
    )


def _settle_rejected(outcome: Outcome, claim: Claim, now: datetime) -> Settlement:
    return _settle(
        outcome,
        claim,
        now,
        DeliveryState.REJECTED,
        suppress=SuppressionReason.HARD_BOUNCE if outcome.is_gone else None,
    )


def _settle_unknown(
    outcome: Outcome, claim: Claim, now: datetime, policy: RetryPolicy
) -> Settlement:
    due_at = now + _interval(claim, policy)
    again = policy.resend and not _too_late(due_at, claim, now, policy)
    return _settle(outcome, claim, now, DeliveryState.UNKNOWN, due_at=due_at if again else None)


def _settle_later(outcome: Outcome, claim: Claim, now: datetime, policy: RetryPolicy) -> Settlement:
    """Puts the delivery back. Only a 4yz reply other than 421 uses an attempt (rules B5, B6)."""
    counts = outcome.verdict is Verdict.TRANSIENT and outcome.code not in (None, 421)
    wait = _interval(claim, policy) if counts else _patience(claim, now, policy)
    due_at = now + wait
    reason = _reason(outcome)
    if _too_late(due_at, claim, now, policy):
        return _settle(
            outcome,
            claim,
            now,
            DeliveryState.EXPIRED,
            reason=f"out of time: {reason}" if reason else "out of time",
            counts=counts,
        )
    return _settle(
        outcome, claim, now, DeliveryState.DEFERRED, due_at=due_at, reason=reason, counts=counts
    )


def _reason(outcome: Outcome) -> str:
    if outcome.code is None:
        return outcome.text
    if _is_ours(outcome):
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
