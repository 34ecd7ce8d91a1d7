"""Brings the catalogues of words up to date with the sentences in the code: `make words`.

Finds every sentence in the rooms and their templates, writes them to words/catalogues/newsletter.pot
and adds what is new to each language, empty, to be translated by hand. Nothing is guessed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "words" / "catalogues"
TEMPLATE: Final = FOLDER / "newsletter.pot"
ROOMS: Final = ("feeds", "mailer", "newsletter", "web")
"""Where sentences stand that readers or the author are told in their language."""

_KEYWORDS: Final = {
    **dict.fromkeys(("_", "say", "html", "to_say"), None),
    **dict.fromkeys(("_n", "say_count", "html_count"), (1, 2)),
}
_CALL: Final = re.compile(rf"\b(?:{'|'.join(_KEYWORDS)})\s*\(")
_TEMPLATES: Final = frozenset({".html", ".txt", ".xml"})


def extract() -> Catalog:
    """Every sentence that stands in the code, with the files it stands in."""
    catalog = Catalog(fuzzy=False)
    for file in _sources():
        if _CALL.search(file.read_text("utf-8")) is None:
            continue  # most modules say nothing, and to take them apart takes seconds
        method = "python" if file.suffix == ".py" else "jinja2"
        place = file.relative_to(ROOT).as_posix()
        for _line, said, comments, context in extract_from_file(method, file, _KEYWORDS):
            catalog.add(said, locations=[(place, 0)], auto_comments=comments, context=context)
    return catalog


def update(language: str, sentences: Catalog) -> Catalog:
    """A language's catalogue with exactly these sentences: what was said stays, what is new is empty."""
    file = FOLDER / f"{language}.po"
    kept = Catalog(locale=Locale.parse(language), fuzzy=False)
    if file.exists():
        with file.open("rb") as stream:
            kept = read_po(stream, locale=language)
    kept.update(sentences, no_fuzzy_matching=True)
    kept.obsolete.clear()
    return kept


def main() -> int:
    """Writes the files; 1 when something is left to translate, which is told."""
    sentences = extract()
    _write(TEMPLATE, sentences)
    left = 0
    for file in sorted(FOLDER.glob("*.po")):
        catalog = update(file.stem, sentences)
        _write(file, catalog)
        for message in catalog:
            if message.id and not all(_strings(message.string)):
                left += 1
                print(f"{file.relative_to(ROOT)}: {message.id!r}")
    print(f"{len(sentences)} sentences, {left} to translate")
    return int(left > 0)


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*")):
            is_template = file.suffix in _TEMPLATES and "templates" in file.parts
            if file.suffix == ".py" or is_template:
                yield file


def _strings(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text) if isinstance(text, tuple) else ("",)


def _write(file: Path, catalog: Catalog) -> None:
    """The same bytes for the same content: no date, no line numbers, in the order of the alphabet."""
    head = {name: value for name, value in catalog.mime_headers if "Date" not in name}
    kept = [n for n in ("Language", "Plural-Forms", "MIME-Version", "Content-Type") if n in head]
    lines = ['msgid ""', 'msgstr ""', *(f'"{n}: {_charset(head[n])}\\n"' for n in kept), ""]
    with file.open("wb") as stream:
        stream.write(("\n".join(lines) + "\n").encode())
        write_po(stream, catalog, width=0, omit_header=True, sort_output=True, include_lineno=False)


def _charset(value: str) -> str:
    return "text/plain; charset=UTF-8" if value.startswith("text/plain") else value


if __name__ == "__main__":
    sys.exit(main())
