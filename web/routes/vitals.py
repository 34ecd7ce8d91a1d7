"""The routes that the operator's machines watch: alive, ready, metrics; on a listener of their own.

Not on the site's: how many wait to confirm would tell a stranger whether an address is known.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter import Newsletter
from storage.model import DeliveryState, SubscriberState
from web.http import NO_STORE, Readership

_FRESH = {"Cache-Control": NO_STORE}


class Vitals:
    """Handlers over one newsletter, with a registry of their own."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._newsletter = newsletter
        self._registry = CollectorRegistry()
        self._answers = _Answers()
        self.readership = Readership()
        self._registry.register(_Counts(newsletter))
        self._registry.register(self._answers)
        self._registry.register(_Followers(self.readership))

    def routes(self) -> list[Route]:
        """The routes, in the order in which they are tried."""
        return [
            Route("/healthz", self.alive),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
        ]

    def count(self, method: str, status: int) -> None:
        """Counts one answer. Methods nobody knows are one: they must not fill the memory."""
        self._answers.add(method if method in ("GET", "HEAD", "POST") else "other", status)

    async def alive(self, _request: Request) -> Response:
        """200 while the process can answer at all."""
        return PlainTextResponse("ok\n", headers=_FRESH)

    def ready(self, _request: Request) -> Response:
        """200 while the database answers, else 503."""
        if self._newsletter.is_database_usable():
            return PlainTextResponse("ok\n", headers=_FRESH)
        return PlainTextResponse("the database does not answer\n", 503, headers=_FRESH)

    def metrics(self, _request: Request) -> Response:
        """The counts in Prometheus' text format."""
        return Response(
            generate_latest(self._registry), headers=_FRESH, media_type=CONTENT_TYPE_LATEST
        )


class _Answers(Collector):
    """Counted here, not by the library: its counters also report when each was made."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def add(self, method: str, status: int) -> None:
        """One more answer."""
        with self._lock:
            self._counts[method, status] += 1

    def collect(self) -> Iterator[Metric]:
        """Answers by method and status."""
        answers = CounterMetricFamily(
            "newsletter_http_responses",
            "Answers of the site since it started",
            labels=["method", "status"],
        )
        with self._lock:
            counts = sorted(self._counts.items())
        for (method, status), number in counts:
            answers.add_metric([method, str(status)], number)
        yield answers


class _Followers(Collector):
    """What aggregators say, each in a line; the names are few and ours."""

    def __init__(self, readership: Readership) -> None:
        self._readership = readership

    def collect(self) -> Iterator[Metric]:
        """Followers by aggregator."""
        followers = GaugeMetricFamily(
            "newsletter_feed_followers",
            "Readers of the feeds, as aggregators last told them",
            labels=["aggregator"],
        )
        for aggregator, number in self._readership.totals().items():
            followers.add_metric([aggregator], number)
        yield followers


class _Counts(Collector):
    """Read from the database when asked, so that they are right for every process."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._newsletter = newsletter

    def describe(self) -> list[Metric]:
        """Nothing: registering must not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Subscribers and deliveries by state, every state named even at zero."""
        people = GaugeMetricFamily("newsletter_subscribers", "Subscribers", labels=["state"])
        counts = self._newsletter.subscribers.counts()
        for who in SubscriberState:
            people.add_metric([who.value], counts.get(who, 0))
        yield people
        mail = GaugeMetricFamily("newsletter_deliveries", "Deliveries", labels=["state"])
        tally = self._newsletter.totals()
        for state in DeliveryState:
            mail.add_metric([state.value], tally[state])
        yield mail
        yield GaugeMetricFamily(
            "newsletter_archive_version",
            "Grows with every change that readers can see",
            value=self._newsletter.publication.version(),
        )
