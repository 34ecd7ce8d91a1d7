"""Front matter: the block of keys at the start of a note, YAML or TOML, read as text. Pure.

YAML's own types are not used: `no` stays "no" and a date stays what the author typed, so a note
means the same whatever a library takes it for. Whoever knows a key reads its type.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

import yaml

from storage.model import NoteError

MAX_HEADER: Final = 64_000
"""Characters of front matter; more is no front matter but a mistake or an attack."""
MAX_DEPTH: Final = 32
"""Nesting of collections: the author's own keys may nest, but not without end."""

_EMPTY: Final = frozenset({"", "~", "null", "Null", "NULL"})
_CLOSING: Final = {"---": ("---", "..."), "+++": ("+++",)}
_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class Shape(StrEnum):
    """What kind of value a key has."""

    TEXT = "text"
    """One value, or none at all: then its text is empty."""
    LIST = "list"
    """A list of texts."""
    OTHER = "other"
    """Something nested, of which we know nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key as the author wrote it."""

    key: str
    shape: Shape
    text: str
    """The value; of a list, its items with commas, for messages."""
    items: tuple[str, ...]
    """The items of a list; of a text, that text alone."""
    line: int
    """In the file, from 1; 0 if unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The keys, in lower case, and what follows them."""

    fields: Mapping[str, Field]
    body: str


def parse_front_matter(text: str, path: str) -> FrontMatter:
    """Separates the keys of a note from its body.

    A note without front matter has no keys. Raises NoteError, with the line if there is one, for
    front matter that is not closed, too large, not `key: value`, names a key twice, or uses
    aliases, anchors or tags.
    """
    fence = text[:4].rstrip()
    if fence not in _CLOSING or text[3:].partition("\n")[0].strip():
        return FrontMatter(fields={}, body=text)
    header, body = _split(text, fence, path)
    if len(header) > MAX_HEADER:
        raise NoteError(path, f"the front matter is longer than {MAX_HEADER} characters")
    fields = _read_yaml(header, path) if fence == "---" else _read_toml(header, path)
    return FrontMatter(fields=_by_key(fields, path), body=body)


def _split(text: str, fence: str, path: str) -> tuple[str, str]:
    """What stands between the fences, and what behind them."""
    start = text.find("\n") + 1 or len(text)
    position = start
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        if text[position:end].rstrip() in _CLOSING[fence]:
            return text[start:position], text[end:]
        position = end
    raise NoteError(path, f"the front matter is not closed; end it with a line `{fence}`", 1)


def _by_key(fields: Sequence[Field], path: str) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for field in fields:
        key = field.key.casefold()
        if key in found:
            raise _fault(path, field.line, f"the key `{field.key}` stands here twice")
        found[key] = field
    return found


# ── YAML ─────────────────────────────────────────────────────────────────────────────────────


def _read_yaml(header: str, path: str) -> list[Field]:
    try:
        return list(_read_events(_safe_events(header, path), path))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 0
        reason = f"the front matter is not valid YAML: {error.problem or error.context}"
        hint = "; put a value with `:` or `#` or brackets in quotes"
        raise _fault(path, line, reason + hint) from error
    except yaml.YAMLError as error:
        raise NoteError(path, "the front matter is not valid YAML") from error


def _safe_events(header: str, path: str) -> Iterator[yaml.Event]:
    """The parser's events, refusing what a front matter never needs: aliases can make a small
    text huge, tags name types, and deep nesting exhausts whoever follows it.
    """
    depth = 0
    for event in yaml.parse(header, Loader=_LOADER):
        line = _line(event)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _fault(path, line, "the front matter is nested too deeply")
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _fault(path, line, "`&` and `*` are not allowed here; put the value in quotes")
        if getattr(event, "tag", None) is not None:
            raise _fault(path, line, "`!` is not allowed here; put the value in quotes")
        yield event


def _read_events(events: Iterator[yaml.Event], path: str) -> Iterator[Field]:
    """The keys of the one mapping that a front matter is."""
    for event in events:
        if isinstance(event, yaml.MappingStartEvent):
            yield from _read_mapping(events, path)
        elif isinstance(event, yaml.ScalarEvent) and _plain(event) == "":
            continue  # nothing but comments
        elif isinstance(event, (yaml.NodeEvent, yaml.DocumentStartEvent)):
            line = _line(event)
            if isinstance(event, yaml.NodeEvent) or line > 2:
                raise _fault(path, line, "the front matter must be lines of `key: value`")


def _read_mapping(events: Iterator[yaml.Event], path: str) -> Iterator[Field]:
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            return
        if not isinstance(key, yaml.ScalarEvent):
            raise _fault(path, _line(key), "a key must be one word")
        yield _read_value(key.value, _line(key), events)


def _read_value(key: str, line: int, events: Iterator[yaml.Event]) -> Field:
    event = next(events)
    if isinstance(event, yaml.ScalarEvent):
        return _text_field(key, _plain(event), line)
    flat = isinstance(event, yaml.SequenceStartEvent)
    items: list[str] = []
    depth = 1
    while depth:
        event = next(events)
        if isinstance(event, yaml.ScalarEvent):
            items.append(_plain(event))
        flat = flat and not isinstance(event, yaml.CollectionStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
    return _list_field(key, items, line, flat=flat)


def _line(event: yaml.Event) -> int:
    """The line in the file: the header begins on the second one."""
    return event.start_mark.line + 2 if event.start_mark else 0


def _plain(event: yaml.ScalarEvent) -> str:
    """The text of a value; empty for YAML's ways to write nothing."""
    value: str = event.value
    unquoted = event.style in {None, ""}
    return "" if unquoted and value in _EMPTY else value


# ── TOML ─────────────────────────────────────────────────────────────────────────────────────


def _read_toml(header: str, path: str) -> list[Field]:
    try:
        return [_toml_field(key, value, header) for key, value in tomllib.loads(header).items()]
    except (ValueError, RecursionError) as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found[1]) + 1 if found else 0
        raise _fault(path, line, "the front matter is not valid TOML") from error


def _toml_field(key: str, value: object, header: str) -> Field:
    line = _toml_line(key, header)
    if isinstance(value, list):
        flat = not any(isinstance(item, (dict, list)) for item in value)
        return _list_field(
            key, [_toml_text(item) for item in value] if flat else [], line, flat=flat
        )
    if isinstance(value, dict):
        return _list_field(key, [], line, flat=False)
    return _text_field(key, _toml_text(value), line)


def _toml_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value)


def _toml_line(key: str, header: str) -> int:
    """TOML's parser keeps no positions, so the key is looked for: good enough for a message."""
    for number, line in enumerate(header.splitlines(), start=2):
        if line.lstrip().strip("\"'[").startswith(key):
            return number
    return 0


def _text_field(key: str, text: str, line: int) -> Field:
    return Field(key=key, shape=Shape.TEXT, text=text, items=(text,) if text else (), line=line)


def _list_field(key: str, items: list[str], line: int, *, flat: bool) -> Field:
    return Field(
        key=key,
        shape=Shape.LIST if flat else Shape.OTHER,
        text=", ".join(items),
        items=tuple(items),
        line=line,
    )


def _fault(path: str, line: int, reason: str) -> NoteError:
    return NoteError(path, reason, line or None)
