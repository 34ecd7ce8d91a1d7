"""The parser within a line: between two characters that begin anything there is only text. Pure.

What comes out is what the library's own parser gives. It asks every rule at every place, makes each token by way
of a dozen defaults and looks for pairs where nothing was opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, Literal, TypeVar
from unicodedata import category, east_asian_width

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

from feeds.markdown.rules.emphasis import find_addresses
from feeds.markdown.rules.tokens import new_token

_Rule = TypeVar("_Rule", bound=Callable[..., bool])

_FIRSTS: Final = {
    "newline": "\n", "escape": "\\", "backticks": "`", "wiki": "[!", "field": "{", "strikethrough": "~",
    "emphasis": "*_", "link": "[", "image": "!", "footnote_inline": "^", "footnote_ref": "[",
    "autolink": "<", "html_inline": "<", "entity": "&",
}  # fmt: skip
"""What each rule within a line begins with."""
_PASSED: Final = frozenset({"text", "linkify"})
"""Rules that take what no other rule begins with, which is done here; and one that is off."""
_PLAIN_ADDRESS: Final = re.compile(
    r"(?:https?://(?:[a-z0-9-]{1,40}\.){0,5}[a-z0-9-]{1,40}(?=[/?#]|\Z)|(?!//))[A-Za-z0-9/._~?#&=-]*"
)
"""What is the same when it is taken apart, escaped and put together again."""
_OTHER, _BLANK, _SIGN, _WIDE, _WIDE_SIGN = range(5)
_SIGNS: Final = frozenset({_SIGN, _WIDE_SIGN})


class QuickInline(ParserInline):
    """A parser of lines, to which no rule is added after this, that chooses its rules by character."""

    def __init__(self, of: ParserInline) -> None:
        super().__init__()
        self.ruler, self.ruler2 = of.ruler, of.ruler2
        named = [
            (_FIRSTS[rule.name], rule.fn)
            for rule in of.ruler.__rules__
            if rule.enabled and rule.name not in _PASSED
        ]
        self._rules = by_first(named)
        self._begin = re.compile(f"[{re.escape(''.join(self._rules))}\\]]")

    def parse(
        self,
        src: str,
        md: MarkdownIt,
        env: EnvType,
        tokens: list[Token],
    ) -> list[Token]:
        """The tokens of a line."""
        if not tokens and self._begin.search(src) is None:
            if src:
                text = new_token("text", "", 0)
                text.content = src
                tokens.append(text)
            return tokens
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        if state.has_pairs():
            for rule in self.ruler2.getRules(""):
                rule(state)
        return state.tokens

    def skipToken(self, state: StateInline) -> None:  # noqa: N802 - the library's name
        """Goes past what begins here, without making tokens of it."""
        pos = state.pos
        if (known := state.cache.get(pos)) is not None:
            state.pos = known
            return
        if state.level >= state.md.options["maxNesting"]:
            state.pos = state.posMax
            state.pos += 1
        elif (rules := self._rules.get(state.src[pos])) is None:
            state.pos = self.find_mark(state, pos + 1)
        else:
            state.level += 1
            ok = any(rule(state, True) for rule in rules)
            state.level -= 1
            if not ok:
                state.pos += 1
        state.cache[pos] = state.pos

    def tokenize(self, state: StateInline) -> None:
        """Makes tokens of what is left of a line."""
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
                state.pos = self.find_mark(state, pos + 1)
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

    def find_mark(self, state: StateInline, pos: int) -> int:
        """Where something may begin or end, from here on."""
        found = self._begin.search(state.src, pos, state.posMax)
        return found.start() if found else state.posMax


class _State(StateInline):
    """What is known of a line while it is parsed."""

    def __init__(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self.addresses = find_addresses(src)
        """Where bare addresses are: no mark in them is one of emphasis."""

    def has_pairs(self) -> bool:
        """Whether anything was met that may be one of two."""
        return bool(self.delimiters) or any(meta["delimiters"] for meta in self.tokens_meta if meta)

    def pushPending(self) -> Token:  # noqa: N802 - the library's name
        token = new_token("text", "", 0)
        buffer = self._pending_buffer
        token.content = self._pending + "".join(buffer) if buffer else self._pending
        token.level = self.pendingLevel
        self.tokens.append(token)
        self._pending = ""
        buffer.clear()
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        if self._pending or self._pending_buffer:
            self.pushPending()
        token = new_token(ttype, tag, nesting)
        meta = None
        if nesting < 0:
            self.level -= 1
            self.delimiters = self._prev_delimiters.pop()
        token.level = self.level
        if nesting > 0:
            self.level += 1
            self._prev_delimiters.append(self.delimiters)
            self.delimiters = []
            meta = {"delimiters": self.delimiters}
        self.pendingLevel = self.level
        self.tokens.append(token)
        self.tokens_meta.append(meta)
        return token

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - the library's names
        src, maximum = self.src, self.posMax
        marker = src[start]
        pos = start + 1
        while pos < maximum and src[pos] == marker:
            pos += 1
        before = _kind(src[start - 1]) if start > 0 else _BLANK
        after = _kind(src[pos]) if pos < maximum else _BLANK
        left = after != _BLANK and (after != _SIGN or before != _OTHER)
        right = before != _BLANK and (before != _SIGN or after != _OTHER)
        opens = left and (canSplitWord or not right or before in _SIGNS)
        closes = right and (canSplitWord or not left or after in _SIGNS)
        return Scanned(opens, closes, pos - start)


@lru_cache(maxsize=1024)
def _kind(character: str) -> int:
    """What a character beside a run of marks is to it (CommonMark 6.2). Scripts without blanks between
    words are told apart, where `**強調。**続く` is meant as it looks.
    """
    if isWhiteSpace(ord(character)):
        return _BLANK
    is_sign = isMdAsciiPunct(ord(character)) or isPunctChar(character)
    if east_asian_width(character) in "WFH" and not category(character).startswith("S"):
        return _WIDE_SIGN if is_sign else _WIDE
    return _SIGN if is_sign else _OTHER


def normalise_address(url: str) -> str:
    """What the library makes of an address, without taking a plain one apart."""
    return url if _PLAIN_ADDRESS.fullmatch(url) is not None else normalizeLink(url)


def by_first(rules: Iterable[tuple[str | None, _Rule]]) -> dict[str, tuple[_Rule, ...]]:
    """For each character with which a rule begins those that may begin there, in their order."""
    listed = list(rules)
    firsts = sorted(set("".join(first or "" for first, _rule in listed)))
    return {
        one: tuple(rule for first, rule in listed if first is None or one in first)
        for one in firsts
    }
