"""Pages are light and stand still, as a browser has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.reading.gallery import site
from tests.acceptance.reading.looks import chromium
from tests.acceptance.reading.weights import PAGES, WIDTHS, weigh


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with issues that have much and little."""
    folder: Path = tmp_path_factory.mktemp("weights")
    with site(folder, "en") as (_, url):
        yield url


def test_pages_are_light_and_stand_still(served: str) -> None:
    """The page, its style sheet and an icon, in no more than 25 kB, whatever the width. Nothing moves: 0.0006
    was seen once beside busy programs, never again in fifty loads, and 0.1 is what counts as moving.
    """
    with chromium() as browser:
        for path in PAGES:
            for width in WIDTHS:
                found = weigh(browser, served + path, width)
                assert found.shift < 0.002, (path, width)
                assert 2 <= found.requests <= 3, (path, width)
                assert 2_000 < found.octets < 25_000, (path, width)
                assert found.paint_ms > 0, (path, width)
