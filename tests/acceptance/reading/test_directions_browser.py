"""Where words begin in a browser when an issue goes the other way than its newsletter."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.reading.looks import chromium, window
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import CONFIG, Author, serving

pytest.importorskip("playwright.sync_api", reason="Playwright is missing")

STARTS: Final = """([one, other]) => [one, other].map(name => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector(name));
  const box = range.getBoundingClientRect();
  return [Math.round(box.left), Math.round(box.right)];
})"""
"""Where the words of two elements begin and end."""
LISTS: Final = (
    ("/", "h3 a", ".issues .date"),
    ("/archive", ".list a", "main h1"),
    ("/search?q=lamps", "h2 a", ".issues .date"),
    ("/search?q=lamps", ".issues p:last-child", ".issues .date"),
)


def test_what_belongs_together_begins_at_one_edge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An English issue of an Arabic newsletter: in lists at the right, as its date does; on its own page its date, too,
    at the left. On a phone and on a desk.
    """
    config = CONFIG.replace("author =", 'language = "ar"\nauthor =')
    monkeypatch.setattr("tests.worlds.readers.site.CONFIG", config)
    author = Author(tmp_path, Clock(NOON), "[web]\nport = 0\n")
    author.publish("lamps.md", "On lamps: one burns.", title="Lamps", slug="lamps", summary="Light")
    with (
        author.newsletter,
        serving(author.newsletter) as url,
        chromium() as browser,
        window(browser) as page,
    ):
        for width in (375, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            for path, one, other in LISTS:
                page.goto(url + path)
                (_, first), (_, second) = page.evaluate(STARTS, [one, other])
                assert first == second, (path, one, width)
            page.goto(f"{url}/issues/lamps")
            (first, _), (second, _) = page.evaluate(STARTS, ["article h1", "article .date"])
            assert first == second, width
