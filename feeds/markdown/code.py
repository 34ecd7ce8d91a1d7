"""Code blocks with highlighting: classes only, so a mail that drops styles still reads well. Pure.

The classes are the few of `HIGHLIGHTS`; whoever shows the HTML gives them colours. Pygments is loaded for the
first block that is shown.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from feeds.markdown.rules import escape_text

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

MAX_BLOCK: Final = 10_000
"""Characters; a longer block is shown plain. Some lexers need time that grows with the square: 20,000
characters of unclosed Perl took 6 s, so this is what bounds a note's time."""
MAX_LINE: Final = 2_000
"""Characters; lexers are regular expressions, and some take far too long over one long line."""
MAX_NOTE: Final = 50_000
"""Characters highlighted in one note, so that many blocks do not add up."""

_LANGUAGE: Final = re.compile(r"[\w+#.-]+", re.ASCII)
_LEXER_FAULTS: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError)
"""What a lexer may raise over input it never expected; the code is then shown plain."""

_UNSHOWN: Final = re.compile(r"^[ \t]*#(?:[ \t]+([^\n]*))?\n", re.MULTILINE)
_RUST_CODE: Final = re.compile(
    r"(?:[^\n]*[;{}(),\]]|//[^\n]*|(?:extern|use|fn|let|impl|struct|enum|pub|mod|async|match)\b[^\n]*)?[ \t]*"
)


def drop_unshown(code: str, info: str) -> str:
    """Rust without the lines that only have an example compile, as rustdoc and mdBook show it, if all that look so are
    code: in what only is called Rust, `# ` begins a comment.
    """
    if not info.lower().startswith(("rust", "rs")) or "#" not in code:
        return code
    unshown = _UNSHOWN.findall(code)
    if not all(map(_RUST_CODE.fullmatch, unshown)):
        return code
    shown = _UNSHOWN.sub("", code)
    return shown if shown.strip() else code


class Highlighter:
    """Highlights the code blocks of one note, up to its budget."""

    def __init__(self) -> None:
        self._left = MAX_NOTE

    def block(self, code: str, info: str) -> str:
        """A `<pre><code>` block. `info` is what stands behind the fence; an unknown language, or
        more code than the limits, is escaped and left plain.
        """
        language = _LANGUAGE.search(info)
        lexer = _lexer(language[0].lower()) if language else None
        if lexer is None or not self._affordable(code):
            return _wrap(escape_text(code))
        self._left -= len(code)
        try:
            return _wrap(_mark_up(code, lexer))
        except _LEXER_FAULTS:
            return _wrap(escape_text(code))

    def _affordable(self, code: str) -> bool:
        if len(code) > min(self._left, MAX_BLOCK):
            return False
        return max(map(len, code.split("\n"))) <= MAX_LINE


def _wrap(inner: str) -> str:
    return f"<pre><code>{inner}</code></pre>\n"


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


def _mark_up(code: str, lexer: Lexer) -> str:
    """Spans around what has a group; neighbours of the same group share one."""
    pieces: list[str] = []
    open_group = ""
    for kind, text in lexer.get_tokens(code):
        group = _group(kind)
        if group != open_group:
            pieces.append("</span>" if open_group else "")
            pieces.append(f'<span class="hl-{group}">' if group else "")
            open_group = group
        pieces.append(escape_text(text))
    pieces.append("</span>" if open_group else "")
    return "".join(pieces)


@lru_cache(maxsize=1024)
def _group(kind: _TokenType) -> str:
    """The group of a token or of the nearest of its ancestors that has one."""
    from pygments.token import Token

    groups = _groups()
    while kind is not Token:
        if kind in groups:
            return groups[kind]
        if kind.parent is None:
            break
        kind = kind.parent
    return ""


@cache
def _groups() -> dict[_TokenType, str]:
    from pygments.token import Comment, Generic, Keyword, Literal, Name

    return {
        Keyword: "k",
        Keyword.Type: "t",
        Literal.String: "s",
        Literal.Number: "m",
        Comment: "c",
        Name.Function: "f",
        Name.Class: "t",
        Name.Builtin: "f",
        Name.Decorator: "f",
        Name.Tag: "k",
        Name.Attribute: "f",
        Generic.Inserted: "gi",
        Generic.Deleted: "gd",
        Generic.Heading: "k",
    }
