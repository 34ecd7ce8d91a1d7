"""What programs of notes and documents write that only they can read: Logseq, Obsidian, Quarto, Pelican, MDX. Pure.

code masked | read_fences        blocks that a program would run
text        | read_programs      properties, references, addresses in braces
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
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

_EXPORT: Final = re.compile(r"^(?:import|export)\b[^\n]*(?:\n(?![ \t]*\n)[^\n]*)*", re.MULTILINE)
_EXPRESSION: Final = re.compile(r"(?<![{\\$=])\{(?![{#:%])[^{}\n]{1,500}\}(?!\})")
_BOX: Final = re.compile(
    r"^[ \t]*<(Callout|Aside|Admonition|Alert|Note|Tip|Info|Warning|Caution|Danger|Important)\b([^<>\n]{0,300})>[ \t]*\n"
    r"((?:(?!^[ \t]*</\1>)[^\n]*\n){1,400}?)[ \t]*</\1>[ \t]*$",
    re.MULTILINE,
)
_SNIPPET: Final = re.compile(r"^<<<[ \t]+[@./\w][^\n]{0,300}$", re.MULTILINE)
"""VitePress's: a file that stands there when the site is made."""
_ELEMENT: Final = re.compile(
    r"<[a-z][\w.-]{0,30}[ \t](?:[^<>{}\n]|\{(?:[^{}\n]|\{[^{}\n]{0,100}+\}){0,300}+\}){0,1000}+>"
)
_COMPUTED: Final = re.compile(r"[ \t]+[\w:-]{1,60}=\{(?:[^{}\n]|\{[^{}\n]{0,100}+\}){0,300}+\}")
"""An attribute of an element that a program would compute."""
_SHOWN: Final = re.compile(
    r"^import[ \t]+(\w{1,60})[ \t]+from[ \t]+['\"]([^'\"\n]{1,300}\.(?:png|jpe?g|gif|webp|avif|svg))['\"]",
    re.MULTILINE | re.IGNORECASE,
)
_PICTURE: Final = re.compile(
    r"<(?:Image|Picture|Figure|Img|img)\b((?:[^<>{}\n]|\{[^{}\n]{0,300}\}|\n(?![ \t]*\n)){0,1000}?)/?>"
)
_HELD: Final = re.compile(
    r"\bsrc=\{[ \t]*(?:require\([\"']([^\"'\n]{1,300})[\"']\)|(\w{1,60}))(?:\.\w+)?[ \t]*\}"
)
_SAID: Final = re.compile(
    r"\b(alt|title|label|value)=(?:\"([^\"\n]*)\"|'([^'\n]*)'|\{[\"']([^\"'\n]*)[\"']\})"
)
_WRAPPER: Final = re.compile(
    r"^[ \t]*<(/?)(Tabs|TabItem|TabPanel|Tab|Steps|Step|CardGrid|Cards|FileTree|Fragment)\b([^<>\n]{0,500})>[ \t]*$",
    re.MULTILINE,
)
"""Components that only lay out what is in them."""
_CODE_MARK: Final = re.compile(
    r"(?<![ \t])[ \t]*(?://|#|--|%|;|/\*|<!--)[ \t]*\[!code [^\]\n]{1,60}\][ \t]*(?:\*/|-->)?[ \t]*$",
    re.MULTILINE,
)
"""VitePress's and Shiki's, which colour a line."""
_CITED: Final = re.compile(
    r"\[(?=[^\[\]\n]{0,500}?(?<![\w@])-?@[\w{])[^\[\]\n]{1,500}\](?![(\[{:])"
)
_CITE: Final = re.compile(
    r"(?<![\w@\\/])-?@(?:\{([^{}\n]{1,200})\}|(\w(?:[\w:.#$%&+?<>~/-]{0,100}\w)?))"
)
_CROSS: Final = re.compile(r"(?:fig|tbl|sec|eq|lst|thm)-[\w-]{1,100}")
_NAMED_PART: Final = re.compile(
    r"^#{1,6}[ \t]+([^\n{]{1,300}+)\{#(sec-[\w-]{1,100})[^}\n]{0,200}\}", re.MULTILINE
)
_NAMED_FIGURE: Final = re.compile(
    r"!\[([^\]\n]{1,300})\]\([^)\n]{1,500}\)\{#(fig-[\w-]{1,100})[^}\n]{0,300}\}"
)
_GIVEN: Final = re.compile(r"\b(type|kind|variant|title)\s*=\s*\{?[\"']([^\"'\n]{1,100})[\"']")

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
        text = _take(text, _BLOCK, masks, report)
    if "<<<" in text:
        text = _take(text, _SNIPPET, masks, report)
    if "{{" in text:
        text = _read_macros(text, masks, report)
    if "{:" in text:
        text = _TOC.sub("\n[TOC]\n", _SIZED.sub("", text))
    if "^^" in text:
        text = _CARETS.sub(r"<mark>\1</mark>", text)
    if "]{" in text:
        text = _SPAN.sub(r"\1", text)
    if "{" in text or "|filename|" in text:
        text = _PLACE.sub("", _LISTED.sub(r"\1", text))
    return text


