"""A site behind a proxy, and somebody who comes through it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author, Client


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """A newsletter with nobody on its list, behind a proxy."""
    writer = Author(tmp_path, Clock(NOON), '[web]\ntrusted_proxies = ["10.0.0.0/8"]\n')
    yield writer
    writer.newsletter.close()


@pytest.fixture
def client(author: Author) -> Iterator[Client]:
    """Somebody whose requests come through the proxy."""
    with Client(author.newsletter, peer="10.0.0.1") as somebody:
        yield somebody
