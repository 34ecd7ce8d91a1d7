"""When a note is to go out, and whether at all, from its keys and its path. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from feeds.markdown import clean_line
from feeds.notes.fields import Field, Shape
from feeds.notes.habits import Habits
from feeds.notes.keys import FALSE, KEY_VALUE, TRUE, Keys
from feeds.notes.names import PathFacts
from feeds.notes.when import EXAMPLES, When, is_either, parse_when
from storage.model import Remark, ScheduleError, names_in

CLOCK_CHANGE: Final = "time"
"""The code of the remark that a change of clocks skips or repeats the publish time (rule G1)."""
NO_TIME: Final = "no-time"
"""The code of the remark that a note is opted in and says no time."""

RELATIVE_TIME: Final = "relative-time"
"""The code of the remark that a publish time is relative to when the note was written."""


_HIDING: Final = names_in(
    """draft drafts drafting private hidden pending unpublished unlisted wip archived trash trashed deleted removed
    withdrawn rejected auto-draft idea ideas outline writing editing unfinished incomplete inbox backlog planned
    review reviewing in_review in_progress todo to_do not_started not_ready not_published on_hold do_not_publish
    entwurf in_arbeit brouillon en_cours borrador rascunho bozza concept kladde utkast luonnos szkic koncept taslak
    privat privé privado privato черновик чернетка טיוטה مسودة 草稿 下書き 초안"""
)
"""What Pelican, WordPress, Notion's and Obsidian's users call what is not to be seen, blanks as `_`."""
_NO: Final = FALSE - {"0"}
_UNASKED: Final = FALSE | {""}
_NEVER: Final = FALSE | {"never"}
_YES: Final = TRUE - {"1"}
"""Words that say whether; a number would be a time."""
HIDING_KEYS: Final = (
    "hidden", "private", "unlisted", "headless", "isdraft", "wip", "unpublished", "hide", "encrypted",
    "isprivate", "members_only", "subscribers_only", "is_draft", "is_private", "is_hidden", "ishidden", "is_unlisted",
    "isunlisted", "archived", "is_archived", "isarchived", "deleted", "trash", "trashed", "intrash", "secret",
    "confidential", "internal", "locked", "protected", "paywall", "membersonly", "encrypt", "exclude", "excluded",
    "ignore", "skip", "nopublish", "no_publish", "unpublish", "template", "is_template", "incomplete", "drafted",
)  # fmt: skip
_SHOWING_KEYS: Final = (
    "published", "is_published", "public", "ispublic", "visible", "listed", "ispublished", "is_public", "is_visible",
    "isvisible", "dg_publish", "show", "enabled", "live", "ready",
)  # fmt: skip
"""Keys that keep a note from a site's lists and feeds where they are true, and where they are false."""
NEAR_HIDING_KEYS: Final = (
    *_SHOWING_KEYS, "is_listed", "islisted", "complete", "completed", "unlocked", "archive", "templates",
)  # fmt: skip
"""What is near to a key that hides, and hides nothing where it is true."""
_HIDING_KEYS_OF_STATE: Final = ("status", "post_status", "state", "stage", "publish_status")
_HIDING_KEYS_OF_ACCESS: Final = ("access", "tier")
_CLOSED: Final = frozenset(
    {"members", "members-only", "paid", "private", "subscribers", "restricted", "internal"}
)
_HIDING_KEYS_OF_KIND: Final = ("type", "kind", "layout")
_HIDING_WORDS: Final = {
    **dict.fromkeys(_HIDING_KEYS_OF_KIND, frozenset({"draft", "template", "private"})),
    **dict.fromkeys(_HIDING_KEYS_OF_STATE, _HIDING),
    **dict.fromkeys(_HIDING_KEYS_OF_ACCESS, _CLOSED),
}
"""What keys say of a note that is not for everybody."""
_WITHIN: Final = ("extra.", "params.", "meta.", "custom.")
"""Where Zola, Hugo and others have an author's own keys."""
_RENDERING_KEYS: Final = ("render", "build.render", "build.list", "_build.render", "_build.list")
EARLIEST_KEYS: Final = (
    "publishdate", "pubdate", "publish_date", "publish_at", "publishat", "publish_after", "not_before", "embargo",
    "embargo_until", "embargo_date", "scheduled", "scheduled_at", "scheduled_for", "go_live",
)  # fmt: skip
"""Keys that say when a note may go out, whatever else says so."""
EXPIRY_KEYS: Final = (
    "expirydate", "unpublishdate", "expiry_date", "unpublish_date", "unpublish_at", "unpublish", "expires",
    "expires_at", "expire", "expiration", "expiration_date", "expirationdate",
)  # fmt: skip
"""Keys that say until when readers may see it."""
_VISIBLE: Final = TRUE | {"", "public", "everyone", "all", "visible", "listed", "published"}
_COMPUTED: Final = frozenset({"permalink", "url", "path"})
"""Keys in which Eleventy and Jekyll have patterns with placeholders, in notes that are no templates."""
_TEMPLATE: Final = re.compile(
    r"\{\{-?\s*(?:(?:date|time|title|now|replace|humanize|dateformat)\b|tp\.|\.)[^}]*\}\}|<%",
    re.IGNORECASE,
)
"""Placeholders of Obsidian, Templater and Hugo, which somebody would have filled in."""


