"""Keys without YAML: TOML, JSON, `Key: value` headers, Logseq's `key:: value`, Notion's. Pure."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Final

from feeds.notes.fields import (
    MAX_HEADER,
    Field,
    FrontMatter,
    by_key,
    fault,
    fields_of,
    text_field,
)
from storage.model import NoteError

_JSON_START: Final = re.compile(r'\{\s*(?:"|\}\s*(?:\n|\Z))')
_HEADER: Final = re.compile(r"([A-Za-z][\w -]{0,40}):(?:[ \t]+(.*)|[ \t]*)")
_PROPERTY: Final = re.compile(r"(?:[-*] )?([A-Za-z][\w/.-]{0,40}):: ?(.*)")
_TELLING: Final = frozenset({"title", "date"})
"""One of these says that the lines are a header."""
_KNOWN: Final = _TELLING | {
    "author", "authors", "category", "categories", "copyright", "description", "keywords", "lang",
    "language", "modified", "publish", "slug", "status", "summary", "tags", "template", "url",
}  # fmt: skip
"""What Pelican and MultiMarkdown call things; two of these do, too."""
_NIKOLA: Final = re.compile(
    r"\A(?:[ \t]*\n)*(<!--[ \t]*\n)?(?P<keys>(?:\.\. [A-Za-z][\w-]{0,40}:[^\n]*(?:\n|\Z)){1,60})(?(1)[ \t]*-->[ \t]*(?:\n|\Z))"
)
_NOTION_PAGE: Final = re.compile(r"[ -][0-9a-f]{32}\.md\Z")
_TITLE_BLOCK: Final = re.compile(
    r"% [^\n]{1,300}(?:\n[ \t]+\S[^\n]{0,300}){0,5}(?:\n% [^\n]{0,300}(?:\n[ \t]+\S[^\n]{0,300}){0,20}){0,2}(?:\n(?=[ \t]*(?:\n|\Z))|\Z)"
)
_NOTION_TITLE: Final = re.compile(r"# [^\n]{1,300}\n\n(?=[A-Za-z])")


def read_toml(header: str, path: str) -> list[Field]:
    """The keys of Hugo's and Zola's front matter. Raises NoteError."""
    try:
        values = tomllib.loads(header)
        return [
            field
            for key, value in values.items()
            for field in fields_of(key, value, _toml_line(key, header))
        ]
    except (ValueError, RecursionError) as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found[1]) + 1 if found else 0
        told = "the front matter is not valid TOML; words stand in quotes there, dates and numbers do not"
        raise fault(path, line, told) from error


def _toml_line(key: str, header: str) -> int:
    """TOML's parser keeps no positions, so the key is looked for: good enough for a message."""
    for number, line in enumerate(header.splitlines(), start=2):
        if line.lstrip().strip("\"'[").startswith(key):
            return number
    return 0


def looks_like_json(text: str) -> bool:
    """Whether a note begins with JSON, and not with a template's braces."""
    return bool(_JSON_START.match(text))


def read_json(text: str, path: str) -> FrontMatter:
    """Hugo's JSON front matter: one object, and the body after it. Raises NoteError."""
    head = text[: MAX_HEADER + 1]
    try:
        values, end = json.JSONDecoder(strict=False).raw_decode(head)
    except RecursionError as error:
        raise NoteError(path, "the front matter is nested too deeply") from error
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        raise fault(path, line, "the front matter is not valid JSON") from error
    rest = text[end:]
    if rest and not rest[0].isspace():
        raise fault(path, head.count("\n", 0, end) + 1, "the front matter is not valid JSON")
    fields = [
        field
        for key, value in values.items()
        for field in fields_of(key, value, _json_line(key, head))
    ]
    return FrontMatter(fields=by_key(fields, path), body=rest.partition("\n")[2])


def _json_line(key: str, text: str) -> int:
    position = text.find(json.dumps(key, ensure_ascii=False))
    return text.count("\n", 0, position) + 1 if position >= 0 else 0


