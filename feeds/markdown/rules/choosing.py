"""The parser's rules chosen by the character they begin with, instead of all of them asked one by one. Pure.

The library asks each rule at each place whether it applies; nearly all look at one character and say no. What
comes out is the same. A rule that is not named here is asked everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from markdown_it import MarkdownIt
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.parser_inline import ParserInline
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_Rule = TypeVar("_Rule", bound=Callable[..., bool])

_INLINE: Final = {
    "newline": "\n", "escape": "\\", "backticks": "`", "wiki": "[!", "field": "{", "strikethrough": "~",
    "emphasis": "*_", "link": "[", "image": "!", "footnote_inline": "^", "footnote_ref": "[",
    "autolink": "<", "html_inline": "<", "entity": "&",
}  # fmt: skip
"""What each rule within a line begins with."""
_PASSED: Final = frozenset({"text", "linkify"})
"""Rules that take what no other rule begins with, which is done here; and one that is off."""
_BLOCK: Final = {
    "fence": "`~", "blockquote": ">", "hr": "*-_", "list": "*+-0123456789", "footnote_def": "[",
    "reference": "[", "html_block": "<", "heading": "#",
}  # fmt: skip
"""What a line begins with, after its blanks, for each rule of blocks."""
_ENDING: Final = {"deflist": ":~"}
"""The same where a rule only says whether it would end a paragraph."""


def hurry(parser: MarkdownIt) -> None:
    """Has a parser, to which no rule is added after this, choose its rules by character."""
    parser.inline = _QuickInline(parser.inline)
    parser.block.ruler = _QuickBlocks(parser.block.ruler)


class _QuickInline(ParserInline):
    """Within a line: between two characters that begin anything there is only text."""

    def __init__(self, of: ParserInline) -> None:
        super().__init__()
        self.ruler, self.ruler2 = of.ruler, of.ruler2
        named = [
            (_INLINE[rule.name], rule.fn)
            for rule in of.ruler.__rules__
            if rule.enabled and rule.name not in _PASSED
        ]
        self._rules = _by_first(named)
        self._begin = re.compile(f"[{re.escape(''.join(self._rules))}\\]]")

    def skipToken(self, state: StateInline) -> None:  # noqa: N802 - the library's name
        pos = state.pos
        if (known := state.cache.get(pos)) is not None:
            state.pos = known
            return
        if state.level >= state.md.options["maxNesting"]:
            state.pos = state.posMax
            state.pos += 1
        elif (rules := self._rules.get(state.src[pos])) is None:
            state.pos = self._next(state, pos)
        else:
            state.level += 1
            ok = any(rule(state, True) for rule in rules)
            state.level -= 1
            if not ok:
                state.pos += 1
        state.cache[pos] = state.pos

    def tokenize(self, state: StateInline) -> None:
        end = state.posMax
        src = state.src
        deepest = state.md.options["maxNesting"]
        while (pos := state.pos) < end:
            if state.level >= deepest:
                state.append_pending(src[pos])
                state.pos = pos + 1
                continue
            rules = self._rules.get(src[pos])
            if rules is None:
                state.pos = self._next(state, pos)
                state.append_pending(src[pos : state.pos])
                continue
            for rule in rules:
                if rule(state, False):
                    break
            else:
                state.append_pending(src[pos])
                state.pos = pos + 1
        if state.pending:
            state.pushPending()

    def _next(self, state: StateInline, pos: int) -> int:
        """Where something may begin or end after a character at which nothing does."""
        found = self._begin.search(state.src, pos + 1, state.posMax)
        return found.start() if found else state.posMax


class _QuickBlocks(Ruler[RuleFuncBlockType]):
    """Between lines: each chain of rules is one rule, which chooses by the line's first character."""

    def __init__(self, of: Ruler[RuleFuncBlockType]) -> None:
        super().__init__()
        self.__rules__ = of.__rules__

    def __compile__(self) -> None:
        super().__compile__()
        chains = self.__cache__ or {}
        for name in chains:
            rules = [
                (rule.name, rule.fn)
                for rule in self.__rules__
                if rule.enabled and (not name or name in rule.alt)
            ]
            chains[name] = [_choose(rules, _BLOCK | _ENDING if name else _BLOCK)]


def _choose(
    rules: Iterable[tuple[str, RuleFuncBlockType]], firsts: Mapping[str, str]
) -> RuleFuncBlockType:
    """One rule for several."""
    ready = [(firsts.get(name), _table(rule) if name == "table" else rule) for name, rule in rules]
    by_first = _by_first(ready)
    everywhere = tuple(rule for first, rule in ready if first is None)

    def apply(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        pos = state.bMarks[start] + state.tShift[start]
        chosen = by_first.get(state.src[pos : pos + 1], everywhere)
        return any(rule(state, start, end, silent) for rule in chosen)

    return apply


def _table(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """A table's second line draws its columns."""

    def apply(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if start + 2 > end:
            return False
        pos = state.bMarks[start + 1] + state.tShift[start + 1]
        return state.src[pos : pos + 1] in _DRAWN and rule(state, start, end, silent)

    return apply


_DRAWN: Final = frozenset("|-:")


def _by_first(rules: Iterable[tuple[str | None, _Rule]]) -> dict[str, tuple[_Rule, ...]]:
    """For each character with which a rule begins those that may begin there, in their order."""
    listed = list(rules)
    firsts = sorted(set("".join(first or "" for first, _rule in listed)))
    return {
        one: tuple(rule for first, rule in listed if first is None or one in first)
        for one in firsts
    }
