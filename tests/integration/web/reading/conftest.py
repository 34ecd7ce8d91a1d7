"""A site with two issues: for who only reads, and for an author who changes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import PIXEL, Author, Client


def make_author(folder: Path) -> Author:
    """An author with two issues, one of them with a picture, the other with tags."""
    writer = Author(folder, Clock(NOON), '[feeds]\nhub = "https://hub.example/"\n')
    writer.write("img/a.png", PIXEL)
    writer.write("img/private.png", PIXEL)
    writer.publish(
        "one.md", "Hello {{ name | there <3 }}.\n\n![Dot](img/a.png)", title="One & <two>"
    )
    writer.clock.move(days=1)
    writer.publish("two.md", "Second.", title="Two", tags='["ship it", "a/b"]')
    return writer


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Somebody who reads, and changes nothing."""
    writer = make_author(tmp_path_factory.mktemp("site"))
    with Client(writer.newsletter) as reader:
        yield reader
    writer.newsletter.close()


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """An author whose notes a test may change."""
    writer = make_author(tmp_path)
    yield writer
    writer.newsletter.close()


@pytest.fixture
def reader(author: Author) -> Iterator[Client]:
    """Somebody who reads that author."""
    with Client(author.newsletter) as asking:
        yield asking
