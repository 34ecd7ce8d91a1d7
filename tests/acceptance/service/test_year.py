"""The whole service through a year that takes seconds: nothing grows without an end, and every promise holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds.service.installed import tell
from tests.worlds.service.year import beginning, write_curve


@pytest.mark.timeout(1800)
# A warning that is raised while uvloop closes what was left open has it wait for that for ever.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_year(database_url: str, tmp_path: Path, slow: bool) -> None:
    """52 issues; readers sign up, confirm, leave, bounce and complain: nobody who left is mailed again, nobody
    gets an issue twice, nothing is left in the middle, and descriptors and memory do not grow with the weeks.

    Small in CI; with `--slow` a whole year of some two thousand readers, and its curve in `year.svg`.
    """
    weeks, joining = (52, 60) if slow else (4, 6)
    with beginning(tmp_path, database_url, joining=joining) as year:
        year.live(weeks)
        tell(**year.check())
        first, last = year.weeks[len(year.weeks) // 2], year.weeks[-1]
        tell(octets=last.octets, resident=last.resident, descriptors=last.descriptors)
        assert last.descriptors <= first.descriptors + 10
        assert last.resident <= first.resident * 1.3
        write_curve(year.weeks, tmp_path / "year.svg", f"{weeks} weeks")
