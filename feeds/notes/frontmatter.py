"""Front matter: the keys at the start of a note, in whichever form, and the body after them. Pure.

YAML between `---`, TOML between `+++`, JSON in braces, the `Key: value` header of Pelican and
MultiMarkdown, and Logseq's `key:: value`. A value stays the text that the author typed: `no` is
"no" and a date is no date yet. Whoever knows a key reads its type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from feeds.notes.fields import (
    MAX_DEPTH,
    MAX_HEADER,
    Field,
    FrontMatter,
    Shape,
    by_key,
    fault,
    list_field,
    nested_field,
    text_field,
)
from feeds.notes.headers import (
    looks_like_json,
    read_header,
    read_json,
    read_properties,
    read_toml,
)
from storage.model import NoteError

__all__ = [
    "MAX_DEPTH",
    "MAX_HEADER",
    "Field",
    "FrontMatter",
    "Shape",
    "load_yaml",
    "parse_front_matter",
]

_NAMED: Final = re.compile(r"---[ \t]*(yaml|yml|toml|json|js|javascript)[ \t]*\n", re.IGNORECASE)
_LONG_FENCE: Final = re.compile(
    r"(-{4,20})[ \t]*\n((?:[\w-]{1,60}[ \t]*:(?:[ \t][^\n]*)?\n)(?:(?!-{3})[^\n]*\n){0,500})\1[ \t]*(?:\n|\Z)"
)
_SEMICOLONS: Final = re.compile(
    r"(?:;{3,}[ \t]*\n)?(\s*(?:\{|\"[\w-]{1,60}\"\s*:)(?:(?!;{3})[^\n]*\n){1,500});{3,}[ \t]*(?:\n|\Z)"
)
_UNOPENED: Final = re.compile(
    r"[A-Za-z][\w-]{0,40}:(?:[ \t][^\n]*)?\n(?:(?:[A-Za-z][\w-]{0,40}:|[ \t]+|-[ \t]|#)[^\n]*\n){1,100}---[ \t]*(?:\n|\Z)"
)
_TELLING: Final = re.compile(
    r"^(?:title|date|tags|categories|layout|publish|permalink)[ \t]*:", re.MULTILINE | re.IGNORECASE
)
"""What makes lines that are only closed keys; a line with a rule below it is a heading."""
_EMPTY: Final = frozenset({"", "~", "null", "Null", "NULL"})
_CLOSING: Final = {"---": ("---", "..."), "+++": ("+++",)}
_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_PREAMBLE: Final = re.compile(r"(?:[ \t]*\n|[ \t]*<!--(?:(?!-->)[^\n]){0,2000}-->[ \t]*\n)+")
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


def parse_front_matter(text: str, path: str) -> FrontMatter:
    """Separates the keys of a note from its body.

    A note without front matter has no keys. Blank lines and comments may stand before it. Raises
    NoteError, with the line if there is one, for front matter that is not closed, too large, not
    `key: value`, names a key twice, or uses names or types that are not known.
    """
    text = _usual_fence(text)
    if (named := _NAMED.match(text)) is not None:
        text = _rename_fence(named, text, path)
    if _is_fenced(text):
        return _read_fenced(text, path)
    if looks_like_json(text):
        return read_json(text, path)
    if (preamble := _PREAMBLE.match(text)) is not None:
        return _read_behind(text, preamble.end(), path)
    found = read_properties(text, path) or read_header(text, path)
    return found or FrontMatter(fields={}, body=text)


def _usual_fence(text: str) -> str:
    """A text whose front matter Hexo knows: with a longer fence, none above, or JSON between semicolons."""
    if (found := _LONG_FENCE.match(text)) is not None:
        return f"---\n{found[2]}---\n{text[found.end() :]}"
    if (found := _SEMICOLONS.match(text)) is not None:
        inside = found[1].strip()
        inside = inside if inside.startswith("{") else f"{{{inside}}}"
        return f"{inside}\n{text[found.end() :]}"
    if (found := _UNOPENED.match(text)) is not None and len(_TELLING.findall(found[0])) > 1:
        return f"---\n{text}"
    return text


def _rename_fence(named: re.Match[str], text: str, path: str) -> str:
    """A fence that says what it holds, as other programs write it (`---toml`). Raises NoteError."""
    rest = text[named.end() :]
    match named[1].lower():
        case "yaml" | "yml":
            return f"---\n{rest}"
        case "toml":
            return "+++\n" + re.sub(r"^---[ \t]*$", "+++", rest, count=1, flags=re.MULTILINE)
        case "json":
            return re.sub(r"^---[ \t]*$\n?", "\n", rest, count=1, flags=re.MULTILINE)
    raise NoteError(
        path, "the front matter is in JavaScript, which is not run; write it in YAML", 1
    )


def _is_fenced(text: str) -> bool:
    return text[:4].rstrip() in _CLOSING and not text[3:].partition("\n")[0].strip()


def _read_fenced(text: str, path: str, above: int = 0) -> FrontMatter:
    """`above` is how many lines of the file stand before the text."""
    fence = text[:3]
    header, body = _split(text, fence, path)
    if len(header) > MAX_HEADER:
        raise NoteError(path, f"the front matter is longer than {MAX_HEADER} characters")
    # Lines in messages are the file's, so the ones above are put in front again.
    header = "\n" * above + header
    fields = _read_yaml(header, path) if fence == "---" else read_toml(header, path)
    return FrontMatter(
        fields=by_key(fields, path), body=body, header=header if fence == "---" else ""
    )


def load_yaml(text: str) -> object:
    """All of a text, its values as they are typed; None where it is none."""
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - it makes texts, lists and mappings only
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def _read_behind(text: str, start: int, path: str) -> FrontMatter:
    """Front matter behind blank lines and comments; a rule drawn there is no front matter."""
    rest, above = text[start:], text.count("\n", 0, start)
    try:
        if _is_fenced(rest) and (front := _read_fenced(rest, path, above)).fields:
            return front
        if looks_like_json(rest):
            return read_json(rest, path)
    except NoteError:
        if not re.match(r"(?:---|\+\+\+)[ \t]*\n[ \t]*[\w-]+[ \t]*[:=]|\{", rest):
            return FrontMatter(fields={}, body=text)
        raise
    return FrontMatter(fields={}, body=text)


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


# ── YAML ─────────────────────────────────────────────────────────────────────────────────────


def _read_yaml(header: str, path: str) -> list[Field]:
    try:
        return list(_read_events(_safe_events(_QUOTE_FIRST.sub(_wrap, header), path), path))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 0
        reason = f"the front matter is not valid YAML: {error.problem or error.context}"
        hint = "; put a value with `:` or `#` or brackets in quotes"
        if _PLACEHOLDER.search(header):
            hint = "; it holds a template's placeholder, so it may be a template and no note"
        raise fault(path, line, reason + hint) from error
    except yaml.YAMLError as error:
        raise NoteError(path, "the front matter is not valid YAML") from error


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
