"""A note as its author wrote it, read; and what else there is where it is published."""

from __future__ import annotations

from urllib.parse import quote
from zoneinfo import ZoneInfo

from feeds.markdown.dialects.translation import translate_dialects
from feeds.markdown.links import NoteSource
from feeds.markdown.render import Rendered, render_markdown
from feeds.notes.habits import Habits
from feeds.notes.note import Note, parse_note
from tests.worlds.files import beside

BERLIN = ZoneInfo("Europe/Berlin")


def parse(text: str, path: str = "sub/My note.md", key: str = "publish") -> Note:
    """A note from text."""
    return parse_note(text.encode(), path, zone=BERLIN, habits=Habits(date_keys=(key,)))


class Published:
    """A newsletter in which one note is published, if any, and every file is there."""

    def __init__(self, name: str = "") -> None:
        self._name = name

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """The one published note's address, for whatever has its name."""
        meant = self._name and self._name in target.casefold() and "://" not in target
        return f"https://n.example/issues/{self._name}" if meant else None

    def media_url(self, path: str) -> str:
        """Where the site serves pictures."""
        return f"https://n.example/media/{quote(path)}"

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """Every file is there."""
        return beside(written, folder)

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """Nothing can be embedded."""
        return None


def render(body: str, path: str = "sub/note.md", title: str = "") -> Rendered:
    """A note's text as readers get it, where the note `Other` is published."""
    return render_markdown(body, path=path, links=Published("other"), title=title)


def read(text: str, path: str = "a.md") -> str:
    """The Markdown that another program's becomes; nothing of it is unknown."""
    translated = translate_dialects(text, path)
    assert translated.unknown == ()
    return translated.text.strip()
