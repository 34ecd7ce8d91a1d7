"""What a newsletter costs that has grown, in milliseconds, and how large its database is.

    python -m scripts.bench.scale [--readers N] [--issues N] [--postgresql] [--send]
                                  [--processes N] [--folder DIR] [--json]

Issues and deliveries of years are made in SQL, so that a hundred million are there in an hour. With
`--send` the newest issue is then sent to all readers, to a sink that only parses.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from scripts.bench import peers
from scripts.bench.house import House
from scripts.bench.scale.filling import fill
from scripts.bench.scale.looks import Look, Watch, measure
from scripts.console import configure_logging
from storage.model import NewsletterError

_CONNECTIONS: Final = 50


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, look, send. Returns the exit code: 1 when a run did not do what it was measured at."""
    options = _parser().parse_args(arguments)
    configure_logging(logging.ERROR)
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(options.folder))
        try:
            url, watch = "", Watch()
            if options.postgresql:
                server = stack.enter_context(peers.postgres(folder / "postgres"))
                url = server.new_database("scale")
                watch = Watch(lambda: time.process_time() + server.processor_s())
            house = House(folder / "house", database_url=url)
            fill(house, issues=options.issues, readers=options.readers, say=_say)
            looks = [_told(look) for look in measure(house, watch)]
            figures = _figures(house, looks)
            if options.send:
                figures |= _send(stack, house, options.processes)
        except NewsletterError as error:
            print(f"scale: {error}", file=sys.stderr)
            return 1
    _print(figures, looks, as_json=options.json)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scale", description="Measure a newsletter that has grown."
    )
    parser.add_argument("--readers", type=int, default=10_000, metavar="N")
    parser.add_argument("--issues", type=int, default=20, metavar="N", help="issues mailed before")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    parser.add_argument("--send", action="store_true", help="then send the newest issue to all")
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="workers that send")
    parser.add_argument("--folder", type=Path, help="where: it must have room for the database")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


@contextmanager
def _folder(parent: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="newsletter-scale-", dir=parent) as folder:
        yield Path(folder)


def _figures(house: House, looks: Sequence[Look]) -> dict[str, float]:
    with house.open() as newsletter:
        octets = newsletter.parts.database.octets()
        rows = newsletter.totals().total
    return {
        "deliveries": rows,
        "database_mb": octets / 1e6,
        "octets_a_delivery": octets / rows,
        **{f"{look.name}_ms": look.seconds * 1000 for look in looks},
    }


def _send(stack: ExitStack, house: House, processes: int) -> dict[str, float]:
    """The issue under way, to everybody who has not had it yet."""
    port = stack.enter_context(peers.fast_sink())
    house.point_at(port, connections=_CONNECTIONS)
    sent = house.send(processes=processes, all_of_them=False)
    return {
        "sent": sent.messages,
        "messages_a_second": sent.rate,
        "processor_ms_a_message": sent.cpu_ms,
        "peak_mb": max(one.peak_mb for one in sent.sendings),
    }


def _told(look: Look) -> Look:
    own = f"{look.cpu_s * 1000:,.1f} of processor"
    _say(f"{look.name:<12} {look.seconds * 1000:>10,.1f} ms  {own:<24} {look.what}")
    return look


def _print(figures: dict[str, float], looks: Sequence[Look], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures | {"looks": [asdict(look) for look in looks]}))
        return
    for name, value in figures.items():
        print(f"{name:<24} {value:>14,.3f}")
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
