"""Sanitised HTML: one allow-list for mail, feed and page (rules D15, E17). Pure.

What comes out is the sanitiser's own serialisation: every attribute quoted, `<`, `>`, `&` and `"`
escaped inside it. The few repairs made after it rely on that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Final

import nh3

from feeds.markdown.characters import clean_text
from feeds.markdown.elements import ELEMENTS
from feeds.markdown.links import LinkResolver
from feeds.markdown.picture import Size
from storage.model import names_in

TAGS: Final = names_in(
    "a abbr b blockquote br caption cite code dd del dfn div dl dt em figcaption figure h1 h2 h3 h4"
    " h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody"
    " td tfoot th thead time tr u ul var details"
)
"""Everything else loses its tag and keeps its text, but for VANISHING."""

VANISHING: Final = names_in(
    "script style iframe object applet noscript template title textarea select svg math head"
    " noembed noframes xmp plaintext"
)
"""Elements that go with all they hold."""

RAW_TEXT: Final = names_in(
    "script style iframe noscript title textarea noembed noframes xmp plaintext"
)
"""Those in which no other tag is one: the first end tag ends them (HTML 13.2.6.2)."""

HIGHLIGHTS: Final = ("k", "s", "c", "f", "m", "t", "gi", "gd")
"""Classes `hl-…` of highlighted code: keyword, string, comment, function, number, type, and a
diff's inserted and deleted lines."""

_ATTRIBUTES: Final = MappingProxyType(
    {
        "*": {"title", "lang", "dir"},
        "a": {"href"},
        "img": {"src", "alt", "width", "height"},
        "li": {"id", "value"},
        "ol": {"start"},
        "sup": {"id"},
        **{f"h{level}": {"id"} for level in range(1, 7)},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan", "abbr"},
        "time": {"datetime"},
    }
)
_ALIGNMENTS: Final = {"align-left", "align-center", "align-right"}
_CLASSES: Final = MappingProxyType(
    {
        "span": {f"hl-{name}" for name in HIGHLIGHTS},
        "td": _ALIGNMENTS,
        "th": _ALIGNMENTS,
        "li": {"task"},
        "ol": {"footnotes"},
        "ul": {"contents"},
        "blockquote": {
            "callout",
            *(f"callout-{kind}" for kind in ("note", "tip", "warning", "danger")),
        },
        "sup": {"footnote-ref"},
    }
)
_KNOWN: Final = ELEMENTS | TAGS | VANISHING
_SCOPES: Final = {"col", "row", "colgroup", "rowgroup"}
_COUNTS: Final = frozenset({"width", "height", "colspan", "rowspan", "start", "value"})
_JUDGED: Final = _COUNTS | {"href", "src", "id"}
MAX_COUNT: Final = 9_999
"""The highest number that an attribute may have."""
_FOOTNOTE: Final = re.compile(r"fn(?:ref)?-[0-9a-z]{1,16}-\d{1,5}")
_COUNT: Final = re.compile(r"[0-9]{1,4}")

