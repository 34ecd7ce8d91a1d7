"""Merge fields, `{{ name | there }}`, found in what an author wrote. Pure.

The fields are `name` and `email`, each with an optional default after a bar. Anything else in
double braces is text: it stays as it is, and the author is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Final

from mailer import fragment
from mailer.headers import clean_line

NAMES: Final = ("email", "name")
"""The fields that are known."""

Put = Callable[[str, str], str]
"""(field, default) → what stands in its place."""

_FIELD: Final = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*(?:\|([^{}|]*))?\}\}")
_CODE_OR_FIELD: Final = re.compile(r"^(?: {4}|\t).*$|`[^`\n]*`|" + _FIELD.pattern, re.MULTILINE)


def in_line(text: str, put: Put) -> str:
    """A title or summary with its fields replaced."""
    return _FIELD.sub(lambda match: _replace(match, put), text)


def in_html(html: str, put: Put) -> str:
    """Sanitised HTML with its fields replaced, but for those in code and in attributes.

    `put` gets the default as plain text and returns HTML.
    """
    return fragment.map_prose(html, lambda prose: in_line(prose, _unescaped(put)))


def in_text(text: str, html: str, put: Put) -> str:
    """The plain text of the same issue with its fields replaced.

    Plain text does not say what is code. If the HTML has a field in its code, then indented lines
    and what stands between backticks are left alone here; else every field is replaced.
    """
    if not _FIELD.search(fragment.code_text(html)):
        return in_line(text, put)
    return _CODE_OR_FIELD.sub(lambda match: _replace(match, put), text)


def unknown_fields(html: str, *lines: str) -> tuple[str, ...]:
    """The names in double braces that are no field, outside code, in alphabetical order."""
    found: set[str] = set()

    def note(prose: str) -> str:
        found.update(match[1] for match in _FIELD.finditer(prose))
        return prose

    fragment.map_prose(html, note)
    for line in lines:
        note(line)
    return tuple(sorted(name for name in found if name.lower() not in NAMES))


def public_line(text: str) -> str:
    """A title or summary for readers whom nobody knows: each field is its default."""
    return in_line(text, lambda _field, default: default)


def public_html(html: str) -> str:
    """HTML for readers whom nobody knows, in feeds and on pages: each field is its default."""
    return in_html(html, lambda _field, default: escape(default, quote=False))


def public_text(text: str, html: str) -> str:
    """Plain text for readers whom nobody knows: each field is its default."""
    return in_text(text, html, lambda _field, default: default)


def _replace(match: re.Match[str], put: Put) -> str:
    field = (match[1] or "").lower()
    if field not in NAMES:
        return match[0]
    return put(field, " ".join(clean_line(match[2] or "").split()))


def _unescaped(put: Put) -> Put:
    return lambda field, default: put(field, unescape(default))
