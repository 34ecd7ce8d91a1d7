"""The reports that are kept as fixtures, as each host makes them, and what each says."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[2] / "fixtures" / "reports"
FIXTURES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))}
OURS = "notes+i1.s1.000000000000@example.com"


class Expected(NamedTuple):
    """What a fixture says."""

    kind: str
    status: str
    action: str
    recipients: str


def _expected() -> dict[str, Expected]:
    lines = (FOLDER / "expected.tsv").read_text("utf-8").splitlines()[1:]
    return {line.split("\t")[0]: Expected(*line.split("\t")[1:]) for line in lines}


EXPECTED = _expected()
