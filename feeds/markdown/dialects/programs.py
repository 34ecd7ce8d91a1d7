"""What programs of notes and documents write that only they can read: Logseq, Obsidian, Pelican. Pure.

code masked | read_fences        blocks that a program would run
text        | read_programs      properties, references, addresses in braces

Pandoc's language is in pandoc.py, MDX in mdx.py.
"""

from __future__ import annotations

import re
from typing import Final

from feeds.markdown.dialects.callouts import box_fence
from feeds.markdown.dialects.masks import Masks, line_of

_QUERY: Final = re.compile(
    r"(?:`{3,}|~{3,})[ \t]*(dataview(?:js)?|tasks|query|button|meta-bind[\w-]*)\b"
)
_CELL: Final = re.compile(r"([ \t]*(?:`{3,}|~{3,})[ \t]*)\{([A-Za-z]\w*)[^}\n]{0,300}\}[^\n]*\n")
_RAW: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*\{=(\w{1,20})\}[ \t]*\n")
"""Pandoc's: what stands in it is of that language already."""
_DIRECTIVE: Final = re.compile(r"(?:`{3,}|~{3,}|:{3,})[ \t]*(\{[A-Za-z][\w-]*\}[^\n]*)\n")
_OPTION: Final = re.compile(r"[ \t]*(?:#|//|--|%%)\|[^\n]*(?:\n|\Z)")
_UNSEEN: Final = re.compile(r"\b(?:include|echo)[ \t]*=[ \t]*(?:FALSE|F|false)\b")
"""R Markdown's, in a cell's first line."""
_HIDDEN: Final = re.compile(r"\|[ \t]*(?:include|echo)[ \t]*:[ \t]*false\b")

_PROPERTY: Final = re.compile(
    r"^([ \t]*)(?:([-*+])[ \t]+)?(?:(?:id|collapsed|heading|background-color|public|query-\w[\w-]*|"
    r"card-[\w-]+|logseq\.[\w.-]+)::[^\n]*|(?:SCHEDULED|DEADLINE):[ \t]*<[^>\n]*>[ \t]*|"
    r"#\+(?:BEGIN|END)_\w+[^\n]*|:LOGBOOK:|:END:|CLOCK:[ \t]*\[[^\n]*)$\n?",
    re.MULTILINE,
)
_MARKER: Final = re.compile(
    r"^([ \t]*[-*+][ \t]+)(TODO|DOING|LATER|NOW|WAITING|DONE)[ \t]+(?=\S)", re.MULTILINE
)
_STATES: Final = ("TODO ", "DOING ", "LATER ", "NOW ", "WAITING ", "DONE ", "\t")
_BLOCK: Final = re.compile(r"\(\([0-9a-f]{8}-[0-9a-f-]{4,40}\)\)")
_MACRO: Final = re.compile(r"\{\{(\w+)[ \t]+((?:\[\[|\(\(|https?://)[^{}\n]{1,1000})\}\}")
_SIZED: Final = re.compile(r"(?<=\))\{:[^{}\n]{0,200}\}")
_CARETS: Final = re.compile(r"\^\^(?=\S)([^\n^]{1,500}?)(?<=\S)\^\^")

_TOC: Final = re.compile(
    r"^[ \t]*(?:[-*+]|\d\.)[ \t]+[^\n]{1,80}\n[ \t]*\{:[ \t]*toc[^}\n]*\}[ \t]*$", re.MULTILINE
)
_PLACE: Final = re.compile(r"(?<=[\](\"'(])(?:\{(?:static|filename|attach)\}|\|filename\|)")
_LISTED: Final = re.compile(
    r"\[([^\[\]\n]{1,300})\]\(\{(?:tag|category|author|index|archives)\}[^)\n]{0,300}\)"
)
_SPAN: Final = re.compile(r"(?<![\]!\\])\[([^\[\]\n]{1,500})\]\{[.#][^{}\n]{0,200}\}")

_SNIPPET: Final = re.compile(r"^<<<[ \t]+[@./\w][^\n]{0,300}$", re.MULTILINE)
"""VitePress's: a file that stands there when the site is made."""
_CODE_MARK: Final = re.compile(
    r"(?<![ \t])[ \t]*(?://|#|--|%|;|/\*|<!--)[ \t]*\[!code [^\]\n]{1,60}\][ \t]*(?:\*/|-->)?[ \t]*$",
    re.MULTILINE,
)
"""VitePress's and Shiki's, which colour a line."""
Report = list[tuple[int, str]]


def read_fences(text: str, masks: Masks, report: Report) -> str:
    """A text whose code is masked without blocks that a program would run and show the result of (an
    Obsidian query is told), and without the options of a document's cells.
    """
    for at, piece in enumerate(masks.pieces):
        if _QUERY.match(piece.lstrip()) is not None:
            masks.pieces[at] = ""
            report.append((1 + text.count("\n", 0, max(text.find(f"\ufdd0{at}\ufdd1"), 0)), piece))
        elif (raw := _RAW.match(piece)) is not None:
            masks.pieces[at] = _body_of(piece) if raw[1].startswith("html") else ""
        elif (box := _DIRECTIVE.match(piece)) is not None and (
            boxed := box_fence(box[1].strip(), _body_of(piece))
        ):
            masks.pieces[at] = boxed
        elif (cell := _CELL.match(piece)) is not None:
            masks.pieces[at] = _read_cell(cell, piece)
        elif "[!code " in piece:
            masks.pieces[at] = _CODE_MARK.sub("", piece)
    return text


