"""How the rows of the site are measured: a page beside the shortest answer, all cores beside one."""

from __future__ import annotations

import os
import statistics
from dataclasses import replace
from typing import Final

from feeds.syndication import FeedFormat
from scripts.bench import peers
from scripts.bench.house import House
from scripts.bench.processes import (
    BenchError,
    free_port,
    handed_over,
    keep_to,
    processor_time,
)
from scripts.bench.report import Bound, Row
from scripts.bench.rows import Bench, or_missing

_CONNECTIONS: Final = 16
"""As many as the operator's listener takes, and some to spare."""
_PROBE_S: Final = 1
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
"""The least processor time that the system tells of."""
_ISSUES: Final = 30
_OLD: Final = "publish: 2020-01-02"
_GZIP: Final = "Accept-Encoding: gzip"


def measure_site(bench: Bench) -> list[Row]:
    """An issue's page and the feed, with the service free to use every core and kept to one."""
    page = Row(
        name="issue",
        title="an issue's page in gzip, against /healthz, all cores for everybody",
        bound=Bound.AT_LEAST,
        target=0.5,
    )
    free = Row(
        name="free",
        title="feed request answered 304 by the service on all cores, against it on one",
        bound=Bound.AT_LEAST,
        target=1.0,
    )
    house, etag = _newsletter(bench)
    known = f"If-None-Match: {etag}"
    pages, alive, feeds, bound = [], [], [], []
    switches = asked = 0.0
    costs: list[float] = []
    """Of a request, free against kept to one core: other programs on the machine disturb it least."""
    with (
        or_missing(page, free) as rows,
        peers.free_site(house.config, house.web_port, house.admin_port) as (site, process),
    ):
        for number in range(1, bench.sizes.pairs * bench.sizes.rounds + 1):
            alive.append(_rate(f"http://127.0.0.1:{house.admin_port}/healthz", _PROBE_S))
            pages.append(_rate(f"{site}/issues/1", _PROBE_S, _GZIP))
            before, worked = handed_over(process), processor_time(process)
            feeds.append(_rate(f"{site}/feed.xml", _PROBE_S, known))
            switches += handed_over(process) - before
            asked += feeds[-1] * _PROBE_S
            free_s = (processor_time(process) - worked) / feeds[-1]
            keep_to(process, [0])
            worked = processor_time(process)
            bound.append(_rate(f"{site}/feed.xml", _PROBE_S, known))
            costs.append(free_s * bound[-1] / max(processor_time(process) - worked, _TICK_S))
            keep_to(process, range(os.cpu_count() or 1))
            bench.say(
                f"site {number}: issue {pages[-1]:,.0f}/s, healthz {alive[-1]:,.0f}/s; "
                f"feed {feeds[-1]:,.0f}/s, on one core {bound[-1]:,.0f}/s"
            )
        told = _against(free, feeds, bound)
        note = (
            f"{told.note}; {switches / asked:.3f} hand-overs a request, "
            f"which takes {statistics.median(costs):.2f} of the processor time on one core"
        )
        rows += [_against(page, pages, alive), replace(told, note=note)]
    return rows


def measure_static(bench: Bench) -> list[Row]:
    """The feed out of a built folder behind nginx, against the same octets alone in a folder."""
    row = Row(
        name="static",
        title="feed from the built site behind nginx, against nginx serving one file, one core each",
        bound=Bound.AT_LEAST,
        target=0.95,
    )
    seconds = bench.sizes.probe_seconds
    house, _ = _newsletter(bench)
    built, alone = bench.folder / "built", bench.folder / "alone"
    alone.mkdir()
    with house.open() as newsletter:
        newsletter.build(built)
    (alone / "feed.xml").write_bytes((built / "feed.xml").read_bytes())
    ours, theirs = [], []
    with (
        or_missing(row) as rows,
        peers.nginx(alone, core=0) as one_file,
        peers.nginx(built, core=0) as tree,
    ):
        for number in range(1, bench.sizes.rounds + 1):
            theirs.append(peers.request_rate(f"{one_file}/feed.xml", core=1, seconds=seconds))
            ours.append(peers.request_rate(f"{tree}/feed.xml", core=1, seconds=seconds))
            bench.say(f"static {number}: file {theirs[-1]:,.0f}/s, built {ours[-1]:,.0f}/s")
        rows.append(_against(row, ours, theirs))
    return rows


def _newsletter(bench: Bench) -> tuple[House, str]:
    """A newsletter with as many issues as a feed shows; and its feed's tag."""
    house = bench.house(web_port=free_port())
    for number in range(_ISSUES):
        house.write_note(f"{number}.md", f"title: Issue {number}\n{_OLD}", "Text. " * 100)
    with house.open() as newsletter:
        newsletter.poll()
        document = newsletter.publication.feed(FeedFormat.RSS)
    if document is None:
        raise BenchError("there is no feed")
    return house, document.etag


def _rate(url: str, seconds: int, *headers: str) -> float:
    return peers.request_rate(
        url, core=None, seconds=seconds, headers=headers, connections=_CONNECTIONS
    )


def _against(row: Row, rates: list[float], references: list[float]) -> Row:
    ratio = statistics.median(a / b for a, b in zip(rates, references, strict=True))
    rate, reference = statistics.median(rates), statistics.median(references)
    note = f"{rate:,.0f}/s against {reference:,.0f}/s"
    return replace(row, measured=ratio, note=note)
