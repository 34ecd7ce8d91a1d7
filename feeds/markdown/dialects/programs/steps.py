"""The steps through a text whose code is masked, each taken only where its marks are. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from feeds.markdown.dialects.masks import Masks, Report, tell
from feeds.markdown.dialects.programs.boxes import read_asides, read_notices
from feeds.markdown.dialects.programs.brackets import read_blocks_of_content, read_brackets
from feeds.markdown.dialects.programs.directives import read_leaves, read_within
from feeds.markdown.dialects.programs.outlines import (
    STATES,
    read_blocks,
    read_macros,
    read_properties,
    read_states,
)
from feeds.markdown.dialects.programs.wordpress import read_wordpress

_Step = Callable[[str, Masks, Report], str]

_PRIORITY: Final = re.compile(
    r"^([ \t]*[-*+][ \t]+(?:\[[ x]\][ \t]+)?)\[#[A-C]\][ \t]+", re.MULTILINE
)
_INLINE_FIELD: Final = re.compile(r"\[([^\[\]:\n(]{1,60})::[ \t]*([^\[\]\n]{1,300})\](?![(\[:])")
_SILENT_FIELD: Final = re.compile(r"(?<![\w(])\(([A-Za-z][\w -]{0,60})::[ \t]+([^()\n]{1,300})\)")
"""Dataview's within a line: a key and its value, and one whose key is not shown."""
_BLOCK: Final = re.compile(
    r"\(\((?:[0-9a-f]{8}-[0-9a-f-]{4,40}|(?=[\w-]{0,8}[0-9_-])(?=[\w-]{0,8}[A-Za-z])[\w-]{9})\)\)"
)
"""What stands in a block elsewhere, in Logseq and in Roam."""
_SIZED: Final = re.compile(r"(?<=\))\{:[^{}\n]{0,200}\}")
_CARETS: Final = re.compile(r"\^\^(?=\S)([^\n^]{1,500}?)(?<=\S)\^\^")
_COLONS: Final = re.compile(
    r"::(?<![\w:]::)(?=[^\W_])([^:\n\[\](){}<>`\ufdd0]{1,200}?)(?<=[^\s,;/|])::(?![\w:])"
)
"""Bear's mark; what belongs to a program has no such pair of colons with words alone between."""
_TOC: Final = re.compile(
    r"^[ \t]*(?:[-*+]|\d\.)[ \t]+[^\n]{1,80}\n[ \t]*\{:[ \t]*toc[^}\n]*\}[ \t]*$", re.MULTILINE
)
_PLACE: Final = re.compile(r"(?<=[\](\"'(])(?:\{(?:static|filename|attach)\}|\|filename\|)")
_LISTED: Final = re.compile(
    r"\[([^\[\]\n]{1,300})\]\(\{(?:tag|category|author|index|archives)\}[^)\n]{0,300}\)"
)
_SPAN: Final = re.compile(
    r"(?<![\]!\\])\[([^\[\]\n]{1,500})\]\{(?:[.#]|[a-z][\w-]{0,30}=)[^{}\n]{0,200}\}"
)
_SNIPPET: Final = re.compile(r"^<<<[ \t]+[@./\w][^\n]{0,300}$", re.MULTILINE)
"""VitePress's: a file that stands there when the site is made."""
_BREAK: Final = re.compile(
    r"^(?:\+\+\+(?:[ \t]*\{[^\n]{0,300}\})?|\^\^\^)[ \t]*$|^[ \t]*\\(?:newpage|pagebreak|clearpage|bigskip|medskip|smallskip|noindent|(tableofcontents))\b[ \t]*$"
    r"|^<--->[ \t]*$",
    re.MULTILINE,
)
"""Pandoc's for what is printed, and where Hugo's columns end."""
_CONTENTS: Final = re.compile(r"^(?:@\[toc\]|\{\{TOC\}\})[ \t]*$", re.MULTILINE | re.IGNORECASE)
"""MultiMarkdown's place for the list of parts, and that of Chinese blogs."""
_MARKDOWN_WITHIN: Final = re.compile(
    r"^[ \t]*<(div|section|details|aside|article|figure|figcaption|blockquote)\b([^<>\n]{0,300}?)[ \t]+markdown"
    r"(?:=[\"']?(?:1|block|span|true)[\"']?)?((?:[ \t][^<>\n]{0,300})?)>[ \t]*$",
    re.MULTILINE,
)
"""kramdown's and Python-Markdown's: what is within is Markdown, as it is behind a blank line."""
_ICON: Final = re.compile(
    r":(?:octicons|material|fontawesome|simple)-[a-z0-9-]{1,60}:(?:\{[^{}\n]{0,100}\})?"
)
_KEYS: Final = re.compile(
    r"(?<![\w+])\+\+([a-z0-9][a-z0-9-]{0,20}(?:\+[a-z0-9][a-z0-9-]{0,20}){0,5})\+\+(?![\w+])"
)
_INCLUDED: Final = re.compile(
    r"^[ \t]*-{1,2}8<-{1,2}(?:[ \t]*\"[^\"\n]{1,300}\"[ \t]*$|[ \t]*\n(?:(?![ \t]*-{1,2}8<)[^\n]{0,300}\n){1,50}[ \t]*-{1,2}8<-{1,2}[ \t]*$)",
    re.MULTILINE,
)
"""Material's icons, PyMdown's keys to press, and a file that stands there when the site is made."""