_SAID: Final = r"[^\"<>&\xa0]*+(?:&(?:amp|lt|gt|quot);[^\"<>&\xa0]*+)*"
_LED: Final = rf"(?:https?://[a-z0-9.-]+(?::\d{{1,5}})?(?=[/?#\"])|mailto:|#){_SAID}"
_TEXT: Final = r"[^<>&\xa0\r\x00]*+"
_ALIGNED: Final = r" class=\"align-(?:left|center|right)\""
_PIECE: Final = (
    r"(?:&(?:amp|lt|gt|nbsp);"
    r"|</?(?:p|em|strong|code|s|li|ul|ol|tr|td|th|span|sup|pre|blockquote|h[2-6]|table|thead|tbody|d[ltd]|figure|figcaption|abbr)>"
    rf"|<(?:br|hr|img src=\"https?://{_SAID}\" alt=\"{_SAID}\"(?: width=\"\d{{1,4}}\")?(?: height=\"\d{{1,4}}\")?)>"
    rf"|<(?:td{_ALIGNED}|th scope=\"col\"(?:{_ALIGNED})?)>"
    rf"|<(?:span class=\"hl-(?:{'|'.join(HIGHLIGHTS)})\"|h[2-6] id=\"[^\"<>&\xa0]*\"|abbr title=\"{_SAID}\")>"
    r"|<(?:li (?:class=\"task\"|id=\"fn-[0-9a-z]+-\d+\")|ol (?:class=\"footnotes\"|start=\"\d{1,4}\")|ul class=\"contents\")>"
    r"|<(?:sup class=\"footnote-ref\"(?: id=\"fnref-[0-9a-z]+-\d+\")?|blockquote class=\"callout callout-[a-z]+\")>)"
)
_WORDS: Final = rf"{_TEXT}(?:{_PIECE}{_TEXT})*"
_LINKED: Final = rf"<a href=\"{_LED}\"(?: title=\"{_SAID}\")? rel=\"noopener\">{_WORDS}</a>"
_CLEAN: Final = re.compile(rf"{_TEXT}(?:(?:{_PIECE}|{_LINKED}){_TEXT})*\Z")
"""HTML that is as the sanitiser would write it, of nothing but what the allow-list has: to have it taken apart and put
together again costs four times as much as to see that it is. The renderer nests it well. What goes on behind a piece
is told by its first character, so that no text takes more than one pass and the way back.
"""
_TAG: Final = re.compile(
    r"</?([A-Za-z][A-Za-z0-9.:_-]{0,100}+)(?=[\s/>])(?:[^<>\"']{1,500}+|\"[^\"]{0,500}+\"|'[^']{0,500}+'){0,20}+>"
)
_HREF: Final = re.compile(r"<a (?:[a-z]+=\"[^\"]*\" )*href=\"([^\"]*)\"")
_LEADS_NOWHERE: Final = re.compile(r"<a(?: (?!href=)[a-z]+=\"[^\"]*\")*>")
_ANCHOR: Final = re.compile(r"<a(?: [a-z]+=\"[^\"]*\")*>|</a>")
_IMAGE: Final = re.compile(r"<img((?: [a-z]+=\"[^\"]*\")*)>")
_ALT: Final = re.compile(r" alt=\"([^\"]*)\"")
_SOURCE: Final = re.compile(r" src=\"([^\"]*)\"")
_SIDE: Final = re.compile(r" (width|height)=\"([0-9]+)\"")
_NO_CLASS: Final = re.compile(r'(<[a-z][a-z0-9]*(?: [a-z]+="[^"]*")*?) class=""')
_HEADING: Final = re.compile(r"<(/?)h1(?=[ >])")
_REFERENCE: Final = re.compile(
    r'<sup class="footnote-ref"(?: id="fnref-([0-9a-z]+)-\d+")?>\[(\d+)\]</sup>'
)
_FOOTNOTE_ITEM: Final = re.compile(r'<li id="fn-([0-9a-z]+-\d+)">')


def sanitise(html: str, resolver: LinkResolver) -> str:
    """`html` with only the elements and attributes of the allow-list, and absolute URLs.

    Scripts, styles, frames, forms, events and ids other than of headings and footnotes are gone; a picture
    without a source leaves its text, one without a text gets an empty one; h1 becomes h2, because
    the title is the only h1 (rules D11, D12, D14, D15, E16, E17).
    """
    before = _JUDGE.set(_attribute_filter(resolver))
    try:
        cleaned = _CLEANER.clean(_TAG.sub(_keep_elements, html))
    finally:
        _JUDGE.reset(before)
    return _repair(cleaned)


def sanitise_written(html: str) -> str:
    """The same for what the renderer wrote of a note without raw HTML (`Preparation.is_judged`): its addresses,
    ids and numbers were looked at one by one in the tokens. The allow-list is no other.
    """
    if _CLEAN.match(html) is not None:
        return clean_text(html)
    return _repair(_WRITTEN_CLEANER.clean(html))


