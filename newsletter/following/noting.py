"""An entry of a feed as a note: its path, its front matter, its words as Markdown. Pure."""

from __future__ import annotations

import json
import re
from typing import Final

from feeds.notes import LANGUAGE, MAX_TAG, slugify
from newsletter.following.saying import SaidEntry, hash_text
from storage.model import FeedEntry
from storage.notes import ENTRY_END, ENTRY_START

_TITLE: Final = 300
_SUMMARY: Final = 1000
_SLUG: Final = 80


def name_entry(said: SaidEntry) -> str:
    """The path of a new entry: readable, and no other entry's."""
    mark = hash_text(said.entry_id)[:12]
    return f"{ENTRY_START}{_slug(said)}-{mark}{ENTRY_END}"


def _slug(said: SaidEntry) -> str:
    last = said.link.partition("?")[0].rstrip("/").rpartition("/")[2] if said.link else ""
    plain = re.sub(r"\.\w{1,5}\Z", "", last)
    has_words = re.search(r"[^\W\d_]{2}", plain) and "%" not in plain and "." not in plain
    return slugify(plain if has_words else said.title)[:_SLUG].strip("-") or "entry"


def write_note(said: SaidEntry, entry: FeedEntry) -> str:
    """The note's text. What readers are told of it stays as it was first: id, address, when it came."""
    from newsletter.importing import convert  # loads much, and only what is new needs it

    converted = convert(said.html, said.base)
    slug = entry.path.removeprefix(ENTRY_START).removesuffix(ENTRY_END).rpartition("-")[0]
    publish = entry.dated_at or entry.first_seen_at
    updated = said.updated
    keys: dict[str, object] = {
        "title": said.title[:_TITLE] or slug,
        "id": f"entry:{hash_text(entry.guid)}",
        "guid": entry.guid,
        "slug": slug,
        "canonical": said.link,
        "publish": publish.isoformat(sep=" ", timespec="seconds"),
    }
    if updated and publish < updated <= entry.changed_at:
        keys["updated"] = updated.isoformat(sep=" ", timespec="seconds")
    optional: dict[str, object] = {
        "summary": said.summary[:_SUMMARY],
        "tags": [tag for tag in said.tags if len(tag) <= MAX_TAG],
        "image": said.image,
        "lang": said.language if LANGUAGE.fullmatch(said.language) else "",
    }
    keys |= {name: value for name, value in optional.items() if value}
    if not entry.mail:
        keys["email"] = False
    # JSON can say NUL, and a file that has it is no text.
    words = converted.markdown.replace("\0", "")
    return f"{json.dumps(keys, ensure_ascii=False, indent=1)}\n\n{words}\n"
