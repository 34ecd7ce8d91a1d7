"""MyST's roles, which stand in front of code within a line, and its blocks. Pure."""

from __future__ import annotations

import csv
import re
from html import escape
from typing import Final

from feeds.markdown.dialects.masks import MOST_UNKNOWN, Masks, Report, line_of
from feeds.markdown.speech import say
from words import to_say

_ROLE: Final = re.compile(r"(?<![$}\\])\{([a-z][a-z0-9:_-]{1,30})\}\ufdd0(\d+)\ufdd1")
_ROLE_TARGET: Final = re.compile(r"([^<>]{0,300}?)[ \t]*<([^<>\s]{1,300})>")
_ROLE_TAGS: Final = {
    "kbd": "kbd",
    "sub": "sub",
    "subscript": "sub",
    "sup": "sup",
    "superscript": "sup",
    "strike": "del",
    "del": "del",
    "u": "u",
    "underline": "u",
    "emphasis": "em",
    "strong": "strong",
    "code": "code",
    "literal": "code",
}
_ICON: Final = re.compile(r"octicon|material-|fa[srb]?\Z|icon")
_CITED: Final = re.compile(r"(?:foot)?(?:full)?cite(?::([a-z]+))?")
_CITED_WITHIN: Final = frozenset({"t", "ct", "author", "year", "alp"})
_SPECIFIED: Final = {
    "rfc": ("RFC", "https://www.rfc-editor.org/rfc/rfc{}"),
    "pep": ("PEP", "https://peps.python.org/pep-{:0>4}/"),
}
_LABEL: Final = re.compile(
    r"^\(([A-Za-z][\w .:/-]{0,100})\)=[ \t]*\n(?:[ \t]*\n){0,3}(?:(#{1,6}[ \t]+[^\n{]{1,300}?)[ \t]*$)?",
    re.MULTILINE,
)
"""Where something can be led to, and the heading that it stands above."""
_REMARK: Final = re.compile(r"^%(?:[ \t][^\n]*)?$", re.MULTILINE)
_SIGNS: Final = re.compile(r"^:{3,}[ ]?\{[a-z]|^\([A-Za-z][\w.:-]{0,60}\)=[ \t]*$", re.MULTILINE)
_MYST_FENCE: Final = re.compile(
    r"(?:`{3,}|~{3,})[ \t]*\{(?:note|tip|warning|important|admonition|seealso|figure|image|code-block|code-cell|math|toctree"
    r"|list-table|csv-table|margin|sidebar|epigraph|glossary|tableofcontents|dropdown|card|grid|tab-set)\}"
)
"""What tells that a note is MyST's, where a line of it may be a remark."""
_FENCES: Final = ("```", "~~~")
_QUOTED: Final = frozenset({"epigraph", "pull-quote", "highlights"})
_ASIDE: Final = frozenset(
    {
        "margin",
        "sidebar",
        "topic",
        "aside",
        "card",
        "tab-item",
        "grid-item-card",
        "rubric",
        "centered",
        "exercise",
        "solution",
    }
)
_CHANGED: Final = {
    "versionadded": to_say("New in {version}."),
    "versionchanged": to_say("Changed in {version}."),
    "deprecated": to_say("Deprecated since {version}."),
    "versionremoved": to_say("Removed in {version}."),
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
        "smallcaps",
        "envvar",
        "option",
        "samp",
        "dfn",
        "mimetype",
        "newsgroup",
        "regexp",
        "button",
        "index",
        "title",
        "ref-text",
        "prf",
    }
)
"""MyST's and Sphinx's, in front of code within a line."""
_SHEET: Final = re.compile(r"(`{3,}|~{3,})[ \t]*\{((?:prf:)?[a-z][a-z-]{1,20})\}[ \t]*([^\n]*)\n")
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


def is_myst(text: str, masks: Masks) -> bool:
    """Whether a text whose code is masked is MyST's, by what it has of it."""
    if any(piece.startswith(_FENCES) and _MYST_FENCE.match(piece) for piece in masks.pieces):
        return True
    return (":::" in text or ")=\n" in text) and _SIGNS.search(text) is not None


