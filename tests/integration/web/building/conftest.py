"""An author whose site is built as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import PIXEL, Author


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
