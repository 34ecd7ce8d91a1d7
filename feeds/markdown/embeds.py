"""Notes within notes: `![[Note]]`, `![[Note#Part]]`, `![[Note^block]]` alone on a line. Pure.

What is published of another note stands there as a quotation, with a link to it. It is put in before anything
is translated, so that all of it is treated as the note's own text: bounded in depth and size, never in a
circle. What is not published is left out and told; what cannot stand there is a link, and told, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from feeds.markdown.characters import clean_line, clean_text, heading_id, shorten
from feeds.markdown.dialects import Masks, drop_comments
from feeds.markdown.links import LinkResolver, Links, NoteSource
from feeds.markdown.parser import find_title

EMBED: Final = "embed"
"""The code of the remark that a note within a note is left out, or a link."""
MAX_DEPTH: Final = 3
MAX_LENGTH: Final = 50_000
"""Characters of everything that is embedded in one note."""
MAX_EMBEDS: Final = 50

_EMBED: Final = re.compile(
    r"^[ \t]{0,3}(?:(?:(?:full|content)-?)?(?:card|inline)?)!\[\[([^\[\]\n|]{1,300})(?:\|[^\[\]\n]{0,300})?\]\][ \t]*$",
    re.MULTILINE,
)
_SHOWN: Final = r"!\[[^\[\]\n]{0,300}\]\(<?([^()<>\n]{1,300}\.(?:md|markdown|mdx|qmd)(?:#[^()<>\n]{1,200})?)>?\)"
"""The same as a picture of Markdown."""
_MARKDOWN: Final = re.compile(rf"^[ \t]{{0,3}}{_SHOWN}[ \t]*$", re.MULTILINE | re.IGNORECASE)
_ANYWHERE: Final = re.compile(_SHOWN, re.IGNORECASE)
"""Found at once by its first characters, where each line's beginning is looked at for the other."""
_WITHIN: Final = re.compile(r"(?<![\w-])(?:full|content)-?(?:card|inline)?(?=!\[\[)")
"""How Foam is to show one within a line, where it is a link."""
_RANGE: Final = re.compile(r":#[^#]*\Z|,\d+(?::#[^#]*)?\Z")
"""Dendron's: as far as another part, so many lines further down."""
_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.{0,500}?)[ \t]*#*[ \t]*$", re.MULTILINE)
_RELATIVE: Final = re.compile(r"(\]\()(?![a-zA-Z][\w+.-]*:|[/#<])([^)\s]{1,500})")
_NO_LABEL: Final = re.compile(r"[\[\]|\n]")
"""What ends the words of a link."""


class _Room:
    """What may still be embedded."""

    def __init__(self) -> None:
        self.length = MAX_LENGTH
        self.embeds = MAX_EMBEDS


def place_embeds(body: str, path: str, links: Links, resolver: LinkResolver) -> str:
    """The cleaned body of the note at `path` with the notes that it embeds."""
    if "![[" not in body and _ANYWHERE.search(body) is None:
        return body
    return _expand(body, (path,), links, resolver, _Room())


def _expand(
    body: str, around: tuple[str, ...], links: Links, resolver: LinkResolver, room: _Room
) -> str:
    masks = Masks()

    def put(found: re.Match[str]) -> str:
        target = clean_line(found[1])
        if resolver.is_file(target) or target.startswith(("#", "^")):
            return found[0]
        name, part = split_target(target)
        resolver.remember(name)
        note = links.note_source(name, str(PurePosixPath(around[-1]).parent))
        quoted = _quote(note, part) if note is not None else ""
        room.embeds -= 1
        shown = f"![[{shorten(target, 80)}]]"
        if note is None:
            resolver.warn(EMBED, f"{shown} is no published note: left out")
            return ""
        link = f"[[{name}|{_NO_LABEL.sub(' ', note.title)}]]"
        if why := _why_not(note, quoted, around, room):
            resolver.warn(EMBED, f"{shown} {why}: a link to the note stands there")
            return link
        room.length -= len(quoted)
        inside = _expand(quoted, (*around, note.path), links, resolver, room)
        lines = [*inside.strip("\n").split("\n"), "", link]
        return "\n" + "\n".join(f"> {line}".rstrip() for line in lines) + "\n"

    text = masks.hide_code(body)
    text = _MARKDOWN.sub(lambda found: f"![[{unquote(found[1])}]]", text)
    return masks.restore(_WITHIN.sub("", _EMBED.sub(put, text)))


def _why_not(note: NoteSource, quoted: str, around: tuple[str, ...], room: _Room) -> str:
    if note.path in around:
        return "would be within itself"
    if not quoted.strip():
        return "has no such part"
    if len(around) > MAX_DEPTH or room.embeds < 0 or len(quoted) > room.length:
        return "is too much within one note"
    return ""


def split_target(target: str) -> tuple[str, str]:
    """The note and its part: a heading's words, or a block's id after `^`."""
    name, mark, part = target.partition("#")
    if not mark:
        name, mark, part = target.partition("^")
        part = f"^{part}" if mark else ""
    return name.strip(), _RANGE.sub("", part).strip()


def _quote(note: NoteSource, part: str) -> str:
    """What is quoted of a note: without comments and title, its links as from the notes folder."""
    masks = Masks()
    text = drop_comments(masks.hide_code(clean_text(note.body)))
    if part.startswith("^"):
        text = _find_block(text, part)
    elif part:
        text = _find_part(text, part.rpartition("#")[2])
    elif find_title(note.body):
        text = re.sub(r"\A\s*#[^\n]*\n?", "", text)
    folder = str(PurePosixPath(note.path).parent)
    if folder != ".":
        text = _RELATIVE.sub(lambda found: f"{found[1]}/{folder}/{found[2]}", text)
    return masks.restore(text)


def _find_part(text: str, name: str) -> str:
    """From a heading to the next one of its level or above."""
    wanted = heading_id(name)
    headings = list(_HEADING.finditer(text))
    for at, found in enumerate(headings):
        if heading_id(found[2]) == wanted:
            level = len(found[1])
            after = (one.start() for one in headings[at + 1 :] if len(one[1]) <= level)
            return text[found.start() : next(after, len(text))]
    return ""


def _find_block(text: str, mark: str) -> str:
    """The paragraph or list item that ends with the block's id, or the block before it."""
    before = ""
    for block in _blocks(text):
        lines = block.rstrip().split("\n")
        for line in lines:
            if line.rstrip().endswith(f" {mark}"):
                shown = line if line.lstrip().startswith(("-", "*", "+")) else block
                return shown.replace(mark, "").rstrip()
        if block.strip() == mark:
            return before
        if lines[-1].strip(" >") == mark:
            return "\n".join(lines[:-1])
        before = block
    return ""


def _blocks(text: str) -> Iterator[str]:
    yield from re.split(r"\n[ \t]*\n", text)
