"""Owns what one connection has learned and not recorded: outcomes judged, settlements on their way.

What the relay said of a message becomes a settlement here (mailer/policy), is remembered until the
next transaction, and may stop an issue that is refused whoever the reader is (rule B5).
"""

from __future__ import annotations

from dataclasses import replace

from mailer.dispatch.parking import domain_of
from mailer.dispatch.run import Run
from mailer.policy import WAITS_FOR_DOMAIN, decide_held_back, decide_settlement, decide_unfillable
from mailer.replies import Fault, Outcome, Phase, Verdict, build_lost
from storage.model import Claim, DeliveryState, Log, Settlement

log = Log()


class Settler:
    """Decides what becomes of the deliveries of one connection, and has it recorded."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pending: list[Settlement] = []
        """Decided, and not recorded yet."""

    def note(self, claim: Claim, outcome: Outcome) -> bool:
        """Settles a delivery whose message was accepted, as nearly every one is, when nobody learns from
        that; else False, and it is to be judged.
        """
        run = self._run
        if not outcome.accepted or run.domains.is_bounded:
            return False
        if run.strays.is_counting or run.faults.is_counting:
            return False
        self._pending.append(decide_settlement(outcome, claim, run.clock(), run.policy))
        return True

    async def judge(self, claim: Claim, outcome: Outcome) -> None:
        """Settles a delivery by what the relay said, or did not say, of its message."""
        if self.note(claim, outcome):
            return
        run = self._run
        if run.domains.is_bounded and run.domains.hear(domain_of(claim), outcome):
            log.warning("domain.slowed", domain=domain_of(claim), code=outcome.code)
        if outcome.is_gone and run.claims.is_astray(claim):
            outcome = replace(outcome, is_gone=False, counts=False)  # it says so of everybody
        settlement = decide_settlement(outcome, claim, run.clock(), run.policy)
        await self._settle(claim, outcome, settlement)

    async def reject(self, claim: Claim, why: str) -> None:
        """Settles a delivery whose message must not be sent as it is; `why` is a sentence."""
        settlement = decide_unfillable(claim, why, self._run.clock())
        await self._settle(claim, _unfillable(why), settlement)

    async def put_off(self, claim: Claim, why: str) -> None:
        """Settles a delivery whose message could not be made by a fault of ours: it goes back."""
        await self.judge(claim, _unfillable(why))

    def hold_back(self, claim: Claim, wait_s: float) -> None:
        """Settles a delivery that was not tried, because its domain is sent to slowly."""
        now = self._run.clock()
        if self._run.claims.is_astray(claim):
            self._pending.append(decide_held_back(claim, wait_s, now, WAITS_FOR_DOMAIN))
        else:
            self._pending.append(decide_held_back(claim, wait_s, now))

    async def begin(self, ready: Claim | None, following: Claim | None) -> tuple[bool, bool]:
        """Records what is pending and, in the same transaction, that `ready` is on the wire.

        Returns whether the content of `ready` may be sent now, and whether `following` may be
        announced: a reader who has left meanwhile gets neither (promise 3).
        """
        begin = ready.delivery_id if ready is not None else None
        ask = following.delivery_id if following is not None else None
        pending, self._pending = self._pending, []
        granted = await self._run.recorder.record(pending, begin=begin, ask=ask)
        if (begin is None or begin in granted) and (ask is None or ask in granted):
            may_send, may_announce = ready is not None, following is not None
        else:
            may_send = await self._is_granted(ready, granted)
            may_announce = await self._is_granted(following, granted)
        if ready is not None and may_send and not self._run.lease.is_sure:
            may_send = await self._is_still_ours(ready)
        return may_send, may_announce

    async def _is_still_ours(self, begun: Claim) -> bool:
        """Whether a message may be put on the wire although the lease may have run out."""
        if await self._run.lease.confirm(begun.delivery_id):
            return True
        why = "this worker was away for longer than its lease; nothing was sent"
        await self.judge(begun, build_lost(Phase.CONTENT, why))
        return False

    async def _is_granted(self, claim: Claim | None, granted: frozenset[int]) -> bool:
        if claim is None or claim.delivery_id in granted:
            return claim is not None
        if await self._run.claims.is_unwanted(claim):
            self._run.counts[DeliveryState.SUPPRESSED] += 1
            self._run.settled()
        return False

    async def flush(self) -> None:
        """Records what is pending."""
        if self._pending:
            pending, self._pending = self._pending, []
            await self._run.recorder.record(pending)

    async def _settle(self, claim: Claim, outcome: Outcome, settlement: Settlement) -> None:
        self._pending.append(settlement)
        if settlement.state is not DeliveryState.ACCEPTED:
            event = f"delivery.{settlement.state.value}"
            log.info(
                event,
                delivery=claim.delivery_id,
                issue=claim.issue_id,
                phase=outcome.phase.value,
                code=outcome.code,
                status=outcome.status,
            )
        if settlement.state is DeliveryState.UNKNOWN and settlement.due_at is None:
            log.warning("delivery.waits_for_author", delivery=claim.delivery_id, see="reconcile")
        domain = domain_of(claim)
        if claim.issue_id is not None:
            astray = self._run.strays.learn(domain, outcome)
            if astray is not None:
                await self._run.claims.pause_domain(domain, astray)
        reason = self._run.faults.learn(claim.issue_id, outcome, domain)
        if reason is not None and claim.issue_id is not None:
            await self.flush()  # a pause gives back what has neither begun nor an outcome
            await self._run.claims.pause_issue(claim.issue_id, reason)


def _unfillable(why: str) -> Outcome:
    return Outcome(verdict=Verdict.PERMANENT, fault=Fault.CONTENT, phase=Phase.CONTENT, text=why)