def read_mdx(text: str, masks: Masks, report: Report) -> str:
    """MDX without its imports, exports and expressions; its boxes as quotations."""
    pictures = dict(_SHOWN.findall(text))
    text = _EXPORT.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = _PICTURE.sub(lambda found: _show_picture(found, pictures), text)
    text = _ELEMENT.sub(lambda found: _COMPUTED.sub("", found[0]), text)
    text = _WRAPPER.sub(_unwrap, _BOX.sub(_box, text))
    return _take(text, _EXPRESSION, masks, report)


def _show_picture(found: re.Match[str], pictures: Mapping[str, str]) -> str:
    """A picture that was imported; what shows none that is known stays as it is."""
    held = _HELD.search(found[1])
    source = (held[1] or pictures.get(held[2], "")) if held else ""
    if not source:
        return found[0]
    said = {name: a or b or c for name, a, b, c in _SAID.findall(found[1])}
    return f'<img src="{escape(source)}" alt="{escape(said.get("alt", ""))}">'


def _unwrap(found: re.Match[str]) -> str:
    """What one of several stands for is said in bold."""
    said = {name: a or b or c for name, a, b, c in _SAID.findall(found[3])}
    label = said.get("label") or said.get("title") or said.get("value") or ""
    return f"\n**{label}**\n" if label and not found[1] and found[2] != "Tabs" else ""


def read_citations(text: str) -> str:
    """Pandoc's citations by their keys, without its signs; a reference to a figure or part by its name."""
    names = {
        name: words for words, name in (*_NAMED_PART.findall(text), *_NAMED_FIGURE.findall(text))
    }

    def cite(found: re.Match[str]) -> str:
        key = found[1] or found[2]
        if _CROSS.fullmatch(key):
            words = names.get(key, key.partition("-")[2].replace("-", " "))
            return f"[{words}](#{key})" if key.startswith("sec-") and key in names else words
        return key

    def bracketed(found: re.Match[str]) -> str:
        return f"({_CITE.sub(cite, found[0][1:-1])})"

    return _CITE.sub(cite, _CITED.sub(bracketed, text)) if "@" in text else text


def _box(found: re.Match[str]) -> str:
    given = dict(_GIVEN.findall(found[2]))
    kind = given.get("type") or given.get("kind") or given.get("variant") or found[1]
    kind = kind.lower() if re.fullmatch(r"[A-Za-z]{1,20}", kind) else "note"
    kind = "note" if kind in {"callout", "aside", "admonition", "alert", "default"} else kind
    lines = [line.strip() for line in found[3].strip("\n").split("\n")]
    inside = "\n".join(f"> {line}".rstrip() for line in lines)
    return f"\n> [!{kind}] {given.get('title', '')}".rstrip() + f"\n{inside}\n"


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


def _take(text: str, pattern: re.Pattern[str], masks: Masks, report: Report) -> str:
    """The text without what fits, each told with its line, twenty at most."""

    def replace(found: re.Match[str]) -> str:
        if len(report) < _MOST:
            report.append((line_of(text, found.start(), masks), found[0]))
        return ""

    return pattern.sub(replace, text)


_MOST: Final = 20
