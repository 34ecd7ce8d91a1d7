"""The parser's rules chosen by the character they begin with, instead of all of them asked one by one. Pure.

The library asks each rule at each place whether it applies; nearly all look at one character and say no. What
comes out is the same. A rule that is not named here is asked everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock, RuleFuncBlockType
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore, normalize, text_join
from markdown_it.token import Token
from markdown_it.utils import EnvType

from feeds.markdown.rules.destinations import QUICK_HELPERS
from feeds.markdown.rules.emphasis import join_fragments, take_emphasis
from feeds.markdown.rules.lines import QuickInline, by_first, normalise_address
from feeds.markdown.rules.paragraphs import take_paragraph
from feeds.markdown.rules.tokens import new_token

_FIRSTS: Final = {
    "fence": "`~", "blockquote": ">", "hr": "*-_", "list": "*+-0123456789", "footnote_def": "[",
    "reference": "[", "html_block": "<", "heading": "#",
}  # fmt: skip
"""What a line begins with, after its blanks, for each rule of blocks."""
_ENDING: Final = {"deflist": ":~"}
"""The same where a rule only says whether it would end a paragraph."""


def hurry(parser: MarkdownIt) -> None:
    """Has a parser, to which no rule is added after this, choose its rules by character."""
    parser.inline.ruler.at("emphasis", take_emphasis)
    parser.inline.ruler2.at("fragments_join", join_fragments)
    parser.inline = QuickInline(parser.inline)
    parser.block.ruler.at("paragraph", take_paragraph)
    parser.block = _QuickBlocks(parser.block)
    parser.core.ruler.at("normalize", _normalise)
    parser.core.ruler.at("text_join", _join_text)
    parser.helpers = QUICK_HELPERS
    parser.normalizeLink = normalise_address  # type: ignore[method-assign] # it needs no parser


def _normalise(state: StateCore) -> None:
    """The library's own rule, only for a text that has what it replaces."""
    if "\r" in state.src or "\0" in state.src:
        normalize(state)


def _join_text(state: StateCore) -> None:
    """The library's own rule, only for lines in which there is something to join."""
    tokens = state.tokens
    state.tokens = [one for one in tokens if one.children and not _is_joined(one.children)]
    text_join(state)
    state.tokens = tokens


def _is_joined(children: Sequence[Token]) -> bool:
    before = ""
    for token in children:
        kind = token.type
        if kind == "text_special" or kind == before == "text" or token.children:
            return False
        before = kind
    return True


class _QuickBlocks(ParserBlock):
    """Between lines: each chain of rules is one rule, which chooses by the line's first character."""

    def __init__(self, of: ParserBlock) -> None:
        super().__init__()
        self.ruler = _QuickRuler(of.ruler)

    def parse(
        self,
        src: str,
        md: MarkdownIt,
        env: EnvType,
        outTokens: list[Token],  # noqa: N803 - the library's name
    ) -> list[Token] | None:
        if not src:
            return None
        state = _State(src, md, env, outTokens)
        self.tokenize(state, state.line, state.lineMax)
        return state.tokens


class _State(StateBlock):
    """What is known of a note while it is divided into blocks."""

    def __init__(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> None:
        super().__init__("", md, env, tokens)
        self.src = src
        lines = src.split("\n")
        if not lines[-1].strip(" \t"):
            del lines[-1]  # as the library has it
        starts, ends, shifts, columns = [], [], [], []
        start = 0
        for line in lines:
            shift = 0 if line[:1] not in _BLANKS else len(line) - len(line.lstrip(" \t"))
            starts.append(start)
            ends.append(start + len(line))
            shifts.append(shift)
            columns.append(len(line[:shift].expandtabs(4)) if shift else 0)
            start += len(line) + 1
        # The last is one more than there are, as the library has it.
        self.bMarks, self.eMarks = [*starts, len(src)], [*ends, len(src)]
        self.tShift, self.sCount = [*shifts, 0], [*columns, 0]
        self.bsCount = [0] * len(self.bMarks)
        self.lineMax = len(lines)

    def getLines(  # noqa: N802 - the library's name
        self,
        begin: int,
        end: int,
        indent: int,
        keepLastLF: bool,  # noqa: N803 - the library's name
    ) -> str:
        """The text of lines without what they are indented by, cut from the note; the library goes by characters."""
        src, begins, ends, shifts = self.src, self.bMarks, self.eMarks, self.tShift
        lines = []
        for line in range(begin, end):
            start, shift = begins[line], shifts[line]
            first = start + min(shift, indent)
            if indent and (
                "\t" in src[start:first] or (shift < indent and src[first : first + 1] in _BLANKS)
            ):
                return super().getLines(begin, end, indent, keepLastLF)
            lines.append(src[first : ends[line] + (line + 1 < end or keepLastLF)])
        return "".join(lines)

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        if nesting < 0:
            self.level -= 1
        token = new_token(ttype, tag, nesting, self.level)
        token.block = True
        if nesting > 0:
            self.level += 1
        self.tokens.append(token)
        return token


class _QuickRuler(Ruler[RuleFuncBlockType]):
    """Gives one rule for each chain of them."""

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
            chains[name] = [_choose(rules, _FIRSTS | _ENDING if name else _FIRSTS)]


def _choose(
    rules: Iterable[tuple[str, RuleFuncBlockType]], firsts: Mapping[str, str]
) -> RuleFuncBlockType:
    """One rule for several."""
    ready = [(firsts.get(name), _GUARDS.get(name, _unguarded)(rule)) for name, rule in rules]
    listed = by_first(ready)
    everywhere = tuple(rule for first, rule in ready if first is None)

    def apply(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        pos = state.bMarks[start] + state.tShift[start]
        for rule in listed.get(state.src[pos : pos + 1], everywhere):
            if rule(state, start, end, silent):
                return True
        return False

    return apply


def _table(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """A table's second line draws its columns; one that is an item of a list does not."""

    def apply(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if start + 2 > end:
            return False
        pos = state.bMarks[start + 1] + state.tShift[start + 1]
        drawn = state.src[pos : pos + 2]
        return drawn[:1] in _DRAWN and drawn != "- " and rule(state, start, end, silent)

    return apply


def _underlined(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """A heading above its line: one of the lines before the next blank one begins as such a line does."""

    def apply(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        src, begins, shifts, ends = state.src, state.bMarks, state.tShift, state.eMarks
        for line in range(start + 1, min(end, start + _MOST_LINES)):
            pos = begins[line] + shifts[line]
            if pos >= ends[line]:
                break
            if src[pos] in "-=":
                return rule(state, start, end, silent)
        else:
            if start + _MOST_LINES < end:
                return rule(state, start, end, silent)
        state.parentType = "paragraph"  # as the rule leaves it
        return False

    return apply


def _ruled(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """A line across the page has nothing else on it; items of lists begin as it does."""

    def apply(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        pos = state.bMarks[start] + state.tShift[start]
        return _ACROSS.match(state.src, pos) is not None and rule(state, start, end, silent)

    return apply


def _unguarded(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    return rule


_GUARDS: Final = {"table": _table, "lheading": _underlined, "hr": _ruled}
_ACROSS: Final = re.compile(r"[-*_ \t]*(?:\n|\Z)")
_MOST_LINES: Final = 20
"""Lines that are looked at here: more would cost more than they spare where each line is a block."""
_DRAWN: Final = frozenset("|-:")
_BLANKS: Final = frozenset(" \t")
