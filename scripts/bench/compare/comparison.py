"""What the runs of two checkouts say of each other, and the table that is printed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.bench.report import Spread, align


@dataclass(frozen=True, slots=True)
class Run:
    """What one sending came to."""

    rate: float
    """Messages a second."""
    cpu_ms: float
    """Milliseconds of processor a message, all threads of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One row: this checkout beside the other, whose figures are 1."""

    name: str
    octets: tuple[int, int]
    """Of a mail, here and there."""
    cpu_us: tuple[float, float]
    """The least that a message took of the processor in any round, here and there, in microseconds."""
    cpu: Spread
    """Here over there, of each round."""
    rate: tuple[float, float]
    """Messages a second, the median of the rounds, here and there."""
    speed: Spread
    """Here over there, of each round."""

    @property
    def least(self) -> float:
        """What a message costs here over what it costs there, each at its least."""
        return self.cpu_us[0] / self.cpu_us[1]


def build_comparison(
    name: str, octets: tuple[int, int], rounds: Sequence[tuple[Run, Run]]
) -> Comparison:
    """The row of some rounds, each a run here and one there.

    What else a machine does only adds to the processor's time, so the least of many rounds is what a
    message costs; and it comes and goes, so the clock is compared within a round.
    """
    here, there = zip(*rounds, strict=True)
    return Comparison(
        name=name,
        octets=octets,
        cpu_us=(_least_us(here), _least_us(there)),
        cpu=Spread.of([ours.cpu_ms / theirs.cpu_ms for ours, theirs in rounds]),
        rate=(
            Spread.of([run.rate for run in here]).median,
            Spread.of([run.rate for run in there]).median,
        ),
        speed=Spread.of([ours.rate / theirs.rate for ours, theirs in rounds]),
    )


def build_comparisons(rows: Sequence[Comparison]) -> str:
    """The rows as aligned text."""
    heads = ("row", "µs a message", "there", "ratio", "in turn", "messages/s", "there", "in turn")
    return "\n".join(align([heads, *map(_cells, rows)]))


def _cells(row: Comparison) -> tuple[str, ...]:
    return (
        row.name,
        *(f"{us:.1f}" for us in row.cpu_us),
        f"{row.least:.3f}",
        str(row.cpu),
        *(f"{rate:,.0f}" for rate in row.rate),
        str(row.speed),
    )


def _least_us(runs: Sequence[Run]) -> float:
    return min(run.cpu_ms for run in runs) * 1000
