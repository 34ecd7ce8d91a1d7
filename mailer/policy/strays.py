"""Owns when a domain is not believed any more: too many of its readers are said not to exist. Pure.

A host that says 5.1.1 to everybody, for a broken table or a moved directory, would cost the author all
readers of that domain in seconds. A domain that really died looks the same, but is small on most
lists: below `GONE_LIMIT` nothing is held up, and above it a day's pause lets the next few be asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mailer.replies import Outcome, Verdict
from storage.model import Losses

GONE_LIMIT: Final = 25
"""Readers of one domain that may be found gone before anybody wonders."""
HOST_DOMAINS: Final = 5
"""With fewer, each is counted for itself."""
_HOST_SHARE: Final = 0.005
"""Readers of earlier issues whom a list may lose at one host in a day."""
_SHARE: Final = 0.3
"""This share of what a domain answered, since it began, is far beyond what lists lose in a day."""
STRAY_PAUSE: Final = timedelta(days=1)
"""How long a domain that has lost its way is left alone."""

WAITS_FOR_DOMAIN: Final = (
    "not tried yet: this domain refused too many readers as unknown, and is paused"
)
"""What is recorded of a delivery that waits for that. Lifting the pause finds it by these words."""


def is_astray(gone: int, asked: int) -> bool:
    """Whether `gone` readers of `asked` are too many to be believed."""
    return gone >= GONE_LIMIT and gone >= _SHARE * asked


def is_host_astray(losses: Losses, *, mailed: int) -> bool:
    """Whether one host is not to be believed for the many small domains that it serves.

    `mailed` readers got the issue. No list loses so many of those who read last week in a day, and
    at one host.
    """
    if losses.domains < HOST_DOMAINS:
        return False
    is_sudden = losses.known >= GONE_LIMIT and losses.known >= _HOST_SHARE * mailed
    return is_sudden or (losses.gone >= GONE_LIMIT and losses.gone >= _SHARE * mailed)


@dataclass(slots=True)
class _Domain:
    gone: int = 0
    asked: int = 0


class Strays:
    """Counts by domain the readers who are said not to exist; what other domains accept says nothing of it."""

    def __init__(self) -> None:
        self._domains: dict[str, _Domain] = {}
        """Those that refused somebody, since they did."""

    @property
    def is_counting(self) -> bool:
        """Whether an acceptance would be counted."""
        return bool(self._domains)

    def learn(self, domain: str, outcome: Outcome) -> str | None:
        """Returns the sentence to pause the domain with when it is not believed any more, else None."""
        if not outcome.is_gone and (
            domain not in self._domains
            or outcome.verdict not in (Verdict.ACCEPTED, Verdict.PERMANENT)
        ):
            return None
        known = self._domains.setdefault(domain, _Domain())
        known.asked += 1
        known.gone += outcome.is_gone
        if not outcome.is_gone or not is_astray(known.gone, known.asked):
            return None
        del self._domains[domain]  # what is asked after the pause is counted afresh
        return (
            f"{known.gone} of {known.asked} readers do not exist, it says. Its mail waits for a day; if it "
            f"is wrong, `newsletter suppressions lift --since 1d --domain {domain}`"
        )
