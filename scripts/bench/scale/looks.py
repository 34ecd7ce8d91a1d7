"""What is measured of a newsletter that has grown: how long each thing takes that people wait for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from newsletter import Newsletter
from scripts.bench.house import House
from storage.model import Claim, DeliveryState, Settlement

_TIMES: Final = 5
_PORTION: Final = 1000
_GROUP: Final = 25
_LEASE: Final = timedelta(minutes=10)
_PAGE: Final = 200
_READER: Final = 7
"""The reader who is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing that was timed."""

    name: str
    what: str
    seconds: float
    """The median of some tries."""
    cpu_s: float
    """The processor's time that it took: this process's, and that of PostgreSQL's sessions."""


class Watch:
    """Times things by the clock and by the processor."""

    def __init__(self, spent: Callable[[], float] = time.process_time) -> None:
        self._spent = spent

    def once(self, name: str, what: str, work: Callable[[], object]) -> Look:
        """For what can be done only once."""
        return self._tried(name, what, work, 1)

    def several(self, name: str, what: str, work: Callable[[], object]) -> Look:
        """The median of some tries."""
        return self._tried(name, what, work, _TIMES)

    def _tried(self, name: str, what: str, work: Callable[[], object], times: int) -> Look:
        tries = sorted(self._time(work) for _ in range(times))
        seconds, cpu_s = tries[times // 2]
        return Look(name=name, what=what, seconds=seconds, cpu_s=cpu_s)

    def _time(self, work: Callable[[], object]) -> tuple[float, float]:
        started, used = time.perf_counter(), self._spent()
        work()
        return time.perf_counter() - started, self._spent() - used


def measure(house: House, watch: Watch) -> Iterator[Look]:
    """Publish an issue to everybody, then time what is done while it is sent and after."""
    house.write_issue()
    with house.open() as newsletter:
        yield watch.once("queue", "publish: a delivery for each reader", newsletter.poll)
    with house.open() as newsletter:
        yield from _ledger(newsletter, watch)
        yield from _author(newsletter, watch)
        yield from _operator(newsletter, watch)


def _ledger(newsletter: Newsletter, watch: Watch) -> Iterator[Look]:
    """As a worker does it."""
    ledger, worker = newsletter.parts.ledger, "scale"
    claims: list[Claim] = []

    def claim() -> None:
        claims.extend(ledger.claim(worker, now=_now(), limit=_PORTION, lease=_LEASE))

    yield watch.several("claim", f"claim {_PORTION:,} deliveries", claim)
    waiting = [claims[at : at + _GROUP] for at in range(0, len(claims), _GROUP)]
    groups = iter(waiting)
    begun: list[Claim] = []

    def record() -> None:
        group = next(groups, [])
        ledger.record(
            worker,
            [_accepted(one) for one in begun],
            [one.delivery_id for one in group],
            now=_now(),
        )
        begun[:] = group

    yield watch.several("record", f"record {_GROUP} outcomes, begin {_GROUP}", record)
    yield watch.several("next-due", "when is the next one due", lambda: ledger.next_due(now=_now()))
    ledger.record(worker, [_accepted(one) for one in begun], [], now=_now())
    yield watch.once(
        "release", "give back what was claimed", lambda: ledger.retire(worker, now=_now())
    )


def _accepted(claim: Claim) -> Settlement:
    return Settlement(
        delivery_id=claim.delivery_id,
        issue_id=claim.issue_id,
        state=DeliveryState.ACCEPTED,
        at=_now(),
        code=250,
        status="2.0.0",
        reply="Ok: queued as 4bNzK",
    )


def _author(newsletter: Newsletter, watch: Watch) -> Iterator[Look]:
    """As an author asks for it."""
    newest, older = _slugs(newsletter)
    yield watch.several(
        "status", "status of the issue under way", lambda: newsletter.status(newest)
    )
    yield watch.several("issues", "all issues with their counts", newsletter.issues)
    yield watch.several("totals", "all deliveries counted", newsletter.totals)
    yield watch.several(
        "deliveries",
        f"the first {_PAGE} deliveries of an old issue",
        lambda: list(islice(newsletter.deliveries(older), _PAGE)),
    )
    yield watch.several(
        "bounced",
        "those of it that bounced, to the last",
        lambda: list(newsletter.deliveries(older, state=DeliveryState.BOUNCED)),
    )
    address = f"reader{_READER}@example.org"
    yield watch.several(
        "reader", "what became of one reader's mail", lambda: newsletter.delivered(address)
    )
    roll = newsletter.parts.roll
    yield watch.several("list", f"the first {_PAGE} readers", lambda: list(roll.find(limit=_PAGE)))
    yield watch.several(
        "search",
        "the readers with a word in their address",
        lambda: list(roll.find(search="reader77777")),
    )
    yield watch.several("stats", "stats of 90 days", newsletter.stats)
    yield watch.once(
        "leave", "a reader leaves", lambda: newsletter.subscriptions.unsubscribe_address(address)
    )
    yield watch.once("erase", "a reader is erased", lambda: newsletter.subscriptions.erase(address))


def _slugs(newsletter: Newsletter) -> tuple[str, str]:
    """The issue under way, and one in the middle of the archive."""
    slugs = [one.issue.slug for one in newsletter.issues()]
    open_ = [
        newsletter.parts.archive.get(one).slug for one in newsletter.parts.overview.under_way()
    ]
    return open_[0], slugs[len(slugs) // 2]


def _operator(newsletter: Newsletter, watch: Watch) -> Iterator[Look]:
    """As the service does it by itself."""
    parts = newsletter.parts
    yield watch.several("metrics", "figures for /metrics", parts.watching.figures.look)
    yield watch.several("poll", "a look at the notes", newsletter.poll)
    yield watch.once("rescue", "look for dead workers", parts.upkeep.rescue)
    yield watch.once("keep", "let go of what is old", parts.housekeeping.run)
    yield watch.once("finish", "is any issue done?", parts.mailings.finish)


def _now() -> datetime:
    return datetime.now(UTC)
