"""Marks of emphasis taken, and what is left of them joined with the text around. Pure.

What comes out is what the library's own rules give, which make each mark by way of several calls and move every
token of a line that has one.
"""

from __future__ import annotations

from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from feeds.markdown.rules.tokens import new_token


def take_emphasis(state: StateInline, silent: bool) -> bool:
    """A run of `*` or `_`: a text for each, which may become the beginning or the end of something."""
    if silent:
        return False
    start = state.pos
    marker = state.src[start]
    opens, closes, length = state.scanDelims(start, marker == "*")
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
