"""Lists of definitions as people write them, where the library's plug-in has less. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from feeds.markdown.rules.terms import MOST_TERMS, TERM
from feeds.markdown.rules.tokens import new_token


def define_more(parser: MarkdownIt) -> None:
    """The plug-in takes a colon for a definition also where the line is indented code (CommonMark 4.4), and knows
    no several terms of one, as PHP Markdown Extra has them.
    """
    [rule] = (one for one in parser.block.ruler.__rules__ if one.name == "deflist")
    defined = rule.fn

    def define(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if silent:
            return defined(state, start, end, silent)
        line = start + 2
        if line < end and state.isEmpty(line - 1) and state.is_code_block(line):
            return False
        last = _find_last_term(state, start, end)
        at = len(state.tokens)
        if not defined(state, last, end, silent):
            return False
        if last > start:
            state.tokens[at].map = [start, state.line]
            state.tokens[at + 1 : at + 1] = _terms(
                state, range(start, last), state.tokens[at + 1].level
            )
        return True

    parser.block.ruler.at("deflist", define, {"alt": rule.alt})


def _find_last_term(state: StateBlock, start: int, end: int) -> int:
    """The line before the one that begins with a colon, if only a few short ones stand before it; else the first."""
    for line in range(start, min(end, start + MOST_TERMS + 1)):
        text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
        if line > start and text[:2] in {": ", ":\t"}:
            return line - 1
        if not TERM.fullmatch(text):
            break
    return start


def _terms(state: StateBlock, lines: Iterable[int], level: int) -> Iterator[Token]:
    for line in lines:
        opening, inline = (
            new_token("dt_open", "dt", 1, level),
            new_token("inline", "", 0, level + 1),
        )
        closing = new_token("dt_close", "dt", -1, level)
        opening.map = inline.map = [line, line]
        inline.content = state.getLines(line, line + 1, state.blkIndent, False).strip()
        inline.children = []
        for token in (opening, inline, closing):
            token.block = True
            yield token
