"""A Note → HTML and text: how readers get it. Pure."""

from __future__ import annotations

from dataclasses import replace

from feeds.markdown import Links, Rendered, find_remarks, render_markdown
from feeds.markdown.citations import Bibliography
from feeds.notes.note import Note
from storage.model import Remark
from words import Words


def render_note(
    note: Note, links: Links, words: Words | None = None, cited: Bibliography | None = None
) -> Rendered:
    """The note as readers get it: the author's summary if there is one, all warnings together.

    `words` name what its author gave no name, `cited` is what it may cite.

    Raises nothing of its own; what `links` raises for a Markdown link passes through.
    """
    rendered = render_markdown(
        note.body,
        path=note.path,
        links=links,
        title=note.title,
        anchor=note.note_id,
        image=note.image,
        toc=note.toc,
        every_line=note.every_line,
        bibliography=cited,
        words=words,
    )
    return replace(
        rendered,
        summary=note.summary or rendered.summary,
        warnings=(*note.warnings, *(_in_file(one, note) for one in rendered.warnings)),
    )


def find_note_remarks(
    note: Note, links: Links, words: Words | None = None, cited: Bibliography | None = None
) -> tuple[Remark, ...]:
    """All warnings that `render_note` would have, in less time."""
    found = find_remarks(
        note.body,
        path=note.path,
        links=links,
        title=note.title,
        image=note.image,
        bibliography=cited,
        words=words,
    )
    return (*note.warnings, *(_in_file(one, note) for one in found))


def _in_file(remark: Remark, note: Note) -> Remark:
    """A remark on the body, its line counted from the beginning of the file."""
    return remark if remark.line is None else replace(remark, line=remark.line + note.above)
