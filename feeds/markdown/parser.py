"""The Markdown parser: CommonMark and what the product adds to it. Pure.

CommonMark 0.31 with tables, strikethrough, footnotes, wiki links and merge fields. Its renderer writes what
those need; everything it writes is sanitised later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline import StateInline, autolink
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from feeds.markdown.characters import clean_line, clean_text
from feeds.markdown.code import Highlighter
from feeds.markdown.dialects import bare_words, hide_formulas
from feeds.markdown.html import RAW_TEXT, SHOWING, VANISHING
from feeds.markdown.maths import Formulas
from feeds.markdown.rules import QuickRenderer, define_more, hurry
from storage.model import FIELD

_HTML_TAG: Final = re.compile(r"<[^<>]*>")

MAX_NESTING: Final = 60
"""Levels of quotes, lists (of which each has two) and brackets: an outliner has thirty at most. What is deeper within a
line is text; a block within so many others is left out. Each takes some calls within calls, of which Python has a thousand.
"""

_PREAMBLE: Final = re.compile(
    r"(?:[ \t]*\n| {0,3}<!--(?:(?!-->)[\s\S]){0,20000}-->[^\n]*(?:\n|\Z)|%%(?:(?!%%)[\s\S]){0,20000}%%"
    r"|import[ \t][^\n]{1,600}[\"'];?[ \t]*(?:\n|\Z))*"
)
"""What may stand before a title: blank lines, comments, the imports of MDX."""
_BLANK_LINE: Final = re.compile(r"\n[ \t]*(?:\n|\Z)")
_ATX: Final = re.compile(r" {0,3}#(?:[ \t]|\n|\Z)")
_PLAIN_TITLE: Final = re.compile(
    r" {0,3}#[ \t]+((?:[^\W_]|[,.;?’“”„«»–—…])(?:[^\W_]|[ ,.;?()/’“”„«»–—…-])*)(?:\n|\Z)"
)
"""A heading in which nothing is a mark, as most are."""
_SETEXT: Final = re.compile(r"\n {0,3}=+[ \t]*(?:\n|\Z)")
RAW_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
"""How a tag of raw HTML begins: whether it closes, and its name."""
_AUTOLINK: Final = re.compile(r"<[^<>\x00-\x20]*>")
_FAR: Final = 500
"""Characters, and tokens, before a wiki link in which the tag is looked for that opens code around it."""
_WIKI: Final = re.compile(r"(!?)\[\[([^\[\]\n|]{1,300})(?:\|([^\[\]\n]{0,300}))?\]\](?![(\[])")


def find_title(body: str) -> str:
    """The plain text of the `# heading` that a note begins with, or empty.

    Only its beginning is read, unless the heading may need definitions that stand further down.
    """
    body = clean_text(body)
    head = body[_PREAMBLE.match(body).end() :]  # type: ignore[union-attr] # it matches nothing, too
    if head.startswith("["):
        return _read_title(head)
    block = head[: end.start()] if (end := _BLANK_LINE.search(head)) else head
    if (plain_words := _PLAIN_TITLE.match(block)) is not None:
        return clean_line(plain_words[1])
    if _ATX.match(block) is not None:
        block = block.partition("\n")[0]
    elif _SETEXT.search(block) is None:
        return ""
    return _read_title(head if "[" in block or "$$" in block else block)


def _read_title(body: str) -> str:
    body, formulas = hide_formulas(body)
    env: dict[str, object] = {}
    tokens = _BLOCKS.parse(body, env)
    found = find_h1(tokens)
    if found is None:
        return ""
    inline, *_footnotes = PARSER.parseInline(tokens[found + 1].content, env)
    return bare_words(plain(cut_formulas(inline.children or (), formulas)))


def place_formulas(tokens: Sequence[Token], formulas: Formulas) -> None:
    """Makes a `formula` token of each mark in the text; everywhere else stands what was written."""
    if not formulas:
        return
    for token in tokens:
        if token.type == "inline":
            token.children = list(cut_formulas(token.children or (), formulas))
        elif token.type == "html_block":
            token.content = _written_tags(token.content, formulas)
        else:
            token.content = formulas.as_written(token.content)


def cut_formulas(children: Iterable[Token], formulas: Formulas) -> Iterator[Token]:
    """Inline tokens with the formulas as tokens of their own."""
    for token in children:
        if token.type == "text":
            for at, piece in enumerate(formulas.cut(token.content)):
                kind = "formula" if at % 2 else "text"
                if piece:
                    yield Token(kind, "", 0, content=piece, meta={"of": formulas} if at % 2 else {})
            continue
        if token.type == "html_inline":
            token.content = _written_tags(token.content, formulas)
        elif token.type != "text_special":
            token.content = formulas.as_written(token.content)
        for values in (token.attrs, token.meta):
            for name, value in values.items():
                if isinstance(value, str):
                    values[name] = formulas.as_written(value)
        token.children = list(cut_formulas(token.children or (), formulas))
        yield token


def _written_tags(html: str, formulas: Formulas) -> str:
    return _HTML_TAG.sub(lambda found: formulas.as_written(found[0]), html)


def find_h1(tokens: Sequence[Token]) -> int | None:
    """Where the `# heading` is that a note begins with; one further down is no title.

    Comments may stand before it.
    """
    for index, token in enumerate(tokens):
        if token.type == "html_block" and token.content.lstrip().startswith("<!--"):
            continue
        return index if token.type == "heading_open" and token.tag == "h1" else None
    return None


def plain(children: Iterable[Token]) -> str:
    """The text of inline tokens, without marks, footnote numbers and raw HTML, on one line."""
    return clean_line("".join(_plain_pieces(children)))


def shown(children: Iterable[Token]) -> Iterator[Token]:
    """The inline tokens but for those inside of elements that go with all they hold (VANISHING).

    Of raw HTML only tags are left that open or close nothing of that kind.
    """
    name, depth = "", 0
    for token in children:
        if token.type != "html_inline":
            if not depth:
                yield token
            continue
        tag = RAW_TAG.match(token.content)
        closing, of = (bool(tag[1]), tag[2].lower()) if tag else (False, "")
        if of and of == (name or of) and of in VANISHING:
            if closing:
                depth = max(0, depth - 1)
            elif not _closes_itself(token.content, of) and not (depth and of in RAW_TEXT):
                depth += 1
            name = of if depth else ""
        elif not depth:
            yield token


def _closes_itself(tag: str, name: str) -> bool:
    """`<svg/>` is whole; elements of HTML itself know no such end (HTML 13.2.5.40)."""
    return tag.endswith("/>") and name in {"svg", "math"}


def _plain_pieces(children: Iterable[Token]) -> Iterator[str]:
    for token in shown(children):
        if token.type in {"softbreak", "hardbreak"} or _is_break(token):
            yield " "
        elif token.type == "image":
            yield plain(token.children or ())
        elif token.type == "wiki":
            yield "" if token.meta["embed"] else token.meta["label"]
        elif token.type == "formula":
            yield token.meta["of"].as_plain(token.content)
        elif token.type in {"text", "text_special", "code_inline", "field"}:
            yield token.content


def _is_break(token: Token) -> bool:
    """A tag at which a line ends: `<br>`, `</summary>`."""
    found = RAW_TAG.match(token.content) if token.type == "html_inline" else None
    return found is not None and found[2].lower() in SHOWING


# ── rules ────────────────────────────────────────────────────────────────────────────────────


def _build_parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark",
        {"maxNesting": MAX_NESTING, "xhtmlOut": False},
        renderer_cls=QuickRenderer,
    )
    parser.enable(["table", "strikethrough"])
    footnote_plugin(parser)
    deflist_plugin(parser)
    define_more(parser)
    parser.inline.ruler.at("autolink", _parse_autolink)
    parser.inline.ruler.before("link", "wiki", _parse_wiki)
    parser.inline.ruler.before("link", "field", _parse_field)
    # Dangerous addresses are dropped by the resolver, label kept, not shown as source.
    parser.validateLink = _accept_address  # type: ignore[assignment, method-assign]
    for rule in _RULES:
        parser.add_render_rule(rule.__name__.removeprefix("_render_"), rule)
    hurry(parser)
    return parser


def _parse_autolink(state: StateInline, silent: bool) -> bool:
    """`<https://…>`: the parser's own rule, where there is one; it looks for the end letter by letter."""
    if _AUTOLINK.match(state.src, state.pos, state.posMax) is None:
        return False
    return autolink(state, silent)


