"""Ghost: one JSON file, beside `content/images` where its whole content was exported."""

from __future__ import annotations

import json
from typing import Any

from newsletter.importing.export import Export
from newsletter.importing.posts import Found, Post
from newsletter.importing.values import read_time, unique
from storage.model import PostsFileError

_Row = dict[str, Any]


def is_ghost(export: Export) -> bool:
    """A JSON file with Ghost's tables."""
    return _document(export) is not None


def read_ghost(export: Export) -> Found:
    """Every post of the newest export in it, with tags and authors' excerpts."""
    name = _document(export)
    if name is None:
        raise PostsFileError(f"{export.label}: no JSON file of Ghost is in it")
    data = _tables(export, name)
    found = Found()
    tags = _tags(data)
    extra = {row.get("post_id"): row for row in _rows(data, "posts_meta")}
    for row in _rows(data, "posts"):
        _take(row, tags.get(str(row.get("id")), ()), extra.get(row.get("id"), {}), found)
    return found


def _take(row: _Row, tags: tuple[str, ...], extra: _Row, found: Found) -> None:
    slug = str(row.get("slug") or "")
    name = slug or str(row.get("id"))
    if row.get("type") == "page" or row.get("page") == 1:
        found.leave(name, "a page, not a post; `about.md` is the page there is here")
        return
    html = _content(row)
    if html is None:
        found.leave(name, "the export has no HTML of it, and its own format is not understood")
        return
    found.posts.append(
        Post(
            name=name,
            title=str(row.get("title") or slug),
            html=html,
            published_at=read_time(row.get("published_at") or row.get("created_at")),
            updated_at=read_time(row.get("updated_at")),
            slug=slug,
            address=str(row.get("canonical_url") or f"/{slug}/"),
            summary=str(row.get("custom_excerpt") or extra.get("meta_description") or ""),
            subject=str(extra.get("email_subject") or ""),
            tags=tags,
            image=str(row.get("feature_image") or ""),
            image_alt=str(extra.get("feature_image_alt") or ""),
            lang=str(row.get("locale") or ""),
            kept_back=_kept_back(row),
        )
    )


def _content(row: _Row) -> str | None:
    """Its HTML; older exports have Markdown or mobiledoc, whose cards may hold either."""
    if row.get("html"):
        return str(row["html"])
    cards = _loads(row.get("mobiledoc")).get("cards")
    pieces = [
        str(card[1].get("html") or _paragraphs(str(card[1].get("markdown") or "")))
        for card in cards or ()
        if isinstance(card, list) and len(card) > 1 and isinstance(card[1], dict)
    ]
    if any(pieces):
        return "\n".join(pieces)
    nodes = _loads(row.get("lexical")).get("root")
    if isinstance(nodes, dict):
        return "".join(_node(node, 0) for node in nodes.get("children") or ())
    return str(row["plaintext"]) if row.get("plaintext") else None


_BLOCKS = {"paragraph": "p", "quote": "blockquote", "listitem": "li"}


def _node(node: object, depth: int) -> str:
    """A node of Ghost's editor as HTML, its text and links; a card's own HTML as it is."""
    if not isinstance(node, dict) or depth > 50:
        return ""
    kind = str(node.get("type"))
    inner = "".join(_node(child, depth + 1) for child in node.get("children") or ())
    if kind in {"text", "extended-text"}:
        return _escaped(str(node.get("text") or ""))
    if kind == "link":
        return f'<a href="{_escaped(str(node.get("url") or ""))}">{inner}</a>'
    if kind == "image":
        return f'<img src="{_escaped(str(node.get("src") or ""))}" alt="{_escaped(str(node.get("alt") or ""))}">'
    if kind in {"heading", "extended-heading"}:
        tag = str(node.get("tag") or "h2")
        return f"<{tag}>{inner}</{tag}>" if tag in {"h1", "h2", "h3", "h4", "h5", "h6"} else inner
    if kind == "list":
        tag = "ol" if node.get("listType") == "number" else "ul"
        return f"<{tag}>{inner}</{tag}>"
    if kind in {"html", "markdown"}:
        return str(node.get("html") or _paragraphs(str(node.get("markdown") or "")))
    if kind == "codeblock":
        return f"<pre><code>{_escaped(str(node.get('code') or ''))}</code></pre>"
    if kind == "horizontalrule":
        return "<hr>"
    tag = _BLOCKS.get(kind.removeprefix("extended-"), "")
    return f"<{tag}>{inner}</{tag}>" if tag else inner


def _kept_back(row: _Row) -> str:
    status = str(row.get("status") or "")
    if status not in {"published", "sent"}:
        return f"its state was `{status}`"
    if str(row.get("visibility") or "public") != "public":
        return f"it was for some readers only ({row['visibility']})"
    return ""


def _tags(data: _Row) -> dict[str, tuple[str, ...]]:
    """The names of each post's tags, in its order; those with `#` are Ghost's own."""
    names = {row.get("id"): str(row.get("name") or "") for row in _rows(data, "tags")}
    pairs = sorted(_rows(data, "posts_tags"), key=lambda row: int(row.get("sort_order") or 0))
    found: dict[str, list[str]] = {}
    for row in pairs:
        name = names.get(row.get("tag_id"), "")
        if name and not name.startswith("#"):
            found.setdefault(str(row.get("post_id")), []).append(name)
    return {post: unique(iter(tags)) for post, tags in found.items()}


def _document(export: Export) -> str | None:
    for name in export.named(".json"):
        head = export.text(name)[:20_000]
        if '"db"' in head or '"data"' in head:
            try:
                if _rows(_tables(export, name), "posts"):
                    return name
            except PostsFileError:
                continue
    return None


def _tables(export: Export, name: str) -> _Row:
    try:
        document = json.loads(export.text(name))
    except (ValueError, RecursionError) as error:
        raise PostsFileError(f"{name}: it is not JSON: {error}") from error
    if isinstance(document, dict) and isinstance(document.get("db"), list) and document["db"]:
        document = document["db"][0]
    data = document.get("data") if isinstance(document, dict) else None
    return data if isinstance(data, dict) else {}


def _rows(data: _Row, table: str) -> list[_Row]:
    rows = data.get(table)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _loads(text: object) -> _Row:
    try:
        document = json.loads(str(text)) if text else {}
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _paragraphs(markdown: str) -> str:
    return "".join(f"<p>{_escaped(part)}</p>" for part in markdown.split("\n\n") if part.strip())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
