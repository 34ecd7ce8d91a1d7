"""A note's bytes to a Note: front matter, title, dates, text. Pure."""

from feeds.notes.bibliography import gather_bibliography, place_bibliographies
from feeds.notes.frontmatter import parse_front_matter
from feeds.notes.habits import OF_ENTRIES, USUAL, Habits
from feeds.notes.keys import KEY_VALUE, MAX_TAG, UNKNOWN_KEY
from feeds.notes.names import slugify
from feeds.notes.note import LANGUAGE, RENDERER, Note, parse_note, read_body
from feeds.notes.rendering import find_note_remarks, render_note
from feeds.notes.timing import CLOCK_CHANGE, NO_TIME, RELATIVE_TIME, Now
from feeds.notes.when import When, parse_when

__all__ = [
    "CLOCK_CHANGE",
    "KEY_VALUE",
    "LANGUAGE",
    "MAX_TAG",
    "NO_TIME",
    "OF_ENTRIES",
    "RELATIVE_TIME",
    "RENDERER",
    "UNKNOWN_KEY",
    "USUAL",
    "Habits",
    "Note",
    "Now",
    "When",
    "find_note_remarks",
    "gather_bibliography",
    "parse_front_matter",
    "parse_note",
    "parse_when",
    "place_bibliographies",
    "read_body",
    "render_note",
    "slugify",
]
