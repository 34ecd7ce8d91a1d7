"""What a dispatcher needs of others: a ledger, and an open session to a relay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from mailer.envelope import Envelope
from mailer.replies import Outcome
from mailer.smtp import Exchange, Relay
from storage.model import Claim, DeliveryState, Settlement


class Ledger(Protocol):
    """What sending needs of the ledger; synchronous, called in a thread. See storage.ledger."""

    def claim(self, worker: str, *, now: datetime, limit: int, lease: timedelta) -> list[Claim]:
        """Takes up to `limit` due deliveries for this worker."""

    def record(
        self,
        worker: str,
        settlements: Sequence[Settlement],
        begins: Collection[int],
        asks: Collection[int] = (),
        *,
        now: datetime,
    ) -> frozenset[int]:
        """One transaction: stores settlements, marks `begins` as on the wire, returns the granted
        of `begins` and `asks`.
        """

    def renew(
        self, worker: str, *, now: datetime, lease: timedelta, begun: Collection[int] = ()
    ) -> frozenset[int]:
        """Keeps this worker's claims for another lease; which of `begun` are still on its wire."""

    def retire(self, worker: str, *, now: datetime) -> int:
        """Gives back what was not begun, and the lease."""

    def release(
        self, worker: str, *, now: datetime, delivery_ids: Collection[int] | None = None
    ) -> int:
        """Gives back those of the deliveries that were not begun."""

    def standing(self, delivery_id: int) -> DeliveryState | None:
        """Returns the state a delivery is in now."""

    def next_due(self, *, now: datetime | None = None) -> datetime | None:
        """Returns when the next delivery may be claimed."""

    def lets_in(self, *, now: datetime) -> bool:
        """Whether a gate, and not the time, has made more due."""

    def pause_issue(self, issue_id: int, reason: str, *, now: datetime) -> object:
        """Stops an issue; its claims that are not begun go back."""

    def pause_domain(self, domain: str, *, until: datetime) -> object:
        """Remembers that a domain's readers are not to be mailed until then."""

    def paused_domains(self, *, now: datetime) -> Mapping[str, datetime]:
        """Returns the domains that are not to be mailed now, and until when."""

    def has_arrived(self, issue_id: int) -> bool:
        """Whether a relay has taken the issue for anybody."""


class OpenSession(Protocol):
    """An open session with a relay (mailer.smtp.Session)."""

    @property
    def usable(self) -> bool:
        """Whether another message may be sent here."""

    @property
    def sent(self) -> int:
        """Messages the relay has answered for."""

    def examine(self, envelope: Envelope) -> Outcome | None:
        """Why this message cannot be sent here, found without a word; None when it can."""

    def exchange(self, ready: Envelope | None, following: Envelope | None) -> Awaitable[Exchange]:
        """Sends the content announced last and announces the next; never raises for the peer."""

    def abandon(self) -> None:
        """Ends the session without a word."""

    async def close(self) -> None:
        """Ends the session; never raises because of the peer."""


Connect = Callable[[Relay], Awaitable[OpenSession]]
"""Opens a session, or raises RelayError."""
