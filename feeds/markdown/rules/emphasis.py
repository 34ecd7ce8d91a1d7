"""Marks of emphasis taken, and what is left of them joined with the text around. Pure.

What comes out is what the library's own rules give, which make each mark by way of several calls and move every
token of a line that has one; but in a bare address a mark is a letter like any other, as GitHub and Obsidian have it:
`https://example.com/src/__init__.py`.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Sequence
from typing import Final

from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from feeds.markdown.rules.tokens import new_token

_ADDRESS: Final = re.compile(
    r"(?<![A-Za-z0-9/])(?<!\]\()https?://[^\s<>\"()\[\]`]*(?:\([^\s<>\"()\[\]`]*\)[^\s<>\"()\[\]`]*)*",
    re.IGNORECASE,
)
"""An address that stands in the text; of parentheses those that are pairs."""
_GOES_ON: Final = {
    "_": re.compile(r"[.?=&#%:~+@-]?[A-Za-z0-9/]"),
    "*": re.compile(r"[A-Za-z0-9/]"),
}
"""What stands behind a mark that is within an address; at the end of one it closes what was opened before it."""


def find_addresses(line: str) -> Sequence[tuple[int, int]]:
    """Where bare addresses begin and end, in their order."""
    if "://" not in line:
        return ()
    return [found.span() for found in _ADDRESS.finditer(line)]


def _is_in_address(state: StateInline, start: int, end: int) -> bool:
    spans: Sequence[tuple[int, int]] = getattr(state, "addresses", ())
    at = bisect(spans, (start,)) - 1
    is_within = at >= 0 and end < spans[at][1]
    return is_within and _GOES_ON[state.src[start]].match(state.src, end) is not None


def take_emphasis(state: StateInline, silent: bool) -> bool:
    """A run of `*` or `_`: a text for each, which may become the beginning or the end of something."""
    if silent:
        return False
    start = state.pos
    marker = state.src[start]
    opens, closes, length = state.scanDelims(start, marker == "*")
    if (opens or closes) and _is_in_address(state, start, start + length):
        opens = closes = False
    if state.pending:
        state.pushPending()
    tokens, level, code = state.tokens, state.level, ord(marker)
    for at in range(len(tokens), len(tokens) + length):
        token = new_token("text", "", 0, level)
        token.content = marker
        tokens.append(token)
        state.delimiters.append(Delimiter(code, length, at, -1, opens, closes))
    state.tokens_meta += [None] * length
    state.pendingLevel = level
    state.pos = start + length
    return True


def join_fragments(state: StateInline) -> None:
    """Texts beside each other are one, the last of them; levels are those of the pairs that were found."""
    level = 0
    joined: list[Token] = []
    run: list[str] = []
    for token in state.tokens:
        if token.type == "text":
            if run:
                joined[-1] = token
            else:
                joined.append(token)
            run.append(token.content)
            token.level = level
            continue
        if len(run) > 1:
            joined[-1].content = "".join(run)
        run.clear()
        if token.nesting < 0:
            level -= 1
        token.level = level
        if token.nesting > 0:
            level += 1
        joined.append(token)
    if len(run) > 1:
        joined[-1].content = "".join(run)
    state.tokens[:] = joined
