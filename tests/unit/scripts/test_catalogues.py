"""Every sentence in the code is in the catalogues."""

from __future__ import annotations

import re

from babel.messages.pofile import read_po

from scripts.catalogues import FOLDER, TEMPLATE, extract

QUOTE = re.compile(r"<[^<>]*>")


def _ids(catalog: object) -> set[object]:
    return {message.id for message in catalog if message.id}  # type: ignore[attr-defined]


def test_every_sentence_is_in_every_catalogue() -> None:
    """What the code says is what the template and each language hold; else `make words` is due."""
    said = _ids(extract())
    for file in [TEMPLATE, *FOLDER.glob("*.po")]:
        with file.open("rb") as stream:
            held = _ids(read_po(stream))
        assert said - held == set(), f"{file.name} lacks these: make words, and translate"
        assert held - said == set(), f"{file.name} has these for nothing: make words"


def test_no_sentence_can_break_an_attribute() -> None:
    """Sentences stand in HTML as they are: quotation marks are typographic, an ampersand is a word."""
    for file in FOLDER.glob("*.po"):
        with file.open("rb") as stream:
            for message in read_po(stream):
                if message.id:
                    said = message.string if isinstance(message.string, tuple) else [message.string]
                    assert not any(re.search(r'["&]', QUOTE.sub("", one)) for one in said), (
                        message.id
                    )
