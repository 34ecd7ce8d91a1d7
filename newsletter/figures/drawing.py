"""Draws the figures as SVG: lines and bars that a screen reader is told in words, with their data inside. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Final

from newsletter.figures.stats import Stats

WIDTH: Final = 720
HEIGHT: Final = 460
_FEEDS: Final = 170
"""How much higher it is with a curve of who reads the feeds."""
_LEFT: Final = 80
"""Room for a number with six digits, also as large as phones need it."""
_RIGHT: Final = WIDTH - 16
_FEED_WORDS: Final = "Readers of the feeds, as aggregators say"
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#3b3830}.axis{stroke:#8a8578;stroke-width:1}"
    ".grid{stroke:#d9d4c7;stroke-width:1}.readers{fill:none;stroke:#1f5fa8;stroke-width:2}"
    ".feeds{fill:none;stroke:#7a4f9e;stroke-width:2}"
    ".joined{fill:#2f7d4f}.left{fill:#a4432f}.title{font-weight:600;font-size:14px}"
    "@media(prefers-color-scheme:dark){text{fill:#e9e5da}.grid{stroke:#47433a}.readers{stroke:#9dc3f7}"
    ".feeds{stroke:#cfaee8}"
    ".joined{fill:#8fc48a}.left{fill:#e08a82}}"
    "@media(max-width:480px){text,.title{font-size:22px}.scale{font-size:19px}.readers,.feeds{stroke-width:4}}"
)


def draw(stats: Stats, title: str) -> str:
    """One SVG document (role img, with title, description and the data as JSON in its metadata)."""
    points = stats.points
    first, last = points[0].day, points[-1].day
    joined, left = sum(p.joined for p in points), sum(p.left for p in points)
    told = (
        f"From {first} to {last}: {points[0].readers} readers then, {stats.readers} now; {joined} joined, "
        f"{left} left, {sum(p.bounced for p in points)} bounces, "
        f"{sum(p.complained for p in points)} complaints; {len(stats.issues)} issues mailed."
    )
    data = [
        [p.day.isoformat(), p.readers, p.joined, p.left, p.bounced, p.complained, p.feed_readers]
        for p in points
    ]
    columns = ["day", "readers", "joined", "left", "bounced", "complained", "feed_readers"]
    table = json.dumps({"columns": columns, "rows": data}, separators=(",", ":"))
    feeds = [p.feed_readers for p in points]
    more = _FEEDS if any(feeds) else 0
    if more:
        told += f" {feeds[-1]} read the feeds, as aggregators say."
    body = [
        *_lines([p.readers for p in points], top=60, bottom=250, label="Readers"),
        *_bars([p.joined for p in points], [p.left for p in points], top=290, bottom=410),
        *(_lines(feeds, top=450, bottom=580, label=_FEED_WORDS, name="feeds") if more else ()),
        _text(_LEFT, 438 + more, str(first)),
        _text(_RIGHT, 438 + more, str(last), anchor="end"),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + more}" role="img" '
        'aria-labelledby="stats-title stats-told">'
        f'<title id="stats-title">{escape(title)}</title><desc id="stats-told">{escape(told)}</desc>'
        f"<metadata>{escape(table, quote=False)}</metadata><style>{_STYLE}</style>"
        f'<text class="title" x="{_LEFT}" y="24">{escape(title)}</text>{"".join(body)}</svg>\n'
    )


def _lines(
    values: Sequence[int], *, top: int, bottom: int, label: str, name: str = "readers"
) -> list[str]:
    most = max(*values, 1)
    step = (_RIGHT - _LEFT) / max(len(values) - 1, 1)
    spots = [
        f"{_LEFT + step * at:.1f},{bottom - (bottom - top) * value / most:.1f}"
        for at, value in enumerate(values)
    ]
    shape = f'<polyline class="{name}" points="{" ".join(spots)}"/>'
    return [*_scale(most, top, bottom), shape, _text(_LEFT, top - 8, label)]


def _bars(up: Sequence[int], down: Sequence[int], *, top: int, bottom: int) -> list[str]:
    """Who joined above the line, who left below it."""
    most = max(*up, *down, 1)
    middle, wide = (top + bottom) / 2, (_RIGHT - _LEFT) / len(up)
    tall = (bottom - top) / 2
    shapes = [f'<line class="axis" x1="{_LEFT}" y1="{middle}" x2="{_RIGHT}" y2="{middle}"/>']
    for at, (joined, left) in enumerate(zip(up, down, strict=True)):
        x, w = _LEFT + wide * at, max(wide * 0.8, 0.5)
        for count, name, y in (
            (joined, "joined", middle - tall * joined / most),
            (left, "left", middle),
        ):
            if count:
                height = tall * count / most
                shapes.append(
                    f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{height:.1f}"/>'
                )
    words = f"Joined above, left below (at most {most} a day)"
    return [*shapes, _text(_LEFT, top - 8, words)]


def _scale(most: int, top: int, bottom: int) -> list[str]:
    lines = []
    for part in (0, 0.5, 1) if most > 1 else (0, 1):
        y = bottom - (bottom - top) * part
        lines.append(f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}"/>')
        lines.append(_text(_LEFT - 6, y + 4, f"{round(most * part):,}", anchor="end", kind="scale"))
    return lines


def _text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "told") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