def _body_of(piece: str) -> str:
    """What stands within a fence that is closed."""
    return "\n".join(piece.split("\n")[1:-1])


def _read_cell(cell: re.Match[str], piece: str) -> str:
    body, options = piece[cell.end() :], []
    while (option := _OPTION.match(body)) is not None and option.end():
        options.append(option[0])
        body = body[option.end() :]
    if any(_HIDDEN.search(option) for option in options) or _UNSEEN.search(cell[0]):
        return ""
    return f"{cell[1]}{cell[2]}\n{body}"


def read_programs(text: str, masks: Masks, report: Report) -> str:
    """The text without what only its program reads; what would have shown something is told."""
    if "::" in text or "#+" in text or "SCHEDULED:" in text or "DEADLINE:" in text:
        text = _PROPERTY.sub("", text)
    if any(word in text for word in _STATES):
        text = _MARKER.sub(lambda found: f"{found[1]}[{'x' if found[2] == 'DONE' else ' '}] ", text)
    if "((" in text:
        text = take_out(text, _BLOCK, masks, report)
    if "<<<" in text:
        text = take_out(text, _SNIPPET, masks, report)
    if "{{" in text:
        text = _read_macros(text, masks, report)
    if "{:" in text:
        text = _TOC.sub("\n[TOC]\n", _SIZED.sub("", text))
    if "markdown" in text:
        text = _MARKDOWN_WITHIN.sub(r"\n<\1\2\3>\n", text)
    if "^^" in text:
        text = _CARETS.sub(r"<mark>\1</mark>", text)
    if "{" in text or "|filename|" in text:
        text = _PLACE.sub("", _LISTED.sub(r"\1", _SPAN.sub(r"\1", text)))
    return text


def _read_macros(text: str, masks: Masks, report: Report) -> str:
    """Logseq's: a video is a link, what it embeds is Obsidian's embed, all else is told."""

    def replace(found: re.Match[str]) -> str:
        name, rest = found[1].lower(), found[2].strip()
        if rest.startswith("http") and name in {
            "video",
            "youtube",
            "vimeo",
            "tweet",
            "twitter",
            "pdf",
        }:
            return f"<{rest}>"
        if name == "embed" and rest.startswith("[["):
            return f"!{rest}"
        report.append((line_of(text, found.start(), masks), found[0]))
        return ""

    return _MACRO.sub(replace, text)


def mend_addresses(text: str) -> str:
    """The text with addresses that only some programs read as everybody does: `[a](my note.md)` with its
    blank, `![a](b.png =300x200)` with a size.
    """
    if "](" not in text:
        return text
    if "=" in text:
        text = _SIZED_PICTURE.sub(r"![\1|\3](\2\4)", text)
    return _BLANKS.sub(r"](<\1>\2)", text)


def take_out(text: str, pattern: re.Pattern[str], masks: Masks, report: Report) -> str:
    """The text without what fits, each told with its line, twenty at most."""

    def replace(found: re.Match[str]) -> str:
        if len(report) < _MOST:
            report.append((line_of(text, found.start(), masks), found[0]))
        return ""

    return pattern.sub(replace, text)


_MARKDOWN_WITHIN: Final = re.compile(
    r"^[ \t]*<(div|section|details|aside|article|figure|figcaption|blockquote)\b([^<>\n]{0,300}?)[ \t]+markdown"
    r"(?:=[\"']?(?:1|block|span|true)[\"']?)?((?:[ \t][^<>\n]{0,300})?)>[ \t]*$",
    re.MULTILINE,
)
"""kramdown's and Python-Markdown's: what is within is Markdown, as it is behind a blank line."""
_SIZED_PICTURE: Final = re.compile(
    r"!\[([^\[\]\n]{0,300})\]\(([^()\s<>]{1,500})[ ]+=(\d{1,4}(?:x\d{1,4})?)x?([ ]+\"[^\"\n]{0,300}\")?\)"
)
"""HackMD's, and of many plug-ins."""
_BLANKS: Final = re.compile(
    r"\]\((?![<\s])((?:https?://|/)?[^()<>\n\"'\s][^()<>\n\"']{0,300}[ ][^()<>\n\"']{0,300}?"
    r"(?:(?<=[^\s.])\.[A-Za-z][A-Za-z0-9]{1,4}(?:#[^()<>\n\"']{0,100})?))([ ]+\"[^\"\n]{0,300}\")?[ ]*\)"
)
"""What ends as a file's name does; words in brackets are no address."""
_MOST: Final = 20
