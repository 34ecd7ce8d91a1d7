"""A note's bytes → Note → HTML and text: what the author says and how readers get it. Pure.

    bytes | parse_note | render_note → Rendered

The front door of everything about notes in this room; Markdown itself is in feeds/markdown/render.py.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final
from zoneinfo import ZoneInfo

from feeds.markdown import (
    HIGHLIGHTS,
    Links,
    Rendered,
    clean_line,
    clean_text,
    find_title,
    link_footnotes,
    link_key,
    render_markdown,
    size_pictures,
    summarise,
)
from feeds.notes.frontmatter import Field, Shape, parse_front_matter
from feeds.notes.when import EXAMPLES, When, parse_when
from storage.model import NoteError, Remark, ScheduleError

__all__ = [
    "HIGHLIGHTS",
    "NOW",
    "RENDERER",
    "Links",
    "Note",
    "Now",
    "Rendered",
    "When",
    "clean_line",
    "clean_text",
    "link_footnotes",
    "link_key",
    "parse_note",
    "parse_when",
    "render_markdown",
    "render_note",
    "size_pictures",
    "slugify",
    "summarise",
]

RENDERER: Final = 3
"""Raised when the same note renders differently than before; part of an issue's fingerprint."""

MAX_SLUG: Final = 80
CLOCK_CHANGE: Final = "time"
"""The code of the remark that a change of clocks skips or repeats the publish time (rule G1)."""
_LIMITS: Final = {"id": 200, "slug": 200, "title": 300, "summary": 1000}
"""Characters; what is longer is a mistake, and headers and feeds would suffer from it."""
_MAX_TAG: Final = 100

_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})
_INDEX_NAMES: Final = frozenset({"index", "readme"})
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_LETTERS: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i", "ħ": "h"}
)


class Now(StrEnum):
    """The publish time of a note that says `publish: now`: when it is first seen."""

    NOW = "now"


NOW: Final = Now.NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the author says, before rendering."""

    path: str
    """POSIX, below the notes folder."""
    note_id: str
    """Stable identity: the `id` key, else the path without its suffix, NFC."""
    title: str
    slug: str | None
    """Only if the author wished for one; else it is made from the title."""
    summary: str
    """Only if the author wrote one; rendering finds one otherwise."""
    tags: tuple[str, ...]
    draft: bool
    email: bool
    publish: datetime | Now | None
    """Aware, UTC; None for a private note."""
    publish_wall: str
    """What the author meant, `2026-12-01T09:00:00` in the newsletter's zone; empty without a time."""
    ambiguity: str
    """A sentence if a change of clocks skips or repeats that time (rule G1), else empty."""
    body: str
    """Markdown without front matter."""
    warnings: tuple[Remark, ...]


def parse_note(source: bytes, path: str, *, zone: ZoneInfo, publish_key: str = "publish") -> Note:
    """Reads a note: UTF-8, with YAML or TOML front matter or none.

    Times without an offset are in `zone`; `publish_key` names the key that opts a note in. Keys
    are read in any case; unknown ones are the author's own. Raises NoteError with one sentence,
    and the line where there is one, for text that is no UTF-8, front matter that cannot be read,
    or a known key whose value cannot be what it should. Nothing else is ever raised.
    """
    front = parse_front_matter(clean_text(_decode(source, path)), path)
    keys = _Keys(front.fields, path)
    publish, when = _read_publish(keys, publish_key, zone)
    remark = when.remark if when else ""
    title = keys.text("title") or find_title(front.body) or _title_from(path)
    _check_length("title", title, path)
    slug = keys.text("slug")
    return Note(
        path=path,
        note_id=keys.text("id") or _identity(path),
        title=title,
        slug=slugify(slug) if slug else None,
        summary=keys.text("summary"),
        tags=keys.tags("tags"),
        draft=keys.flag("draft", default=False),
        email=keys.flag("email", default=True),
        publish=publish,
        publish_wall=when.wall if when else "",
        ambiguity=remark,
        body=front.body,
        warnings=(Remark(code=CLOCK_CHANGE, sentence=remark),) if remark else (),
    )


def render_note(note: Note, links: Links) -> Rendered:
    """The note as readers get it: the author's summary if there is one, all warnings together.

    Raises nothing of its own; what `links` raises for a Markdown link passes through.
    """
    rendered = render_markdown(
        note.body, path=note.path, links=links, title=note.title, anchor=note.note_id
    )
    return replace(
        rendered,
        summary=note.summary or rendered.summary,
        warnings=note.warnings + rendered.warnings,
    )


