"""A key of a note's front matter as its author wrote it, whatever the form. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from storage.model import NoteError

MAX_HEADER: Final = 64_000
"""Characters of front matter; more is no front matter but a mistake or an attack."""
MAX_DEPTH: Final = 32
"""Nesting of collections: the author's own keys may nest, but not without end."""


DECISIVE: Final = frozenset(
    {"publish", "date", "title", "subject", "id", "slug", "draft", "published", "status", "email", "audience",
     "lang", "permalink", "publishdate", "expirydate"}
)  # fmt: skip
"""Keys about which nobody may guess what their author meant."""


class Shape(StrEnum):
    """What kind of value a key has."""

    TEXT = "text"
    """One value, or none at all: then its text is empty."""
    LIST = "list"
    """A list of texts; lists within it are run into one."""
    OTHER = "other"
    """Something nested; what stands in it is a key of its own, `cover.image`."""


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
    quoted: bool = False
    """Whether the whole value stood in quotes, which are its form's and not in the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The keys, in lower case, and what follows them."""

    fields: Mapping[str, Field]
    body: str
    header: str = ""
    """What stands between the fences, where that is YAML."""


def text_field(key: str, text: str, line: int, *, quoted: bool = False) -> Field:
    """A key with one value."""
    items = (text,) if text else ()
    return Field(key=key, shape=Shape.TEXT, text=text, items=items, line=line, quoted=quoted)


def list_field(key: str, items: Sequence[str], line: int) -> Field:
    """A key with a list of values."""
    return Field(key=key, shape=Shape.LIST, text=", ".join(items), items=tuple(items), line=line)


def nested_field(key: str, line: int) -> Field:
    """A key with something nested in it."""
    return Field(key=key, shape=Shape.OTHER, text="", items=(), line=line)


def fields_of(key: str, value: object, line: int, *, depth: int = 0) -> Iterator[Field]:
    """The keys in a value as TOML and JSON give them: dotted, `cover.image`, for what is nested."""
    if isinstance(value, Mapping):
        yield nested_field(key, line)
        if depth < MAX_DEPTH:
            for name, inner in value.items():
                yield from fields_of(f"{key}.{name}", inner, line, depth=depth + 1)
    elif isinstance(value, list):
        yield list_field(key, list(_flat(value)), line)
    else:
        yield text_field(key, _text_of(value), line, quoted=isinstance(value, str))


def by_key(fields: Sequence[Field], path: str) -> dict[str, Field]:
    """The keys by name in lower case. Raises NoteError for one of ours that says two things; of any other
    the last one counts, as it does for most generators.
    """
    found: dict[str, Field] = {}
    for field in fields:
        key = field.key.casefold()
        before = found.get(key)
        if before is not None and key in DECISIVE and before.items != field.items:
            raise fault(path, field.line, f"the key `{field.key}` stands here twice")
        found[key] = field
    return found


def fault(path: str, line: int, reason: str) -> NoteError:
    """A front matter that cannot be read, with its line where there is one."""
    return NoteError(path, reason, line or None)


def _flat(values: Sequence[object], depth: int = 0) -> Iterator[str]:
    for value in values:
        if isinstance(value, list) and depth < MAX_DEPTH:
            yield from _flat(value, depth + 1)
        elif not isinstance(value, list | Mapping):
            yield _text_of(value)


def _text_of(value: object) -> str:
    """As an author would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value)
