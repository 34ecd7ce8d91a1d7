"""beehiiv: a table of posts with their HTML in a column."""

from __future__ import annotations

from newsletter.importing.export import Export
from newsletter.importing.posts import Found, Post
from newsletter.importing.values import first, last_part, read_rows, read_time, split_tags


def is_beehiiv(export: Export) -> bool:
    """A CSV with beehiiv's columns."""
    return _table(export) is not None


def read_beehiiv(export: Export) -> Found:
    """Every post of the table."""
    found = Found()
    name = _table(export)
    for row in read_rows(export.text(name)) if name else ():
        _take(row, found)
    return found


def _take(row: dict[str, str], found: Found) -> None:
    title = first(row, "web_title", "title", "email_subject_line")
    address = first(row, "url", "web_url", "link")
    slug = row.get("slug", "") or last_part(address)
    html = first(row, "content_html", "html", "content")
    name = slug or row.get("id", "") or title
    if not html:
        found.leave(name, "its text is not in the export")
        return
    subject = first(row, "email_subject_line", "subject_line")
    found.posts.append(
        Post(
            name=name,
            title=title or slug,
            html=html,
            published_at=read_time(
                first(
                    row, "displayed_date", "publish_date", "published_at", "created_at", "created"
                )
            ),
            slug=slug,
            address=address or (f"/p/{slug}" if slug else ""),
            summary=first(row, "web_subtitle", "subtitle", "email_preview_text", "preview_text"),
            subject="" if subject == title else subject,
            tags=split_tags(first(row, "content_tags", "tags")),
            image=_picture(row.get("thumbnail_url", "")),
            kept_back=_kept_back(row),
        )
    )


def _kept_back(row: dict[str, str]) -> str:
    status, audience = row.get("status", "").lower(), row.get("audience", "").lower()
    if status not in {"", "confirmed", "published"}:
        return f"its state was `{status}`"
    return "it was for paying readers only" if audience == "premium" else ""


def _picture(address: str) -> str:
    """A whole address, or the path below its store of files."""
    if not address or address.startswith(("https://", "http://")):
        return address
    return f"https://media.beehiiv.com/cdn-cgi/image/quality=80/{address.lstrip('/')}"


def _table(export: Export) -> str | None:
    for name in export.named(".csv"):
        head = export.text(name)[:4000].partition("\n")[0].lower()
        if "content_html" in head or ("web_title" in head and "status" in head):
            return name
    return None
