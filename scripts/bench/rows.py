"""How each row is measured: peers beside the product, in turn, several rounds, medians."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Final

from scripts.bench import peers
from scripts.bench.house import House, Sent
from scripts.bench.processes import BenchError, Missing
from scripts.bench.report import Bound, Row, Spread

_CONNECTIONS: Final = 50
_RTT_MS: Final = 20.0
_RTT_CONNECTIONS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured."""

    rounds: int = 3
    turns: int = 7
    """Rounds of the mail rows, reference and product in turn: what else a machine does comes and goes."""
    messages: int = 20_000
    """Per run of the ordinary mail rows."""
    slow_messages: int = 5_000
    """Per run over the long way."""
    small: int = 10_000
    large: int = 0
    """Recipients of the large run; 0 leaves its rows out."""
    notes: int = 10_000
    readers: int = 200_000
    """Of the list that is imported."""
    issues: int = 30
    """Of the rows of the feed and the site: what a feed shows. A built site has a picture of each, drawn by a process."""
    tries: int = 5
    """Of each poll and of each query: one of them counts, the median."""
    probe_seconds: float = 5
    """Of the load generators that run for a time instead of a number."""
    pairs: int = 4
    """Probes of a second of each kind of page a round, in turn: what else runs comes and goes."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where and how much; hands out a fresh folder for each newsletter."""

    folder: Path
    sizes: Sizes
    say: Callable[[str], None]
    numbers: Iterator[int]

    @classmethod
    def at(cls, folder: Path, sizes: Sizes, say: Callable[[str], None]) -> Bench:
        """A bench that works below the folder."""
        return cls(folder, sizes, say, count(1))

    def new_folder(self) -> Path:
        """Where something may be made; there is nothing yet."""
        return self.folder / f"house-{next(self.numbers)}"

    def house(self, *, database_url: str = "", web_port: int = 8000) -> House:
        """A new newsletter without readers or notes."""
        return House(self.new_folder(), database_url=database_url, web_port=web_port)


# ── mail against smtp-source ─────────────────────────────────────────────────────────────────


def measure_sqlite_smtp_sink(bench: Bench) -> list[Row]:
    """SQLite, 20 connections, Postfix's sink."""
    row = Row(
        name="sqlite-smtp-sink",
        title="SQLite, 20 connections to smtp-sink, against smtp-source to it",
        bound=Bound.AT_LEAST,
        target=1.2,
    )
    with or_missing(row) as rows, peers.smtp_sink() as port:
        runs = _in_turn(bench, row, bench.house(), port, connections=20, counts=False)
        rows.append(_against_source(row, runs))
    return rows


def measure_sqlite_fast_sink(bench: Bench) -> list[Row]:
    """SQLite, 50 connections, the fast sink."""
    row = Row(
        name="sqlite-fast-sink",
        title="SQLite, 50 connections to the fast sink, against smtp-source to it",
        bound=Bound.AT_LEAST,
        target=1.0,
    )
    cost = Row(
        name="processor",
        title="processor a message of the same runs, against smtp-source's own",
        bound=Bound.AT_MOST,
        target=3.0,
    )
    with or_missing(row, cost) as rows, peers.fast_sink() as port:
        runs = _in_turn(bench, row, bench.house(), port, connections=50)
        rows += [_against_source(row, runs), _cost_against_source(cost, runs)]
    return rows


def measure_postgresql(bench: Bench) -> list[Row]:
    """PostgreSQL, one worker and two, each with 50 connections to the fast sink."""
    one = Row(
        name="postgresql-one",
        title="PostgreSQL, one worker, 50 connections to the fast sink, against smtp-source",
        bound=Bound.AT_LEAST,
        target=0.5,
    )
    two = replace(
        one,
        name="postgresql-two",
        title="PostgreSQL, two workers of 50 connections to the fast sink, against smtp-source",
        target=0.7,
    )
    with (
        or_missing(one, two) as rows,
        peers.postgres(bench.folder / "postgres") as server,
        peers.fast_sink() as port,
    ):
        house = bench.house(database_url=server.new_database("bench"))
        for row, processes in ((one, 1), (two, 2)):
            runs = _in_turn(bench, row, house, port, connections=50, processes=processes)
            rows.append(_against_source(row, runs))
    return rows


@dataclass(frozen=True, slots=True)
class _Runs:
    """Reference and product, in turn."""

    octets: int
    sources: list[peers.Source]
    sents: list[Sent]


