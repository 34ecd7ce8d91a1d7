"""Front matter in YAML: a parser's events → keys, within bounds. Pure.

Loaded when the first note is read that has any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from feeds.notes.fields import MAX_DEPTH, Field, fault, list_field, nested_field, text_field
from storage.model import NoteError

_EMPTY: Final = frozenset({"", "~", "null", "Null", "NULL"})
_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_QUOTE_FIRST: Final = re.compile(
    r"^(audience[ \t]*:[ \t]*)((?:\"[^\"\n]*\"|'[^'\n]*')[ \t]+[^#\s][^\n]*?)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
"""An expression that begins with a tag in quotes: `audience: "a b" and c` is no YAML as it stands."""
MAX_REPEATED: Final = 1_000
"""Pieces of values that stand for their names."""
_USUAL_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp")
)
"""`!!str` and its like: a value is text here anyhow."""
_PLACEHOLDER: Final = re.compile(r"\{\{|<%")


def read_yaml(header: str, path: str) -> list[Field]:
    """The keys of a header, whose first line is the second of the file. Raises NoteError."""
    try:
        return list(_read_events(_safe_events(_QUOTE_FIRST.sub(_wrap, header), path), path))
    except yaml.MarkedYAMLError as error:
        # What is never closed is met where something else begins; it stands where it was opened.
        opened = (
            error.context_mark
            if (error.context or "").endswith(("sequence", "mapping", "scalar"))
            else None
        )
        mark = opened if opened is not None and opened.column else error.problem_mark
        line = mark.line + 2 if mark else 0
        reason = f"the front matter is not valid YAML: {error.problem or error.context}"
        hint = "; put a value with `:` or `#` or brackets in quotes"
        if _PLACEHOLDER.search(header):
            hint = "; it holds a template's placeholder, so it may be a template and no note"
        raise fault(path, line, reason + hint) from error
    except yaml.YAMLError as error:
        raise NoteError(path, "the front matter is not valid YAML") from error


def load_yaml(text: str) -> object:
    """All of a text, its values as they are typed; None where it is none."""
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - it makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _wrap(found: re.Match[str]) -> str:
    words = found[2].replace("'", "''")
    return f"{found[1]}'{words}'"


def _safe_events(header: str, path: str) -> Iterator[yaml.Event]:
    """The parser's events without its names for values, each of which stands where it was named: a small
    text could become huge so, and what is named within itself has no end. A type of its own is refused, and
    so is deep nesting, which exhausts whoever follows it.
    """
    depth = 0
    named = _Named(path)
    for event in yaml.parse(header, Loader=_LOADER):
        line = _line(event)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise fault(path, line, "the front matter is nested too deeply")
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in _USUAL_TAGS:
            raise fault(path, line, "`!` is not allowed here; put the value in quotes")
        yield from named.take(event)


class _Named:
    """YAML's anchors and aliases (`tags: &all [a, b]`, `keywords: *all`), in bounds."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._whole: dict[str, list[yaml.Event]] = {}
        self._open: list[tuple[str, int, list[yaml.Event]]] = []
        """Names that are being read: how deep in collections each is, and what it has so far."""
        self._left = MAX_REPEATED

    def take(self, event: yaml.Event) -> list[yaml.Event]:
        """What stands there."""
        if isinstance(event, yaml.AliasEvent):
            events = self._repeat(event)
        else:
            events = [event]
            if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
                self._open.append((event.anchor, 0, []))
        self._keep(events)
        return events

    def _repeat(self, event: yaml.AliasEvent) -> list[yaml.Event]:
        events = self._whole.get(event.anchor or "")
        if events is None:
            raise fault(self._path, _line(event), "`*` names nothing here; put the value in quotes")
        self._left -= len(events)
        if self._left < 0:
            raise fault(self._path, _line(event), "the front matter repeats too much with `*`")
        return events

    def _keep(self, events: list[yaml.Event]) -> None:
        steps = sum(isinstance(one, yaml.CollectionStartEvent) for one in events)
        steps -= sum(isinstance(one, yaml.CollectionEndEvent) for one in events)
        kept = []
        for name, depth, known in self._open:
            known.extend(events)
            if depth + steps > 0:
                kept.append((name, depth + steps, known))
            else:
                self._whole[name] = known
        self._open = kept


def _read_events(events: Iterator[yaml.Event], path: str) -> Iterator[Field]:
    """The keys of the one mapping that a front matter is."""
    for event in events:
        if isinstance(event, yaml.MappingStartEvent):
            yield from _read_mapping(events, path)
        elif isinstance(event, yaml.ScalarEvent) and _plain(event) == "":
            continue  # nothing but comments
        elif isinstance(event, yaml.NodeEvent) or _is_second_document(event):
            raise fault(path, _line(event), "the front matter must be lines of `key: value`")


def _is_second_document(event: yaml.Event) -> bool:
    return isinstance(event, yaml.DocumentStartEvent) and bool(event.explicit)


def _read_mapping(events: Iterator[yaml.Event], path: str, within: str = "") -> Iterator[Field]:
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            return
        if not isinstance(key, yaml.ScalarEvent):
            raise fault(path, _line(key), "a key must be one word")
        yield from _read_value(within + key.value, _line(key), events, path)


def _read_value(key: str, line: int, events: Iterator[yaml.Event], path: str) -> Iterator[Field]:
    event = next(events)
    if isinstance(event, yaml.ScalarEvent):
        yield text_field(key, _plain(event), line, quoted=event.style in {"'", '"'})
    elif isinstance(event, yaml.SequenceStartEvent):
        yield list_field(key, list(_read_items(events)), line)
    else:
        yield nested_field(key, line)
        yield from _read_mapping(events, path, f"{key}.")


def _read_items(events: Iterator[yaml.Event]) -> Iterator[str]:
    """The words of a list, lists within it run into one; what is a mapping in it is passed over."""
    depth, mappings = 1, 0
    while depth:
        event = next(events)
        if isinstance(event, yaml.ScalarEvent) and not mappings:
            yield _plain(event)
        mappings += isinstance(event, yaml.MappingStartEvent)
        mappings -= isinstance(event, yaml.MappingEndEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)


def _line(event: yaml.Event) -> int:
    """The line in the file: the header begins on the second one."""
    return event.start_mark.line + 2 if event.start_mark else 0


def _plain(event: yaml.ScalarEvent) -> str:
    """The text of a value; empty for YAML's ways to write nothing."""
    value: str = event.value
    unquoted = event.style in {None, ""}
    return "" if unquoted and value in _EMPTY else value
