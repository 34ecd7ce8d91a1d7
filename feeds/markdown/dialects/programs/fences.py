"""Fences and code within a line: what a program would run, and what is said to one about the code. Pure."""

from __future__ import annotations

import re
from typing import Final

from feeds.markdown.dialects.arguments import link
from feeds.markdown.dialects.callouts import box_fence
from feeds.markdown.dialects.masks import MOST_UNKNOWN, Masks, Report
from feeds.markdown.dialects.myst import read_roles, read_sheet
from feeds.markdown.dialects.players import read_films

_QUERY: Final = re.compile(
    r"(?:`{3,}|~{3,})[ \t]*(dataview(?:js)?|tasks|query|button|meta-bind[\w-]*|leaflet|tracker|chartsview|base|todoist"
    r"|excalidraw|timeline|mapview|kanban|smart-connections|dynamic-?embed|habittracker|calendar-nav|tasks-calendar)\b"
    r"|`(?:\$=|=[ \t]*(?:this|dv)\.|(?:INPUT|VIEW|BUTTON|META)\[)"
)
"""What an Obsidian plug-in makes something of, in a fence or within a line."""
_CARD: Final = re.compile(
    r"(?:`{3,}|~{3,})[ \t]*(?:cardlink|embed|vid|video|bookmark|link-?card|auto-embed)[ \t]*\n"
)
"""The links of plug-ins of Obsidian, with a title and a picture of what they lead to."""
_CARD_URL: Final = re.compile(
    r"^[ \t]*(?:(?:url|link|href|src):[ \t]*)?[\"']?(https?://[^\s\"'<>]{1,1000})", re.MULTILINE
)
_CARD_TITLE: Final = re.compile(r"^[ \t]*title:[ \t]*([^\n]{1,300})", re.MULTILINE | re.IGNORECASE)
_BEGUN: Final = (
    "```",
    "~~~",
    ":::",
    " ",
    "\t",
    "`$=",
    "`=",
    "`INPUT[",
    "`VIEW[",
    "`BUTTON[",
    "`META[",
)
"""Code that may be more than words of code; what stands within a line seldom is."""
_AD: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*ad-([a-z]{1,20})[ \t]*\n")
_AD_OPTION: Final = re.compile(r"(title|collapse|icon|color):[ \t]*([^\n]{0,200}?)[ \t]*(?:\n|\Z)")
"""The box of Obsidian's Admonition plug-in, and what it begins with."""
_MDX_BLOCK: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*mdx-code-block[ \t]*\n")
"""Docusaurus's: what other programs shall show as code."""
_CELL: Final = re.compile(r"([ \t]*(?:`{3,}|~{3,})[ \t]*)\{([A-Za-z]\w*)[^}\n]{0,300}\}[^\n]*\n")
_RAW: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*\{=(\w{1,20})\}[ \t]*\n")
"""Pandoc's: what stands in it is of that language already."""
_DIRECTIVE: Final = re.compile(r"(?:`{3,}|~{3,}|:{3,})[ \t]*(\{[A-Za-z][\w-]*\}[^\n]*)\n")
_OPTION: Final = re.compile(r"[ \t]*(?:#|//|--|%%)\|[^\n]*(?:\n|\Z)")
_UNSEEN: Final = re.compile(r"\b(?:include|echo)[ \t]*=[ \t]*(?:FALSE|F|false)\b")
"""R Markdown's, in a cell's first line."""
_HIDDEN: Final = re.compile(r"\|[ \t]*(?:include|echo)[ \t]*:[ \t]*false\b")
_SHEBANG: Final = re.compile(r"(`{1,2})(?:#!|:::)[a-z][\w+-]{0,20}[ ]+(?=[^`])")
"""PyMdown's language of code within a line."""
_CODE_MARK: Final = re.compile(
    r"(?<![ \t])[ \t]*(?://|#|--|%|;|/\*|<!--)[ \t]*\[!code [^\]\n]{1,60}\][ \t]*(?:\*/|-->)?[ \t]*$",
    re.MULTILINE,
)
"""VitePress's and Shiki's, which colour a line."""
_CODE_LINE: Final = re.compile(
    r"^[ \t>]*(?://|#|--|%|;|/\*|<!--|\{/\*)[ \t]*highlight-(?:next-line|start|end)[ \t]*(?:\*/\}?|-->)?[ \t]*\n",
    re.MULTILINE,
)
"""Docusaurus's, on a line of its own."""
_LANGUAGE_LINE: Final = re.compile(r"\A(?::::|#!)[a-z][\w+-]{0,20}[ \t]*\n[ \t>]*(?=\S)")
"""CodeHilite's, above indented code: a path behind `#!` is the program's own."""


