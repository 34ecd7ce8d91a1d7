"""What readers read besides mail: feeds, pictures, the About page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPage:
    """The About page, rendered from about.md."""

    title: str
    html: str
    media: tuple[str, ...]
    """Paths of its images below the notes folder."""
