"""What a note's tokens show together: boxes, figures, headings with ids, a table of contents. Pure.

Works on the parser's tokens before they are prepared, so that HTML and text show the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from markdown_it.token import Token

from feeds.markdown.characters import heading_id
from feeds.markdown.parser import plain
from feeds.markdown.speech import name_box

CALLOUTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(["tip", "hint", "important", "success", "check", "done"], "tip"),
    **dict.fromkeys(
        ["warning", "caution", "attention", "question", "help", "faq", "todo"], "warning"
    ),
    **dict.fromkeys(["danger", "error", "failure", "fail", "missing", "bug"], "danger"),
}
"""The four colours of boxes; every other kind is a `note`."""

_CALLOUT: Final = re.compile(r"\[!([^\W\d_][\w -]{0,30})(?:\|[^\[\]\n]{0,100})?\][+-]?[ \t]*")
"""What stands after a bar is for its program's styles (Obsidian)."""
_HEADING_ID: Final = re.compile(r"(?<!\s)\s*\{#([\w.:-]{1,100})\}\s*\Z")
_TOC: Final = re.compile(r"\[toc\]|\[\[_?toc_?\]\]|\$\{toc\}|\{:toc\}", re.IGNORECASE)
_MOST_HEADINGS: Final = 500


def shape(tokens: Sequence[Token], *, toc: bool) -> tuple[list[Token], dict[str, str]]:
    """The tokens with boxes, figures and ids, and the ids by the form that links mean them by."""
    anchors: dict[str, str] = {}
    shaped = list(tokens)
    _name_headings(shaped, anchors)
    has_boxes = False
    for index, token in enumerate(shaped):
        if token.type == "blockquote_open":
            has_boxes = _make_box(shaped, index) or has_boxes
        elif token.type == "paragraph_open" and token.level == 0:
            _make_figure(shaped, index)
    titled = _with_titles(shaped) if has_boxes else shaped
    return _with_contents(titled, toc=toc), anchors


def _name_headings(tokens: Sequence[Token], anchors: dict[str, str]) -> None:
    used: set[str] = set()
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open" or len(used) >= _MOST_HEADINGS:
            continue
        children = inline.children or []
        wished = _take_id(children)
        words = heading_id(plain(children))
        name = wished or words or "part"
        unique, count = name, 1
        while unique in used:
            unique, count = f"{name}-{count}", count + 1
        used.add(unique)
        opening.attrs["id"] = unique
        anchors.setdefault(unique, unique)
        if unique != words:
            for key in (words, heading_id(unique)):
                anchors.setdefault(key, unique)


def _take_id(children: list[Token]) -> str:
    """The `{#id}` at the end of a heading, which goes."""
    last = children[-1] if children else None
    found = _HEADING_ID.search(last.content) if last is not None and last.type == "text" else None
    if last is None or found is None:
        return ""
    last.content = last.content[: found.start()]
    return found[1]


# ── boxes ────────────────────────────────────────────────────────────────────────────────────


def _make_box(tokens: Sequence[Token], index: int) -> bool:
    """Obsidian's and GitHub's callout: a quotation that begins with `[!kind] Title`. Whether it is one."""
    following = tokens[index + 1 : index + 3]
    if [token.type for token in following] != ["paragraph_open", "inline"]:
        return False
    inline = following[1]
    children = inline.children or []
    found = _CALLOUT.match(children[0].content) if children and children[0].type == "text" else None
    if found is None:
        return False
    kind = found[1].strip().lower()
    tokens[index].attrs["class"] = f"callout callout-{CALLOUTS.get(kind, 'note')}"
    children[0].content = children[0].content[found.end() :]
    end = next(
        (n for n, one in enumerate(children) if one.type in {"softbreak", "hardbreak"}),
        len(children),
    )
    title = [one for one in children[:end] if _is_said(one)]
    inline.meta["callout"] = title or [_text(name_box(kind))]
    inline.children = children[end + 1 :]
    return True


