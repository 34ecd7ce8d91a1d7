"""The parser's tokens made ready for HTML and text: links resolved, fields marked, tasks told. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from markdown_it.token import Token

from feeds.markdown.characters import shorten, split_size
from feeds.markdown.code import drop_unshown
from feeds.markdown.fields import Fields
from feeds.markdown.html import MAX_COUNT, VANISHING
from feeds.markdown.links import LinkResolver, is_download
from feeds.markdown.parser import RAW_TAG, plain
from feeds.markdown.rules import end_lines, new_token

MAX_RAW_TAGS: Final = 5_000
"""Raw HTML tags in one note; more is taken as text, since a browser's parser, and so the
sanitiser's, needs time that grows with the square of what stays open."""
TOO_MANY_TAGS: Final = "html"
"""The code of the remark that says so."""

EMPTY_LINK: Final = "empty-link"
"""The code of the remark that a link has no words."""

_BARE_URL: Final = re.compile(
    r"(?<![A-Za-z0-9_/])https?://[^\s<>\"、。，；：！？「」『』（）【】《》]+", re.IGNORECASE
)
_HOST: Final = re.compile(
    r"https?://(?:[A-Za-z0-9-]+\.){1,20}[A-Za-z]{2,20}(?::\d{1,5})?(?=[^\x00-\x7f])", re.IGNORECASE
)
"""Of an address with words of a script without blanks right behind it."""
_TASK: Final = re.compile(r"\[([ xX/<>!?~-])\](?:\s+|\Z)")
"""Those of Obsidian's themes, too: half done, moved, important, cancelled."""
_BOXES: Final = {"x": "☑", "X": "☑", "-": "☒", "~": "☒"}
_BLOCK_PART: Final = re.compile(r"#\^[\w-]+\Z")
"""`[[Note#^block]]` is the note, for readers."""
_SENTENCE_ENDS: Final = "?!.,:;*_~'\"|"
_ALIGN: Final = re.compile(r"text-align:(left|center|right)")


_CELLS: Final = frozenset({"th_open", "td_open"})
_HEADINGS: Final = frozenset({"heading_open", "heading_close"})
_SOLID: Final = frozenset(
    {"em_open", "em_close", "strong_open", "strong_close", "softbreak", "hardbreak", "code_inline"}
)
"""Tokens of a line that are ready as they are."""


