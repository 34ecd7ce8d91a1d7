"""Faults that are ours: how many in a row stop a run. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Final

from mailer.policy.settlement import is_ours
from mailer.replies import Outcome, Verdict

_GONE_LIMIT: Final = 25


_GONE_DOMAINS: Final = 5
"""This many readers in a row, of this many domains, do not all cease to exist by themselves: on a list
that is half dead, it would begin at one reader in thirty million."""


class FaultRuns:
    """Counts what is not the readers' fault in a row, per issue; the only state of decisions.

    That is each refusal of the sender or the content, and many readers of many domains of whom the
    relay says that they do not exist, if only by its code (5.1.x) beside words that nobody knows: then it
    is the relay that has lost its way, and would cost the author every reader (rule B5).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._runs: dict[int, tuple[int, Outcome]] = {}
        """How many, and the last of them."""
        self._open: set[int] = set()
        """Issues of which a reader was put off: nobody knows yet what will be said of that one."""
        self._gone: dict[int, Counter[str]] = {}
        """The readers in a row who are said not to exist, by domain."""

    @property
    def is_counting(self) -> bool:
        """Whether an acceptance would end a run."""
        return bool(self._runs or self._gone)

    def learn(self, issue_id: int | None, outcome: Outcome, domain: str = "") -> str | None:
        """Returns the sentence to pause the issue with when a run is full, else None.

        `domain` is the reader's. Acceptance or a reader's own fault ends a run of ours; acceptance
        ends a run of readers who are gone. A transient reply says nothing either way. What belongs
        to no issue (a confirmation) never pauses anything.
        """
        if issue_id is None or (outcome.accepted and not self._runs and not self._gone):
            return None
        if is_ours(outcome):
            return self._lengthen(issue_id, outcome)
        if outcome.verdict in (Verdict.ACCEPTED, Verdict.PERMANENT):
            self._runs.pop(issue_id, None)
        else:
            self._open.add(issue_id)
        if outcome.accepted:
            self._gone.pop(issue_id, None)
        return self._miss(issue_id, outcome, domain) if _is_miss(outcome) else None

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


def _is_miss(outcome: Outcome) -> bool:
    """Whether the relay says that its reader does not exist, in words or by its code alone."""
    by_code = outcome.verdict is Verdict.PERMANENT and outcome.status.startswith(("5.1.", "5.7."))
    return outcome.is_gone or (by_code and outcome.counts)


def _blame(count: int, outcome: Outcome) -> str:
    refusals = "1 refusal that is" if count == 1 else f"{count} refusals in a row that are"
    return f"{refusals} not the readers' fault: {_words(outcome)}"


def _words(outcome: Outcome) -> str:
    code = "" if outcome.code is None else str(outcome.code)
    text = outcome.text
    if outcome.status and not text.startswith(outcome.status):
        text = f"{outcome.status} {text}"
    return f"{code} {text}".strip()
