"""The rows of the benchmark, their targets, and the table that is printed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Bound(StrEnum):
    """On which side of its target a figure is good."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


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
    cells = [heads, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    lines = [_aligned(heads, widths)]
    for row, line in zip(rows, cells[1:], strict=True):
        lines.append(_aligned(line, widths))
        lines += [f"    {row.title}"]
        lines += [f"    {part}" for part in row.note.split("; ") if part]
    return "\n".join(lines)


def build_values(rows: Sequence[Row]) -> list[dict[str, str | float | bool | None]]:
    """The rows for JSON."""
    return [
        {
            "row": row.name,
            "title": row.title,
            "measured": row.measured,
            "unit": row.unit,
            "bound": row.bound.value,
            "target": row.target,
            "of_target": row.of_target,
            "met": row.met,
            "note": row.note,
        }
        for row in rows
    ]


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {True: "met", False: "NOT MET", None: "not measured"}[row.met]
    measured = "–" if row.measured is None else f"{row.measured:.3g} {row.unit}"
    share = "–" if row.of_target is None else f"{row.of_target:.2f}"
    return (row.name, measured, f"{row.bound} {row.target:g} {row.unit}", share, verdict)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
