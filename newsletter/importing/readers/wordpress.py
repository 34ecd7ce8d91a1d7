"""WordPress: WXR, an RSS file with its own elements, beside `wp-content/uploads` where that was taken too."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from newsletter.importing.export import Export
from newsletter.importing.posts import Found, Post
from newsletter.importing.values import read_time, unique

_WP: Final = re.compile(r"\{http://wordpress\.org/export/[\d.]+/\}")
_CONTENT: Final = "{http://purl.org/rss/1.0/modules/content/}encoded"
_EXCERPT: Final = re.compile(r"\{http://wordpress\.org/export/[\d.]+/excerpt/\}encoded")
_BLOCK: Final = re.compile(
    r"\A\s*</?(?:p|div|h[1-6]|ul|ol|li|table|pre|blockquote|figure|section|hr|form|iframe|address|dl|video|audio)\b",
    re.IGNORECASE,
)
_KEPT: Final = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)", re.IGNORECASE | re.DOTALL)
_CAPTION: Final = re.compile(r"\[caption[^\]]*\](.*?)\[/caption\]", re.DOTALL)
_EMBED: Final = re.compile(r"\[embed[^\]]*\]\s*(https?://[^\s\[]+)\s*\[/embed\]")
_CODE: Final = re.compile(
    r"\[(code|sourcecode)(?:\s+(?:lang(?:uage)?=)?[\"']?([\w+#-]*)[\"']?[^\]]*)?\](.*?)\[/\1\]",
    re.DOTALL,
)
_SHORTCODE: Final = re.compile(r"\[/?[a-z][a-z0-9_-]{2,40}(?:\s+[a-z_-]+=[^\]\n]{0,500})?/?\]")
_STATES: Final = {"publish": ""}
_OTHERS: Final = {
    "attachment",
    "nav_menu_item",
    "revision",
    "custom_css",
    "customize_changeset",
    "oembed_cache",
    "user_request",
    "wp_block",
    "wp_template",
    "wp_template_part",
    "wp_global_styles",
    "wp_navigation",
    "wp_font_family",
    "wp_font_face",
}


def is_wordpress(export: Export) -> bool:
    """An XML file with WordPress's elements."""
    return bool(_documents(export))


def read_wordpress(export: Export) -> Found:
    """Every post of every file; WordPress divides what is large."""
    found = Found()
    items = [item for name in _documents(export) for item in _items(export.read(name))]
    pictures = {
        _value(item, "post_id"): _value(item, "attachment_url")
        for item in items
        if _value(item, "post_type") == "attachment"
    }
    for item in items:
        _take(item, pictures, found)
    return found


def _documents(export: Export) -> list[str]:
    return [
        name
        for name in export.named(".xml", ".wxr", ".txt")
        if b"http://wordpress.org/export/" in export.read(name)[:20_000]
    ]


def _items(data: bytes) -> Iterator[etree._Element]:
    # Exports hold control characters and broken entities: lxml goes on behind them. No entity is
    # expanded and nothing is fetched.
    parser = etree.iterparse(
        io.BytesIO(data),
        events=("end",),
        tag="item",
        recover=True,
        huge_tree=True,
        resolve_entities=False,
        no_network=True,
    )
    for _, item in parser:
        yield item


def _take(item: etree._Element, pictures: dict[str, str], found: Found) -> None:
    kind = _value(item, "post_type")
    title = _plain(item, "title")
    link = _plain(item, "link")
    slug = _value(item, "post_name")
    name = link or slug or title or _value(item, "post_id")
    if kind in _OTHERS:
        return
    if kind != "post":
        found.leave(
            name,
            f"a {kind}, not a post"
            + ("; `about.md` is the page there is here" if kind == "page" else ""),
        )
        return
    state = _value(item, "status")
    if state in {"trash", "auto-draft", "inherit"}:
        return
    content = item.findtext(_CONTENT) or ""
    guid = _plain(item, "guid")
    thumbnail = _meta(item).get("_thumbnail_id", "")
    found.posts.append(
        Post(
            name=name,
            title=title or slug,
            html=to_html(content),
            published_at=read_time(_value(item, "post_date_gmt"))
            or read_time(_plain(item, "pubDate"))
            or read_time(_value(item, "post_date")),
            updated_at=read_time(_value(item, "post_modified_gmt")),
            slug=slug,
            address=link if "?p=" not in link else (guid if "?p=" not in guid else ""),
            summary=_excerpt(item),
            tags=unique(tag.text or "" for tag in item.findall("category") if _is_tag(tag)),
            image=pictures.get(thumbnail, ""),
            kept_back=_kept_back(item, state),
        )
    )


def to_html(content: str) -> str:
    """Content as WordPress shows it: paragraphs where lines are blank, its own short codes resolved."""
    content = _CODE.sub(
        lambda found: f'<pre><code class="language-{found[2] or ""}">{found[3]}</code></pre>',
        content,
    )
    content = _CAPTION.sub(_figure, content)
    content = _EMBED.sub(r'<p><a href="\1">\1</a></p>', content)
    content = _SHORTCODE.sub("", content)
    return content if "<!-- wp:" in content else _paragraphs(content)


def _figure(found: re.Match[str]) -> str:
    picture = re.search(r"(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?", found[1])
    if picture is None:
        return found[1]
    words = (found[1][: picture.start()] + found[1][picture.end() :]).strip()
    return f"<figure>{picture[0]}<figcaption>{words}</figcaption></figure>"


def _paragraphs(content: str) -> str:
    """The classic editor keeps no paragraphs: blank lines end them, single ends of line break them."""
    pieces: list[str] = []
    for index, part in enumerate(_KEPT.split(content)):
        if index % 3 == 2:
            continue
        if index % 3 == 1:
            pieces.append(part)
            continue
        for block in re.split(r"\n[ \t]*\n", part.replace("\r\n", "\n")):
            words = block.strip("\n")
            if not words.strip():
                continue
            pieces.append(
                words if _BLOCK.match(words) else "<p>" + words.replace("\n", "<br>\n") + "</p>"
            )
    return "\n".join(pieces)


def _kept_back(item: etree._Element, state: str) -> str:
    if state != "publish":
        return f"its state was `{state}`"
    return "it had a password" if _value(item, "post_password") else ""


def _is_tag(element: etree._Element) -> bool:
    return (
        element.get("domain") in {"post_tag", "category"}
        and (element.text or "") != "Uncategorized"
    )


def _excerpt(item: etree._Element) -> str:
    found = next((child.text or "" for child in item if _EXCERPT.fullmatch(str(child.tag))), "")
    return " ".join(re.sub(r"<[^>]{0,500}>", " ", found).split())


def _meta(item: etree._Element) -> dict[str, str]:
    rows = [child for child in item if _WP.sub("", str(child.tag)) == "postmeta"]
    return {_value(row, "meta_key"): _value(row, "meta_value") for row in rows}


def _value(element: etree._Element, name: str) -> str:
    """The text of a child of WordPress's own, whichever version of the format."""
    found = next(
        (child.text for child in element if _WP.fullmatch(str(child.tag).removesuffix(name))), None
    )
    return (found or "").strip()


def _plain(item: etree._Element, name: str) -> str:
    return (item.findtext(name) or "").strip()
