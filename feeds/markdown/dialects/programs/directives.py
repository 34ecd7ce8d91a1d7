"""Remark's directives that are no containers: `::name[label]{a="b"}` on a line, `:name[words]{…}` within one. Pure."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from feeds.markdown.dialects.arguments import Arguments, parse_arguments
from feeds.markdown.dialects.masks import Masks, Report, tell
from feeds.markdown.dialects.shown import show_or_tell

_LEAF: Final = re.compile(
    r"^[ \t]*::([a-z][\w-]{0,40})(?:\[([^\[\]\n]{0,300})\](?:\{([^{}\n]{0,300})\})?|\{([^{}\n]{0,300})\})[ \t]*$",
    re.MULTILINE,
)
_INCLUDED: Final = re.compile(
    r"^[ \t]*(?:\{![^{}!\n]{1,300}!\}|!include[ \t][^\n]{1,300})[ \t]*$", re.MULTILINE
)
"""The includes of Markdown-Include and others."""
_WITHIN: Final = re.compile(
    r":(?<![^\s(\[*_>]:)([a-z][a-z-]{1,30})\[([^\[\]\n]{1,300})\](?!\()(?:\{([^{}\n]{0,300})\})?"
)
_TAGS: Final = frozenset(
    {"kbd", "sub", "sup", "mark", "del", "ins", "u", "small", "code", "s", "em", "strong"}
)
_SHORT_ID: Final = re.compile(r"#([\w-]{1,64})")


def read_leaves(text: str, masks: Masks, report: Report) -> str:
    """Those that stand alone as what they show: a film, a picture, a link, a line; all else is told."""

    def shown(found: re.Match[str]) -> str:
        name, label, attributes = found[1], found[2] or "", found[3] or found[4] or ""
        if name in {"hr", "pagebreak", "divider"}:
            return "\n\n---\n\n" if name != "pagebreak" else ""
        given = parse_arguments(attributes)
        named = dict(given.named)
        if (short := _SHORT_ID.search(attributes)) is not None:
            named.setdefault("id", short[1])
        if label:
            named.setdefault("title", label)
        return show_or_tell(name, Arguments(named, ()), found, masks, report)

    def told(found: re.Match[str]) -> str:
        tell(report, found, masks)
        return ""

    return _INCLUDED.sub(told, _LEAF.sub(shown, text))


def read_within(text: str, _masks: Masks, _report: Report) -> str:
    """Those within a line as their words, and as the element that they name."""

    def shown(found: re.Match[str]) -> str:
        name, words = found[1], found[2]
        if name == "abbr" and (meaning := parse_arguments(found[3] or "").get("title")):
            return f'<abbr title="{escape(meaning)}">{words}</abbr>'
        if name in {"link", "a", "button"} and (
            url := parse_arguments(found[3] or "").get("href", "url", "to")
        ):
            return f"[{words}]({url})"
        return f"<{name}>{words}</{name}>" if name in _TAGS else words

    return _WITHIN.sub(shown, text)
