"""A store behind the gates of its mail, and workers over it: what tests of warm-up and cohort need."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailer.dispatch.dispatcher import Dispatcher, Summary
from mailer.policy.cohort import Cohort
from mailer.policy.settlement import RetryPolicy
from mailer.policy.warmup import WarmUp
from mailer.smtp.relay import Relay, Tls
from storage.database.engine import Database
from storage.ledger.gates import Gates
from storage.model.deliveries import DeliveryState
from storage.model.issues import Issue, Mailing
from tests.conftest import NOON
from tests.peers.relays.smtp import PIPELINING, Move, Peer
from tests.worlds.sending.dispatch import fill
from tests.worlds.store import MINUTE, Store

POLICY = RetryPolicy(retry=(MINUTE,), expire=timedelta(days=9))
DAY = timedelta(days=1)
MIDNIGHT = NOON + timedelta(hours=12)
Script = Mapping[str, Move | Iterable[Move]]


async def at_once(seconds: float) -> None:
    """A sleep that takes no time."""
    await asyncio.sleep(0)


@dataclass
class GatedStore(Store):
    """A store behind gates, and a time of day that the test sets."""

    database: Database
    warmup: WarmUp | None = None
    cohort: Cohort | None = None
    now: datetime = NOON

    def __post_init__(self) -> None:
        super().__init__(self.database, Gates(warmup=self.warmup, cohort=self.cohort))

    def worker(
        self,
        peer: Peer,
        name: str = "w",
        connections: int = 3,
        progress: Callable[[Summary], None] | None = None,
    ) -> Dispatcher:
        """A worker with this peer as its relay."""
        relay = Relay(
            host="127.0.0.1", port=peer.port, tls=Tls.NONE, ehlo="c.test", connections=connections
        )
        return Dispatcher(
            self.ledger,
            [relay],
            fill,
            POLICY,
            worker=name,
            clock=lambda: self.now,
            sleep=at_once,
            progress=progress,
        )

    def drain(self, script: Script | None = None, *, connections: int = 3) -> Summary:
        """Sends what is due to a peer with this script."""
        peer = Peer({"EHLO": PIPELINING, **(script or {})})

        async def scenario() -> Summary:
            async with peer.serving():
                return await self.worker(peer, connections=connections).drain()

        return asyncio.run(scenario())

    def count(self, issue: Issue) -> dict[DeliveryState, int]:
        """How many deliveries are in which state."""
        return dict(self.overview.tally(issue.id).counts)

    def mailing(self, issue: Issue) -> tuple[Mailing, str]:
        """How its mail stands, and why."""
        found = self.issues.get(issue.id)
        return found.mailing, found.mailing_reason

    def resume(self, issue: Issue) -> None:
        """As the author's `resume` does."""
        assert self.mailings.resume(issue.id, now=self.now)

    def due(self) -> datetime | None:
        """When the next delivery may be claimed."""
        return self.ledger.next_due(now=self.now)


def ramp(first: int) -> WarmUp:
    """A warm-up that mails so many readers on its first day."""
    return WarmUp(first=first, timezone="UTC")


def warmed(database: Database, first: int = 5) -> GatedStore:
    """A house that warms up."""
    return GatedStore(database, warmup=ramp(first))


def careful(
    database: Database,
    *,
    size: int = 10,
    wait: timedelta = 10 * MINUTE,
    refusals: float = 0.2,
    warmup: WarmUp | None = None,
) -> GatedStore:
    """A house that sends an issue to so many readers first."""
    cohort = Cohort(size=size, wait=wait, refusals=refusals)
    return GatedStore(database, cohort=cohort, warmup=warmup)


@contextmanager
def second(house: GatedStore, url: str) -> Iterator[GatedStore]:
    """Another process's view of the same database, with the same gates of its own."""
    database = Database.open(url)
    try:
        yield GatedStore(database, warmup=house.warmup, cohort=house.cohort, now=house.now)
    finally:
        database.close()
