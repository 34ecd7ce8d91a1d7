"""Owns the claims that wait for their readers' domain: a seat is taken, or the domain is slowed.

Pure but for its own memory.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator
from itertools import chain
from typing import Final

from mailer.dispatch.domains import Domains
from storage.model import Claim

_MOST: Final = 4000
"""Claims that may wait for their domains, or to be put off, before no more are taken from the ledger."""
_LONGEST_S: Final = 5.0
"""What has to wait for longer goes back to the ledger, untried, with a later time."""
_HELD_LONGEST_S: Final = 300.0
_LOOK_S: Final = 0.2
"""How often to look whether a domain has a seat again."""


def domain_of(claim: Claim) -> str:
    """The domain of the reader's address."""
    return claim.address.rpartition("@")[2]


class Parking:
    """Claims whose domain has no place for them now, by domain and in their order."""

    def __init__(self, domains: Domains) -> None:
        self._domains = domains
        self._parked: dict[str, deque[Claim]] = {}
        self._held_back: list[tuple[Claim, float]] = []
        self._later: Counter[str] = Counter()
        """How many were held back of each domain in this wave."""

    def __len__(self) -> int:
        return sum(len(parked) for parked in self._parked.values()) if self._parked else 0

    def __iter__(self) -> Iterator[Claim]:
        return chain.from_iterable(self._parked.values())

    @property
    def is_full(self) -> bool:
        """Whether so many wait that no more should be taken from the ledger."""
        return len(self) + len(self._held_back) >= _MOST

    @property
    def is_to_be_put_off(self) -> bool:
        """Whether so many are to go back that this should be recorded before anything else."""
        return len(self._held_back) >= _MOST // 2

    @property
    def wait_s(self) -> float | None:
        """Seconds until one that waits may have its domain's leave; None when none waits."""
        if not self._parked:
            return None
        slowed = [one for one in self._parked if not self._domains.is_full(one)]
        return min((self._domains.wait_s(one) for one in slowed), default=_LOOK_S)

    def start(self) -> None:
        """Begins a new wave."""
        self._later.clear()

    def admit(self, claim: Claim, seats: Collection[str]) -> bool:
        """Whether a message for the claim may go now; else the claim waits here.

        `seats` are the domains that the connection is busy with.
        """
        domain = domain_of(claim)
        if domain not in self._parked and self._domains.enter(domain, seats):
            return True
        self._park(domain, claim)
        return False

    def take(self, seats: Collection[str]) -> Claim | None:
        """Returns the first claim whose domain has a place for it again."""
        for domain, parked in self._parked.items():
            if self._domains.enter(domain, seats):
                claim = parked.popleft()
                if not parked:
                    del self._parked[domain]
                return claim
        return None

    def pop_held_back(self) -> list[tuple[Claim, float]]:
        """Takes out the claims that would have to wait here for too long, with the seconds."""
        if not self._held_back:
            return []
        held_back, self._held_back = self._held_back, []
        return held_back

    def hold(self, claim: Claim, wait_s: float) -> None:
        """Sends a claim back to the ledger, untried, with a later time."""
        self._held_back.append((claim, wait_s))

    def keep(self, wanted: Callable[[Claim], bool]) -> None:
        """Forgets the claims that are not wanted any more."""
        kept = {domain: deque(filter(wanted, parked)) for domain, parked in self._parked.items()}
        self._parked = {domain: parked for domain, parked in kept.items() if parked}

    def clear(self) -> None:
        """Forgets all claims."""
        self._parked.clear()
        self._held_back.clear()

    def _park(self, domain: str, claim: Claim) -> None:
        behind = len(self._parked.get(domain, ())) + self._later[domain]
        wait_s = self._domains.wait_s(domain, behind)
        if wait_s > _LONGEST_S:
            self._later[domain] += 1
            self._held_back.append((claim, min(wait_s, _HELD_LONGEST_S)))
        else:
            self._parked.setdefault(domain, deque()).append(claim)
