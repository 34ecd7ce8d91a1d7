"""Owns the first cohort of an issue: whether what became of it lets the rest follow. Pure.

A list that has gone bad, or a sender that hosts do not trust, shows with the first few hundred
readers; the others need not be spent on finding out (rules B5, B17).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from storage.model import Answer, CohortSeen, CohortStep, DeliveryState, Step

_FINAL: Final = {
    DeliveryState.REJECTED: "rejected",
    DeliveryState.BOUNCED: "bounced",
    DeliveryState.COMPLAINED: "complained",
}
_PUT_OFF: Final = frozenset({DeliveryState.DEFERRED, DeliveryState.EXPIRED})
_POLICY: Final = "put off for policy"
_QUOTED: Final = 160
"""Characters of the commonest reply that the author is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The readers an issue goes to first, and what is expected of them."""

    size: int
    wait: timedelta
    """After the last of them was tried: time for bounces and complaints to come back."""
    refusals: float
    """The share of them that may refuse, 0 to 1."""

    def bearable(self, tried: int = 0) -> int:
        """How many may refuse: of the whole cohort, or of more if more were tried already."""
        return math.floor(self.refusals * max(self.size, tried) + 1e-9)  # 0.29 × 100 is 28.999…

    def decide(self, seen: CohortSeen, now: datetime) -> CohortStep:
        """Fills the cohort, waits for it, and lets the rest follow or stops.

        More refusals than allowed stop at once: the share is that of the whole cohort, so no
        later outcome makes it smaller. Where nobody is left to be spared nothing is stopped.
        """
        refusals = _count_refusals(seen)
        refused = refusals.total()
        if seen.rest and refused > self.bearable(seen.tried):
            step, until, reason = Step.STOP, None, self._explain(seen, refusals)
        else:
            (step, until), reason = self._proceed(seen, now), ""
        return CohortStep(
            step=step,
            size=self.size,
            tried=seen.tried,
            accepted=seen.counted(DeliveryState.ACCEPTED),
            refused=refused,
            until=until,
            reason=reason,
        )

    def _proceed(self, seen: CohortSeen, now: datetime) -> tuple[Step, datetime | None]:
        if seen.tried < self.size:
            return Step.FILL, None
        if seen.counted(DeliveryState.SENDING) or seen.last_tried_at is None:
            return Step.WAIT, None
        over = seen.last_tried_at + self.wait
        return (Step.WAIT, over) if now < over else (Step.PASS, None)

    def _explain(self, seen: CohortSeen, refusals: Counter[str]) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in refusals.most_common())
        words = _commonest_words(seen)
        said = f"; most often: {words}" if words else ""
        return (
            f"of the first {seen.tried} readers {refusals.total()} refused ({kinds}), and at most "
            f"{self.bearable(seen.tried)} of {max(self.size, seen.tried)} may{said}. The others were not tried; "
            "`newsletter resume` lets them follow"
        )


def _count_refusals(seen: CohortSeen) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for answer in seen.answers:
        if (kind := _refusal(answer)) is not None:
            kinds[kind] += answer.count
    return kinds


def _refusal(answer: Answer) -> str | None:
    """What kind of refusal this is; None when it is none."""
    if answer.state in _FINAL:
        return _FINAL[answer.state]
    return _POLICY if answer.state in _PUT_OFF and _is_policy(answer) else None


def _is_policy(answer: Answer) -> bool:
    """Whether the relay put a message off because of who sends it, or of what it says.

    Greylisting has the same codes and passes by itself (rule B19).
    """
    if answer.code is None:
        return False
    from mailer.replies import (
        Fault,
        Phase,
        is_greylisting,
        parse_reply,
    )  # there are few such answers

    if is_greylisting(answer.reply):
        return False
    if answer.status[1:].startswith(".7."):
        return True  # 421 4.7.28 also: it is about our rate or our name, whatever the code
    outcome = parse_reply(answer.code, answer.reply, phase=Phase.RCPT)
    return outcome.fault in (Fault.SENDER, Fault.CONTENT)


def _commonest_words(seen: CohortSeen) -> str:
    words: Counter[str] = Counter()
    for answer in seen.answers:
        if answer.code is not None and _refusal(answer) is not None:
            words[f"{answer.code} {answer.reply}".strip()] += answer.count
    return words.most_common(1)[0][0][:_QUOTED] if words else ""
