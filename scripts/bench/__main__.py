"""Measures the product against references in the same run and prints one ratio per row.

    python -m scripts.bench [--rounds N] [--messages N] [--million | --large N] [--quick]
                            [--rows NAME …] [--json] [--profile]
    python -m scripts.bench --against CHECKOUT [--rounds N] [--messages N] [--rows NAME …] [--json]

Exit code 0 when the rows were measured, whether or not targets are met: speed is judged by
people. 1 when a run did not do what it was measured at.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final, NoReturn

from scripts.bench import peers, reading, rows, searching, site
from scripts.bench.compare import build_comparisons, compare
from scripts.bench.report import Row, build_table, build_values
from scripts.bench.rows import Bench, Sizes
from scripts.bench.scale import measure_import
from scripts.console import configure_logging
from storage.model import NewsletterError

QUICK: Final = Sizes(
    rounds=1,
    turns=1,
    messages=300,
    slow_messages=100,
    small=100,
    large=1_000,
    notes=20,
    readers=100,
    issues=3,
    tries=1,
    probe_seconds=0.2,
    pairs=1,
)
_AGAINST_TURNS: Final = 12
"""Rounds beside another checkout: with four rows a quarter of an hour."""
MEASURES: Final[dict[str, Callable[[Bench], list[Row]]]] = {
    "sqlite-smtp-sink": rows.measure_sqlite_smtp_sink,
    "sqlite-fast-sink": rows.measure_sqlite_fast_sink,
    "postgresql": rows.measure_postgresql,
    "dkim": rows.measure_dkim,
    "large": rows.measure_large,
    "round-trip": rows.measure_round_trip,
    "poll": reading.measure_poll,
    "feed": reading.measure_feed,
    "site": site.measure_site,
    "static": site.measure_static,
    "search": searching.measure_search,
    "import": measure_import,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for. Returns the exit code."""
    options = _parser().parse_args(arguments)
    configure_logging(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
            bench = Bench.at(Path(folder), _sizes(options), _remark)
            if options.profile:
                print(_profile(bench))
                return 0
            load = os.getloadavg()[0]
            if options.against:
                return _compare(bench, options, load)
            measured = [row for name in options.rows for row in MEASURES[name](bench)]
    except NewsletterError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"load": load, "rows": build_values(measured)}, ensure_ascii=False))
    else:
        print(build_table(measured))
        print(f"\n{os.cpu_count()} cores, load {load:.1f} when it began")
        if options.quick:
            print("So few messages say that it works, not how fast: most of it is starting.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the product.")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each row")
    parser.add_argument("--messages", type=int, metavar="N", help="messages of a run")
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it works")
    parser.add_argument(
        "--million",
        action="store_const",
        const=1_000_000,
        dest="large",
        help="also the rows of a large list: a million recipients",
    )
    parser.add_argument("--large", type=int, metavar="N", help="the same with N recipients")
    parser.add_argument("--rows", nargs="+", metavar="NAME", choices=MEASURES, default=[*MEASURES])
    parser.add_argument(
        "--against",
        type=Path,
        metavar="CHECKOUT",
        help="the mail rows of this checkout beside those of another, in turn",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--profile", action="store_true", help="where one run spends its time")
    return parser


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = QUICK if options.quick else Sizes()
    if options.large:
        sizes = replace(sizes, large=options.large)
    if options.messages:
        sizes = replace(sizes, messages=options.messages)
    if options.rounds:
        return replace(sizes, rounds=options.rounds, turns=options.rounds)
    return replace(sizes, turns=_AGAINST_TURNS) if options.against and not options.quick else sizes


def _compare(bench: Bench, options: argparse.Namespace, load: float) -> int:
    """Have this checkout and another sent from in turn."""
    compared = compare(bench, options.against, options.rows)
    if options.json:
        rows = [asdict(row) | {"least": row.least} for row in compared]
        print(json.dumps({"load": load, "rows": rows}))
    else:
        print(build_comparisons(compared))
        print(f"\n{os.cpu_count()} cores, load {load:.1f} when it began")
    return 0


def _profile(bench: Bench) -> str:
    """One profiled run to the fast sink."""
    output = bench.folder / "profile"
    house = bench.house()
    house.ensure_readers(bench.sizes.messages)
    with peers.fast_sink() as port:
        house.point_at(port, connections=50)
        house.publish()
        sent = house.send(profile=output)
    cost = f"{sent.rate:,.0f} messages/s under the profiler, {sent.cpu_ms:.3f} ms each"
    return f"{output.read_text(encoding='utf-8')}\n{cost}"


def _remark(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _end(_signal: int, _frame: object) -> NoReturn:
    """What was started is ended, and the folder removed, as after Ctrl-C."""
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main())