def _is_said(token: Token) -> bool:
    """Whether it is of a title; all of that is strong."""
    return not token.type.startswith("strong_") and (token.type != "text" or bool(token.content))


def _with_titles(tokens: Sequence[Token]) -> list[Token]:
    """Each box with its title as a paragraph of its own; an empty first paragraph is gone."""
    ready: list[Token] = []
    skip = 0
    for index, token in enumerate(tokens):
        if skip:
            skip -= 1
            continue
        inline = tokens[index + 1] if index + 1 < len(tokens) else None
        title = (
            inline.meta.get("callout") if inline is not None and inline.type == "inline" else None
        )
        if token.type == "paragraph_open" and title and inline is not None:
            strong = [
                Token("strong_open", "strong", 1),
                *title,
                Token("strong_close", "strong", -1),
            ]
            ready += _paragraph(strong, token.level)
            if not inline.children:
                skip = 2
                continue
        ready.append(token)
    return ready


# ── figures and contents ─────────────────────────────────────────────────────────────────────


def _make_figure(tokens: Sequence[Token], index: int) -> None:
    """A picture alone in its paragraph, with a title: the title is its caption."""
    inline = tokens[index + 1]
    children = [one for one in inline.children or [] if one.type != "text" or one.content.strip()]
    picture = children[1] if len(children) == 3 and children[0].type == "link_open" else None
    if len(children) == 1:
        picture = children[0]
    caption = str(picture.attrs.get("title", "")) if picture and picture.type == "image" else ""
    if not caption or picture is None:
        return
    del picture.attrs["title"]
    tokens[index].tag = tokens[index + 2].tag = "figure"
    inline.children = [*children, Token("caption_open", "figcaption", 1), _text(caption),
                       Token("caption_close", "figcaption", -1)]  # fmt: skip


def _with_contents(tokens: list[Token], *, toc: bool) -> list[Token]:
    """A list of the parts where `[TOC]` stands, or at the beginning if the note asks for it."""
    places = [
        index
        for index, token in enumerate(tokens)
        if token.type == "inline" and token.level == 1 and _TOC.fullmatch(token.content.strip())
    ]
    if not places and not toc:
        return tokens
    parts = [
        (int(opening.tag[1]), str(opening.attrs.get("id", "")), plain(inline.children or ()))
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open" and opening.tag in {"h2", "h3"}
    ]
    listed = _list_parts(parts) if len(parts) > 1 else []
    for index in reversed(places):
        tokens[index - 1 : index + 2] = listed if index == places[0] else []
    return listed + tokens if toc and not places else tokens


def _list_parts(parts: Sequence[tuple[int, str, str]], *, is_inner: bool = False) -> list[Token]:
    """Tokens of a list, in which the parts of a part are a list of their own."""
    attrs: dict[str, str | int | float] = {} if is_inner else {"class": "contents"}
    tokens = [Token("bullet_list_open", "ul", 1, attrs=attrs)]
    at = 0
    while at < len(parts):
        level, name, words = parts[at]
        at += 1
        label = [
            Token("link_open", "a", 1, attrs={"href": f"#{name}"}),
            _text(words),
            Token("link_close", "a", -1),
        ]
        opening = Token("paragraph_open", "p", 1, hidden=True, level=2)
        closing = Token("paragraph_close", "p", -1, hidden=True, level=2)
        inline = Token("inline", "", 0, children=label)
        tokens += [Token("list_item_open", "li", 1), opening, inline, closing]
        end = next((n for n in range(at, len(parts)) if parts[n][0] <= level), len(parts))
        if end > at:
            tokens += _list_parts(parts[at:end], is_inner=True)
        at = end
        tokens.append(Token("list_item_close", "li", -1))
    return [*tokens, Token("bullet_list_close", "ul", -1)]


def _paragraph(children: list[Token], level: int) -> list[Token]:
    return [
        Token("paragraph_open", "p", 1, level=level),
        Token("inline", "", 0, children=children, level=level + 1),
        Token("paragraph_close", "p", -1, level=level),
    ]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
