"""How the rows without mail are measured: the poll, the feed, and signing."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import Final

from feeds.syndication import FeedFormat
from scripts.bench import peers
from scripts.bench.processes import BenchError, free_port
from scripts.bench.report import Bound, Row
from scripts.bench.rows import Bench, or_missing

_OLD: Final = "publish: 2020-01-02"
"""Long past: such a note goes to the archive and is not mailed."""


def measure_poll(bench: Bench) -> list[Row]:
    """A poll that finds nothing new among many notes, a tenth of them published."""
    notes = bench.sizes.notes
    house = bench.house()
    for number in range(notes):
        front = _OLD if number % 10 == 0 else "tags: [diary]"
        house.write_note(
            f"{number % 100:02}-{number}.md", f"title: Note {number}\n{front}", "Text."
        )
    times = []
    with house.open() as newsletter:
        newsletter.poll()
        for _ in range(bench.sizes.tries):
            started = time.perf_counter()
            newsletter.poll()
            times.append(time.perf_counter() - started)
    row = Row(
        name="poll",
        title=f"poll of {notes:,} unchanged notes",
        bound=Bound.AT_MOST,
        target=0.2 * notes / 10_000,
        unit="s",
        measured=statistics.median(times),
        note=f"{min(times):.3f} to {max(times):.3f} s, a tenth of the notes published",
    )
    return [row]


def measure_feed(bench: Bench) -> list[Row]:
    """The feed, asked for by a reader that has it, against nginx serving it as a file."""
    row = Row(
        name="feed",
        title="feed request answered 304, against nginx serving the same feed as a file, "
        "one core each",
        bound=Bound.AT_LEAST,
        target=0.3,
    )
    seconds, port = bench.sizes.probe_seconds, free_port()
    house = bench.house(web_port=port)
    for number in range(bench.sizes.issues):
        house.write_note(f"{number}.md", f"title: Issue {number}\n{_OLD}", "Text. " * 100)
    files = bench.folder / "files"
    files.mkdir()
    with house.open() as newsletter:
        newsletter.poll()
        document = newsletter.publication.feed(FeedFormat.RSS)
        if document is None:
            raise BenchError("there is no feed")
        (files / "feed.xml").write_bytes(document.body)
    ours, theirs = [], []
    with (
        or_missing(row) as rows,
        peers.nginx(files, core=0) as file_server,
        peers.site(house.config, port, core=0) as site,
    ):
        header = f"If-None-Match: {document.etag}"
        for number in range(1, bench.sizes.rounds + 1):
            theirs.append(peers.request_rate(f"{file_server}/feed.xml", core=1, seconds=seconds))
            ours.append(
                peers.request_rate(f"{site}/feed.xml", core=1, seconds=seconds, headers=[header])
            )
            bench.say(f"feed {number}: nginx {theirs[-1]:,.0f}/s, product {ours[-1]:,.0f}/s")
        reference, rate = statistics.median(theirs), statistics.median(ours)
        note = f"nginx {reference:,.0f}/s, product {rate:,.0f}/s, {len(document.body):,} octets"
        rows.append(replace(row, measured=rate / reference, note=note))
    return rows
