"""The author's side of what is kept: the notes folder, what the poll remembers, schedules."""

from storage.notes.folder import SETTLE, FolderNotes, NotesStore
from storage.notes.media import MediaFile, MediaFinder
from storage.notes.notebook import Notebook, Schedules
from storage.notes.walk import ABOUT, FileStat, Scan, Which

__all__ = [
    "ABOUT",
    "SETTLE",
    "FileStat",
    "FolderNotes",
    "MediaFile",
    "MediaFinder",
    "Notebook",
    "NotesStore",
    "Scan",
    "Schedules",
    "Which",
]
