"""What a system wraps around an author's words is taken away, and its own blocks become plain HTML. Pure.

Subscribe boxes, share buttons, tracking pictures, the chrome of a mail: none of it is the author's.
Each block is told by the class that its system gives it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString


def _names(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_ELEMENTS: Final = _names(
    "script style form input button select textarea noscript template link meta head title"
)
_CLASSES: Final = _names(
    # Substack
    "subscription-widget-wrap subscription-widget-wrap-editor subscribe-widget subscription-widget",
    "image-link-expand header-anchor-parent post-ufi share-dialog captioned-button-wrap",
    "paywall-jump paywall poll-embed community-chat install-substack-app-embed",
    # Medium
    "section-divider aspectRatioPlaceholder-fill graf--title",
    # Ghost
    "kg-signup-card kg-cta-card kg-audio-player-container kg-video-player-container",
    "kg-toggle-card-icon kg-bookmark-icon kg-bookmark-thumbnail kg-file-card-icon",
    "kg-video-overlay kg-video-large-play-icon kg-audio-hide kg-audio-thumbnail",
    # Mailchimp, beehiiv: the frame of a mail
    "mcnPreviewText mcnFollowBlock mcnShareBlock mceSocialFollowBlock",
    "templateFooterContainer mceFooterSection",
)
_IDS: Final = _names("templateFooter templatePreheader awesomewrap canspamBar canspamBarWrapper")
_FRAME_ONLY: Final = re.compile(
    r"\*\|(?:UNSUB|ARCHIVE|UPDATE_PROFILE|REWARDS|LIST:\w+|HTML:\w+)[^|]*\|\*"
)
_MERGE: Final = re.compile(r"\*\|[^|\n]{1,200}\|\*")
_SEEN_BY_NOBODY: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_ADDRESSES: Final = ("href", "src", "data-src", "poster")
_LAYOUT: Final = frozenset({"presentation", "none"})


class Cleaned:
    """A post's own content, and what was met on the way."""

    def __init__(self, html: str, base: str = "") -> None:
        self.soup = BeautifulSoup(html, "html.parser")
        if base:
            self._make_absolute(base)
        self.merges = 0
        """Merge fields of the old system that were taken out."""
        self._find_body()
        self._drop_noise()
        self._drop_frame()
        self._name_cards()
        self._name_footnotes()
        self._unfold_tables()

    def _make_absolute(self, base: str) -> None:
        for tag in self.soup.find_all(True):
            for name in _ADDRESSES:
                if written := str(tag.get(name) or "").strip():
                    with suppress(ValueError):
                        tag[name] = urljoin(base, written)

    def _find_body(self) -> None:
        """Of a whole page or mail, what holds the author's words."""
        for wanted in ("[data-field=body]", "#content-blocks", "#templateBody", "body"):
            found = self.soup.select(wanted)
            if found:
                kept = BeautifulSoup("", "html.parser")
                for one in found:
                    kept.append(one.extract())
                self.soup = kept
                return

    def _drop_noise(self) -> None:
        for one in self.soup.find_all(string=lambda text: isinstance(text, Comment)):
            one.extract()
        for tag in self.soup.find_all(_is_noise):
            tag.decompose()
        for tag in self.soup.find_all("img"):
            if _is_pixel(tag):
                tag.decompose()
        for tag in self.soup.find_all(style=_SEEN_BY_NOBODY):
            tag.decompose()
        for tag in self.soup.select("p.button-wrapper, div.button-wrapper"):
            label = tag.get_text(" ", strip=True).lower()
            if "subscribe" in label or "share" in label or "comment" in label:
                tag.decompose()

    def _drop_frame(self) -> None:
        """Mailchimp's tags: a block about unsubscribing goes, a merge field elsewhere is taken out."""
        for text in self.soup.find_all(string=_MERGE):
            if text.parent is None:
                continue
            block = text.find_parent(["p", "td", "div", "li"])
            if _FRAME_ONLY.search(text) and block is not None and len(block.get_text()) < 600:
                block.decompose()
                continue
            plain, taken = _MERGE.subn("", text)
            self.merges += taken
            text.replace_with(NavigableString(plain))
        for link in self.soup.find_all("a", href=_MERGE):
            link.decompose() if _FRAME_ONLY.search(str(link["href"])) else link.unwrap()

    def _name_cards(self) -> None:
        """Blocks that only their system shows become quotes, links, details."""
        for card in self.soup.select(
            ".kg-bookmark-card, .embedded-post-wrap, .digest-post-embed, .graf--mixtapeEmbed"
        ):
            link = card if card.name == "a" else card.find("a", href=True)
            if not isinstance(link, Tag) or not link.get("href"):
                continue
            title = card.select_one(".kg-bookmark-title, .embedded-post-title, strong, h2, h3")
            label = (title or link).get_text(" ", strip=True) or str(link["href"])
            plain = self.soup.new_tag("p")
            anchor = self.soup.new_tag("a", href=str(link["href"]))
            anchor.string = label
            plain.append(anchor)
            card.replace_with(plain)
        for card in self.soup.select(".kg-callout-card, .callout-block"):
            card.name = "blockquote"
        for card in self.soup.select(".kg-toggle-card"):
            self._make_details(card)
        for quote in self.soup.select("div.pullquote"):
            quote.name = "blockquote"
        for tag in self.soup.select(".youtube-wrap, .youtube, .vimeo-wrap"):
            self._find_player(tag)

    def _make_details(self, card: Tag) -> None:
        heading = card.select_one(".kg-toggle-heading-text")
        content = card.select_one(".kg-toggle-content")
        if heading is None or content is None:
            return
        title = heading.get_text(" ", strip=True)
        card.clear()
        card.name, card.attrs = "details", {}
        summary = self.soup.new_tag("summary")
        summary.string = title
        card.append(summary)
        card.append(content.extract())

    def _find_player(self, tag: Tag) -> None:
        """Substack keeps a video as attributes around an empty frame."""
        if tag.find("iframe") is not None:
            return
        found = re.search(r"\"videoId\":\s*\"([\w-]{6,20})\"", str(tag.get("data-attrs", "")))
        if found is not None:
            frame = self.soup.new_tag("iframe", src=f"https://www.youtube.com/embed/{found[1]}")
            tag.append(frame)

    def _name_footnotes(self) -> None:
        """Substack's and Ghost's footnotes become Markdown's, numbered as they were."""
        for anchor in self.soup.select(
            "a.footnote-anchor, sup.footnote-ref > a, sup > a[href^='#fn']"
        ):
            number = _number(anchor)
            if number:
                outer = (
                    anchor.parent
                    if anchor.parent is not None and anchor.parent.name == "sup"
                    else anchor
                )
                outer.replace_with(_Footnote(f"[^{number}]"))
        self._name_notes()

    def _name_notes(self) -> None:
        """The notes themselves, each with its number; lists around them go."""
        for note in self.soup.select("div.footnote"):
            first = note.select_one("a.footnote-number")
            content = note.select_one(".footnote-content")
            if first is None or content is None:
                continue
            note["data-footnote"] = _number(first)
            first.decompose()
        for note in self.soup.select(
            "section.footnotes li[id], ol.footnotes-list li[id], .footnotes ol li[id]"
        ):
            found = re.search(r"(\d+)\Z", str(note["id"]))
            if found is None:
                continue
            for back in note.select("a.footnote-backref, a[href^='#fnref']"):
                back.decompose()
            note.name, note["data-footnote"] = "div", found[1]
        for around in self.soup.select("section.footnotes, .footnotes"):
            if around.select_one("[data-footnote]") is not None:
                for line in around.find_all("hr"):
                    line.decompose()
                for one in around.find_all(["ol", "section"]):
                    one.unwrap()

    def _unfold_tables(self) -> None:
        """A table that only lays a mail out is no table."""
        for table in self.soup.find_all("table"):
            if table.parent is None or not _is_layout(table):
                continue
            for part in table.find_all(["tbody", "thead", "tr", "td", "th"]):
                if part.find_parent("table") is table:
                    part.name, part.attrs = "div", {}
            table.name, table.attrs = "div", {}


