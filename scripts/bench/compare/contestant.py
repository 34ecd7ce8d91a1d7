"""One checkout at work: a newsletter of that checkout's own code, which sends when it is told to.

    PYTHONPATH=CHECKOUT python -P scripts/bench/compare/contestant.py

Reads JSON lines: first where the newsletter is to be, its database, its readers and the text of its
notes, then a line for each sending. Prints the octets of a mail, then what each sending came to.

It runs among the modules of another revision, so it uses of the benchmark only what all of them have.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

from scripts.bench import house as measured
from scripts.console import configure_logging


def main() -> None:
    """Make the newsletter, then send as often as is asked."""
    configure_logging(logging.ERROR)
    first: dict[str, Any] = json.loads(sys.stdin.readline())
    # Both checkouts mail the same words; what makes them has had two names.
    vars(measured).update(dict.fromkeys(("body", "_body"), lambda: first["body"]))
    house = measured.House(Path(first["folder"]), database_url=first["database_url"])
    house.ensure_readers(first["readers"])
    print(house.octets(), flush=True)
    for line in sys.stdin:
        job: dict[str, int] = json.loads(line)
        house.point_at(job["port"], connections=job["connections"])
        house.publish()
        sent = house.send(processes=job["processes"])
        print(json.dumps({"rate": sent.rate, "cpu_ms": sent.cpu_ms}), flush=True)


if __name__ == "__main__":
    main()
