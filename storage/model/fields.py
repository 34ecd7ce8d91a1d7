"""How merge fields stand in an issue's words: the notation that crosses from room to room. Pure.

`{{ name | there }}` in prose is a field. What looks like one and is not, such as an example in
code, has GUARD after its first two braces wherever plain text cannot say that it is code.
"""

from __future__ import annotations

import re
from typing import Final

FIELD: Final = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*(?:\|([^{}|]*))?\}\}")
"""A field: its name, and after a bar what stands there for a reader without one."""

GUARD: Final = "\u2060"
"""A word joiner: nobody sees it, should it ever be left in."""

CODE: Final = frozenset({"code", "kbd", "pre", "samp"})
"""Elements of HTML whose text is shown as it is written, fields and all."""


def guard(text: str) -> str:
    """`text` in which nothing is a field any more."""
    if "{{" not in text:
        return text
    return FIELD.sub(lambda found: f"{{{{{GUARD}{found[0][2:]}", text)


def unguard(text: str) -> str:
    """`text` as its author wrote it."""
    return text.replace("{{" + GUARD, "{{")