class Preparation:
    """Rewrites the tokens of one note: afterwards they hold only absolute addresses, and marks in
    the places of merge fields.
    """

    def __init__(
        self,
        resolver: LinkResolver,
        fields: Fields,
        abbreviations: Mapping[str, str],
        *,
        every_line: bool = False,
    ) -> None:
        """`every_line` tells whether each line of a paragraph is one for readers."""
        self._resolver = resolver
        self._fields = fields
        self._abbreviations = abbreviations
        self._short = _any_of(abbreviations)
        self._every_line = every_line
        self._raw_tags = 0
        self._ids = frozenset(resolver.anchors.values())
        self.is_judged = True
        """Whether all that its attributes say was looked at here: there is no raw HTML."""

    def prepare(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens, ready for both renderings."""
        ready: list[Token] = []
        for token in tokens:
            if token.type == "html_block" and (self._is_excess(token) or _swallows([token])):
                ready += _paragraph(self._fields.mark_all(token.content))
                continue
            self._prepare_block(token)
            ready.append(token)
        _mark_tasks(ready)
        return ready

    def _prepare_block(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            children = token.children or []
            if "\n" in token.content:
                end_lines(token.content, children, every=self._every_line)
            token.children = self._prepare_inline(children)
        elif kind in _CELLS:
            _prepare_cell(token)
        elif kind in _HEADINGS:
            if token.tag == "h1":
                token.tag = "h2"  # the title is the only h1 (rule D11)
            if token.nesting > 0 and token.attrs.get("id") not in self._ids:
                self.is_judged = False
        elif kind == "fence":
            token.content = drop_unshown(token.content, token.info.strip())
        elif kind == "html_block":
            token.content = self._fields.mark_all(token.content)
            self.is_judged = False
        elif kind == "ordered_list_open" and int(token.attrs.get("start", 1)) > MAX_COUNT:
            self.is_judged = False

    def _prepare_inline(self, children: list[Token]) -> list[Token]:
        if len(children) == 1 and children[0].type == "text":  # most cells, items and headings
            return self._prepare_leaf(children[0], inside=False)
        ready: list[Token] = []
        kept: list[bool] = []  # per open link, whether it leads anywhere
        raw_links = 0
        has_raw = any(token.type == "html_inline" for token in children)
        swallows = _swallows(children) if has_raw else frozenset[str]()
        self.is_judged = self.is_judged and not has_raw
        for token in children:
            if token.type == "link_open":
                kept.append(self._resolve_link(token))
                ready += [token] if kept[-1] else []
            elif token.type == "link_close":
                if [one.type for one in ready[-2:]] == ["link_open", "text"] and (
                    not ready[-1].content.strip()
                ):
                    ready.pop()  # a blank is no word
                if ready and ready[-1].type == "link_open":
                    ready.append(self._name(str(ready[-1].attrs["href"])))
                ready += [token] if not kept or kept.pop() else []
            elif token.type == "html_inline":
                raw_links += _raw_link_step(token.content)
                as_text = _tag_name(token) in swallows or self._is_excess(token)
                ready.append(_text(token.content) if as_text else token)
            elif token.type in _SOLID:
                ready.append(token)
            else:
                ready += self._prepare_leaf(token, inside=bool(kept) or raw_links > 0)
        return ready

    def _prepare_leaf(self, token: Token, *, inside: bool) -> list[Token]:
        """One inline token that opens nothing; `inside` tells that a link is open around it."""
        if token.type == "wiki":
            return self._prepare_wiki(token, inside=inside)
        if token.type == "image":
            return [self._prepare_image(token)]
        if token.type == "field":
            return [_text(self._fields.mark(token.content))]
        if token.type == "text" and not inside and "://" in token.content:
            return list(self._link_bare_urls(token.content))
        if token.type == "text" and self._short is not None:
            return list(self._explain(token.content, self._short))
        return [token]

    def _explain(self, text: str, short: re.Pattern[str]) -> Iterator[Token]:
        """`text` with its abbreviations as elements that say what they mean."""
        position = 0
        for found in short.finditer(text):
            yield _text(text[position : found.start()])
            meaning = self._abbreviations[found[0]]
            yield Token("abbr_open", "abbr", 1, attrs={"title": meaning})
            yield _text(found[0])
            yield Token("abbr_close", "abbr", -1)
            position = found.end()
        yield _text(text[position:])

    def _is_excess(self, token: Token) -> bool:
        """Counts the tags of a token of raw HTML; whether they are more than a note may have."""
        self._raw_tags += token.content.count("<")
        if self._raw_tags > MAX_RAW_TAGS:
            self._resolver.warn(
                TOO_MANY_TAGS, f"only the first {MAX_RAW_TAGS} HTML tags are read, the rest is text"
            )
        return self._raw_tags > MAX_RAW_TAGS

    def _resolve_link(self, token: Token) -> bool:
        url = self._resolver.link(str(token.attrs.get("href", "")))
        if url is not None:
            token.attrs["href"] = url
        return url is not None

    def _name(self, url: str) -> Token:
        """What a link says that has no words, which its author is told."""
        self._resolver.warn(EMPTY_LINK, name_wordless(url))
        return _text(_name_of(url))

    def _prepare_image(self, token: Token) -> Token:
        label = plain(token.children or ())
        written = str(token.attrs.get("src", ""))
        return self._image(written, self._resolver.image(written), label, token)

    def _prepare_wiki(self, token: Token, *, inside: bool) -> list[Token]:
        target, label = token.meta["target"], token.meta["label"]
        if self._resolver.is_turned(target, label):
            target, label = label, target
        if label == target and "#" in label:
            label = _BLOCK_PART.sub("", label).lstrip("#") or label
        if token.meta["embed"] and self._resolver.is_file(target):
            return self._prepare_file(target, label if label != target else "", inside=inside)
        url = None if inside else self._resolver.wiki(target)
        return [_text(label)] if url is None else list(_link(url, label))

    def _prepare_file(self, target: str, label: str, *, inside: bool) -> list[Token]:
        """`![[a.png|alt|300]]`, and a sound or a document, which is a link; `#page=2` is left out."""
        if is_download(target.partition("#")[0]):
            target = target.partition("#")[0].strip()
        if not is_download(target):
            picture = Token("image", "img", 0)
            return [self._image(target, self._resolver.embed(target), f"|{label}", picture)]
        url = None if inside else self._resolver.embed(target)
        words = label or target.rpartition("/")[2]
        return [_text(words)] if url is None else list(_link(url, words))

    def _link_bare_urls(self, text: str) -> Iterator[Token]:
        """`text` with its web addresses as links, without the punctuation after them."""
        position = 0
        for found in _BARE_URL.finditer(text):
            label = _trim_url(found[0])
            url = self._resolver.link(label)
            if url is not None:
                yield _text(text[position : found.start()])
                yield from _link(url, label)
                position = found.start() + len(label)
        yield _text(text[position:])

    def _image(self, written: str, url: str | None, label: str, token: Token) -> Token:
        alt, width, height = split_size(label)
        alt = alt.lstrip("|")
        if url is None:
            return _text(alt)
        if not alt:
            self._resolver.warn(
                "no-alt",
                f"the picture `{shorten(unquote(written), 80)}` has no alternative text",
            )
        token.attrs = {"src": url, "alt": alt}
        for name, pixels in (("width", width), ("height", height)):
            if pixels:
                token.attrs[name] = pixels
        token.children = [_text(alt)]
        token.content = alt
        return token


def _any_of(words: Mapping[str, str]) -> re.Pattern[str] | None:
    """What finds these as whole words; None without any."""
    if not words:
        return None
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")


def _prepare_cell(token: Token) -> None:
    """Alignment as a class: one allow-list for everybody has no `style`."""
    align = _ALIGN.search(str(token.attrs.pop("style", "")))
    if token.tag == "th":
        token.attrs["scope"] = "col"
    if align:
        token.attrs["class"] = f"align-{align[1]}"


def _mark_tasks(tokens: Sequence[Token]) -> None:
    """List items that begin with `[ ]` or `[x]` get a token for their box."""
    for item, opening, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type != "list_item_open" or opening.type != "paragraph_open":
            continue
        children = inline.children or []
        found = (
            _TASK.match(children[0].content) if children and children[0].type == "text" else None
        )
        if found:
            box = Token("task", "", 0, meta={"box": _BOXES.get(found[1], "☐")})
            children[0].content = children[0].content[found.end() :]
            children.insert(0, box)
            item.attrs["class"] = "task"


def _swallows(tokens: Sequence[Token]) -> frozenset[str]:
    """The elements that raw HTML opens and never closes, and that would vanish with all the text
    after them: they are meant as text (`use a <script> tag`).
    """
    open_tags: dict[str, int] = {}
    for token in tokens:
        if token.type not in {"html_inline", "html_block"}:
            continue
        for closing, name in RAW_TAG.findall(token.content):
            if closing and name.lower() == "plaintext":
                continue  # nothing ends it (HTML 13.2.5.5)
            if (tag := name.lower()) in VANISHING:
                open_tags[tag] = max(0, open_tags.get(tag, 0) + (-1 if closing else 1))
    return frozenset(tag for tag, count in open_tags.items() if count)


def _tag_name(token: Token) -> str:
    found = RAW_TAG.match(token.content)
    return found[2].lower() if found else ""


def _raw_link_step(tag: str) -> int:
    found = RAW_TAG.match(tag)
    if not found or found[2].lower() != "a":
        return 0
    return -1 if found[1] else 1


def _trim_url(url: str) -> str:
    """`url` without the punctuation that belongs to the sentence around it."""
    if not url.isascii() and (host := _HOST.match(url)) is not None:
        return host[0]
    surplus = url.count(")") - url.count("(")
    end = len(url)
    while end and (url[end - 1] in _SENTENCE_ENDS or (url[end - 1] == ")" and surplus > 0)):
        surplus -= url[end - 1] == ")"
        end -= 1
    return url[:end]


def _text(content: str) -> Token:
    token = new_token("text", "", 0)
    token.content = content
    return token


def name_wordless(url: str) -> str:
    """The remark on a link without words, by where it leads."""
    return f"the link to `{shorten(url, 80)}` has no words; readers are told the end of its address instead"


def _name_of(url: str) -> str:
    """What a link says that has no words: nobody could tell it from nothing."""
    last = unquote(url).rstrip("/").rpartition("/")[2]
    return last.rpartition("#")[2] or last


def _link(url: str, label: str) -> tuple[Token, Token, Token]:
    opening = new_token("link_open", "a", 1)
    opening.attrs = {"href": url}
    return opening, _text(label), new_token("link_close", "a", -1)


def _paragraph(text: str) -> tuple[Token, Token, Token]:
    inline = Token("inline", "", 0, content=text, children=[_text(text)])
    return Token("paragraph_open", "p", 1), inline, Token("paragraph_close", "p", -1)
