"""The author's side of what is kept: the notes folder, what the poll remembers, schedules."""

from storage.notes.folder import ABOUT, SETTLE, FileStat, FolderNotes, MediaFile, NotesStore, Scan
from storage.notes.notebook import Notebook, Schedules

__all__ = [
    "ABOUT",
    "SETTLE",
    "FileStat",
    "FolderNotes",
    "MediaFile",
    "Notebook",
    "NotesStore",
    "Scan",
    "Schedules",
]