class _Footnote(NavigableString):
    """Text that is Markdown already."""


def _is_noise(tag: Tag) -> bool:
    """Whether no word of the author's is in it; a selector of sixty would be tried one by one."""
    return (
        tag.name in _ELEMENTS
        or not _CLASSES.isdisjoint(tag.get("class") or ())
        or tag.get("id") in _IDS
    )


def is_markdown(text: object) -> bool:
    """Whether a string of the tree was written by us and is not to be escaped."""
    return isinstance(text, _Footnote)


def address_of_frame(tag: Tag) -> str:
    """Where an embedded page comes from; Medium's and others' wrappers name it in their own address."""
    source = str(tag.get("src") or tag.get("data-src") or "")
    inner = parse_qs(urlsplit(source).query).get("src") or parse_qs(urlsplit(source).query).get(
        "url"
    )
    return inner[0] if inner and "embed" in urlsplit(source).netloc else source


def _number(tag: Tag) -> str:
    digits = re.sub(r"\D", "", tag.get_text())
    return digits[:6]


def _is_pixel(tag: Tag) -> bool:
    sides = [str(tag.get(name, "")) for name in ("width", "height")]
    return any(side in {"0", "1", "0px", "1px"} for side in sides) or not tag.get(
        "src", tag.get("data-src")
    )


def _is_layout(table: Tag) -> bool:
    if str(table.get("role", "")).lower() in _LAYOUT:
        return True
    if table.find("th") is not None:
        return False
    if (
        table.find(["table", "p", "h1", "h2", "h3", "ul", "ol", "figure", "blockquote", "div"])
        is not None
    ):
        return True
    rows = table.find_all("tr")
    return all(len(row.find_all("td")) < 2 for row in rows)
