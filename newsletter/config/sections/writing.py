"""Owns the sections about what is written: `[newsletter]`, `[notes]`, `[schedule]`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
)

from newsletter.config.fields import (
    Duration,
    FilePath,
    Key,
    Line,
    Period,
    Section,
    Suffix,
    or_empty,
)
from newsletter.config.mailfields import parse_headers, parse_reply_to
from newsletter.config.times import parse_day_time, parse_slots
from newsletter.config.uris import parse_site, parse_web_address
from newsletter.config.values import (
    Late,
    parse_bounce_address,
    parse_language,
    parse_links,
    parse_list,
    parse_postal,
    parse_sender,
    parse_timezone,
    parse_title,
)

_SHORTEST: Final = timedelta(seconds=30)
_USUAL: Final = timedelta(minutes=15)


def _no_flood(value: timedelta) -> timedelta:
    if value < _SHORTEST:
        raise ValueError("must be 30s or longer: it is somebody's server")
    return value


class NewsletterSection(Section):
    """`[newsletter]`: who writes, and where it lives."""

    title: Annotated[Line, Field(min_length=1, max_length=200), AfterValidator(parse_title)]
    url: Annotated[str, BeforeValidator(parse_site)]
    sender: Annotated[str, BeforeValidator(parse_sender)]
    author: Line = ""
    description: Line = ""
    language: Annotated[str, BeforeValidator(parse_language)] = "en"
    timezone: Annotated[str, BeforeValidator(parse_timezone)] = "UTC"
    postal_address: Annotated[Line, BeforeValidator(parse_postal)] = ""
    links: Annotated[tuple[tuple[str, str], ...], BeforeValidator(parse_links)] = ()
    reply_to: Annotated[str, BeforeValidator(parse_reply_to)] = ""
    """One mailbox that readers' answers go to; the sender, if it is empty."""
    headers: Annotated[tuple[tuple[str, str], ...], BeforeValidator(parse_headers)] = ()
    """Fields of the author's own in the header of every mail, in their order."""
    alerts: Annotated[str, BeforeValidator(or_empty(parse_bounce_address))] = ""
    """Who is told by mail when something is wrong; nobody, if it is empty."""


class NotesSection(Section):
    """`[notes]`: the folder that is watched."""

    path: FilePath = Path("notes")
    poll: Period = timedelta(seconds=30)
    feed: Annotated[str, BeforeValidator(or_empty(parse_web_address)), Field(repr=False)] = ""
    """A feed whose entries are notes too; empty for none."""
    feed_poll: Annotated[Period, AfterValidator(_no_flood)] | None = None
    """How often it is asked for, where that is said: see `feed_every`."""
    feed_private: bool = False
    """Whether the feed may be asked for at an address that is not one of the internet's."""
    date_keys: Annotated[tuple[Key, ...], BeforeValidator(parse_list), Field(min_length=1)] = (
        "publish",
    )
    date_from_name: bool = True
    publish_all: bool = False
    publish_key: Line = ""
    suffixes: Annotated[tuple[Suffix, ...], BeforeValidator(parse_list), Field(min_length=1)] = (
        ".md",
        ".markdown",
        ".mdown",
        ".mkd",
        ".mdx",
        ".qmd",
        ".Rmd",
    )
    include: Annotated[tuple[Line, ...], BeforeValidator(parse_list)] = ()
    exclude: Annotated[tuple[Line, ...], BeforeValidator(parse_list)] = ()
    static: Annotated[tuple[Line, ...], BeforeValidator(parse_list)] = (
        "static",
        "public",
        "assets",
    )
    inline_tags: bool = False
    line_breaks: bool = False
    """Whether each line of a paragraph is one for readers."""
    languages: Annotated[
        tuple[Annotated[str, BeforeValidator(parse_language)], ...], BeforeValidator(parse_list)
    ] = ()

    @property
    def feed_every(self) -> timedelta:
        """How often the feed is asked for: as often as is said, else as notes are looked at where that
        is said, but somebody else's server no more often than twice a minute.
        """
        if self.feed_poll is not None:
            return self.feed_poll
        if "poll" not in self.model_fields_set:
            return _USUAL
        return self.poll if self.feed_private else max(self.poll, _SHORTEST)

    @property
    def has_folder(self) -> bool:
        """Whether notes are looked for in a folder: with a feed only where `path` is said."""
        return not self.feed or "path" in self.model_fields_set


class ScheduleSection(Section):
    """`[schedule]`: what happens when."""

    hold: Duration = timedelta(minutes=5)
    grace: Duration = timedelta(hours=24)
    late: Late = Late.HOLD
    time: Annotated[timedelta, BeforeValidator(parse_day_time)] = timedelta(hours=9)
    """When on its day a note goes out that says a day and no time."""
    slots: Annotated[tuple[str, ...], BeforeValidator(parse_slots)] = ()
    """Cron lines: when the notes of the queue go out, one at each."""
