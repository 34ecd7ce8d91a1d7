"""What a folder says of all its notes, as generators have it: where that stands, and what follows for one note. Pure."""

from feeds.notes.folders.inheritance import FOLDER_PROGRAM, Inherited, inherit
from feeds.notes.folders.places import OF_SITES, Place, find_concerned

__all__ = ["FOLDER_PROGRAM", "OF_SITES", "Inherited", "Place", "find_concerned", "inherit"]