def _in_turn(
    bench: Bench,
    row: Row,
    house: House,
    port: int,
    *,
    connections: int,
    processes: int = 1,
    counts: bool = True,
) -> _Runs:
    """Some rounds of `smtp-source` and of the product. `counts`: the sink can say what it took."""
    sizes = bench.sizes
    house.ensure_readers(sizes.messages)
    house.point_at(port, connections=connections)
    runs = _Runs(house.octets(), [], [])
    for number in range(1, sizes.turns + 1):
        source = peers.smtp_source(
            port, sessions=connections, octets=runs.octets, messages=sizes.messages
        )
        house.publish()
        with _counted(port, sizes.messages) if counts else nullcontext():
            sent = house.send(processes=processes)
        runs.sources.append(source)
        runs.sents.append(sent)
        bench.say(
            f"{row.name} {number}/{sizes.turns}: "
            f"smtp-source {source.rate:,.0f}/s, product {sent.rate:,.0f}/s"
        )
    return runs


def _against_source(row: Row, runs: _Runs) -> Row:
    """The ratio of their rates."""
    measured = _ratio(row, "smtp-source -d", [one.rate for one in runs.sources], runs.sents)
    return replace(measured, note=f"{measured.note}; {runs.octets:,} octets a message")


def _cost_against_source(row: Row, runs: _Runs) -> Row:
    """The ratio of what a message costs at the least: whatever else runs only adds to that."""
    theirs, ours = ([one.cpu_ms for one in them] for them in (runs.sources, runs.sents))
    return replace(
        row,
        measured=min(ours) / min(theirs),
        rounds=Spread.of([mine / other for mine, other in zip(ours, theirs, strict=True)]),
        note=f"smtp-source -d {min(theirs):.3f} ms; product {min(ours):.3f} ms, each at its least",
    )


@contextmanager
def _counted(port: int, messages: int) -> Iterator[None]:
    """Checks with the fast sink that it took as many messages as the product says it sent."""
    before = peers.messages_taken(port)
    yield
    taken = peers.messages_taken(port) - before
    if taken != messages:
        raise BenchError(f"the sink took {taken} messages, not {messages}")


def _ratio(row: Row, reference: str, references: list[float], runs: list[Sent]) -> Row:
    """The row, measured: the product over the reference in each round, and of that the median."""
    rates = [run.rate for run in runs]
    rounds = Spread.of([ours / theirs for ours, theirs in zip(rates, references, strict=True)])
    return replace(
        row,
        measured=rounds.median,
        rounds=rounds,
        note=f"{reference} {_rates(references)}; product {_rates(rates)}; {_cost(runs)}",
    )


# ── signed mail ──────────────────────────────────────────────────────────────────────────────


def measure_dkim(bench: Bench) -> list[Row]:
    """SQLite, 50 connections to the fast sink, every mail signed with RSA-2048."""
    sizes = bench.sizes
    row = Row(
        name="dkim",
        title="signed with RSA-2048, 50 connections to the fast sink, against the signatures/s of "
        "openssl speed on all cores",
        bound=Bound.AT_LEAST,
        target=0.7,
    )
    house = bench.house()
    house.ensure_readers(sizes.messages)
    house.sign()
    references, runs = [], []
    with or_missing(row) as rows, peers.fast_sink() as port:
        house.point_at(port, connections=_CONNECTIONS)
        for number in range(1, sizes.turns + 1):
            references.append(peers.openssl_rate(seconds=sizes.probe_seconds))
            house.publish()
            runs.append(house.send())
            bench.say(
                f"dkim {number}/{sizes.turns}: openssl {references[-1]:,.0f}/s, "
                f"product {runs[-1].rate:,.0f}/s"
            )
        rows.append(_ratio(row, "openssl", references, runs))
    return rows


# ── a long way to the relay ──────────────────────────────────────────────────────────────────


