"""A note's bytes to a Note: front matter, title, dates, text. Pure."""

from feeds.notes.frontmatter import parse_front_matter
from feeds.notes.note import CLOCK_CHANGE, RENDERER, Note, Now, parse_note, render_note, slugify
from feeds.notes.when import When, parse_when

__all__ = [
    "CLOCK_CHANGE",
    "RENDERER",
    "Note",
    "Now",
    "When",
    "parse_front_matter",
    "parse_note",
    "parse_when",
    "render_note",
    "slugify",
]
