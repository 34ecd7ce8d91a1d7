"""MyST's roles, which stand in front of code within a line, and its blocks. Pure."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from feeds.markdown.dialects.masks import Masks

_ROLE: Final = re.compile(r"\{([a-z][a-z:]{1,20})\}\ufdd0(\d+)\ufdd1")
_ROLE_TARGET: Final = re.compile(r"([^<>]{0,300}?)[ \t]*<([^<>\s]{1,300})>")
_ROLE_TAGS: Final = {
    "kbd": "kbd",
    "sub": "sub",
    "subscript": "sub",
    "sup": "sup",
    "superscript": "sup",
}
_ROLE_WORDS: Final = frozenset(
    {
        "term",
        "ref",
        "numref",
        "any",
        "eq",
        "abbr",
        "file",
        "menuselection",
        "guilabel",
        "command",
        "program",
    }
)
"""MyST's and Sphinx's, in front of code within a line."""
_SHEET: Final = re.compile(r"(`{3,}|~{3,})[ \t]*\{([a-z][a-z-]{1,20})\}[ \t]*([^\n]*)\n")
_SHEET_OPTION: Final = re.compile(r"[ \t]*:([a-z][\w-]{0,30}):[ \t]*([^\n]*)(?:\n|\Z)")
_CODE_SHEETS: Final = frozenset({"code", "code-block", "code-cell", "sourcecode"})
_MADE_SHEETS: Final = frozenset(
    {
        "toctree",
        "contents",
        "tableofcontents",
        "include",
        "bibliography",
        "glossary",
        "index",
        "eval-rst",
        "literalinclude",
    }
)
"""MyST's blocks that are code, and those whose content is made with the site."""


def read_roles(text: str, masks: Masks) -> str:
    """A text whose code is masked with MyST's roles, which stand in front of code, as readers see them."""
    if "}\ufdd0" not in text:
        return text
    return _ROLE.sub(lambda found: _read_role(found, masks), text)


def _read_role(found: re.Match[str], masks: Masks) -> str:
    """MyST's `{doc}` and its like, as the words that it shows; one that is not known stays code."""
    piece = masks.pieces[int(found[2])]
    name, inside = found[1], piece.strip("`").strip()
    target = _ROLE_TARGET.fullmatch(inside)
    if name == "math":
        return f"${inside}$"
    if name in {"doc", "download"}:
        words, path = (target[1], target[2]) if target else ("", inside)
        return f"[{words or path.rpartition('/')[2]}]({path})"
    if name in _ROLE_TAGS:
        return f"<{_ROLE_TAGS[name]}>{escape(inside)}</{_ROLE_TAGS[name]}>"
    if name not in _ROLE_WORDS:
        return found[0]
    return (target[1] or target[2]) if target else inside.removeprefix("~")


def read_sheet(piece: str, body: str) -> str | None:
    """MyST's block that is no box; None for one that is not known, empty for one that is made with the site."""
    sheet = _SHEET.match(piece)
    if sheet is None:
        return None
    fence, name, first = sheet[1], sheet[2], sheet[3].strip()
    options: dict[str, str] = {}
    while (option := _SHEET_OPTION.match(body)) is not None and option.end():
        options[option[1]] = option[2].strip()
        body = body[option.end() :]
    if name in {"figure", "image"} and first:
        caption = " ".join(body.split()).replace('"', "'")
        return f"\n\n![{options.get('alt', '')}](<{first}>" + (f' "{caption}")' if caption else ")")
    if name in _CODE_SHEETS:
        return f"{fence}{first}\n{body}\n{fence}"
    return "" if name in _MADE_SHEETS else None