def measure_round_trip(bench: Bench) -> list[Row]:
    """A relay 20 ms away: what waiting for replies costs."""
    sizes = bench.sizes
    house = bench.house()
    house.ensure_readers(sizes.slow_messages)
    row = Row(
        name="round-trip",
        title=f"messages per round trip and connection, {_RTT_MS:g} ms to the relay, "
        f"{_RTT_CONNECTIONS} connections",
        bound=Bound.AT_LEAST,
        target=0.9,
        unit="messages",
    )
    figures, runs, trips = [], [], []
    with peers.fast_sink() as sink, peers.delay(sink, _RTT_MS / 2) as port:
        house.point_at(port, connections=_RTT_CONNECTIONS)
        for number in range(1, sizes.rounds + 1):
            trips.append(peers.round_trip_s(port))
            house.publish()
            runs.append(house.send())
            figures.append(runs[-1].rate * trips[-1] / _RTT_CONNECTIONS)
            bench.say(f"round-trip {number}/{sizes.rounds}: {figures[-1]:.2f} messages")
    note = (
        f"round trip {statistics.median(trips) * 1000:.1f} ms (NOOP through the delaying proxy); "
        f"product {_rates([run.rate for run in runs])}; {_cost(runs)}"
    )
    return [replace(row, measured=statistics.median(figures), note=note)]


# ── many recipients ──────────────────────────────────────────────────────────────────────────


def measure_large(bench: Bench) -> list[Row]:
    """A million recipients, and what it costs over ten thousand."""
    sizes = bench.sizes
    if not sizes.large:
        return [replace(row, note="only with --million") for row in _large_rows(1_000_000)]
    with peers.fast_sink() as port:
        small = [_one_issue(bench, port, sizes.small) for _ in range(sizes.rounds)]
        bench.say(f"large: {sizes.small:,} recipients {_rates([_rate(run) for run in small])}")
        large = _one_issue(bench, port, sizes.large)
        bench.say(f"large: {sizes.large:,} recipients {_rates([_rate(large)])}")
    peak, small_peak = _peak(large), statistics.median(_peak(run) for run in small)
    rate, small_rate = _rate(large), statistics.median(_rate(run) for run in small)
    values = (
        (large.seconds / 60, f"{large.seconds:.1f} s, {_cost([large])}"),
        (large.sendings[0].queue_s, "the poll that publishes and queues"),
        (rate / small_rate, f"{rate:,.0f}/s against {small_rate:,.0f}/s, without the queueing"),
        (peak / small_peak, f"{peak:.0f} MB against {small_peak:.0f} MB"),
        (peak, "the sending process at its largest"),
    )
    return [
        replace(row, measured=value, note=note)
        for row, (value, note) in zip(_large_rows(sizes.large), values, strict=True)
    ]


def _one_issue(bench: Bench, port: int, readers: int) -> Sent:
    """One issue to so many readers, from publishing on, in a newsletter of its own."""
    house = bench.house()
    house.ensure_readers(readers)
    house.point_at(port, connections=_CONNECTIONS)
    house.write_issue()
    return house.send(queue=True)


def _large_rows(recipients: int) -> tuple[Row, ...]:
    share = recipients / 1_000_000
    many = f"{recipients:,} recipients on SQLite"
    most = Bound.AT_MOST
    return (
        Row(
            name="large-minutes",
            title=f"{many}: from publishing to the last outcome committed",
            bound=most,
            target=1.2 * share,
            unit="min",
        ),
        Row(
            name="large-queue",
            title=f"{many}: all deliveries queued",
            bound=most,
            target=10 * share,
            unit="s",
        ),
        Row(
            name="large-rate",
            title=f"{many}: messages/s against those of the small run",
            bound=Bound.AT_LEAST,
            target=0.9,
        ),
        Row(
            name="large-memory",
            title=f"{many}: peak memory against that of the small run",
            bound=most,
            target=1.2,
        ),
        Row(
            name="large-peak",
            title=f"{many}: peak memory",
            bound=most,
            target=150,
            unit="MB",
        ),
    )


def _rate(sent: Sent) -> float:
    return sent.messages / (sent.seconds - sent.sendings[0].queue_s)


def _peak(sent: Sent) -> float:
    return max(one.peak_mb for one in sent.sendings)


# ── words ────────────────────────────────────────────────────────────────────────────────────


def _rates(rates: list[float]) -> str:
    return f"{statistics.median(rates):,.0f}/s ({min(rates):,.0f} to {max(rates):,.0f})"


def _cost(runs: list[Sent]) -> str:
    cpu = min(run.cpu_ms for run in runs)
    return f"{cpu:.3f} ms of processor a message at the least, {max(_peak(run) for run in runs):.0f} MB"


@contextmanager
def or_missing(*rows: Row) -> Iterator[list[Row]]:
    """The rows measured so far, and for the others which program is missing."""
    done: list[Row] = []
    try:
        yield done
    except Missing as missing:
        done += [replace(row, note=str(missing)) for row in rows[len(done) :]]
