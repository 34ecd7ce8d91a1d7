"""Owns in which order sign-ups are decided, which of them wait, and what their limits have counted.

Whoever stands in a crowd, of one network and one domain, is decided after those who do not: a flood
waits for itself and not a reader for the flood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from mailer.address import Address
from newsletter.subscribing.crowds import Recent, wide_network
from newsletter.subscribing.rules import (
    BURST_WINDOW,
    WINDOW,
    SignUpLimits,
    mailbox_of,
    network_prefix,
)
from storage.model import Log, SignUp
from storage.readers import Glance, SignUps

BATCH: Final = 200
"""Sign-ups decided between two looks at who else has come."""
MOST_SEEN: Final = 50_000
"""Waiting sign-ups that are put in order together."""
_LOOK_AT_ALL: Final = timedelta(seconds=10)
"""How often more than what is new is looked for: a row can become visible after one with a higher id."""
TRY_AGAIN: Final = timedelta(minutes=1)
"""After which one that waits for room is decided anew."""

_log = Log()


class SignUpQueue:
    """The sign-ups that wait, and what was mailed lately. Not thread-safe."""

    def __init__(
        self, signups: SignUps, *, limits: SignUpLimits, clock: Callable[[], datetime]
    ) -> None:
        self._signups = signups
        self._limits = limits
        self._clock = clock
        self._seen: dict[int, Glance] = {}
        """Those that wait, as far as they were looked at."""
        self._looked_at_all: datetime | None = None
        self._asking: set[int] = set()
        self._held: dict[int, datetime] = {}
        """Those without room, and when they are decided anew."""
        self._crowds: dict[int, int] = {}
        """How many stand with each of the sign-ups in the batch."""
        self._origins = Recent(BURST_WINDOW)
        self._networks = Recent(BURST_WINDOW)
        self._domains = Recent(BURST_WINDOW)
        self._mailboxes: Recent | None = None
        self._confirmed = Counter[str]()
        self._are_counted = False
        """Whether the confirmations of late were looked at since `begin`."""
        self._told: dict[str, datetime] = {}

    # ── order ────────────────────────────────────────────────────────────────────────────

    def begin(self) -> None:
        """Have what was mailed lately looked at, also by others and before the start, once it matters."""
        self._are_counted = False
        self.ask_again()

    def _count_confirmations(self, now: datetime) -> None:
        self._are_counted = True
        if self._mailboxes is None:
            self._mailboxes = Recent(WINDOW)
            for key, at in self._signups.confirmations(since=now - WINDOW):
                self._mailboxes.add(mailbox_of(key), at)
        self._confirmed = Counter(
            key.rpartition("@")[2]
            for key, _ in self._signups.confirmations(since=now - BURST_WINDOW)
        )

    def next_batch(self) -> list[SignUp]:
        """The sign-ups to be decided next, those first that stand in no crowd; empty when none can be."""
        now = self._clock()
        self._held = {number: at for number, at in self._held.items() if at > now}
        self._look(now)
        free = [
            one
            for one in self._seen.values()
            if one.id not in self._held and one.id not in self._asking
        ]
        if free and not self._are_counted:
            self._count_confirmations(now)
        crowds = self._count_crowds(free)
        first = sorted(free, key=lambda one: (not one.is_known, crowds[one.id], one.id))[:BATCH]
        self._crowds = {one.id: 0 if one.is_known else crowds[one.id] for one in first}
        found = self._signups.these([one.id for one in first]) if first else []
        for gone in {one.id for one in first}.difference(signup.id for signup in found):
            del self._seen[gone]  # decided by another process
        return found

    def _look(self, now: datetime) -> None:
        """Take in the sign-ups that came since the last look."""
        all_of_them = (
            not self._seen
            or self._looked_at_all is None
            or now - self._looked_at_all >= _LOOK_AT_ALL
        )
        if all_of_them:
            self._looked_at_all = now
        after = 0 if all_of_them else max(self._seen)
        new = self._signups.glance(after=after, limit=MOST_SEEN)
        if all_of_them:
            self._seen.clear()
        self._seen.update((one.id, one) for one in new)

    def closed(self, ids: Sequence[int]) -> None:
        """Learn that these are decided and closed."""
        for number in ids:
            self._seen.pop(number, None)

    def _count_crowds(self, seen: Sequence[Glance]) -> dict[int, int]:
        """Of each, how many came from its network times how many for its domain."""
        now = self._clock()
        places = {one.id: wide_network(one.ip) for one in seen}
        networks, domains = Counter(places.values()), Counter(one.domain for one in seen)
        for name in networks:
            networks[name] += self._networks.count(name, now)
        for name in domains:
            domains[name] += self._domains.count(name, now)
        return {one.id: networks[places[one.id]] * domains[one.domain] for one in seen}

    # ── waiting ──────────────────────────────────────────────────────────────────────────

    @property
    def is_asking(self) -> bool:
        """Whether sign-ups wait for the DNS."""
        return bool(self._asking)

    def ask(self, signup: SignUp) -> None:
        """Put a sign-up aside that waits for the DNS, until `ask_again`."""
        self._asking.add(signup.id)

    def ask_again(self) -> None:
        """Have what waited for the DNS looked at anew."""
        self._asking.clear()

    def hold(self, signup: SignUp, limit: str) -> bool:
        """It waits for room, if it has not waited for a day and there is room to wait.

        A limit that is full is told to the author, once an hour.
        """
        now = self._clock()
        told = self._told.get(limit)
        if told is None or now - told >= BURST_WINDOW:
            self._told[limit] = now
            _log.warning("signups.limit_is_full", limit=limit, waiting=len(self._held))
        most = self._limits.in_total * (1 if self.is_crowded(signup) else 2)
        if len(self._held) >= most or now - signup.at >= WINDOW:
            return False
        self._held[signup.id] = now + TRY_AGAIN
        return True

    # ── counting ─────────────────────────────────────────────────────────────────────────

    def passed(self, signup: SignUp, address: Address) -> None:
        """Count a sign-up that was decided with the crowd it stands in."""
        now = self._clock()
        self._origins.add(_place(signup), now)
        self._networks.add(wide_network(signup.ip), now)
        self._domains.add(address.domain, now)

    def confirmed(self, address: Address) -> None:
        """Count a confirmation to this address with the limits."""
        self._confirmed[_domain(address)] += 1
        if self._mailboxes is not None:
            self._mailboxes.add(mailbox_of(address.key), self._clock())

    def is_crowded(self, signup: SignUp) -> bool:
        """Whether more stand with it than usually come in an hour."""
        return self._crowds.get(signup.id, 0) > self._limits.per_domain

    def from_origin(self, signup: SignUp) -> int:
        """Sign-ups decided within the hour that came from the same place."""
        return self._origins.count(_place(signup), self._clock())

    def to_mailbox(self, address: Address) -> int:
        """Confirmations within a day to the mailbox that an address leads to."""
        if self._mailboxes is None:
            return 0
        return self._mailboxes.count(mailbox_of(address.key), self._clock())

    def to_domain(self, address: Address) -> int:
        """Confirmations to a domain within the hour."""
        return self._confirmed[_domain(address)]

    def to_all(self) -> int:
        """Confirmations within the hour."""
        return self._confirmed.total()


def _place(signup: SignUp) -> str:
    return network_prefix(signup.ip) or signup.ip


def _domain(address: Address) -> str:
    return address.key.rpartition("@")[2]
