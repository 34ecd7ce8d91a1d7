"""Merge fields, `{{ name | there }}`, found in what an author wrote. Pure.

The fields are `name` and `email`, each with an optional default after a bar. Anything else in
double braces is text: it stays as it is, and the author is told. Rendering has told apart what is
a field and what only looks like one (storage/model/fields.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Final
from urllib.parse import unquote

from mailer.compose import fragment
from mailer.compose.headers import one_line
from storage.model import FIELD, GUARD, unguard

NAMES: Final = ("email", "name")
"""The fields that are known."""

_BEGINS: Final = re.compile(r"\w://|\bmailto:|\]\(")
"""With what an address begins, as text shows it or Markdown writes it."""
_DEFINES: Final = re.compile(r"^\[[^\]\n]{1,100}\]: *\Z", re.MULTILINE)
"""What stands before the address of a definition."""
_ENDS: Final = re.compile(r"[\s{}]")
_LONGEST: Final = 2000
"""Letters before a field that are looked at: an address is no longer."""

Put = Callable[[str, str], str]
"""(field, default) → what stands in its place."""

_LOOSE: Final = re.compile(rf"\{{\{{(?!{GUARD})[^\n{{]{{0,30}}")
"""Double braces and what follows them, as far as it is worth showing."""


def in_text(text: str, put: Put) -> str:
    """A title, a summary or plain text with its fields replaced."""
    return unguard(FIELD.sub(lambda match: _replace(match, put), text))


def in_html(html: str, put: Put) -> str:
    """Sanitised HTML with its fields replaced, but for those in code and in attributes.

    `put` gets the default as plain text and returns HTML.
    """
    return fragment.map_prose(html, lambda prose: in_text(prose, _unescaped(put)))


def unknown_fields(html: str, *lines: str) -> tuple[str, ...]:
    """The names in double braces that are no field, outside code, in alphabetical order."""
    found = {match[1] for text in (*_prose(html), *lines) for match in FIELD.finditer(text)}
    return tuple(sorted(name for name in found if name.lower() not in NAMES))


def loose_braces(html: str, *lines: str) -> tuple[str, ...]:
    """Double braces outside code with which no field begins, and what follows them, in order."""
    texts = (unescape(FIELD.sub("", text)) for text in (*_prose(html), *lines))
    found = (match[0].strip() for text in texts for match in _LOOSE.finditer(text))
    return tuple(dict.fromkeys(found))


def has_gap(line: str) -> bool:
    """Whether a line lacks something for a reader without a name."""
    names = (match for match in FIELD.finditer(line) if match[1].lower() == "name")
    return not all((match[2] or "").strip() for match in names)


def fields_in_tags(html: str) -> tuple[str, ...]:
    """Fields in addresses and alternative texts, where nothing is filled in, in order."""
    tags = (unquote(unescape(token)) for token in fragment.tokens(html) if token.startswith("<"))
    return tuple(dict.fromkeys(match[0] for tag in tags for match in FIELD.finditer(tag)))


def fields_behind_addresses(html: str) -> tuple[str, ...]:
    """Fields at which an address in the text ends, since none can hold a blank, outside code, in order: they are
    filled in as words behind it, and where it was to be a link there is none.
    """
    text = unescape("".join(_prose(html)))
    return tuple(
        dict.fromkeys(
            field[0]
            for field in FIELD.finditer(text)
            if _ends_an_address(text[max(0, field.start() - _LONGEST) : field.start()])
        )
    )


def _ends_an_address(before: str) -> bool:
    last = _ENDS.split(before)[-1]
    begins = _BEGINS.search(last) or _DEFINES.search(before.removesuffix(last)[-110:])
    return begins is not None


def public_text(text: str) -> str:
    """A title, a summary or plain text for readers whom nobody knows: each field is its default."""
    return in_text(text, lambda _field, default: default)


def public_html(html: str) -> str:
    """HTML for readers whom nobody knows, in feeds and on pages: each field is its default."""
    return in_html(html, lambda _field, default: escape(default, quote=False))


def _prose(html: str) -> list[str]:
    """The texts outside code, still escaped."""
    found: list[str] = []

    def keep(prose: str) -> str:
        found.append(prose)
        return prose

    fragment.map_prose(html, keep)
    return found


def _replace(match: re.Match[str], put: Put) -> str:
    field = match[1].lower()
    if field not in NAMES:
        return match[0]
    return put(field, " ".join(one_line(match[2] or "").split()))


def _unescaped(put: Put) -> Put:
    return lambda field, default: put(field, unescape(default))