def read_programs(text: str, masks: Masks, report: Report) -> str:
    """The text without what only its program reads; what would have shown something is told."""
    for marks, read in _STEPS:
        for mark in marks:  # no generator: most notes have none of them, and there are many
            if mark in text:
                text = read(text, masks, report)
                break
    return text


def _replaced(*steps: tuple[re.Pattern[str], str]) -> _Step:
    def read(text: str, _masks: Masks, _report: Report) -> str:
        for pattern, becomes in steps:
            text = pattern.sub(becomes, text)
        return text

    return read


def _taken_out(pattern: re.Pattern[str]) -> _Step:
    def read(text: str, masks: Masks, report: Report) -> str:
        def taken(found: re.Match[str]) -> str:
            tell(report, found, masks)
            return ""

        return pattern.sub(taken, text)

    return read


def _read_breaks(text: str, _masks: Masks, _report: Report) -> str:
    return _BREAK.sub(lambda found: "[TOC]" if found[1] else "", text)


def _show_keys(text: str, _masks: Masks, _report: Report) -> str:
    return _KEYS.sub(
        lambda found: "+".join(f"<kbd>{key}</kbd>" for key in found[1].split("+")), text
    )


_READING: Final = re.compile(
    r"(?<!</rp>)<rt(?:[ ][^<>]{0,100})?>[ ]?([^<>\n]{1,100}?)[ ]?(?:</rt>|(?=<))"
)
"""How a word is read in Japanese or Chinese, which few mail programs show above it: `漢<rt>かん</rt>`."""

_STEPS: Final[tuple[tuple[tuple[str, ...], _Step], ...]] = (
    (("::", "{!", "!include"), read_leaves),
    ((":",), read_within),
    (("::", "#+", "SCHEDULED:", "DEADLINE:", ":LOGBOOK:"), read_properties),
    ((":: ",), _replaced((_INLINE_FIELD, r"\1: \2"), (_SILENT_FIELD, r"\2"))),
    (("<aside>",), read_asides),
    (("{{[[",), read_blocks),
    (STATES, read_states),
    (("[#",), _replaced((_PRIORITY, r"\1"))),
    (("((",), _taken_out(_BLOCK)),
    (("<<<",), _taken_out(_SNIPPET)),
    (("\\", "<--->", "+++", "^^^"), _read_breaks),
    (("8<",), _taken_out(_INCLUDED)),
    ((":octicons-", ":material-", ":fontawesome-", ":simple-"), _replaced((_ICON, ""))),
    (("++",), _show_keys),
    (("@[", "{{TOC"), _replaced((_CONTENTS, "[TOC]"))),
    (("{{",), read_macros),
    (("{:",), read_notices),
    (("{:",), _replaced((_SIZED, ""), (_TOC, "\n[TOC]\n"))),
    (("markdown",), _replaced((_MARKDOWN_WITHIN, r"\n<\1\2\3>\n"))),
    (("::",), _replaced((_COLONS, r"<mark>\1</mark>"))),
    (("^^",), _replaced((_CARETS, r"<mark>\1</mark>"))),
    (("{", "|filename|"), _replaced((_SPAN, r"\1"), (_LISTED, r"\1"), (_PLACE, ""))),
    (("[",), read_wordpress),
    (("[", "{ruby "), read_brackets),
    (("<rt",), _replaced((_READING, r"(\1)"))),
    (("\n/",), read_blocks_of_content),
)  # fmt: skip
"""What each step looks for, quick to tell, and the step, in order."""
