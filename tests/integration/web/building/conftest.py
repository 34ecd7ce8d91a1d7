"""An author whose site is built as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import pytest

from newsletter import gallery
from newsletter.drawing import drawings, run_program
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import PIXEL, Author

_drawn: dict[tuple[Path, tuple[str, ...], bytes], bytes] = {}


@pytest.fixture(autouse=True)
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The same picture is drawn once for all tests: each author's icon, and previews of a few titles, would start a
    process for each build. Names of what this test had drawn.
    """
    names: list[str] = []

    def draw(program: Path, how: Sequence[str], given: IO[bytes], name: str) -> bytes:
        names.append(name)
        asked = program, tuple(how), given.read()
        if not _drawn.get(asked):
            given.seek(0)
            _drawn[asked] = run_program(program, how, given, name)
        return _drawn[asked]

    monkeypatch.setattr(drawings, "run_program", draw)
    monkeypatch.setattr(gallery, "run_program", draw)
    return names


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """An author with two issues, a picture, an old address and an About page."""
    writer = Author(tmp_path, Clock(NOON), "[web]\nport = 0\n")
    writer.write("img/a.png", PIXEL)
    writer.write("about.md", "# Me\n\nHello.")
    writer.publish("one.md", "![Dot](img/a.png)", title="One", aliases="[/2019/05/one.html]")
    writer.clock.move(days=1)
    writer.publish("two.md", "Second.", title="Zwei 二", slug="zwei-二", tags='["ship it", "a/b"]')
    yield writer
    writer.newsletter.close()
