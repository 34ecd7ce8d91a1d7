"""The rows of the benchmark, their targets, and the table that is printed. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Bound(StrEnum):
    """On which side of its target a figure is good."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Spread:
    """What several rounds came to: half of them lie between `low` and `high`."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """The spread of at least one figure."""
        if len(figures) == 1:
            return cls(figures[0], figures[0], figures[0])
        low, median, high = statistics.quantiles(figures, n=4, method="inclusive")
        return cls(median, low, high)

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    title: str
    bound: Bound
    target: float
    unit: str = "×"
    """`×` is a ratio of two figures of the same run."""
    measured: float | None = None
    rounds: Spread | None = None
    """The same of each round: `measured` is their median, and so much they differ."""
    note: str = ""
    """The raw figures, or why there is none."""

    @property
    def of_target(self) -> float | None:
        """The figure divided by its target."""
        return None if self.measured is None else self.measured / self.target

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None when nothing was measured."""
        if self.measured is None:
            return None
        if self.bound is Bound.AT_LEAST:
            return self.measured >= self.target
        return self.measured <= self.target


def build_table(rows: Sequence[Row]) -> str:
    """The rows as aligned text, the raw figures below each."""
    heads = ("row", "measured", "target", "of target", "")
    head, *aligned = align([heads, *map(_cells, rows)])
    lines = [head]
    for row, line in zip(rows, aligned, strict=True):
        lines += [line, f"    {row.title}"]
        lines += [f"    {part}" for part in row.note.split("; ") if part]
    return "\n".join(lines)


def build_values(rows: Sequence[Row]) -> list[dict[str, str | float | bool | list[float] | None]]:
    """The rows for JSON."""
    return [
        {
            "row": row.name,
            "title": row.title,
            "measured": row.measured,
            "unit": row.unit,
            "bound": row.bound.value,
            "target": row.target,
            "spread": None if row.rounds is None else [row.rounds.low, row.rounds.high],
            "of_target": row.of_target,
            "met": row.met,
            "note": row.note,
        }
        for row in rows
    ]


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {True: "met", False: "NOT MET", None: "not measured"}[row.met]
    measured = "–" if row.measured is None else f"{row.measured:.3g} {row.unit}"
    if row.rounds is not None:
        measured += f" ({row.rounds.low:.3g} to {row.rounds.high:.3g})"
    share = "–" if row.of_target is None else f"{row.of_target:.2f}"
    return (row.name, measured, f"{row.bound} {row.target:g} {row.unit}", share, verdict)


def align(lines: Sequence[Sequence[str]]) -> list[str]:
    """The cells of each line, as wide as the widest of their column."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
