"""The keys of one note, read with the type that each should have. Pure.

Keys of ours that cannot be read are an error, since the author meant something by them. What other
systems call the same is read if it can be and otherwise told, for there it may mean another thing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Final
from unicodedata import normalize

from feeds.markdown import clean_line
from feeds.notes.fields import Field, Shape
from storage.model import NoteError, Remark

TRUE: Final = frozenset({"true", "yes", "on", "1"})
FALSE: Final = frozenset({"false", "no", "off", "0"})

KEY_VALUE: Final = "key-value"
"""The code of the remark that a key of another system cannot be read, and is passed over."""
UNKNOWN_KEY: Final = "unknown-key"
"""The code of the remark that a key is nearly one of ours, and none."""
OURS: Final = frozenset(
    {"publish", "title", "subject", "summary", "tags", "slug", "aliases", "id", "updated", "image",
     "image_alt", "lang", "email", "audience", "toc", "draft", "canonical", "expirydate", "translationkey",
     "bibliography"}
)  # fmt: skip
"""Our own names for keys: what an author who slips may have meant."""
ELSEWHERE: Final = frozenset(
    {"published", "pubdate", "publishdate", "subtitle", "alias", "cover", "images", "tag", "pages",
     "published_at", "updates", "update", "imagealt", "cover_alt", "page", "titles", "subjects",
     "canonical_url", "canonicalurl", "isdraft", "updated_at", "ogimage", "drafted", "dg_publish",
     "unpublish", "publisher", "publish_date", "publish_at", "publishat",
     "nopublish", "no_publish", "unpublish_at", "translation_key", "biography"}
)  # fmt: skip
"""Near to ours, and keys of other systems or of an author's own."""

LIMITS: Final = {
    "id": 200,
    "slug": 200,
    "title": 300,
    "subject": 300,
    "summary": 1000,
    "audience": 300,
}
"""Characters; what is longer is a mistake, and headers and feeds would suffer from it."""
MAX_TAG: Final = 100
MAX_TAGS: Final = 100
MAX_ALIASES: Final = 100
MAX_ALIAS: Final = 1000


