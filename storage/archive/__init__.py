"""The archive: issues as they are published, changed, withdrawn and read."""

from storage.archive.absences import Absences
from storage.archive.formulas import FormulaPictures
from storage.archive.issues import Issues, MailOrder
from storage.archive.merging import Merging
from storage.archive.places import Places
from storage.archive.rows import ArchiveState, IssueName, contents
from storage.archive.search import Found, Search, write_words
from storage.archive.together import Unmailed
from storage.archive.topics import Topics
from storage.archive.translations import Translations
from storage.archive.watch import ArchiveWatch

__all__ = [
    "Absences",
    "ArchiveState",
    "ArchiveWatch",
    "FormulaPictures",
    "Found",
    "IssueName",
    "Issues",
    "MailOrder",
    "Merging",
    "Places",
    "Search",
    "Topics",
    "Translations",
    "Unmailed",
    "contents",
    "write_words",
]