def _accept_address(_url: str) -> bool:
    return True


def _parse_wiki(state: StateInline, silent: bool) -> bool:
    """`[[Target]]`, `[[Target|label]]`, `![[picture.png]]`; an inline rule, so code is left alone."""
    if not state.src.startswith(("[[", "![["), state.pos) or _is_in_code(state):
        return False
    found = _WIKI.match(state.src, state.pos, state.posMax)
    if not found or (not found[1] and _is_defined(state, found[2])):
        return False
    if not silent:
        token = state.push("wiki", "", 0)
        target = _as_typed(found[2]).strip()
        label = _as_typed(found[3] or "") or target
        token.meta = {"embed": bool(found[1]), "target": target, "label": label}
        token.content = found[0]
    state.pos = found.end()
    return True


def _as_typed(words: str) -> str:
    """The name in a wiki link, in which nothing is escaped; angles were (`dialects/components.py`)."""
    return words.replace("&lt;", "<").replace("&gt;", ">")


def _is_in_code(state: StateInline) -> bool:
    """Whether `<code>` is open here; what stands far before is not looked at, so that many links cost no more."""
    if "<code" not in state.src[max(0, state.pos - _FAR) : state.pos]:
        return False
    tags = (one.content for one in reversed(state.tokens[-_FAR:]) if one.type == "html_inline")
    last = next((tag for tag in tags if tag.startswith(("<code", "</code"))), "")
    return last.startswith("<code")


