"""Medium: a page of HTML for each post, `posts/DATE_TITLE-ID.html`; drafts begin with `draft_`."""

from __future__ import annotations

import re
from typing import Final

from bs4 import BeautifulSoup, Tag

from newsletter.importing.export import Export
from newsletter.importing.posts import Found, Post
from newsletter.importing.values import read_time, unique

_ID: Final = re.compile(r"-+[0-9a-f]{8,16}\Z")
_DATE: Final = re.compile(r"\A(\d{4}-\d{2}-\d{2})_")
_COMMENT: Final = 600
"""A response to somebody's post is as long as a comment, and has no title but its own first words."""


def is_medium(export: Export) -> bool:
    """Pages with Medium's microformats."""
    pages = export.below("posts", ".html") or export.named(".html")
    return any(
        'class="h-entry"' in (text := export.text(name)) and "medium.com" in text
        for name in pages[:5]
    )


def read_medium(export: Export) -> Found:
    """Every page; responses to others' posts are told and left."""
    found = Found()
    for name in export.below("posts", ".html") or export.named(".html"):
        _take(name, export.text(name), found)
    return found


def _take(name: str, text: str, found: Found) -> None:
    page = BeautifulSoup(text, "html.parser")
    body = page.select_one("[data-field=body]")
    if body is None:
        found.leave(name, "it has no post of Medium in it")
        return
    file = name.rpartition("/")[2].removesuffix(".html")
    title = _text(page.select_one("h1.p-name")) or _text(page.select_one("title"))
    if _is_response(body, title):
        found.leave(name, "a response to somebody's post")
        return
    address = _canonical(page)
    summary = _text(page.select_one("[data-field=subtitle]"))
    _drop_titles(body, title, summary)
    dated = _DATE.match(file)
    time = page.select_one("time.dt-published")
    stated = str(time.get("datetime") or "") if isinstance(time, Tag) else ""
    slug = _ID.sub(
        "", (address or _DATE.sub("", file.removeprefix("draft_"))).rstrip("/").rpartition("/")[2]
    )
    found.posts.append(
        Post(
            name=name,
            title=title or slug,
            html=str(body),
            published_at=read_time(stated or (dated[1] if dated else "")),
            slug=slug.strip("-_").lower(),
            address=address,
            summary="" if summary.endswith("…") else summary,
            tags=unique(_text(tag) for tag in page.select("a.p-tag")),
            kept_back="it was not published" if file.startswith("draft") or not address else "",
        )
    )


def _is_response(body: Tag, title: str) -> bool:
    words = _text(body)
    begun = title.removesuffix("…").strip()
    return (
        body.select_one(".graf--title, h3.graf--leading, h1") is None
        and len(words) < _COMMENT
        and words.startswith(begun)
    )


def _drop_titles(body: Tag, title: str, summary: str) -> None:
    """Title and subtitle stand at the head of the text, too."""
    for tag in body.select(".graf--title, .graf--subtitle, h3.graf--leading, h1"):
        if _text(tag) in {title, summary}:
            tag.decompose()


def _canonical(page: BeautifulSoup) -> str:
    link = page.select_one("a.p-canonical")
    return str(link.get("href") or "") if isinstance(link, Tag) else ""


def _text(tag: Tag | None) -> str:
    return "" if tag is None else " ".join(tag.get_text(" ", strip=True).split())
