"""A newsletter with topics and letters, and a reader at their own page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.model import Subscriber
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author, Client

EXTRA = """[subscribers]
welcome = "welcome.md"
goodbye = "goodbye.md"
name_field = true
"""


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """A newsletter with some topics and letters of its own."""
    (tmp_path / "welcome.md").write_text("# Welcome, {{ name | reader }}\n\nHello.\n")
    (tmp_path / "goodbye.md").write_text("# Goodbye\n\nThank you.\n")
    writer = Author(tmp_path, Clock(NOON), EXTRA)
    for number, tags in enumerate(["[Rust, ml]", "[ml]", "[writing]"]):
        writer.have_due(f"n{number}.md", f"# Note {number}\n\nWords.", tags=tags)
    writer.newsletter.poll()
    yield writer
    writer.newsletter.close()


@pytest.fixture
def client(author: Author) -> Iterator[Client]:
    """Somebody with a browser."""
    with Client(author.newsletter) as somebody:
        yield somebody


@pytest.fixture
def reader(author: Author) -> Subscriber:
    """A reader."""
    author.newsletter.subscriptions.add("ada@example.com", name="Ada")
    return author.newsletter.subscriptions.find("ada@example.com")


@pytest.fixture
def page(author: Author, reader: Subscriber) -> str:
    """The path of the reader's own page."""
    return f"/preferences/{author.newsletter.parts.tokens.preferences(reader.id)}"
