"""The README's pictures are of today's product."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from tests.acceptance.reading.pictures import draw

ROOT = Path(__file__).parents[3]


def test_the_pictures_of_the_readme_are_drawn_side_by_side(tmp_path: Path) -> None:
    """`python -m tests.acceptance.reading.pictures` draws each as large as the one that is shown, and both equally tall."""
    draw(tmp_path)
    shown = re.findall(
        r'<img src="(docs/images/(\w+\.png))" width="(\d+)"',
        (ROOT / "README.md").read_text("utf-8"),
    )
    tall = []
    for path, name, width in shown:
        with Image.open(ROOT / path) as kept, Image.open(tmp_path / name) as drawn:
            assert kept.size == drawn.size, name
            assert len(drawn.convert("RGB").getcolors(1 << 24) or []) > 20, f"{name} shows nothing"
            tall.append(round(int(width) * kept.height / kept.width))
    assert len(tall) == 2
    assert abs(tall[0] - tall[1]) < 3
