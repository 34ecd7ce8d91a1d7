"""Substack: `posts.csv` and `posts/ID.SLUG.html`. Pictures stay on its servers."""

from __future__ import annotations

from typing import Final

from newsletter.importing.export import Export
from newsletter.importing.posts import Found, Post
from newsletter.importing.values import first, is_yes, read_rows, read_time

_NO_POSTS: Final = {
    "page": "a page, not a post; `about.md` is the page there is here",
    "thread": "a thread for readers' comments, not a post",
}


def is_substack(export: Export) -> bool:
    """A table of posts beside their HTML, named by their ids."""
    tables = export.named("posts.csv")
    return any("post_id" in export.text(name)[:2000].partition("\n")[0] for name in tables[:1])


def read_substack(export: Export) -> Found:
    """Every post of the table; one whose HTML is missing is told."""
    found = Found()
    bodies = {name.rpartition("/")[2].removesuffix(".html"): name for name in export.named(".html")}
    for table in export.named("posts.csv")[:1]:
        for row in read_rows(export.text(table)):
            _take(export, row, bodies, found)
    return found


def _take(export: Export, row: dict[str, str], bodies: dict[str, str], found: Found) -> None:
    key = row.get("post_id", "")
    kind = row.get("type", "")
    number, _, slug = key.partition(".")
    if kind in _NO_POSTS:
        found.leave(key, _NO_POSTS[kind])
        return
    body = bodies.get(key) or bodies.get(number)
    if body is None:
        found.leave(key, "its HTML is not in the export")
        return
    html = export.text(body)
    audio = row.get("podcast_url", "")
    if audio.startswith(("https://", "http://")):
        html = f'<audio src="{audio.replace(chr(34), "%22")}"></audio>\n{html}'
    found.posts.append(
        Post(
            name=key,
            title=row.get("title", "") or slug,
            html=html,
            published_at=read_time(row.get("post_date")),
            slug=slug,
            address=f"/p/{slug}" if slug else "",
            summary=row.get("subtitle", ""),
            kept_back=_kept_back(row),
        )
    )


def _kept_back(row: dict[str, str]) -> str:
    if not is_yes(row.get("is_published", "true")):
        return "it was not published"
    if first(row, "audience") not in {"", "everyone"}:
        return "it was for paying readers only"
    return ""
