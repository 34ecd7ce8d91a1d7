"""How large the notes' own pictures are: looks at files, so that rendering need not."""

from __future__ import annotations

from feeds.markdown import HEAD, Size, read_size
from storage.notes import NotesStore


class Pictures:
    """The pictures of one notes store."""

    def __init__(self, store: NotesStore) -> None:
        self._store = store

    def size(self, path: str) -> Size | None:
        """The size of the picture at a path below the notes; None if nobody can say."""
        found = self._store.media(path)
        if found is None:
            return None
        try:
            with found.file.open("rb") as file:
                return read_size(file.read(HEAD))
        except OSError:
            return None  # it has just gone, or cannot be read: `newsletter check` tells
