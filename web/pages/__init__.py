"""The pages: templates, styles, and what was rendered once."""

from web.pages.pages import (
    Frame,
    Pages,
    by_year,
    issue_path,
    issue_summary,
    issue_title,
)
from web.pages.shelf import ShelfKeeper

__all__ = [
    "Frame",
    "Pages",
    "ShelfKeeper",
    "by_year",
    "issue_path",
    "issue_summary",
    "issue_title",
]
