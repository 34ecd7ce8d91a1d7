"""The author's side of what is kept: the notes folder, entries of a feed, what the poll remembers, schedules."""

from storage.notes.cited import CitedFiles
from storage.notes.entries import ENTRY_END, ENTRY_START, FeedEntries, is_entry
from storage.notes.folder import SETTLE, FolderNotes, NotesStore
from storage.notes.joined import JoinedNotes
from storage.notes.media import MediaFile, MediaFinder
from storage.notes.notebook import Notebook, Schedules
from storage.notes.walk import ABOUT, FileStat, Scan, Which

__all__ = [
    "ABOUT",
    "ENTRY_END",
    "ENTRY_START",
    "SETTLE",
    "CitedFiles",
    "FeedEntries",
    "FileStat",
    "FolderNotes",
    "JoinedNotes",
    "MediaFile",
    "MediaFinder",
    "Notebook",
    "NotesStore",
    "Scan",
    "Schedules",
    "Which",
    "is_entry",
]
