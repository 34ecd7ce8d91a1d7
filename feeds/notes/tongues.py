"""In which language a note is by its path: `post.fr.md`, `fr/post.md`, `docs/fr/post.md`, `i18n/fr/…`. Pure.

A folder that is named as a language may be about something: `it/`, `no/`, `travel/fr/`. It says a language where
something else says so, too: the folder above it, the languages of the newsletter, or the same file in another
language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath
from typing import Final

_LANGUAGE: Final = re.compile(r"([a-z]{2})(?:[-_][A-Za-z]{2,4})?", re.ASCII)
_CODES: Final = (
    "af am ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn"
    " ko ky la lo lt lv mk ml mn mr ms my nb ne nl nn no pa pl ps pt ro ru sk sl sq sr sv sw ta te tg th tk tl tr uk ur uz vi zh zu"
)
_LANGUAGES: Final = frozenset(_CODES.split())
"""ISO 639-1, those that newsletters are written in: `v2.go.md` is about Go, and in no language."""
_WORDS: Final = frozenset(
    {"am", "be", "bs", "ca", "he", "hi", "id", "is", "it", "la", "ml", "mr", "ms", "my", "no", "pa", "ps"}
)  # fmt: skip
"""Languages whose folders may be about something: `it/`, `ml/`. They count where they are named."""
_ABOVE: Final = frozenset(
    {"i18n", "_i18n", "l10n", "locale", "locales", "lang", "langs", "translations", "translated"}
)  # fmt: skip
"""What a folder is called that has one for each language and nothing else."""
_ROOTS: Final = frozenset(
    {"content", "contents", "docs", "doc", "blog", "blogs", "post", "posts", "_posts", "article", "articles", "news",
     "notes", "page", "pages", "source", "src", "site", "website", "app", "data", "collections", "newsletter"}
)  # fmt: skip
"""What the folders are called in which generators have all that they make."""
_FREQUENT: Final = (
    *("en", "de", "fr", "es", "it", "pt", "pt-br", "ja", "zh", "zh-cn", "zh-tw", "ru", "ko", "nl", "pl", "ar", "tr"),
    *("uk", "fa", "he", "sv", "cs", "id", "vi"),
)  # fmt: skip
"""In which of them the same file is looked for, beside one in the newsletter's own."""
_EVERYWHERE: Final = frozenset({"index", "readme", "_index", "about"})
"""Files that folders have whatever they are about."""
_PLUGIN: Final = re.compile(r"docusaurus-plugin-content-(blog|docs|pages)(?:-([\w-]{1,60}))?")
"""Docusaurus's folder of what is translated, by the plug-in that shows it."""


def split_language(stem: str) -> tuple[str, str]:
    """A file's name without its language, and that."""
    head, dot, last = stem.rpartition(".")
    found = _LANGUAGE.fullmatch(last) if dot and head else None
    return (head, last.replace("_", "-")) if found and found[1] in _LANGUAGES else (stem, "")


def find_tongue(
    path: PurePosixPath, languages: Collection[str], is_file: Callable[[str], bool], home: str
) -> str:
    """The language that a folder of this path says, else empty. `languages` are those that are mailed, `home` is the
    newsletter's.
    """
    known = {name.lower() for name in languages}
    at_home = known | {home.lower(), home.lower().partition("-")[0]}
    for at, name in _candidates(path, known):
        above = [folder.lower() for folder in path.parts[:at]]
        named = name in known or (bool(known) and name not in _WORDS)
        if (
            (above and above[-1] in _ABOVE)
            or (named and _ROOTS.issuperset(above))
            or _has_sibling(path, at, at_home, is_file)
        ):
            return name
    return ""


def _candidates(path: PurePosixPath, known: Collection[str]) -> Iterator[tuple[int, str]]:
    """The folders that may be of a language, and where each stands."""
    if len(path.parts) == 1:
        return
    for at, folder in enumerate(path.parts[:-1]):
        name = folder.lower().replace("_", "-")
        found = _LANGUAGE.fullmatch(name)
        if (found and found[1] in _LANGUAGES) or (at == 0 and name in known):
            yield at, name


def _has_sibling(
    path: PurePosixPath, at: int, at_home: Collection[str], is_file: Callable[[str], bool]
) -> bool:
    """Whether the same file is there in a language of the newsletter (`travel/fr/food.md` and `travel/it/food.md`
    are about food in two countries), or, unless such a name says nothing, in the folder above.
    """
    before, own, after = path.parts[:at], path.parts[at].lower(), path.parts[at + 1 :]
    others = _FREQUENT if own in at_home else sorted(at_home)
    if any(is_file("/".join((*before, other, *after))) for other in others if other != own):
        return True
    tells_nothing = own in _WORDS or path.stem.lower() in _EVERYWHERE
    return not tells_nothing and is_file("/".join((*before, *after)))


def group_of(path: PurePosixPath, stem: str, tongue: str) -> str:
    """What a note and its translations have in common of their paths, in one case."""
    folders = list(path.parts[:-1])
    for at, name in _candidates(path, {tongue} - {""}):
        if name == tongue or (not tongue and name not in _WORDS):
            del folders[at]
            folders = _at_home(folders, at)
            break
    return unicodedata.normalize("NFC", "/".join((*folders, stem))).casefold()


def _at_home(folders: list[str], at: int) -> list[str]:
    """The folders as those of the original, where one above says that they are of translations."""
    if not at or folders[at - 1].lower() not in _ABOVE:
        return folders
    rest = folders[at:]
    plugin = _PLUGIN.fullmatch(rest[0]) if rest else None
    if plugin is not None:
        home = "src/pages" if plugin[1] == "pages" else plugin[2] or plugin[1]
        rest = [home, *(rest[2:] if rest[1:2] == ["current"] else rest[1:])]
    return [*folders[: at - 1], *rest]
