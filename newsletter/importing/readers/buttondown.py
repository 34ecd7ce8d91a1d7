"""Buttondown: `emails.csv` or `emails.json`, and each mail's Markdown in `emails/SLUG.md`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from newsletter.importing.export import Export
from newsletter.importing.posts import Found, Post
from newsletter.importing.values import first, read_rows, read_time, split_tags

_MODE: Final = re.compile(r"\A\s*<!--\s*buttondown-editor-mode:\s*(\w+)\s*-->\s*")
_HTML: Final = re.compile(
    r"\A\s*<(?:p|h[1-6]|div|ul|ol|figure|blockquote|img|table)\b", re.IGNORECASE
)
_SENT: Final = frozenset({"", "sent", "imported", "published", "in_flight", "throttled"})


def is_buttondown(export: Export) -> bool:
    """A table of emails with Buttondown's columns."""
    return any(
        "subject" in (head := export.text(name)[:3000])
        and ("publish_date" in head or "secondary_id" in head)
        for name in export.named("emails.csv", "emails.json")
    )


def read_buttondown(export: Export) -> Found:
    """Every email of the table, with its text from the folder beside it or from its own column."""
    found = Found()
    bodies = {
        name.rpartition("/")[2].rpartition(".")[0]: name
        for name in export.below("emails", ".md", ".markdown", ".html")
    }
    for row in _rows(export):
        slug = row.get("slug", "")
        name = slug or row.get("id", "")
        key = next(
            (
                key
                for key in (slug, row.get("id", ""), row.get("secondary_id", ""))
                if key in bodies
            ),
            None,
        )
        text = export.text(bodies[key]) if key else row.get("body", "")
        if not text.strip():
            found.leave(name, "its text is not in the export")
            continue
        found.posts.append(_post(row, name, text))
    return found


def _post(row: dict[str, str], name: str, text: str) -> Post:
    mode = _MODE.match(text)
    text = _MODE.sub("", text)
    is_html = bool(_HTML.match(text)) and (mode is None or mode[1] != "plaintext")
    status = first(row, "status", "email_status").lower()
    kind = row.get("email_type", "").lower()
    kept_back = "" if status in _SENT else f"its state was `{status}`"
    if kind in {"premium", "private", "hidden"}:
        kept_back = f"it was for some readers only ({kind})"
    return Post(
        name=name,
        title=row.get("subject", "") or name,
        html=text if is_html else "",
        markdown="" if is_html else _plain_fields(text),
        published_at=read_time(first(row, "publish_date", "creation_date")),
        slug=row.get("slug", ""),
        address=row.get("absolute_url", "")
        or (f"/archive/{row['slug']}/" if row.get("slug") else ""),
        summary=row.get("description", ""),
        tags=split_tags(row.get("tags", "")),
        image=first(row, "image", "image_url"),
        kept_back=kept_back,
    )


def _plain_fields(text: str) -> str:
    """Buttondown's template fields mean nothing here: the line of one that is about subscribing goes."""
    return re.sub(
        r"(?m)^.*\{\{\s*(?:subscribe_form|unsubscribe_url|upgrade_url|email_url)\s*\}\}.*\n?",
        "",
        text,
    )


def _rows(export: Export) -> Iterator[dict[str, str]]:
    tables = export.named("emails.csv")
    if tables:
        yield from read_rows(export.text(tables[0]))
        return
    for name in export.named("emails.json")[:1]:
        try:
            document = json.loads(export.text(name))
        except (ValueError, RecursionError):
            return
        rows = document.get("results", document) if isinstance(document, dict) else document
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict):
                yield {str(key): _cell(value) for key, value in row.items()}


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)
