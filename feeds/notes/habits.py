"""What the keys and names of one folder of notes mean, as `[notes]` says it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the author of a folder writes."""

    date_keys: tuple[str, ...] = ("publish",)
    """The keys that opt a note in and say when; the first that is there counts."""
    date_from_name: bool = True
    """Whether a date in a file's name counts where no key is there: `2026-11-25-hello.md`."""
    publish_all: bool = False
    """Whether a note is opted in by being there."""
    inline_tags: bool = False
    """Whether `#tag` in the text is one."""
    line_breaks: bool = False
    """Whether each line of a paragraph is one for readers, as Obsidian shows it."""
    day_time: timedelta = timedelta()
    """When on its day a note goes out that says a day and no time."""
    languages: tuple[str, ...] = ()
    """The languages that are mailed; empty for all. Folders of these names are translations."""
    has_templates: bool = True
    """Whether what holds a template's placeholders is one, and no note."""


USUAL: Final = Habits()
"""As it is without a word about it in the configuration."""
OF_ENTRIES: Final = Habits(has_templates=False)
"""As it is in what is written for the entries of a feed: keys of our own, and any words in them."""