def _keep_elements(found: re.Match[str]) -> str:
    """Nothing of a tag that is none of HTML: of names that MathML or SVG have, as `<list>`, `<text>` or `<set>`, the
    library would take away all that they hold, for what else it may become in a browser.
    """
    return found[0] if found[1].lower() in _KNOWN else ""


def _repair(cleaned: str) -> str:
    if ' class=""' in cleaned:
        cleaned = _NO_CLASS.sub(r"\1", cleaned)
    cleaned = _IMAGE.sub(_repair_image, cleaned)
    if _LEADS_NOWHERE.search(cleaned) is not None:
        cleaned = _keep_words(cleaned)
    return clean_text(_HEADING.sub(r"<\1h2", cleaned) if "<h1" in cleaned else cleaned)


def _keep_words(cleaned: str) -> str:
    """Without the tags of links that lead nowhere, as `<a name="top">`: mail programs and pages would show their
    words as those of a link (rule D13).
    """
    leading: list[bool] = []

    def judge(found: re.Match[str]) -> str:
        if found[0] != "</a>":
            leading.append(_LEADS_NOWHERE.match(found[0]) is None)
            return found[0] if leading[-1] else ""
        return found[0] if not leading or leading.pop() else ""

    return _ANCHOR.sub(judge, cleaned)


def addresses(html: str) -> tuple[str, ...]:
    """The links of sanitised HTML, each once, in order."""
    found = (unescape(one) for one in _HREF.findall(html))
    return tuple(dict.fromkeys(one for one in found if not one.startswith("#")))


def size_pictures(html: str, sizes: Mapping[str, Size]) -> str:
    """Sanitised HTML whose pictures say how large they are; `sizes` is by their address (rule D5).

    A side that the author gave stays, and the other one follows from it.
    """

    def add(found: re.Match[str]) -> str:
        source = _SOURCE.search(found[1])
        size = sizes.get(unescape(source[1])) if source else None
        if size is None:
            return found[0]
        given = {name: int(value) for name, value in _SIDE.findall(found[1])}
        rest = _SIDE.sub("", found[1])
        width, height = _sides(size, given.get("width", 0), given.get("height", 0))
        return f'<img{rest} width="{width}" height="{height}">'

    return _IMAGE.sub(add, html)


def _sides(size: Size, width: int, height: int) -> tuple[int, int]:
    """Both sides, from those that are given and the picture's own."""
    if width and height:
        return width, height
    shown = size.at_width(width) if width else size.at_height(height) if height else size
    return shown.width, shown.height


def link_footnotes(html: str) -> str:
    """Makes the footnotes of stored HTML clickable, there and back, for the page alone.

    In mail and feeds they stay plain numbers: anchors inside a mail do not work in most clients,
    and in a feed they are relative links (rules D19, E16).
    """
    prefixes = {found[1].rpartition("-")[0] for found in _FOOTNOTE_ITEM.finditer(html)}
    if len(prefixes) != 1:
        return html
    prefix = prefixes.pop()

    def refer(found: re.Match[str]) -> str:
        anchor = f'<a href="#fn-{prefix}-{found[2]}">[{found[2]}]</a>'
        return found[0].replace(f"[{found[2]}]", anchor)

    return _link_back(_REFERENCE.sub(refer, html))


def _link_back(html: str) -> str:
    """An arrow at the end of each footnote's text, back to where it was called."""
    starts = [*_FOOTNOTE_ITEM.finditer(html)]
    pieces = [html[: starts[0].start()]]
    for item, following in zip(starts, [*starts[1:], None], strict=True):
        end = following.start() if following else html.rfind("</ol>")
        note = html[item.start() : end]
        arrow = f' <a href="#fnref-{item[1]}" class="footnote-back">↑</a>'
        at = max(note.rfind("</p>"), 0) or note.rfind("</li>")
        pieces.append(note[:at] + arrow + note[at:])
    return "".join(pieces) + html[html.rfind("</ol>") :]


