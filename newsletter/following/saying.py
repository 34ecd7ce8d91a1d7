"""What a feed says, in our words. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Final
from urllib.parse import urljoin, urlsplit

_TAGS: Final = re.compile(r"<[^>]{0,2000}>")
_OLDEST: Final = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
"""Before there was a web; what is dated earlier has a date that nobody set."""
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
MOST_ID: Final = 1_000
_SPACE: Final = re.compile(r"[\s\x00-\x1f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidEntry:
    """An entry as the feed has it now."""

    entry_id: str
    """What the feed calls it; else its link, else what it says."""
    has_id: bool
    """Whether the feed gave it an id or a link."""
    link: str
    """Absolute, http or https; empty without one."""
    base: str
    """What addresses in it are relative to."""
    title: str
    html: str
    summary: str
    published: datetime | None
    updated: datetime | None
    tags: tuple[str, ...]
    language: str
    image: str
    said: str
    """Of all of this: another one means that it was changed."""
    likeness: str
    """Of its title and words alone; empty for one that has few."""
    fault: str = ""
    """Why it becomes no note, as the end of a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidFeed:
    """A feed as it was answered."""

    entries: tuple[SaidEntry, ...]
    """As the feed orders them, each id once."""
    more: int = 0
    """Entries that were left out, because there are too many."""
    doubled: int = 0
    """Entries that were left out, because an earlier one has their id."""
    broken: bool = False
    """Whether it is not quite XML, and could be read all the same."""
    hubs: tuple[str, ...] = ()
    topic: str = ""
    """What the feed calls itself; empty where it does not say."""


def read_said(document: str, url: str) -> SaidFeed:
    """What the program newsletter/following/parser.py has written of the feed at an address."""
    found = json.loads(document)
    entries: dict[str, SaidEntry] = {}
    doubled = 0
    for one in found["entries"]:
        entry = _read_entry(one, url)
        if entry.entry_id in entries:
            doubled += 1
        else:
            entries[entry.entry_id] = entry
    return SaidFeed(
        entries=tuple(entries.values()),
        more=found["more"],
        doubled=doubled,
        broken=found["broken"],
        hubs=tuple(filter(None, (_web(one, url) for one in found["hubs"]))),
        topic=_web(found.get("self", ""), url),
    )


def _read_entry(one: dict[str, object], url: str) -> SaidEntry:
    link = _web(str(one["link"]), url)
    title = str(one["title"])
    if one["title_is_html"]:
        title = unescape(_TAGS.sub("", title))
    title = _line(title)
    html = str(one["html"])
    words = _line(unescape(_TAGS.sub(" ", html)))
    given = _line(str(one["id"]))
    if len(given) > MOST_ID:
        given = f"sha256:{hash_text(given)}"
    as_said = hash_text(json.dumps(one, sort_keys=True))
    tags = one["tags"]
    return SaidEntry(
        entry_id=given or link or f"sha256:{hash_text(title or words)}",
        has_id=bool(given or link),
        link=link,
        base=_base(str(one["base"]), link, url),
        title=title or _first_words(words),
        html=html,
        summary=_line(unescape(_TAGS.sub(" ", str(one["summary"])))),
        published=_moment(one["published"]),
        updated=_moment(one["updated"]),
        tags=tuple(filter(None, map(_line, tags))) if isinstance(tags, list) else (),
        language=str(one["language"]),
        image=_web(str(one["image"]), link or url),
        said=as_said,
        likeness=hash_text(f"{title.casefold()}\n{words.casefold()}") if title or words else "",
        fault="its content is too long" if one["too_long"] else "",
    )


def _base(said: str, link: str, url: str) -> str:
    """`xml:base` if there is one, in relation to where it stands; else the entry's own address."""
    return urljoin(url, said) if _joins(url, said) else link or url


def _joins(url: str, said: str) -> bool:
    try:
        return bool(said) and urlsplit(urljoin(url, said)).scheme in {"http", "https"}
    except ValueError:
        return False


def _web(address: str, base: str) -> str:
    """An absolute http or https address without blanks and quotes; empty for what is none."""
    try:
        whole = urljoin(base, address.strip()) if address.strip() else ""
        parts = urlsplit(whole)
    except ValueError:
        return ""
    fits = parts.scheme in {"http", "https"} and parts.hostname and len(whole) <= MOST_ID
    return whole if fits and not re.search(r"[\s<>\"\\\x00-\x1f]", whole) else ""


def _moment(seconds: object) -> datetime | None:
    """A time that can be right; None for one that nobody set, or that no clock will show."""
    if not isinstance(seconds, int | float) or not _OLDEST <= seconds < _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _first_words(words: str) -> str:
    """A title for an entry without one: its first words."""
    if len(words) <= 70:
        return words
    return words[:70].rpartition(" ")[0].rstrip(" ,;:.–-") + "…"


def hash_text(text: str) -> str:
    """SHA-256 in hexadecimal of what a feed says, also of halves of characters."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