def slugify(text: str) -> str:
    """A name for URLs: ASCII letters, digits and single hyphens, at most MAX_SLUG characters.

    Never empty: a text without Latin letters or digits gets a name made from its digest, the same
    each time.
    """
    decomposed = unicodedata.normalize("NFKD", clean_line(text).casefold()).translate(_LETTERS)
    plain = re.sub("['’]", "", decomposed).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(slug) > MAX_SLUG:
        head, hyphen, _rest = slug[:MAX_SLUG].rpartition("-")
        slug = head if hyphen and len(head) > MAX_SLUG // 2 else slug[:MAX_SLUG]
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return slug or f"note-{digest}"


# ── reading the file ─────────────────────────────────────────────────────────────────────────


def _decode(source: bytes, path: str) -> str:
    """The text of a file, a byte order mark removed. Raises NoteError."""
    if source.startswith(_UTF16_MARKS):
        raise NoteError(path, "the file is UTF-16; save it as UTF-8")
    if (position := source.find(b"\0")) >= 0:
        raise NoteError(path, "the file has NUL bytes, no text", _line_at(source, position))
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = _line_at(source, error.start)
        raise NoteError(path, "the file is not UTF-8; save it as UTF-8", line) from error


def _line_at(source: bytes, position: int) -> int:
    return source.count(b"\n", 0, position) + 1


def _identity(path: str) -> str:
    # macOS may hand out decomposed names for the same file.
    return unicodedata.normalize("NFC", str(PurePosixPath(path).with_suffix("")))


def _title_from(path: str) -> str:
    """The file's name; of a page bundle (`trip/index.md`), the folder's."""
    name = PurePosixPath(path)
    bundle = name.stem.casefold() in _INDEX_NAMES and name.parent.name
    return clean_line(name.parent.name if bundle else name.stem) or "Untitled"


# ── reading the keys ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Keys:
    """The front matter of one note, read key by key with the type each should have."""

    fields: Mapping[str, Field]
    path: str

    def find(self, key: str) -> Field | None:
        """A key that has a value."""
        field = self.fields.get(key.casefold())
        return None if field is None or (field.shape is Shape.TEXT and not field.text) else field

    def text(self, key: str) -> str:
        """One line of text; empty if the key is missing."""
        field = self.find(key)
        if field is None:
            return ""
        if field.shape is not Shape.TEXT:
            raise self.fault(field, "must be one text, in quotes if it holds brackets or braces")
        value = clean_line(field.text)
        _check_length(key, value, self.path)
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false; anything that might be either is refused."""
        field = self.find(key)
        if field is None:
            return default
        word = field.text.strip().casefold()
        if field.shape is not Shape.TEXT or word not in _TRUE | _FALSE:
            raise self.fault(field, "must be `true` or `false`")
        return word in _TRUE

    def tags(self, key: str) -> tuple[str, ...]:
        """A list, or a text with commas, or `#one #two`; each once, in the author's order."""
        field = self.find(key)
        if field is None:
            return ()
        if field.shape is Shape.OTHER:
            raise self.fault(field, "must be a list of words, like `[one, two]`")
        words = field.items if field.shape is Shape.LIST else _split_tags(field.text)
        cleaned = (clean_line(word).lstrip("#").strip() for word in words)
        found = {tag.casefold(): tag for tag in reversed(tuple(cleaned)) if tag}
        if any(len(tag) > _MAX_TAG for tag in found):
            raise self.fault(field, f"has a tag of more than {_MAX_TAG} characters")
        return tuple(reversed(found.values()))

    def fault(self, field: Field, demand: str) -> NoteError:
        """The error for a value that cannot be what the key is for."""
        shown = clean_line(field.text)[:60]
        return NoteError(self.path, f"`{field.key}: {shown}` {demand}", field.line or None)


def _split_tags(text: str) -> tuple[str, ...]:
    words = text.split()
    marked = len(words) > 1 and all(word.startswith("#") for word in words)
    return tuple(words) if marked and "," not in text else tuple(text.split(","))


def _read_publish(
    keys: _Keys, key: str, zone: ZoneInfo
) -> tuple[datetime | Now | None, When | None]:
    field = keys.find(key)
    word = clean_line(field.text).casefold() if field else ""
    if field is None or (field.shape is Shape.TEXT and word in _FALSE - {"0"}):
        return None, None
    if field.shape is not Shape.TEXT or word in _TRUE:
        raise keys.fault(field, f"must be `now`, or a time like {EXAMPLES}")
    if word == NOW:
        return NOW, None
    try:
        when = parse_when(field.text, zone)
    except ScheduleError as error:
        raise keys.fault(field, f"must be `now`, or a time like {EXAMPLES}") from error
    return when.instant, when


def _check_length(key: str, value: str, path: str) -> None:
    if len(value) > _LIMITS[key]:
        raise NoteError(path, f"the {key} has {len(value)} characters; {_LIMITS[key]} is the most")