def read_header(text: str, path: str) -> FrontMatter | None:
    """The `Key: value` lines that Pelican and MultiMarkdown begin with, or None.

    A line that begins with blanks goes on with the value above it. It is a header if it says a
    title or a date, or two things that those systems know; else the note begins with prose.
    """
    lines = list(_lines_before_blank(text))
    fields: list[Field] = []
    for number, line in enumerate(lines, start=1):
        if fields and line[:1] in {" ", "\t"}:
            last = fields.pop()
            fields.append(text_field(last.key, f"{last.text} {line.strip()}".strip(), last.line))
            continue
        found = _HEADER.fullmatch(line.rstrip())
        if found is None:
            return None
        fields.append(text_field(found[1].strip(), (found[2] or "").strip(), number))
    names = {field.key.casefold() for field in fields}
    if not names & _TELLING and len(names & _KNOWN) < 2:
        return None
    if not fields or fields[0].key.casefold() not in _KNOWN:
        return None
    return FrontMatter(fields=by_key(fields, path), body=_after(text, len(lines)))


def read_nikola(text: str, path: str) -> FrontMatter | None:
    """Nikola's `.. key: value` lines, in a comment or without one, or None."""
    found = _NIKOLA.match(text)
    if found is None:
        return None
    above = text.count("\n", 0, found.start("keys")) + 1
    fields = []
    for number, line in enumerate(found["keys"].splitlines(), start=above):
        key, _, value = line.removeprefix(".. ").partition(":")
        if value.strip():  # `nikola new_post` writes all of them
            fields.append(text_field(key, value.strip(), number))
    return FrontMatter(fields=by_key(fields, path), body=text[found.end() :])


def read_title_block(text: str, path: str) -> FrontMatter | None:
    """Pandoc's title, authors and date, each behind a percent sign, or None."""
    found = _TITLE_BLOCK.match(text)
    if found is None:
        return None
    lines = zip(("title", "author", "date"), found[0].rstrip("\n").split("\n% "), strict=False)
    fields: list[Field] = []
    number = 1
    for key, value in lines:
        words = " ".join(value.removeprefix("% ").split())
        if words:
            fields.append(text_field(key, words, number))
        number += 1 + value.count("\n")
    return FrontMatter(fields=by_key(fields, path), body=text[found.end() :])


def read_notion(text: str, path: str) -> FrontMatter | None:
    """What a page of Notion's database says of itself, below its title, or None; an export is known by its name."""
    title = _NOTION_TITLE.match(text) if _NOTION_PAGE.search(path) else None
    if title is None:
        return None
    lines = list(_lines_before_blank(text[title.end() :]))
    found = [_HEADER.fullmatch(line.rstrip()) for line in lines]
    if not lines or not all(found):
        return None
    fields = [
        text_field(one[1].strip(), (one[2] or "").strip(), number)
        for number, one in enumerate(found, start=3)
        if one is not None
    ]
    body = _after(text[title.end() :], len(lines))
    return FrontMatter(fields=by_key(fields, path), body=f"{title[0]}{body}")


def read_properties(text: str, path: str) -> FrontMatter | None:
    """Logseq's page properties, `key:: value` in the first lines, or None."""
    fields: list[Field] = []
    for number, line in enumerate(_lines_before_blank(text), start=1):
        found = _PROPERTY.fullmatch(line.rstrip())
        if found is None:
            break
        fields.append(text_field(found[1], _without_brackets(found[2].strip()), number))
    if not fields:
        return None
    return FrontMatter(fields=by_key(fields, path), body=_after(text, len(fields)))


def _without_brackets(value: str) -> str:
    """`[[a]], [[b]]` are names of pages; as values they are words."""
    return value.replace("[[", "").replace("]]", "")


def _lines_before_blank(text: str) -> Iterator[str]:
    start = 0
    while start < len(text) and start <= MAX_HEADER:
        end = text.find("\n", start)
        line = text[start:] if end < 0 else text[start:end]
        if not line.strip():
            return
        yield line
        start = len(text) if end < 0 else end + 1


def _after(text: str, lines: int) -> str:
    position = 0
    for _ in range(lines):
        position = text.find("\n", position) + 1 or len(text)
    return text[position:]