def _is_defined(state: StateInline, label: str) -> bool:
    """Whether `[Ref]: https://…` stands in the note: `[[Ref]]` is a link in brackets then."""
    return normalizeReference(label) in state.env.get("references", {})


def _parse_field(state: StateInline, silent: bool) -> bool:
    """`{{ name | there }}` is one piece, whose default is plain text: its marks are taken off."""
    if not state.src.startswith("{{", state.pos):
        return False
    found = FIELD.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        token = state.push("field", "", 0)
        token.content = _read_field(state.md, found)
    state.pos = found.end()
    return True


def _read_field(parser: MarkdownIt, found: re.Match[str]) -> str:
    """A field on one line, without Markdown in it."""
    if found[2] is None:
        return clean_line(found[0])
    default = "".join(
        plain(token.children or ()) for token in parser.parseInline(found[2].strip(), {})
    )
    return f"{clean_line(found[0].partition('|')[0])} | {default} }}}}"


def _render_fence(
    _self: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    env: EnvType,
) -> str:
    highlighter: Highlighter = env["highlighter"]
    return highlighter.block(tokens[index].content, tokens[index].info)


def _render_formula(
    _self: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    return tokens[index].content  # its mark: MathML is put there when all else is sanitised


def _render_task(
    _self: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    # Mail and feeds drop form elements, so a box is a character.
    return f"{tokens[index].meta['box']} "


def _render_footnote_ref(
    _self: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    env: EnvType,
) -> str:
    number = tokens[index].meta["id"] + 1
    first = not tokens[index].meta.get("subId")
    identity = f' id="fnref-{env["anchor"]}-{number}"' if first else ""
    return f'<sup class="footnote-ref"{identity}>[{number}]</sup>'


def _render_footnote_block_open(
    _self: RendererProtocol, _t: Sequence[Token], _i: int, _options: OptionsDict, _env: EnvType
) -> str:
    return '<hr>\n<ol class="footnotes">\n'


def _render_footnote_block_close(
    _self: RendererProtocol, _t: Sequence[Token], _i: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "</ol>\n"


def _render_footnote_open(
    _self: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    env: EnvType,
) -> str:
    return f'<li id="fn-{env["anchor"]}-{tokens[index].meta["id"] + 1}">'


def _render_footnote_anchor(
    _self: RendererProtocol, _t: Sequence[Token], _i: int, _options: OptionsDict, _env: EnvType
) -> str:
    return ""


_RULES: Final = (
    _render_fence,
    _render_formula,
    _render_task,
    _render_footnote_ref,
    _render_footnote_block_open,
    _render_footnote_block_close,
    _render_footnote_open,
    _render_footnote_anchor,
)
PARSER: Final = _build_parser()
_BLOCKS: Final = _build_parser().disable("inline")
