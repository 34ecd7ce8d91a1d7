"""Addresses of links and pictures that only some programs read as everybody does. Pure."""

from __future__ import annotations

import re
from typing import Final

_SIZED_PICTURE: Final = re.compile(
    r"!\[([^\[\]\n]{0,300})\]\(([^()\s<>]{1,500})[ ]+=(?:(\d{1,4}(?:x\d{1,4})?)x?|x\d{1,4})([ ]+\"[^\"\n]{0,300}\")?\)"
)
"""HackMD's, and of many plug-ins; a height alone says no width."""
_BLANKS: Final = re.compile(
    r"\]\((?![<\s])((?:https?://|/)?[^()<>\n\"'\s][^()<>\n\"']{0,300}[ ][^()<>\n\"']{0,300}?"
    r"(?:(?<=[^\s.])\.[A-Za-z][A-Za-z0-9]{1,4}(?:#[^()<>\n\"']{0,100})?))([ ]+\"[^\"\n]{0,300}\")?[ ]*\)"
)
"""What ends as a file's name does; words in brackets are no address."""


def mend_addresses(text: str) -> str:
    """The text with addresses that only some programs read as everybody does: `[a](my note.md)` with its
    blank, `![a](b.png =300x200)` with a size.
    """
    if "](" not in text:
        return text
    if "=" in text:
        text = _SIZED_PICTURE.sub(_mend_picture, text)
    return _BLANKS.sub(r"](<\1>\2)", text)


def _mend_picture(found: re.Match[str]) -> str:
    size = f"|{found[3]}" if found[3] else ""
    return f"![{found[1]}{size}]({found[2]}{found[4] or ''})"
