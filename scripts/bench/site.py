"""How the rows of the site are measured: a page beside the shortest answer, the service as it runs beside it on one core."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from feeds.syndication import FeedFormat
from scripts.bench import peers
from scripts.bench.house import House
from scripts.bench.processes import (
    BenchError,
    cores_of,
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
_OLD: Final = "publish: 2020-01-02"
_GZIP: Final = "Accept-Encoding: gzip"
_EVERY: Final = 16
_READERS: Final = 100
_MIX: Final = """
local own, n = {@own@}, os.time() % 100000 * 100000
local form = {["Content-Type"] = "application/x-www-form-urlencoded"}
local threads = {
  function() return wrk.format("GET", "/search?q=text&x=" .. n) end,
  function() return wrk.format("GET", "/preferences/" .. own[1 + n % #own]) end,
  function() return wrk.format("POST", "/subscribe", form, "email=r" .. n .. "%40example.org") end,
}
request = function()
  n = n + 1
  if n % @every@ == 0 then return threads[1 + n / @every@ % 3]() end
  if n % 4 == 0 then return wrk.format("GET", "/issues/" .. n % @issues@) end
  return wrk.format("GET", "/feed.xml", {["If-None-Match"] = '@etag@'})
end
"""
"""No search is asked for twice, in no run, so that none is answered from memory."""


def measure_site(bench: Bench) -> list[Row]:
    """An issue's page in gzip; the feed, and what threads answer among pages, as the service runs and kept to one core."""
    page = Row(
        name="issue",
        title="an issue's page in gzip, against /healthz, all cores for everybody",
        bound=Bound.AT_LEAST,
        target=0.5,
    )
    free = Row(
        name="free",
        title="feed request answered 304 by the service as it runs, against it on one core",
        bound=Bound.AT_LEAST,
        target=1.0,
    )
    mix = replace(
        free,
        name="mix",
        title=f"every {_EVERY}th request a search, a reader's page or a sign-up, as the service runs, "
        "against it with every core for every thread",
    )
    house, etag = _newsletter(bench)
    known = f"If-None-Match: {etag}"
    script = _write_mix(bench, house, etag)
    pages, alive = [], []
    feeds: list[_Turn] = []
    mixed: list[_Turn] = []
    with (
        or_missing(page, free, mix) as rows,
        peers.free_site(house.config, house.web_port, house.admin_port) as (site, process),
    ):
        # The first sign-ups are taken, and cost more than what is over the limit.
        _rate(site, _PROBE_S, script=script)
        for number in range(1, bench.sizes.pairs * bench.sizes.rounds + 1):
            alive.append(_rate(f"http://127.0.0.1:{house.admin_port}/healthz", _PROBE_S))
            pages.append(_rate(f"{site}/issues/1", _PROBE_S, _GZIP))
            feeds.append(_turn(process, lambda: _rate(f"{site}/feed.xml", _PROBE_S, known)))
            mixed.append(_turn(process, lambda: _rate(site, _PROBE_S, script=script)))
            bench.say(
                f"site {number}: issue {pages[-1]:,.0f}/s, healthz {alive[-1]:,.0f}/s; "
                f"feed {feeds[-1].told}; mix {mixed[-1].told}"
            )
        rows += [_against(page, pages, alive), _of_feeds(free, feeds), _of_mix(mix, mixed)]
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """What a service answered: as it runs, kept to one core, and with every thread free to use each."""

    own: float
    one: float
    loose: float
    handed: float
    """Hand-overs a request, as it runs."""
    cost: float
    """Processor time of a request, as it runs, against it on one core: other programs disturb that least."""

    @property
    def told(self) -> str:
        """In a line of the run."""
        return f"{self.own:,.0f}/s, on one core {self.one:,.0f}/s, loose {self.loose:,.0f}/s"


def _turn(process: int, ask: Callable[[], float]) -> _Turn:
    cores = cores_of(process)
    before, worked = handed_over(process), processor_time(process)
    own = ask()
    handed = (handed_over(process) - before) / (own * _PROBE_S)
    own_s = (processor_time(process) - worked) / own
    keep_to(process, [0])
    worked = processor_time(process)
    one = ask()
    cost = own_s * one / max(processor_time(process) - worked, _TICK_S)
    keep_to(process, range(os.cpu_count() or 1))
    loose = ask()
    keep_to(process, cores)
    return _Turn(own=own, one=one, loose=loose, handed=handed, cost=cost)


def _of_feeds(row: Row, turns: list[_Turn]) -> Row:
    loose = statistics.median(turn.own / turn.loose for turn in turns)
    other = f"{loose:.2f} of what it answers with every core for every thread"
    return _of_turns(row, turns, [turn.one for turn in turns], other)


def _of_mix(row: Row, turns: list[_Turn]) -> Row:
    """Not against one core, to which it keeps by itself: that is level, and says which second was quieter."""
    one = statistics.median(turn.own / turn.one for turn in turns)
    other = f"{one:.2f} of what it answers on one core"
    return _of_turns(row, turns, [turn.loose for turn in turns], other)


def _of_turns(row: Row, turns: list[_Turn], references: list[float], other: str) -> Row:
    told = _against(row, [turn.own for turn in turns], references)
    handed = statistics.median(turn.handed for turn in turns)
    cost = statistics.median(turn.cost for turn in turns)
    note = (
        f"{told.note}; {other}; "
        f"{handed:.3f} hand-overs a request, which takes {cost:.2f} of the processor time on one core"
    )
    return replace(told, note=note)


def _write_mix(bench: Bench, house: House, etag: str) -> Path:
    """A script for `wrk`: whoever has the feed, readers of pages, and among them what a thread answers."""
    house.ensure_readers(_READERS)
    with house.open() as newsletter:
        tokens = newsletter.parts.tokens
        own = [tokens.preferences(number) for number in range(1, _READERS + 1)]
    listed = ", ".join(f'"{token}"' for token in own)
    script = bench.folder / "mix.lua"
    script.write_text(
        _MIX.replace("@own@", listed)
        .replace("@etag@", etag)
        .replace("@every@", str(_EVERY))
        .replace("@issues@", str(bench.sizes.issues))
    )
    return script


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
    for number in range(bench.sizes.issues):
        house.write_note(f"{number}.md", f"title: Issue {number}\n{_OLD}", "Text. " * 100)
    with house.open() as newsletter:
        newsletter.poll()
        document = newsletter.publication.feed(FeedFormat.RSS)
    if document is None:
        raise BenchError("there is no feed")
    return house, document.etag


def _rate(url: str, seconds: float, *headers: str, script: Path | None = None) -> float:
    return peers.request_rate(
        url,
        core=None,
        seconds=seconds,
        headers=headers,
        connections=_CONNECTIONS,
        script=script,
    )


def _against(row: Row, rates: list[float], references: list[float]) -> Row:
    ratio = statistics.median(a / b for a, b in zip(rates, references, strict=True))
    rate, reference = statistics.median(rates), statistics.median(references)
    note = f"{rate:,.0f}/s against {reference:,.0f}/s"
    return replace(row, measured=ratio, note=note)