def read_fences(text: str, masks: Masks, report: Report) -> str:
    """A text whose code is masked without blocks that a program would run and show the result of (an
    Obsidian query is told), and without the options of a document's cells.
    """
    for at, piece in enumerate(masks.pieces):
        shown = _read_fence(piece) if piece.startswith(_BEGUN) else _read_code(piece)
        if shown is None and len(report) < MOST_UNKNOWN:
            report.append((1 + text.count("\n", 0, max(text.find(f"\ufdd0{at}\ufdd1"), 0)), piece))
        masks.pieces[at] = shown or ""
    return read_roles(read_films(text, masks), masks, report)


def _read_fence(piece: str) -> str | None:
    """What a block of code shows; None for what its program would make."""
    if _QUERY.match(piece.lstrip()) is not None:
        return None
    if _MDX_BLOCK.match(piece) is not None:
        return _body_of(piece)
    if _CARD.match(piece) is not None and (url := _CARD_URL.search(piece)):
        name = _CARD_TITLE.search(piece)
        return link(url[1], (name[1] if name else "").strip(" \"'") or url[1])
    if (ad := _AD.match(piece)) is not None:
        return _read_ad(ad[1], _body_of(piece))
    if (raw := _RAW.match(piece)) is not None:
        return _body_of(piece) if raw[1].startswith("html") else ""
    return _read_directive(piece)


def _read_directive(piece: str) -> str | None:
    """What one of MyST's shows, or code."""
    box = _DIRECTIVE.match(piece)
    if box is not None and (boxed := box_fence(box[1].strip(), _body_of(piece))):
        return boxed
    shown = read_sheet(piece, _body_of(piece))
    return _read_code(piece) if shown is None else shown or None


def _read_code(piece: str) -> str:
    """Code without what is said of it to a program."""
    if (cell := _CELL.match(piece)) is not None:
        return _read_cell(cell, piece)
    if (shebang := _SHEBANG.match(piece)) is not None:
        return f"{shebang[1]}{piece[shebang.end() :]}"
    if piece[:1] not in "`~":
        return _LANGUAGE_LINE.sub("", piece)
    if "[!code " in piece:
        piece = _CODE_MARK.sub("", piece)
    return _CODE_LINE.sub("", piece) if "highlight-" in piece else piece


def _body_of(piece: str) -> str:
    """What stands within a fence that is closed."""
    return "\n".join(piece.split("\n")[1:-1])


def _read_ad(kind: str, body: str) -> str:
    title = ""
    while (option := _AD_OPTION.match(body)) is not None:
        title = option[2] if option[1] == "title" else title
        body = body[option.end() :]
    return (
        box_fence(f"{{{kind}}} {title}".rstrip(), body)
        or box_fence(f"{{note}} {title}".rstrip(), body)
        or body
    )


def _read_cell(cell: re.Match[str], piece: str) -> str:
    body, options = piece[cell.end() :], []
    while (option := _OPTION.match(body)) is not None and option.end():
        options.append(option[0])
        body = body[option.end() :]
    if any(_HIDDEN.search(option) for option in options) or _UNSEEN.search(cell[0]):
        return ""
    return f"{cell[1]}{cell[2]}\n{body}"
