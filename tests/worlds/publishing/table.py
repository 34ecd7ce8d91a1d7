"""What becomes of each folder of shapes.py, moreshapes.py and programshapes.py, as a table.

    python -m tests.worlds.publishing.table [NAME…]

Files, issues, kept back by reason, pictures found and missing, pieces of a generator's language told, and left
for readers to see, mails, seconds of processor, and how much memory the process took at most by then.
"""

from __future__ import annotations

import logging
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

from newsletter import Newsletter
from newsletter.authoring.survey import Kind
from scripts.console import configure_logging
from tests.worlds.clock import Clock
from tests.worlds.publishing.moreshapes import MORE_SHAPES
from tests.worlds.publishing.programshapes import PROGRAM_SHAPES
from tests.worlds.publishing.shapes import SHAPES, Shape, lay_out, source_left


def row(shape: Shape) -> tuple[str, ...]:
    """One folder, looked at for the first time."""
    began = time.process_time()
    with (
        tempfile.TemporaryDirectory() as made,
        Newsletter.open(lay_out(shape, Path(made)), environ={}, clock=Clock()) as newsletter,
    ):
        newsletter.subscriptions.add("ada@example.com", consent="told me so")
        lines = newsletter.parts.survey.run()
        report = newsletter.poll()
        issues = newsletter.publication.live()
    counts = {kind: sum(line.count for line in lines if line.kind is kind) for kind in Kind}
    shown = {picture for issue in issues for picture in issue.media}
    kept = "; ".join(f"{line.count} {line.reason}" for line in lines if line.kind is Kind.KEPT)
    return (
        shape.name,
        str(counts[Kind.NOTES]),
        str(len(issues)),
        str(len(shown) - counts[Kind.PICTURES]),
        str(counts[Kind.PICTURES]),
        str(counts[Kind.TEMPLATES]),
        str(sum(len(source_left(issue)) for issue in issues)),
        str(report.queued),
        f"{time.process_time() - began:.2f}",
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}",
        re.sub(r"`", "", kept),
    )


HEAD = (
    "folder",
    "files",
    "issues",
    "pictures",
    "missing",
    "told",
    "left",
    "mails",
    "s",
    "MB",
    "kept back",
)


def main(names: list[str]) -> int:
    """Print it. Returns the exit code."""
    configure_logging(logging.CRITICAL)
    chosen = [
        one for one in (*SHAPES, *MORE_SHAPES, *PROGRAM_SHAPES) if not names or one.name in names
    ]
    rows = [HEAD, *map(row, chosen)]
    sizes = [max(len(cells[at]) for cells in rows) for at in range(len(HEAD))]
    for cells in rows:
        line = "  ".join(cell.ljust(size) for cell, size in zip(cells, sizes, strict=True))
        sys.stdout.write(f"{line.rstrip()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
