"""A post as a note: its name, its front matter, its text. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from newsletter.importing.posts import Post

_SLUG_LENGTH: Final = 80
_KEPT_BACK: Final = "draft: true"


def name_note(post: Post, taken: set[str]) -> str:
    """A file's name that no other note of the import has: the old slug, else the title, else `post`."""
    base = _slug(_decoded(post.slug)) or _slug(post.title) or "post"
    name, number = base, 2
    while name.casefold() in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name.casefold())
    return name


def write_note(post: Post, *, slug: str, body: str, image: str) -> str:
    """The note's text. It is never mailed: it was, where it came from (`email: false`)."""
    keys: list[tuple[str, object]] = [("title", post.title or slug)]
    if post.published_at is not None:
        keys.append(("publish", _time(post.published_at)))
    changed = post.updated_at
    if changed and post.published_at and changed.date() > post.published_at.date():
        keys.append(("updated", _time(changed)))
    optional: tuple[tuple[str, object], ...] = (
        ("summary", " ".join(post.summary.split())),
        ("subject", "" if post.subject == post.title else post.subject),
        ("tags", list(post.tags)),
        ("aliases", [alias] if (alias := _alias(post, slug)) else []),
        ("image", image),
        ("image_alt", post.image_alt if image else ""),
        ("lang", post.lang),
    )
    keys += [(name, value) for name, value in optional if value]
    keys.append(
        ("draft", True) if post.kept_back or post.published_at is None else ("email", False)
    )
    lines = "".join(f"{name}: {_value(value)}\n" for name, value in keys)
    return f"---\n{lines}---\n\n{body.strip()}\n"


def _alias(post: Post, slug: str) -> str:
    """The path of its old address, unless it is where the issue stands anyway."""
    path = urlsplit(post.address).path
    if not path.strip("/") or path.rstrip("/") == f"/issues/{slug}":
        return ""
    return path if path.startswith("/") else f"/{path}"


def _decoded(slug: str) -> str:
    """A slug as readers saw it: WordPress keeps one outside ASCII as its address has it (`%e6%97%a5`)."""
    try:
        return unquote(slug, errors="strict")
    except UnicodeDecodeError:
        return slug


def _slug(text: str) -> str:
    """Letters with their marks, which in Hindi, Thai or Arabic are half of a word; digits, `-` and `_`."""
    plain = unicodedata.normalize("NFC", text.lower())
    kept = "".join(one if _is_of_a_word(one) else " " for one in plain)
    return "-".join(kept.split()).strip("-_")[:_SLUG_LENGTH].strip("-_")


def _is_of_a_word(character: str) -> bool:
    return character.isalnum() or character in "-_" or unicodedata.category(character)[0] == "M"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(sep=" ", timespec="seconds")


def _value(value: object) -> str:
    """As YAML, which takes JSON's strings and lists; a time stands as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", value):
        return value
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "")
