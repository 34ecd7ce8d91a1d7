"""What a folder of many large notes costs: the first look at it, the second, and `check --all`.

    python -m scripts.bench.folder [--notes N] [--profile FILE]

Each note has about 12 kB, twelve links to others, older and newer, a picture, a table, code and
footnotes. Each measure is taken in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from newsletter import Newsletter
from scripts.console import configure_logging
from scripts.context import collect_seldom

_CONFIG: Final = """
[newsletter]
title = "Folder"
url = "https://notes.example.com"
sender = "Folder <notes@example.com>"
"""
_LINKS: Final = 12
_SENTENCES: Final = (
    "A model rarely crashes; it *drifts*, and the pager stays silent, for the metric needs labels. ",
    "We compare [today’s features](https://example.com/features) with the training set, daily. ",
    "The worst five are looked at by **hand**, which `takes a while` and is worth it. ",
    "Nobody reads a dashboard that has more than one page, and few read the first. ",
    "Where 3 < x and x & y hold, the answer is in the appendix (see below), or nowhere. ",
)
_CODE: Final = '```python\ndef drift(old: list[float], new: list[float]) -> float:\n    """How far."""\n    return sum(abs(a - b) for a, b in zip(old, new)) / len(old)\n```\n\n'
_TABLE: Final = (
    "| feature | old | new |\n| --- | ---: | ---: |\n" + "| age | 0.31 | 0.32 |\n" * 6 + "\n"
)
_FIRST_DAY: Final = datetime(1995, 1, 1, tzinfo=UTC)


def write_folder(folder: Path, notes: int) -> None:
    """A newsletter with so many notes, all long past."""
    (folder / "newsletter.toml").write_text(_CONFIG, encoding="utf-8")
    (folder / "notes" / "img").mkdir(parents=True)
    (folder / "notes" / "img" / "a.png").write_bytes(PIXEL)
    for number in range(notes):
        file = folder / "notes" / f"{number % 50:02}" / f"note-{number}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(_note(number, notes), encoding="utf-8")
        os.utime(file, (1_000_000_000, 1_000_000_000))


PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def _note(number: int, notes: int) -> str:
    when = _FIRST_DAY + timedelta(hours=25 * number)
    pieces = [
        f"---\npublish: {when:%Y-%m-%d %H:%M}\ntags: [one, tag{number % 40}]\n---\n",
        f"# Note {number}\n\n![A pixel](/img/a.png)\n\n",
    ]
    for part in range(_LINKS):
        # Half of the links lead to notes that come out later.
        other = (number * 7 + part * part * 31 + 1) % notes
        name = f"note-{other}"
        shown = f"[[{name}]]" if part % 2 else f"[that one](../{other % 50:02}/{name}.md)"
        pieces.append(f"## Part {part}\n\n")
        words = "".join(_SENTENCES[(part + step) % len(_SENTENCES)] for step in range(8))
        pieces.append(f"{words}See {shown}.[^{part}]\n\n- one\n- two, *three*\n\n")
    pieces += [_CODE, _TABLE]
    pieces += [f"[^{part}]: What part {part} left out.\n" for part in range(_LINKS)]
    return "".join(pieces)


# ── measures ─────────────────────────────────────────────────────────────────────────────────


def first_look(newsletter: Newsletter) -> int:
    """How many issues the first look makes."""
    return len(newsletter.poll().published)


def second_look(newsletter: Newsletter) -> int:
    """How many issues a look changes when nothing is new; the first of a process looks at all."""
    newsletter.poll()
    began = time.process_time()
    report = newsletter.poll()
    print(f"  a look when nothing is new: {time.process_time() - began:.3f} s", file=sys.stderr)
    return len(report.published)


def survey(newsletter: Newsletter) -> int:
    """How many kinds of thing `check --all` finds."""
    return len(newsletter.parts.survey.run())


MEASURES: Final[dict[str, Callable[[Newsletter], int]]] = {
    "check --all": survey,
    "first look": first_look,
    "second look": second_look,
}


def measure(folder: Path, name: str, profile: str) -> None:
    """Take one measure here and print it as JSON."""
    with Newsletter.open(folder / "newsletter.toml", environ={}) as newsletter:
        collect_seldom()  # as every command does
        before, began = _processor(), time.monotonic()
        if profile:
            result = _profiled(newsletter, MEASURES[name], profile)
        else:
            result = MEASURES[name](newsletter)
    taken = {
        "result": result,
        "wall_s": time.monotonic() - began,
        "cpu_s": _processor() - before,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "children_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }
    print(json.dumps(taken))


def _processor() -> float:
    """Seconds of processor time of this process and of those that it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _profiled(newsletter: Newsletter, work: Callable[[Newsletter], int], output: str) -> int:
    import cProfile

    profiler = cProfile.Profile()
    result = profiler.runcall(work, newsletter)
    profiler.dump_stats(output)
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench.folder", description="Measure a large folder.")
    parser.add_argument("--notes", type=int, default=500)
    parser.add_argument("--profile", default="", metavar="FILE")
    parser.add_argument("--only", nargs="*", choices=MEASURES, default=[*MEASURES])
    parser.add_argument("--at", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    configure_logging(logging.ERROR)
    if options.at is not None:
        measure(options.at, options.only[0], options.profile)
        return 0
    with tempfile.TemporaryDirectory(prefix="newsletter-folder-") as made:
        folder = Path(made)
        write_folder(folder, options.notes)
        print(f"{options.notes} notes")
        for name in options.only:
            told = _run(folder, name, options.profile)
            each = told["cpu_s"] * 1000 / options.notes
            print(
                f"{name:12} {told['cpu_s']:7.2f} s of processor ({each:.2f} ms a note), "
                f"{told['wall_s']:.2f} s, {told['peak_mb']:.0f} MB: {told['result']:.0f}"
            )
    return 0


def _run(folder: Path, name: str, profile: str) -> dict[str, float]:
    command = [sys.executable, "-m", "scripts.bench.folder", "--at", str(folder), "--only", name]
    command += ["--profile", profile] if profile else []
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - this very program
    told: dict[str, float] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    sys.exit(main())
