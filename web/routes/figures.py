"""What the operator's machines draw curves of, as Prometheus wants it: collectors over one newsletter."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from newsletter.watching import Figures, TroubleKind, Watching
from storage.model import DeliveryState, SubscriberState
from web.http import Readership

_ANSWERS = ("accepted", "transient", "permanent", "unknown", "silent")


class Answers(Collector):
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


class Followers(Collector):
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
        fetches = CounterMetricFamily(
            "newsletter_feed_requests", "Requests for feeds since the start", labels=["format"]
        )
        for kind, number in self._readership.fetches().items():
            fetches.add_metric([kind], number)
        yield fetches
        yield CounterMetricFamily(
            "newsletter_signup_requests",
            "Forms sent by strangers since the start",
            value=self._readership.signups,
        )


class Counts(Collector):
    """Read from the database when asked, so that they are right for every process."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching

    def describe(self) -> list[Metric]:
        """Nothing: registering must not read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every state is named, also at zero; nothing but that, while the database does not answer."""
        found = self._watching.figures.look()
        yield _gauge("newsletter_database_up", "Whether the database answers", found is not None)
        if found is None:
            return
        yield from _of_mail(found)
        yield from _of_store(found)


class Feelings(Collector):
    """What this process feels of itself; asks nobody."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching

    def collect(self) -> Iterator[Metric]:
        """Relays, the event loop, ticks, troubles."""
        yield from self._of_relays()
        yield _gauge(
            "newsletter_event_loop_lag_seconds",
            "The worst delay of the event loop in the last minute",
            self._watching.pulse.loop_delay_s,
        )
        yield from self._of_ticks()
        troubles = {one.kind.value for one in self._watching.watch.troubles}
        yield _by(
            "newsletter_trouble",
            "What the operator was or will be told of",
            "kind",
            {kind.value: kind.value in troubles for kind in TroubleKind},
        )

    def _of_relays(self) -> Iterator[Metric]:
        answers = CounterMetricFamily(
            "newsletter_relay_answers", "What relays said of messages", labels=["relay", "answer"]
        )
        up = GaugeMetricFamily("newsletter_relay_up", "Whether it can be used", labels=["relay"])
        for relay in self._watching.pulse.relays():
            up.add_metric([relay.name], float(relay.failing_s is None))
            for answer in _ANSWERS:
                answers.add_metric([relay.name, answer], relay.answers.get(answer, 0))
        yield answers
        yield up

    def _of_ticks(self) -> Iterator[Metric]:
        ticks = self._watching.pulse.ticks()
        yield _by(
            "newsletter_tick_lag_seconds",
            "How much later than it should the last one of its kind began",
            "tick",
            {name: seen.late_s for name, seen in ticks.items()},
        )
        yield _by(
            "newsletter_tick_seconds",
            "How long the last one took; `poll` reads notes and renders issues",
            "tick",
            {name: seen.took_s for name, seen in ticks.items()},
        )
        for name, words, counts in (
            ("newsletter_ticks", "Done", {k: seen.runs for k, seen in ticks.items()}),
            ("newsletter_tick_failures", "Failed", {k: seen.failures for k, seen in ticks.items()}),
        ):
            family = CounterMetricFamily(name, words, labels=["tick"])
            for tick, count in counts.items():
                family.add_metric([tick], count)
            yield family


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], float(value))
    return family


def _of_mail(found: Figures) -> Iterator[Metric]:
    """Readers and what becomes of their mail."""
    yield _by(
        "newsletter_subscribers",
        "Subscribers",
        "state",
        {who.value: found.subscribers.get(who, 0) for who in SubscriberState},
    )
    yield _by(
        "newsletter_deliveries",
        "Deliveries of issues",
        "state",
        {state.value: found.deliveries.get(state, 0) for state in DeliveryState},
    )
    yield _gauge(
        "newsletter_in_doubt",
        "Messages of which nobody knows whether the relay took them",
        found.deliveries.get(DeliveryState.UNKNOWN, 0),
    )
    yield _gauge(
        "newsletter_oldest_due_seconds",
        "How long the delivery waits that waits longest and may be sent",
        found.oldest_due_s,
    )
    yield _by(
        "newsletter_reports",
        "Bounces, complaints and other mail that came back",
        "kind",
        found.reports,
    )
    yield _gauge("newsletter_signups_waiting", "Sign-ups not yet decided", found.signups_waiting)


def _of_store(found: Figures) -> Iterator[Metric]:
    """What is kept, and where."""
    yield _gauge("newsletter_database_bytes", "Size of the database on the disk", found.octets)
    yield _by(
        "newsletter_disk_free_bytes",
        "Free space of each folder that is written to",
        "folder",
        found.free,
    )
    if found.backup_at is not None:
        yield _gauge(
            "newsletter_last_backup_timestamp_seconds",
            "When the last backup was complete",
            found.backup_at.timestamp(),
        )
    yield _gauge(
        "newsletter_archive_version",
        "Grows with every change that readers can see",
        found.archive_version,
    )
