"""Backups, and what comes back of them."""

from newsletter.keeping.backup import BackedUp, Progress, back_up, last_backup, unmoved
from newsletter.keeping.copyfile import Manifest, read_manifest
from newsletter.keeping.restore import Restored, Target, restore, target_of
from newsletter.keeping.retention import Housekeeping

__all__ = [
    "BackedUp",
    "Housekeeping",
    "Manifest",
    "Progress",
    "Restored",
    "Target",
    "back_up",
    "last_backup",
    "read_manifest",
    "restore",
    "target_of",
    "unmoved",
]