_OF_THE_FILE: Final = frozenset({"last modified", "git last modified", "created", "git created"})
"""Eleventy's dates: the file's own."""
_NO_MOMENT: Final = TRUE | FALSE | {"", "never", "none", "null", "nil", "n/a", "-"}
"""What such a key holds that says no time: a page shows it, or there is none."""
_IMPOSSIBLE: Final = "is not a possible date or time"
_AMERICAN: Final = (".qmd", ".rmd")
"""What Quarto and R Markdown document: `03/08/2020` is the eighth of March."""
_MONTH_FIRST: Final = re.compile(r"\A(\d{1,2})/(\d{1,2})/(\d{4})")


class Now(StrEnum):
    """The publish time of a note that says `publish: now`: when it is first seen."""

    NOW = "now"


NOW: Final = Now.NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a note says of when."""

    publish: datetime | Now | None = None
    """Aware, UTC; None for a private note."""
    not_before: datetime | None = None
    expires: datetime | None = None
    updated: datetime | None = None
    kept: str = ""
    """Why it is never published as it stands, as the end of a sentence."""


def read_timing(
    keys: Keys,
    facts: PathFacts,
    zone: ZoneInfo,
    habits: Habits,
    written: Callable[[], datetime | None] = lambda: None,
    kept: str = "",
) -> Timing:
    """Reads it. Raises NoteError for a publish time that cannot be one, and of a note that has one for a time before or
    after which it must not be seen.

    `written` tells when the note was, for `tomorrow at 9` and its like; `kept` why its folders keep it, if they do.

    A template's placeholders are no times: such a note is kept, whatever else it says.
    """
    kept = facts.kept or _why_kept(keys, habits) or kept
    if kept:
        return Timing(kept=kept)
    clock = _Clock(zone, habits, written)
    publish, when = _read_publish(keys, facts, clock)
    if when is not None and when.remark:
        keys.remarks.append(Remark(code=CLOCK_CHANGE, sentence=when.remark))
    goes_out = publish is not None
    return Timing(
        publish=publish,
        not_before=max(
            filter(None, (_moment(keys, zone, name, must=goes_out) for name in EARLIEST_KEYS)),
            default=None,
        ),
        expires=_moment(keys, zone, *EXPIRY_KEYS, must=goes_out),
        updated=_moment(
            keys,
            zone,
            "updated",
            "lastmod",
            "last_modified_at",
            "modified",
            "updateddate",
            "date.updated",
            "last_update.date",
            "last_modified",
            "lastupdated",
            "last_updated",
            "updated_at",
            "modified_at",
            "date_modified",
            "datemodified",
            "moddatetime",
            "edited",
        ),
    )


def _why_kept(keys: Keys, habits: Habits) -> str:
    written = (found for name, found in keys.fields.items() if name not in _COMPUTED)
    if habits.has_templates and any(_TEMPLATE.search(found.text) for found in written):
        return "its front matter holds a template's placeholders"
    if keys.flag("draft", default=False):
        return "it is a draft"
    if keys.find("excalidraw-plugin") is not None:
        return "it is a drawing of Excalidraw"
    if habits.date_keys[:1] != ("publish",) and keys.word("publish") in _NO:
        return "it says `publish: false`"  # Obsidian's, where another key has the date
    return next(find_hidden(keys), "")


def find_hidden(keys: Keys) -> Iterator[str]:
    """What other systems' keys say of who may see it, in the order in which they stand there, each as the end of a
    sentence.
    """
    for written, found in keys.fields.items():
        if found.shape is Shape.OTHER:
            continue
        name = _bare(written)
        said = {clean_line(item).casefold() for item in found.items}
        if name == "draft" and said & TRUE:
            yield "it is a draft"
        elif name in _SHOWING_KEYS and said & FALSE:
            yield f"it says `{written}: false`"
        elif name in HIDING_KEYS and said & TRUE:
            yield f"it says `{written}: true`"
        elif words := _HIDING_WORDS.get(name):
            yield from (f"it says `{written}: {word}`" for word in said if _joined(word) & words)
    if (seen := keys.word("visibility")) not in _VISIBLE:
        yield f"it says `visibility: {seen}`"
    if keys.word("password") not in _UNASKED:
        yield "it asks for a password"
    told = keys.word("permalink") == "false" or keys.word("eleventyexcludefromcollections") in TRUE
    if told or any(keys.word(name) in _NEVER for name in _RENDERING_KEYS):
        yield "its generator is told to leave it out"


def _bare(name: str) -> str:
    """A key as the tables above have it, whatever it is nested in."""
    for within in _WITHIN if "." in name else ():
        name = name.removeprefix(within)
    return name.replace("-", "_") if "-" in name else name


def _joined(word: str) -> set[str]:
    """A state as it may be written: `in progress`, `in-progress`."""
    return {word, word.replace(" ", "_"), word.replace("-", "_")}


@dataclass(frozen=True, slots=True)
class _Clock:
    """How times are read."""

    zone: ZoneInfo
    habits: Habits
    written: Callable[[], datetime | None]

    def read(self, text: str, now: datetime | None = None) -> When:
        return parse_when(text, self.zone, now=now, day_time=self.habits.day_time)


def _read_publish(
    keys: Keys, facts: PathFacts, clock: _Clock
) -> tuple[datetime | Now | None, When | None]:
    opted, habits = None, clock.habits
    for name in habits.date_keys:
        found = keys.find(name)
        if found is None:
            continue
        if found.shape is Shape.OTHER and (
            within := keys.find(f"{name}.created", f"{name}.published")
        ):
            found = within  # Material's `date: {created: …, updated: …}`
        word = clean_line(found.text).casefold()
        if found.shape is Shape.TEXT and word in _NO:
            return None, None
        if found.shape is Shape.TEXT and word in _YES:
            opted = opted or found  # and another key may say when
            continue
        return _read_date(keys, found, clock)
    if facts.date and (habits.date_from_name or opted):
        return _read_name(facts, clock)
    if opted is not None:
        keys.pass_over(opted, NO_TIME, _name_a_time(habits))
        return None, None
    return (NOW, None) if habits.publish_all else (None, None)


def _name_a_time(habits: Habits) -> str:
    named = ", ".join(f'"{name}"' for name in (*habits.date_keys, "date"))
    return (
        f"says no time, so the note stays private; write `{habits.date_keys[0]}: now` or a date, or "
        f"name the key that has it: `[notes] date_keys = [{named}]`"
    )


def _read_date(keys: Keys, found: Field, clock: _Clock) -> tuple[datetime | Now, When | None]:
    demand = f"must be `now`, or a time like {EXAMPLES}"
    says_now = clean_line(found.text).casefold() == NOW
    is_page = len(found.items) == 2 and found.items[1].isdecimal()  # Roam's `[[March 4th, 2021]]`
    if found.shape is not Shape.TEXT and ((len(found.items) != 1 and not is_page) or says_now):
        raise keys.fault(found, demand)
    if says_now:
        return NOW, None
    try:
        text = _wall(keys, found)
        if text.lower() in _OF_THE_FILE:
            found = replace(found, text=NOW)
            text = NOW
        when = clock.read(text)
    except ScheduleError as error:
        relative = _read_relative(keys, found, clock)
        if relative is None:
            impossible = (
                str(error).endswith(_IMPOSSIBLE) and f"{_IMPOSSIBLE}; write it like {EXAMPLES}"
            )
            raise keys.fault(found, _either(found) or impossible or demand) from error
        when = relative
    return when.instant, when


def _read_relative(keys: Keys, found: Field, clock: _Clock) -> When | None:
    """A time relative to when the note was written; its author is told which one that is."""
    now = clock.written()
    if now is None:
        return None
    try:
        when = clock.read(found.text, now)
    except ScheduleError:
        return None
    keys.pass_over(
        found,
        RELATIVE_TIME,
        f"is read from when the file was last written, as {when.wall.replace('T', ' ')}; write that, "
        "for it moves whenever the file is saved",
    )
    return when


def _read_name(facts: PathFacts, clock: _Clock) -> tuple[datetime | None, When | None]:
    try:
        when = clock.read(facts.date)
    except ScheduleError:
        return None, None  # `2026-02-30-x.md` has a name, and no date
    return when.instant, when


def _moment(keys: Keys, zone: ZoneInfo, *names: str, must: bool = False) -> datetime | None:
    """A time that other systems' keys give; one that cannot be read is told and passed over, unless it `must` be read:
    raises NoteError then.
    """
    found = keys.find(*names)
    if found is None or found.text.strip().casefold() in _NO_MOMENT:
        return None
    try:
        return parse_when(_wall(keys, found), zone).instant
    except ScheduleError as error:
        why = _either(found) or f"is no time; write it like {EXAMPLES}"
        if must:
            raise keys.fault(found, why) from error
        keys.pass_over(found, KEY_VALUE, why)
        return None


def _wall(keys: Keys, found: Field) -> str:
    """A time as it is read: Obsidian's `[[2026-12-01]]` without its brackets, Quarto's with the month behind the year."""
    text = found.text.strip("[] ")
    is_american = keys.path.lower().endswith(_AMERICAN)
    return _MONTH_FIRST.sub(r"\3-\1-\2", text) if is_american else text


def _either(found: Field) -> str:
    """Why a date that may be one of two is none; empty for any other."""
    why = f"does not tell whether day or month comes first; write it like {EXAMPLES}"
    return why if is_either(found.text.strip("[] ")) else ""