@dataclass(frozen=True, slots=True)
class Keys:
    """The front matter of one note."""

    fields: Mapping[str, Field]
    path: str
    remarks: list[Remark] = field(default_factory=list)
    """What could not be read and is passed over."""

    def find(self, *names: str) -> Field | None:
        """The first of these keys that has a value; `a-b` is `a_b`."""
        for name in names:
            key = name.casefold()
            found = self.fields.get(key) or ("_" in key and self.fields.get(key.replace("_", "-")))
            if found and not (found.shape is Shape.TEXT and not found.text.strip()):
                return found
        return None

    def text(self, name: str, *others: str) -> str:
        """One line of text; empty if the key is missing. `others` are its other names."""
        found = self.find(name)
        if found is None:
            return self.elsewhere(*others, limit=LIMITS.get(name, MAX_ALIAS))
        if found.shape is not Shape.TEXT:
            raise self.fault(found, "must be one text, in quotes if it holds brackets or braces")
        value = clean_line(found.text)
        check_length(name, value, self.path)
        return value

    def elsewhere(self, *names: str, limit: int = MAX_ALIAS) -> str:
        """The first of keys by which other systems mean the same, as one line; empty without one."""
        for found in filter(None, map(self.find, names)):
            if found.shape is Shape.OTHER:
                continue  # what is nested in it has a name of its own
            value = clean_line(found.items[0]) if found.items else ""
            if value and len(value) <= limit:
                return value
            self.pass_over(found, KEY_VALUE, "cannot be read here; it is passed over")
        return ""

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false; anything that might be either is refused."""
        found = self.find(name)
        if found is None:
            return default
        word = found.text.strip().casefold()
        if found.shape is not Shape.TEXT or word not in TRUE | FALSE:
            raise self.fault(found, "must be `true` or `false`")
        return word in TRUE

    def word(self, *names: str) -> str:
        """The value of a key as one word in lower case, whatever it may be for."""
        found = self.find(*names)
        return clean_line(found.text).casefold() if found and found.shape is Shape.TEXT else ""

    def tags(self, name: str, *others: str) -> tuple[str, ...]:
        """Lists, texts with commas, or `#one #two`, in NFC; each once, whatever its case, in order."""
        found = self.find(name)
        if found is not None and found.shape is Shape.OTHER:
            raise self.fault(found, "must be a list of words, like `[one, two]`")
        words = (word for one in (name, *others) for word in self._words(one))
        tags: dict[str, str] = {}
        for tag in words:
            tags.setdefault(tag.casefold(), tag)
        if found is not None and any(len(tag) > MAX_TAG for tag in tags):
            raise self.fault(found, f"has a tag of more than {MAX_TAG} characters")
        return tuple(tag for tag in tags.values() if len(tag) <= MAX_TAG)[:MAX_TAGS]

    def _words(self, name: str) -> Iterator[str]:
        found = self.find(name)
        if found is None or found.shape is Shape.OTHER:
            return
        words = found.items if found.shape is Shape.LIST else split_words(found.text)
        words = tuple(_PAGE.sub(r"\1", word) if "[[" in word else word for word in words)
        plain = (normalize("NFC", clean_line(word)).lstrip("#").strip() for word in words)
        yield from filter(None, plain)

    def lines(self, *names: str) -> tuple[str, ...]:
        """The values of all these keys, each a text or a list, in order and once."""
        found = (self.find(name) for name in names)
        values = (clean_line(item) for one in found if one for item in one.items)
        kept = (value for value in values if value and len(value) <= MAX_ALIAS)
        return tuple(dict.fromkeys(kept))[:MAX_ALIASES]

    def fault(self, found: Field, demand: str) -> NoteError:
        """The error for a value that cannot be what the key is for."""
        return NoteError(self.path, f"{_shown(found)} {demand}", found.line or None)

    def pass_over(self, found: Field, code: str, why: str) -> None:
        """Keep a remark on a value that is passed over."""
        remark = Remark(code=code, sentence=f"{_shown(found)} {why}", line=found.line or None)
        self.remarks.append(remark)

    def find_slips(self, others: Iterable[str], hiding: tuple[str, ...]) -> None:
        """Keep a remark on every key that is nearly one of ours; `others` are known as well.

        Those of `hiding` keep a note from readers where they are true: a slip of one that is would show it.
        """
        known = OURS | ELSEWHERE | set(hiding) | {name.casefold() for name in others}
        taken = set(self.fields)
        for key, found in self.fields.items():
            if key in known or key.replace("-", "_") in known or "." in key:
                continue
            meant = _nearest(key, OURS)
            if not meant and clean_line(found.text).casefold() in TRUE - {"1"}:
                meant = _nearest(key, hiding)
            if meant:
                why = f"is no key that is known here; did you mean `{meant}`?"
                if meant in taken:
                    why = f"is no key that is known here, and `{meant}` is there already; remove one of them"
                taken.add(meant)
                self.pass_over(found, UNKNOWN_KEY, why)

    def names(self) -> Iterable[str]:
        """The keys as their author wrote them, without those nested in others."""
        return [found.key for found in self.fields.values() if "." not in found.key]


_QUOTED: Final = re.compile(r"""(["'])(.*)\1""")


@lru_cache(maxsize=1000)
def _nearest(key: str, names: Collection[str]) -> str:
    """Which of these an unknown key is a slip of; empty if of none. Two letters are no slip."""
    if not 4 <= len(key) <= 20:
        return ""
    near = get_close_matches(key, names, n=1, cutoff=0.8)
    return near[0] if near and len(near[0]) >= 4 else ""


_PAGE: Final = re.compile(r"\[\[(?:[^\[\]|]{0,300}\|)?([^\[\]|]{1,300})\]\]")
"""A link to a page, as programs of notes write a tag; its label is shown."""
_COMMAS: Final = str.maketrans("，、،؛", ",,,,")
"""Those of Chinese, Japanese and Arabic."""


def split_words(text: str) -> tuple[str, ...]:
    """`one, two` at the commas, without quotes around each; `#one #two` at the blanks."""
    words = text.split()
    marked = len(words) > 1 and all(word.startswith("#") for word in words)
    if marked and "," not in text:
        return tuple(words)
    text = text if text.isascii() else text.translate(_COMMAS)
    return tuple(_unquoted(word.strip()) for word in text.split(","))


def _unquoted(word: str) -> str:
    found = _QUOTED.fullmatch(word)
    return found[2] if found else word


def check_length(name: str, value: str, path: str) -> None:
    """Raises NoteError for a value that is longer than such a value can be."""
    if len(value) > LIMITS[name]:
        raise NoteError(path, f"the {name} has {len(value)} characters; {LIMITS[name]} is the most")


def _shown(found: Field) -> str:
    text = clean_line(found.text)[:60]
    return f"`{found.key}: {text}`" if text else f"`{found.key}`"