def _attribute_filter(resolver: LinkResolver) -> Callable[[str, str, str], str | None]:
    """Decides over each attribute that the allow-list let through; None removes it."""
    link, anchors = resolver.link, frozenset(resolver.anchors.values())

    def keep(tag: str, name: str, value: str) -> str | None:
        if tag not in TAGS:
            return None  # it is about to go; its addresses are not the note's
        if name not in _JUDGED:
            return value
        if name == "href":
            return link(value)
        if name == "src":
            return resolver.image(value)
        if name == "id":
            is_known = (tag.startswith("h") and value in anchors) or _FOOTNOTE.fullmatch(value)
            return value if is_known else None
        return value if _COUNT.fullmatch(value) else None

    return keep


_JUDGE: Final = ContextVar[Callable[[str, str, str], str | None]]("judge")
"""That of the note which is being cleaned: the cleaner is one for all, for it takes long to make."""


def _judge(tag: str, name: str, value: str) -> str | None:
    return _JUDGE.get()(tag, name, value)


def _build_cleaner(judge: Callable[[str, str, str], str | None] | None) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(VANISHING),
        attributes=dict(_ATTRIBUTES),
        attribute_filter=judge,
        tag_attribute_values={"th": {"scope": _SCOPES}},
        allowed_classes=dict(_CLASSES),
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener",
    )


_CLEANER: Final = _build_cleaner(_judge)
_WRITTEN_CLEANER: Final = _build_cleaner(None)
"""To be asked about each attribute costs more than the cleaning."""


def _repair_image(found: re.Match[str]) -> str:
    attributes = found[1]
    alt = _ALT.search(attributes)
    if " src=" not in attributes:
        return alt[1] if alt else ""
    return found[0] if alt else f'<img{attributes} alt="">'


# ── what is left of raw HTML in plain text ───────────────────────────────────────────────────


class PieceKind(StrEnum):
    """What a piece of HTML is to a reader of plain text."""

    TEXT = "text"
    BREAK = "break"
    """A line ends here."""
    LINK = "link"
    """A link ends here; the value is its URL."""
    IMAGE = "image"
    """A picture; the value is its URL, the label its alternative text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of sanitised HTML, in reading order."""

    kind: PieceKind
    value: str = ""
    label: str = ""


_BREAKING: Final = names_in(
    "blockquote br caption dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre table"
    " summary tbody tfoot thead tr ul"
)
SHOWING: Final = _BREAKING | {"img"}
"""Tags that mean something by themselves to a reader of plain text."""


def read_pieces(html: str) -> tuple[Piece, ...]:
    """Sanitised HTML as a reader of plain text meets it."""
    reader = _PieceReader(convert_charrefs=True)
    reader.feed(html)
    reader.close()
    return tuple(reader.pieces)


class _PieceReader(HTMLParser):
    def __init__(self, *, convert_charrefs: bool) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self.pieces: list[Piece] = []
        self._hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _BREAKING:
            self.pieces.append(Piece(kind=PieceKind.BREAK))
        elif tag == "a":
            self._hrefs.append(given.get("href", ""))
        elif tag == "img":
            label = given.get("alt", "")
            self.pieces.append(Piece(kind=PieceKind.IMAGE, value=given.get("src", ""), label=label))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKING:
            self.pieces.append(Piece(kind=PieceKind.BREAK))
        elif tag in {"td", "th"}:
            self.pieces.append(Piece(kind=PieceKind.TEXT, value=" "))
        elif tag == "a" and self._hrefs and (href := self._hrefs.pop()):
            self.pieces.append(Piece(kind=PieceKind.LINK, value=href))

    def handle_data(self, data: str) -> None:
        self.pieces.append(Piece(kind=PieceKind.TEXT, value=data))
