"""Tokens made quickly: the library's own class, filled without a call for each default. Pure."""

from __future__ import annotations

from typing import Final, Literal

from markdown_it.token import Token

_NEW: Final = Token.__new__


def new_token(kind: str, tag: str, nesting: Literal[-1, 0, 1], level: int = 0) -> Token:
    """`Token(kind, tag, nesting, level=level)`."""
    token = _NEW(Token)
    token.type = kind
    token.tag = tag
    token.nesting = nesting
    token.attrs = {}
    token.map = None
    token.level = level
    token.children = None
    token.content = ""
    token.markup = ""
    token.info = ""
    token.meta = {}
    token.block = False
    token.hidden = False
    return token
