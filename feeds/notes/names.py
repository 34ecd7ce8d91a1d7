"""What a note's path says of it: its date, its address, its language, that it is none. Pure.

Paths are POSIX, below the notes folder.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from feeds.markdown import clean_line
from feeds.notes.tongues import find_tongue, group_of, split_language
from storage.model import names_in

MAX_SLUG: Final = 80
"""Characters. In UTF-8 at most 240 octets, so that a slug can be the name of a file."""

_INDEX_NAMES: Final = frozenset({"index", "readme"})
_NAME_DATE: Final = re.compile(
    r"(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})(?:T\d{4,6})?(?=[-_. ]+\S)[-_. ]+", re.ASCII
)
"""A date with something after it: `2026-11-25.md` alone is a journal's page and opts in nothing."""
_FOLDER_DATE: Final = re.compile(r"(?:^|/)(\d{4})/(\d{2})/(\d{2})/(?:[^/]+)\Z", re.ASCII)
_NOTION_ID: Final = re.compile(r"(?<=\S)[ -][0-9a-f]{32}\Z")
"""What Notion puts behind the name of every page that it exports."""


_KEPT_FOLDERS: Final = names_in(
    """_drafts drafts _private private _unpublished unpublished _data _plugins _sass _includes _layouts _partials
    templates _templates _template archetypes entwürfe brouillons borradores rascunhos bozze utkast
    kladder luonnokset szkice taslaklar черновики чернетки مسودات טיוטות 草稿 草稿箱 下書き 초안 vorlagen
    plantillas sjablonen mallar skabeloner szablony шаблоны 模板 テンプレート 템플릿"""
)
"""What generators keep for themselves, and what authors call what is not finished, in their languages; NFC. Not
what means models or concepts as well: those are what some authors write about."""
_LOST_MARKS: Final = re.compile(
    r"(?:(?<=-)|\A)[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u20d0-\u20f0\ufe20-\ufe2f]+"
)
"""Marks that no letter carries."""
_ACCENTS: Final = re.compile(r"(?<=[a-z0-9])[\u0300-\u036f]+")
"""Marks of a Latin letter that are no part of it: a Turkish `İ` in lower case has one."""
_LETTERS: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ł": "l", "đ": "d", "ı": "i", "ħ": "h",
     "'": "", "’": "", "\u200d": "", "\u00ad": ""}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFacts:
    """What a path alone says."""

    identity: str
    """The path without its suffix, NFC: what a note is known by that names no `id`."""
    stem: str
    """The file's name without suffix, language and leading date; of a bundle, its folder's."""
    date: str
    """`2026-11-25` from the name or from folders, else empty."""
    language: str
    """`fr` from `post.fr.md` or from a folder `fr/`, else empty."""
    group: str
    """The path without suffix, language and the folder of a language, in one case: translations
    of a note have the same."""
    kept: str
    """Why a note of this path is never published, as the end of a sentence; else empty."""


def read_path(
    path: str,
    *,
    languages: Collection[str] = (),
    is_file: Callable[[str], bool] = lambda _path: False,
    home: str = "en",
) -> PathFacts:
    """What `path` says. `languages` are those that are mailed, `is_file` tells whether there is a file at another
    path, `home` is the newsletter's language: by one of them a folder `fr/` is known to say a language (feeds/notes/tongues.py).
    """
    pure = PurePosixPath(path)
    stem, language = split_language(pure.stem)
    tongue = find_tongue(pure, languages, is_file, home) if not language else ""
    is_bundle = stem.casefold() in _INDEX_NAMES and bool(pure.parent.name)
    named = pure.parent.name if is_bundle else stem
    date, rest = _split_date(named)
    return PathFacts(
        identity=unicodedata.normalize("NFC", str(pure.with_suffix(""))),
        stem=clean_line(_NOTION_ID.sub("", rest)),
        date=date or _folder_date(str(pure.parent) if is_bundle else str(pure.with_suffix(""))),
        language=language or tongue,
        group=group_of(pure, stem, tongue),
        kept=_why_kept(pure),
    )


def _split_date(name: str) -> tuple[str, str]:
    found = _NAME_DATE.match(name)
    if found is None or not _is_day(found[2], found[3]):
        return "", name
    return f"{found[1]}-{found[2]}-{found[3]}", name[found.end() :]


def _folder_date(path: str) -> str:
    found = _FOLDER_DATE.search(path)
    return f"{found[1]}-{found[2]}-{found[3]}" if found and _is_day(found[2], found[3]) else ""


def _is_day(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _why_kept(path: PurePosixPath) -> str:
    """Draft folders, partials and templates are their generators' (Jekyll, Hugo, Eleventy)."""
    for folder in path.parts[:-1]:
        if unicodedata.normalize("NFC", folder.casefold()) in _KEPT_FOLDERS:
            return f"it lies in the folder `{folder}`"
    if path.stem.casefold().endswith(".draft"):
        return "its name ends with `.draft`"
    if path.name.startswith("_"):
        return "its name begins with `_`, so it is a part of something"
    return ""


def title_from(facts: PathFacts, path: str) -> str:
    """A title from the file's name; after a date it is a slug, and its hyphens are blanks."""
    if not facts.stem:
        return "Untitled"
    if facts.date and " " not in facts.stem:
        words = re.sub(r"[-_]+", " ", facts.stem).strip()
        return (words[:1].upper() + words[1:]) or "Untitled"
    return facts.stem or PurePosixPath(path).stem


def slugify(text: str) -> str:
    """A name for URLs: letters and digits of any script, single hyphens, at most MAX_SLUG of them.

    Latin letters lose their accents, others stay as they are (RFC 3987). Never empty: a text
    without a letter or digit gets a name made from its digest, the same each time.
    """
    folded = unicodedata.normalize("NFKC", clean_line(text)).casefold().translate(_LETTERS)
    slug = _ACCENTS.sub("", _LOST_MARKS.sub("", "".join(map(_slug_letter, folded))))
    slug = unicodedata.normalize("NFC", re.sub("-+", "-", slug)).strip("-")
    if len(slug) > MAX_SLUG:
        head, hyphen, _rest = slug[:MAX_SLUG].rpartition("-")
        slug = head if hyphen and len(head) > MAX_SLUG // 2 else slug[:MAX_SLUG]
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return slug.strip("-") or f"note-{digest}"


def _slug_letter(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else "-"
    base = unicodedata.normalize("NFKD", character)
    letter = base[0]
    if letter.isascii():  # é; a mark alone has no base of its own
        return letter if letter.isalnum() else "-"
    kind = unicodedata.category(character)[0]
    return character if kind in "LNM" else "-"
