"""Boxes that are an element or a mark beside a paragraph: Notion's, and those of themes of Jekyll. Pure."""

from __future__ import annotations

import re
from typing import Final

from feeds.markdown.dialects.masks import Masks, Report

_ASIDE: Final = re.compile(
    r"^<aside>[ \t]*\n((?:(?!</?aside)[^\n]*\n){1,200}?)[ \t]*</aside>[ \t]*$", re.MULTILINE
)
"""Notion's box, whose content is Markdown."""
_PROMPT: Final = re.compile(
    r"^((?:>[^\n]*\n){1,60})\{:[ ]*\.prompt-(tip|info|warning|danger)[ ]*\}[ \t]*$", re.MULTILINE
)
_NOTICE: Final = re.compile(
    r"^((?:(?![>#`|{\s-])[^\n]+\n){1,40})\{:[ ]*\.notice(?:--([a-z]{1,20}))?[ ]*\}[ \t]*$",
    re.MULTILINE,
)
"""Boxes of Chirpy and Minimal Mistakes, themes of Jekyll, whose mark stands below them;"""
_ABOVE: Final = re.compile(
    r"(?:\A|(?<=\n\n))\{:[ ]*\.(note|tip|important|warning|caution|danger)[ ]*\}[ \t]*\n((?:[^\n]+(?:\n|\Z)){1,40})"
)
"""and of Just the Docs, above them."""


def read_asides(text: str, masks: Masks, _report: Report) -> str:
    """Notion's boxes as callouts."""
    return _ASIDE.sub(lambda found: _quoted(found[1], masks), text)


def read_notices(text: str, masks: Masks, _report: Report) -> str:
    """Paragraphs and quotations with a mark of kramdown's above or below them, as callouts."""
    text = _PROMPT.sub(lambda found: f"> [!{found[2]}]\n{found[1]}", text)

    def boxed(kind: str, words: str) -> str:
        lines = words.rstrip("\n").split("\n")
        within = lines if words.startswith(">") else [masks.shift(line, "> ") for line in lines]
        return "\n".join((f"> [!{kind}]", *within))

    text = _ABOVE.sub(lambda found: f"{boxed(found[1], found[2])}\n", text)
    return _NOTICE.sub(lambda found: boxed(found[2] or "note", found[1]), text)


def _quoted(inside: str, masks: Masks) -> str:
    lines = [masks.shift(line, "> ") for line in inside.strip("\n").split("\n")]
    return "\n".join(["", "> [!note]", *lines, ""])
