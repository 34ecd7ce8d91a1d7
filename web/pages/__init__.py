"""The pages: templates, styles, and what was rendered once."""

from web.pages.issues import (
    issue_data,
    issue_path,
    issue_summary,
    issue_title,
    preview_path,
)
from web.pages.pages import COPY_SCRIPT, Frame, Pages, by_year
from web.pages.shelf import ShelfKeeper
from web.pages.theme import theme_mark

__all__ = [
    "COPY_SCRIPT",
    "Frame",
    "Pages",
    "ShelfKeeper",
    "by_year",
    "issue_data",
    "issue_path",
    "issue_summary",
    "issue_title",
    "preview_path",
    "theme_mark",
]
