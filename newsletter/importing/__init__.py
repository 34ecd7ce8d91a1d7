"""Posts of other systems become notes: read from what each of them exports, and nothing is mailed."""

from newsletter.importing.markdown import Converted, convert
from newsletter.importing.posts import ImportedPost, LeftOut, PostImport
from newsletter.importing.systems import SYSTEMS
from newsletter.importing.taking import import_posts

__all__ = [
    "SYSTEMS",
    "Converted",
    "ImportedPost",
    "LeftOut",
    "PostImport",
    "convert",
    "import_posts",
]
