"""Kit, once ConvertKit: what its API answers about broadcasts (version 4 and 3), saved as JSON files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from newsletter.importing.export import Export
from newsletter.importing.posts import Found, Post
from newsletter.importing.values import last_part, read_time

_LIQUID: Final = re.compile(r"\{\{[^{}\n]{0,300}\}\}|\{%[^%{}\n]{0,300}%\}")
_MERGE: Final = "*|KIT|*"
"""A merge field as the cleaning of HTML knows it, takes it out and counts it."""
_EVERYBODY: Final = "all_subscribers"


def is_kit(export: Export) -> bool:
    """A JSON file of broadcasts."""
    return any(_is_answer(export.text(name)) for name in export.named(".json"))


def read_kit(export: Export) -> Found:
    """Every broadcast, each once, from the first file that has its text."""
    found = Found()
    known: dict[str, Mapping[str, object]] = {}
    for name in export.named(".json"):
        for one in _broadcasts(export.text(name)):
            key = str(one.get("id", ""))
            if key not in known or (one.get("content") and not known[key].get("content")):
                known[key] = one
    for key, one in known.items():
        _take(key, one, found)
    return found


def _take(key: str, one: Mapping[str, object], found: Found) -> None:
    title, html = _text(one, "subject"), _text(one, "content")
    name = f"{key} {title}".strip()
    if not html:
        found.leave(name, "its text is not in the export; ask the API for this broadcast by its id")
        return
    address = _text(one, "public_url")
    sent = read_time(one.get("send_at")) or read_time(one.get("published_at"))
    found.posts.append(
        Post(
            name=name,
            title=title,
            html=_LIQUID.sub(_MERGE, html),
            published_at=read_time(one.get("published_at")) or sent,
            slug=last_part(address),
            address=address,
            summary=_text(one, "preview_text"),
            image=_text(one, "thumbnail_url"),
            image_alt=_text(one, "thumbnail_alt"),
            kept_back=_kept_back(one, sent),
        )
    )


def _kept_back(one: Mapping[str, object], sent: datetime | None) -> str:
    if sent is None or sent > datetime.now(UTC):
        return "it was not sent"
    if one.get("public") is False:
        return "it was not on the web"
    return "" if _is_for_all(one.get("subscriber_filter")) else "it was for some readers only"


def _is_for_all(filters: object) -> bool:
    """Whether a broadcast went to everybody: no filter, or one that says so."""
    if not isinstance(filters, list) or not filters:
        return True
    wanted = [one.get("all") for one in filters if isinstance(one, dict)]
    kinds = [kind.get("type") for one in wanted if isinstance(one, list) for kind in one]
    return _EVERYBODY in kinds


def _broadcasts(text: str) -> Iterator[Mapping[str, object]]:
    try:
        document = json.loads(text) if _is_answer(text) else None
    except (ValueError, RecursionError):
        return
    if not isinstance(document, dict):
        return
    several = document.get("broadcasts")
    one = document.get("broadcast")
    for found in several if isinstance(several, list) else [one]:
        if isinstance(found, dict):
            yield found


def _is_answer(text: str) -> bool:
    head = text[:5_000]
    return re.search(r'\A\s*\{\s*"broadcasts?"', head) is not None and '"subject"' in head


def _text(one: Mapping[str, object], name: str) -> str:
    value = one.get(name)
    return value.strip() if isinstance(value, str) else ""