def read_labels(text: str) -> str:
    """MyST's text without its remarks, and with its labels as the addresses of the headings below them."""

    def labelled(found: re.Match[str]) -> str:
        lines = "\n" * found[0].count("\n")
        name = re.sub(r"[^\w.:-]", "-", found[1])
        return f"{lines}{found[2]} {{#{name}}}" if found[2] else lines

    return _LABEL.sub(labelled, _REMARK.sub("", text))


def read_roles(text: str, masks: Masks, report: Report) -> str:
    """A text whose code is masked with MyST's roles, which stand in front of code, as readers see them."""
    if "}\ufdd0" not in text:
        return text
    return _ROLE.sub(lambda found: _read_role(found, masks, report), text)


def _read_role(found: re.Match[str], masks: Masks, report: Report) -> str:
    """MyST's `{doc}` and its like, as the words that it shows; one that is not known is told."""
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
    if name == "eq":
        return f"\\eqref{{{inside}}}"
    if _ICON.match(name):
        return ""
    if (cited := _CITED.fullmatch(name)) is not None:
        return f"\\{'citet' if cited[1] in _CITED_WITHIN else 'citep'}{{{inside}}}"
    if name in _SPECIFIED:
        words, url = _SPECIFIED[name]
        number = inside.partition("#")[0].strip()
        return f"[{words} {number}]({url.format(number)})"
    is_known = name in _ROLE_WORDS or ":" in name or name.startswith(("bdg", "btn"))
    if not is_known and len(report) < MOST_UNKNOWN:
        source = f"{{{name}}}{piece}"
        report.append((line_of(found.string, found.start(), masks), source))
    return (target[1] or target[2]) if target else inside.removeprefix("~")


def say_change(name: str, words: str) -> str:
    """In which version something came, changed or went, and what else is said on that line."""
    version, _, more = words.strip().partition(" ")
    said = f"*{say(_CHANGED[name], version=version)}*" if version else ""
    return f"{said} {more.strip()}".strip()


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
    if name in _TABLES:
        body = f"{options['header']}\n{body}" if options.get("header") else body
        return _table(name, first, body)
    if name in _QUOTED:
        return "\n".join(f"> {line}".rstrip() for line in body.strip("\n").split("\n"))
    if name in _ASIDE or name.startswith("prf:"):
        return f"\n\n**{first}**\n\n{body}\n" if first else f"\n\n{body}\n"
    if name in _CHANGED:
        return " ".join(filter(None, (say_change(name, first), body.strip())))
    if name in {"figure", "image"} and first:
        caption = " ".join(body.split()).replace('"', "'")
        return f"\n\n![{options.get('alt', '')}](<{first}>" + (f' "{caption}")' if caption else ")")
    if name in _CODE_SHEETS:
        return f"{fence}{first}\n{body}\n{fence}"
    return "" if name in _MADE_SHEETS else None


_TABLES: Final = frozenset({"list-table", "csv-table"})
_ROW: Final = re.compile(r"[ \t]*[*-][ \t]+[*-](?:[ \t]+|\Z)")
_NEXT: Final = re.compile(r"[ \t]*[*-](?:[ \t]+|\Z)")


def _table(name: str, title: str, body: str) -> str:
    """MyST's table of lists, or of values with commas, as everybody's; options at its beginning are gone, but its header."""
    rows: list[list[str]] = []
    if name == "csv-table":
        rows = [row for row in csv.reader(body.strip().split("\n")) if row]
    else:
        for line in body.split("\n"):
            if (first := _ROW.match(line)) is not None:
                rows.append([line[first.end() :].strip()])
            elif rows and (more := _NEXT.match(line)) is not None:
                rows[-1].append(line[more.end() :].strip())
            elif rows and line.strip():
                rows[-1][-1] += f" {line.strip()}"
    if not rows:
        return ""
    widest = max(map(len, rows))
    cells = [
        [one.replace("|", "\\|") for one in (*row, *[""] * (widest - len(row)))] for row in rows
    ]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    caption = f"\n\n*{title}*" if title else ""
    return "\n".join(["", "", lines[0], f"|{'---|' * widest}", *lines[1:]]) + caption + "\n"
