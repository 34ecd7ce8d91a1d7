"""What is shown of the archive besides its pages: what a reader finds in it, and the site as files."""

from newsletter.showing.building import Building, BuildReport, DeadLink
from newsletter.showing.searching import Hit, Hits, Piece, Searching, quote

__all__ = ["BuildReport", "Building", "DeadLink", "Hit", "Hits", "Piece", "Searching", "quote"]
