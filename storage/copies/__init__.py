"""The whole database as rows, and back: what backups are made of. Knows nothing of their file."""

from storage.copies.departures import Departed, Departures
from storage.copies.restoring import Restoring, restoring
from storage.copies.snapshot import Row, Snapshot, TableCopy, snapshot

__all__ = [
    "Departed",
    "Departures",
    "Restoring",
    "Row",
    "Snapshot",
    "TableCopy",
    "restoring",
    "snapshot",
]
