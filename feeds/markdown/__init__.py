"""Markdown to HTML and to text with the same content. Pure."""

from feeds.markdown.characters import clean_line, clean_text
from feeds.markdown.embeds import EMBED, split_target
from feeds.markdown.html import link_footnotes, size_pictures
from feeds.markdown.links import (
    LinkResolver,
    Links,
    NoteSource,
    is_download,
    is_picture,
    link_key,
    loose_keys,
)
from feeds.markdown.parser import find_title
from feeds.markdown.picture import Size, read_size
from feeds.markdown.preparing import EMPTY_LINK, TOO_MANY_TAGS, name_wordless
from feeds.markdown.references import (
    Reference,
    ReferenceKind,
    find_headings,
    find_lost_cells,
    find_prose,
    find_references,
    find_tags,
)
from feeds.markdown.render import (
    FORM,
    MATHS,
    PLAYER,
    TEMPLATE,
    Rendered,
    find_remarks,
    render_markdown,
)

__all__ = [
    "EMBED",
    "EMPTY_LINK",
    "FORM",
    "MATHS",
    "PLAYER",
    "TEMPLATE",
    "TOO_MANY_TAGS",
    "LinkResolver",
    "Links",
    "NoteSource",
    "Reference",
    "ReferenceKind",
    "Rendered",
    "Size",
    "clean_line",
    "clean_text",
    "find_headings",
    "find_lost_cells",
    "find_prose",
    "find_references",
    "find_remarks",
    "find_tags",
    "find_title",
    "is_download",
    "is_picture",
    "link_footnotes",
    "link_key",
    "loose_keys",
    "name_wordless",
    "read_size",
    "render_markdown",
    "size_pictures",
    "split_target",
]
