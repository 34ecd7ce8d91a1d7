"""Every sentence in the code is in the catalogues."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from scripts.catalogues import FOLDER, TEMPLATE, extract

QUOTE = re.compile(r"<[^<>]*>")


@cache
def _read(file: Path) -> Catalog:
    """A catalogue, read once by the process that tests it."""
    with file.open("rb") as stream:
        return read_po(stream)


def _ids(catalog: Catalog) -> set[object]:
    return {message.id for message in catalog if message.id}


def test_every_sentence_is_in_every_catalogue() -> None:
    """What the code says is what the template and each language hold; else `make words` is due."""
    said = _ids(extract())
    for file in [TEMPLATE, *FOLDER.glob("*.po")]:
        held = _ids(_read(file))
        assert said - held == set(), f"{file.name} lacks these: make words, and translate"
        assert held - said == set(), f"{file.name} has these for nothing: make words"


def test_no_sentence_can_break_an_attribute() -> None:
    """Sentences stand in HTML as they are: quotation marks are typographic, an ampersand is a word."""
    for file in FOLDER.glob("*.po"):
        for message in filter(lambda message: message.id, _read(file)):
            said = message.string if isinstance(message.string, tuple) else [message.string]
            assert not any(re.search(r'["&]', QUOTE.sub("", one)) for one in said), message.id
