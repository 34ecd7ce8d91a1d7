"""Front matter: the keys at the start of a note, in whichever form, and the body after them. Pure.

YAML between `---`, TOML between `+++`, JSON in braces, the `Key: value` header of Pelican and
MultiMarkdown, and Logseq's `key:: value`. A value stays the text that the author typed: `no` is
"no" and a date is no date yet. Whoever knows a key reads its type.
"""

from __future__ import annotations

import re
from typing import Final

from feeds.notes.fields import MAX_DEPTH, MAX_HEADER, Field, FrontMatter, Shape, by_key
from feeds.notes.headers import (
    looks_like_json,
    read_header,
    read_json,
    read_nikola,
    read_notion,
    read_properties,
    read_title_block,
    read_toml,
)
from storage.model import NoteError

__all__ = [
    "MAX_DEPTH",
    "MAX_HEADER",
    "Field",
    "FrontMatter",
    "Shape",
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
_CLOSING: Final = {"---": ("---", "..."), "+++": ("+++",)}
_PREAMBLE: Final = re.compile(
    r"(?:[ \t]*(?:(?:<!--(?:(?!-->)[^\0]){0,5000}-->|%%(?:(?!%%)[^\0]){0,5000}%%|\{/\*(?:(?!\*/)[^\0]){0,5000}\*/\}"
    r"|\{#(?:(?!#\})[^\0]){0,5000}#\})[ \t]*)?\n)+"
)
"""Blank lines, and comments of HTML, Obsidian, MDX and Nunjucks: a licence, a word to a linter."""


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
    if (nikola := read_nikola(text, path)) is not None:
        return nikola
    if (preamble := _PREAMBLE.match(text)) is not None:
        return _read_behind(text, preamble.end(), path)
    if text.startswith("% ") and (titled := read_title_block(text, path)) is not None:
        return titled
    found = read_properties(text, path) or read_header(text, path) or read_notion(text, path)
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
    fields = _read_header(fence, header, path)
    return FrontMatter(
        fields=by_key(fields, path), body=body, header=header if fence == "---" else ""
    )


def _read_header(fence: str, header: str, path: str) -> list[Field]:
    if fence == "+++":
        return read_toml(header, path)
    from feeds.notes.yamlheader import read_yaml  # its library takes long to load

    return read_yaml(header, path)


def _read_behind(text: str, start: int, path: str) -> FrontMatter:
    """Front matter behind blank lines and comments; a rule drawn there is no front matter."""
    rest, above = text[start:], text.count("\n", 0, start)
    try:
        if _is_fenced(rest) and (front := _read_fenced(rest, path, above)).fields:
            return front
        if looks_like_json(rest):
            return read_json(rest, path)
        if (found := read_properties(rest, path) or read_header(rest, path)) is not None:
            return found
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
