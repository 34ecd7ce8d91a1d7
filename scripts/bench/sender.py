"""One process that sends what is due, as `newsletter send` does, and says how it went.

    python -m scripts.bench.sender CONFIG [--queue] [--profile FILE]

Says "ready" once everything is loaded, begins at the first line of standard input, and prints
one JSON object with the fields of scripts.bench.house.Sending.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path

from newsletter import Newsletter
from newsletter.parts import Parts
from newsletter.working import duties
from scripts.bench.house import Sending
from scripts.bench.profile import profiling
from scripts.console import configure_logging
from scripts.context import collect_seldom


def main() -> None:
    """Open, wait, send, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--queue", action="store_true")
    parser.add_argument("--profile", type=Path)
    options = parser.parse_args()
    configure_logging(logging.WARNING)
    with Newsletter.open(options.config, environ={}) as newsletter:
        _load(newsletter)
        collect_seldom()  # as every command does
        print("ready", flush=True)
        sys.stdin.readline()
        with profiling(options.profile) if options.profile else nullcontext():
            sending = _send(newsletter, queue=options.queue)
    print(json.dumps(sending))


def _load(newsletter: Newsletter) -> None:
    """Have made what is made, and imported what is imported, at its first use."""
    import_module("newsletter.sending")
    import_module(
        "newsletter.service.loops"
    )  # and with it uvloop, which a sending loads when something is due
    parts = newsletter.parts
    duties(parts, lambda: None)
    for name in dir(Parts):
        if not name.startswith("_") and not callable(getattr(Parts, name)):
            getattr(parts, name)


def _send(newsletter: Newsletter, *, queue: bool) -> dict[str, float]:
    began, cpu = time.monotonic(), _processor_s()
    if queue:
        newsletter.poll()
    queue_s = time.monotonic() - began
    report = newsletter.send()
    sending = Sending(
        began=began,
        ended=time.monotonic(),
        queue_s=queue_s,
        accepted=report.accepted,
        lost=report.deferred + report.rejected + report.suppressed + report.unknown,
        cpu_s=_processor_s() - cpu,
        peak_mb=_peak_mb(),
    )
    return {name: getattr(sending, name) for name in Sending.__dataclass_fields__}


def _processor_s() -> float:
    """Of all threads of this program, and of those that it started and that have ended, such as what signs for it."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _peak_mb() -> float:
    """The largest resident memory of this program.

    Not getrusage's: that begins with the memory of the process which started this one (it outlives
    exec), and here that is a benchmark which has just made a million readers.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
