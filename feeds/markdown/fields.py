"""Merge fields while a note is rendered: what is one in the HTML is one in the text. Pure.

    fields → marks → HTML and text, laid out with the marks → fields again, or braces as written

Whether a field stands in code is plain in the HTML and nowhere else, so that decides for both
(rules A24, D21).
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from html import escape
from typing import Final

from storage.model import CODE, FIELD, guard

TAGS_OF: Final = re.compile(r"(<[^>]*>)")
"""A tag of sanitised HTML, in whose attributes `>` is escaped."""
_NAME: Final = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_TAG_OR_FIELD: Final = re.compile(rf"<[^<>]*>|{FIELD.pattern}")


class Fields:
    """The fields of one note, and the marks that stand for them.

    A mark is letters and digits with a hash of the note in it: Markdown, sanitiser and layout
    leave it whole, it is about as long as a name, and no note contains it.
    """

    def __init__(self, body: str) -> None:
        self._body = body
        self._written: list[str] = []
        self._filled: set[int] = set()

    # Most notes have no field, and compiling a pattern takes long.
    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256(self._body.encode("utf-8", "replace")).hexdigest()[:8]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(rf"x{self._digest}n(\d+)x")

    def mark(self, written: str) -> str:
        """The mark of a field."""
        self._written.append(written)
        return f"x{self._digest}n{len(self._written) - 1}x"

    def mark_all(self, html: str) -> str:
        """Raw HTML with marks for its fields, but for those in tags."""
        return _TAG_OR_FIELD.sub(
            lambda found: found[0] if found[0].startswith("<") else self.mark(found[0]), html
        )

    def settle_html(self, html: str) -> str:
        """Sanitised HTML without marks: fields in prose, braces in code and in attributes."""
        if not self._written and "{{" not in html:
            return html
        pieces = TAGS_OF.split(html)
        depth = 0
        for at, piece in enumerate(pieces):
            if at % 2:
                depth += code_step(piece)
                pieces[at] = self._restore(piece, quote=True)
            elif depth > 0:
                pieces[at] = self._restore(piece)
            elif piece:
                if self._written:
                    self._filled |= {int(number) for number in self._pattern.findall(piece)}
                pieces[at] = self._restore(guard(piece))
        return "".join(pieces)

    def settle_text(self, text: str) -> str:
        """Plain text without marks, its fields those of the HTML, which was settled before."""
        guarded = guard(text)
        return self._pattern.sub(self._settle, guarded) if self._written else guarded

    def _settle(self, mark: re.Match[str]) -> str:
        written = self._written[int(mark[1])]
        return written if int(mark[1]) in self._filled else guard(written)

    def _restore(self, html: str, *, quote: bool = False) -> str:
        if not self._written:
            return html
        return self._pattern.sub(
            lambda mark: escape(self._written[int(mark[1])], quote=quote), html
        )


def code_step(tag: str) -> int:
    """By how much a tag changes how deep in code we are."""
    found = _NAME.match(tag)
    if not found or found[2] not in CODE:
        return 0
    return -1 if found[1] else 1
