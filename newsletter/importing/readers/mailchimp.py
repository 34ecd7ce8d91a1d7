"""Mailchimp: `campaigns.csv`, and each campaign's HTML in `campaigns_content/`."""

from __future__ import annotations

import re
from typing import Final

from bs4 import BeautifulSoup

from newsletter.importing.export import Export
from newsletter.importing.posts import Found, Post
from newsletter.importing.values import first, read_rows, read_time

_LEADING_ID: Final = re.compile(r"\A(\d+|[0-9a-f]{10})[_-]")
_CONTENT: Final = ("campaigns_content", "campaign_content", "campaigns")


def is_mailchimp(export: Export) -> bool:
    """A table of campaigns, or a folder of their content."""
    return bool(_bodies(export)) and bool(
        export.named("campaigns.csv") or export.below(_CONTENT[0], ".html")
    )


def read_mailchimp(export: Export) -> Found:
    """Every campaign with HTML; the table says when it was sent."""
    found = Found()
    rows = [
        row for name in export.named("campaigns.csv")[:1] for row in read_rows(export.text(name))
    ]
    for name in _bodies(export):
        html = export.text(name)
        row = _row_of(name, html, rows)
        file = name.rpartition("/")[2].rpartition(".")[0]
        label = _LEADING_ID.sub("", file).replace("_", "-").strip("-")
        sent = read_time(first(row, "send_date", "send_time", "date_sent", "sent"))
        title = first(row, "subject", "subject_line", "title") or _title(html) or label
        found.posts.append(
            Post(
                name=name,
                title=title,
                html=html,
                published_at=sent,
                slug=_slug(first(row, "title", "campaign_name") or label),
                address=first(row, "archive_url", "long_archive_url"),
                summary=first(row, "preview_text"),
                kept_back="" if sent else "the export does not say when it was sent",
            )
        )
    return found


def _bodies(export: Export) -> list[str]:
    return [name for folder in _CONTENT for name in export.below(folder, ".html", ".htm")]


def _row_of(name: str, html: str, rows: list[dict[str, str]]) -> dict[str, str]:
    """The campaign of a file: by the id its name begins with, else by its name, else by its subject."""
    file = name.rpartition("/")[2].rpartition(".")[0]
    number = _LEADING_ID.match(file)
    label = _slug(_LEADING_ID.sub("", file))
    subject = _title(html)
    for row in rows:
        if number and number[1] in {
            row.get("campaign_id"),
            row.get("id"),
            row.get("unique_id"),
            row.get("web_id"),
        }:
            return row
    for row in rows:
        if label and label == _slug(first(row, "title", "campaign_name", "subject")):
            return row
    return next(
        (row for row in rows if subject and subject == first(row, "subject", "subject_line")), {}
    )


def _title(html: str) -> str:
    title = BeautifulSoup(html[:20_000], "html.parser").find("title")
    words = "" if title is None else " ".join(title.get_text(" ", strip=True).split())
    return "" if words.startswith("*|") else words


def _slug(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")
