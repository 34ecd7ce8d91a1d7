"""A newsletter through simulated years in a plain process, its invariants, and its curve.

    python -m tests.acceptance.service.year DIR [--weeks N] [--joining N] [--storage URL] [--every N]

lets so many weeks pass, each with an issue and readers who come, leave, bounce and complain, says how it
stands every so many, and leaves `year.svg` in the folder. It fails where a promise was broken.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from scripts.console import configure_logging
from tests.worlds.service.installed import tell
from tests.worlds.service.year import Week, beginning, write_curve


def main() -> None:
    """Live, look, check, draw."""
    parser = argparse.ArgumentParser(prog="year", description="A newsletter through the years.")
    parser.add_argument("folder", type=Path, help="where it stands: a new folder")
    parser.add_argument("--weeks", type=int, default=52, metavar="N")
    parser.add_argument("--joining", type=int, default=6, metavar="N", help="sign-ups each week")
    parser.add_argument("--storage", default="", metavar="URL", help="else SQLite in the folder")
    parser.add_argument("--every", type=int, default=26, metavar="N", help="weeks between figures")
    options = parser.parse_args()
    configure_logging(logging.ERROR)
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True)
    storage = options.storage or f"sqlite:///{folder}/newsletter.db"
    with beginning(folder, storage, joining=options.joining) as year:
        while (done := len(year.weeks)) < options.weeks:
            year.live(min(options.every, options.weeks - done))
            _say(year.weeks[-1])
            write_curve(year.weeks, folder / "year.svg", f"{len(year.weeks)} weeks")
        tell(**year.check())


def _say(week: Week) -> None:
    tell(
        week=week.number + 1,
        readers=week.active,
        messages=week.mailed,
        database_mb=round(week.octets / 1e6, 1),
        memory_mb=round(week.resident / 1e6),
        descriptors=week.descriptors,
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
