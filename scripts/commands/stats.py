"""The newsletter in figures: plots in the terminal, JSON, SVG."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.console import Json, plain, print_json, print_table, say, write_file
from scripts.context import JsonOption, open_newsletter
from storage.model import count, stamp

if TYPE_CHECKING:
    from newsletter.figures import IssueFigures, Stats

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_ROWS: Final = 8
_MOST_DAYS: Final = 3660
_ISSUES: Final = 10


def stats(
    context: typer.Context,
    days: Annotated[
        int,
        typer.Option("--days", metavar="N", min=2, max=_MOST_DAYS, help="How far to look back."),
    ] = 90,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE", help="Draw it there; `-` to the terminal."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show growth, deliveries, bounces, complaints and leavers over time.

    Example: newsletter stats --days 365
    """
    if as_json and str(svg) == "-":
        raise typer.BadParameter("--json prints one document; give --svg a FILE")
    with open_newsletter(context) as newsletter:
        found = newsletter.stats(days=days)
        title = newsletter.identity.title
    if svg is not None:
        from newsletter.figures import draw

        write_file(svg, draw(found, title).encode(), "plot", quietly=as_json)
    if as_json:
        print_json(_document(found))
    elif svg is None:
        _show(found, days)


def _show(found: Stats, days: int) -> None:
    points = found.points
    wide = max(min(shutil.get_terminal_size().columns, 100) - 10, 20)
    then = f"{points[0].readers:,}" if points[0].readers else "none"
    say(f"{count(found.readers, 'reader')}, {then} {count(days, 'day')} ago")
    for line in plot([point.readers for point in points], wide):
        say(line)
    first, last = points[0].day.isoformat(), points[-1].day.isoformat()
    say(f"{'':9} {first}{last:>{max(wide - len(first), 0)}}")
    say()
    for name, values in (
        ("joined", [point.joined for point in points]),
        ("left", [point.left for point in points]),
        ("bounces", [point.bounced for point in points]),
        ("complaints", [point.complained for point in points]),
    ):
        say(f"{name:<10}{sparkline(values, wide)} {sum(values):,}")
    if any(feeds := [point.feed_readers for point in points]):
        told = ", ".join(f"{name} {number:,}" for name, number in found.feed_readers.items())
        say(f"{'feeds':<10}{sparkline(feeds, wide, max)} {feeds[-1]:,}")
        say(plain(f"{'':10}as aggregators say: {told or 'nothing of late'}"))
    say()
    rows = [_row(one) for one in found.issues[-_ISSUES:]]
    columns = ("issue", "mailed", "accepted", "refused", "bounced", "complained")
    print_table(columns, rows, empty="no issue was mailed in that time")


def _row(one: IssueFigures) -> tuple[str, ...]:
    return (
        one.issue,
        f"{one.mailed:,}",
        f"{one.accepted:,}",
        f"{one.refused:,}",
        f"{one.bounced:,} ({one.bounce_rate:.1%})" if one.bounced else "0",
        f"{one.complained:,} ({one.complaint_rate:.2%})" if one.complained else "0",
    )


def plot(values: Sequence[int], wide: int) -> list[str]:
    """A curve of blocks, its scale at the left; values are put together where there are more than places."""
    shown = gather(values, wide, max)
    most = max(*shown, 1)
    lines = []
    for row in range(_ROWS, 0, -1):
        label = f"{most:,}" if row == _ROWS else "0" if row == 1 else ""
        cells = (max(min(value * _ROWS / most - (row - 1), 1), 0) for value in shown)
        lines.append(f"{label:>9} " + "".join(_BLOCKS[round(8 * cell)] for cell in cells).rstrip())
    return lines


def sparkline(
    values: Sequence[int], wide: int, together: Callable[[Sequence[int]], int] = sum
) -> str:
    """One line of blocks; anything above nothing is seen."""
    shown = gather(values, wide, together)
    most = max(*shown, 1)
    return "".join(_BLOCKS[max(round(8 * value / most), 1 if value else 0)] for value in shown)


def gather(values: Sequence[int], wide: int, together: Callable[[Sequence[int]], int]) -> list[int]:
    """As many values as there are places, or fewer, those that share one put together."""
    size = -(-len(values) // wide)
    return [together(values[at : at + size]) for at in range(0, len(values), size)]


def _document(found: Stats) -> Json:
    return {
        "readers": found.readers,
        "feed_readers": dict(found.feed_readers),
        "days": [
            {
                "day": point.day.isoformat(),
                "readers": point.readers,
                "joined": point.joined,
                "left": point.left,
                "bounced": point.bounced,
                "complained": point.complained,
                "feed_readers": point.feed_readers,
            }
            for point in found.points
        ],
        "issues": [
            {
                "issue": one.issue,
                "title": one.title,
                "published_at": stamp(one.published_at),
                "mailed": one.mailed,
                "accepted": one.accepted,
                "refused": one.refused,
                "bounced": one.bounced,
                "complained": one.complained,
            }
            for one in found.issues
        ],
    }
