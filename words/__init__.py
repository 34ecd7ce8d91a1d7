"""What the product says to readers and to the author, in the newsletter's language.

The sentences stand in the code, in English; catalogues (gettext) hold them in other languages, and an
author's own `.po` adds one or changes words. Below all packages; knows none of them.
"""

from words.catalogue import LANGUAGES, VARIANTS, CatalogueError, check_own, speaks
from words.spoken import Words, to_say, words_of
from words.zones import find_zone, zones_in_use, zones_version

__all__ = [
    "LANGUAGES",
    "VARIANTS",
    "CatalogueError",
    "Words",
    "check_own",
    "find_zone",
    "speaks",
    "to_say",
    "words_of",
    "zones_in_use",
    "zones_version",
]
