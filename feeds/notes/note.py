"""A note's bytes → Note: what the author says. Pure.

    bytes | parse_note | render_note → Rendered

The front door of this room; how readers get it is in feeds/notes/rendering.py. Front matter is read in feeds/notes/frontmatter.py, its values in
feeds/notes/keys.py, the path in feeds/notes/names.py, and when it is to go out in
feeds/notes/timing.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from feeds.markdown import clean_line, clean_text
from feeds.markdown.citations import Work
from feeds.markdown.dialects import plain_line
from feeds.markdown.rules import MAX_MARKS, find_excess
from feeds.notes.bibliography import name_bibliographies, read_references
from feeds.notes.folders import Inherited, Place, inherit
from feeds.notes.frontmatter import FrontMatter, parse_front_matter
from feeds.notes.habits import USUAL, Habits
from feeds.notes.keys import FALSE, KEY_VALUE, MAX_TAG, MAX_TAGS, TRUE, Keys, check_length
from feeds.notes.names import PathFacts, read_path, slugify, title_from
from feeds.notes.timing import (
    EARLIEST_KEYS,
    EXPIRY_KEYS,
    HIDING_KEYS,
    NEAR_HIDING_KEYS,
    Now,
    read_timing,
)
from storage.model import AudienceError, NoteError, Remark, parse_audience

RENDERER: Final = 31
"""Raised when the same note renders differently than before; part of an issue's fingerprint."""

MAX_KEY: Final = 300
"""Characters of what translations are known by."""

_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_PICTURE_KEYS: Final = (
    "image", "cover", "featured_image", "og_image", "featuredimage", "cover.image", "cover.src",
    "image.path", "image.src", "image.url", "og.image", "heroimage", "feature_image", "coverimage",
    "thumbnail", "banner", "cover_image", "coverimage.src", "images", "header.image", "header.overlay_image",
    "header.teaser", "featured.image", "image.feature", "image.teaser", "thumbnail.src", "thumbnail.url",
    "cover.url", "heroimage.src", "ogimage", "socialimage", "share_image", "preview_image", "previewimage",
)  # fmt: skip
_PICTURE_ALT_KEYS: Final = (
    "image_alt", "imagealt", "cover_alt", "cover.alt", "image.alt", "feature_image_alt", "featured_image_alt",
    "cover_image_alt", "coverimagealt", "heroimagealt", "heroimage.alt", "coverimage.alt", "featured.alt",
    "thumbnail.alt", "header.image_description",
)  # fmt: skip
_SUMMARY_KEYS: Final = (
    "summary", "description", "excerpt", "subtitle", "desc", "custom_excerpt", "meta_description", "abstract", "lead",
)  # fmt: skip
_PATTERN: Final = re.compile(r"(?:^|/):[a-z]|[{}]")
_INDEX: Final = re.compile(r"(?:\A|/)(?:index(?:\.html?)?)?/*\Z", re.IGNORECASE)
"""The end of an address that is its folder's."""
_SCHEME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_OPERATORS: Final = re.compile(r"\b(?:and|or|not)\b|[()\"'&|!,]", re.IGNORECASE)
_WEB_ADDRESS: Final = re.compile(r"https?://[^\s/?#\\<>\"]+[^\s<>\"\\]*")
LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}", re.ASCII)
"""A tag of a language as authors write it; the underline is of systems (`de_DE`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the author says, before rendering."""

    path: str
    """POSIX, below the notes folder."""
    note_id: str
    """Stable identity: the `id` key, else the path without its suffix, NFC."""
    title: str
    slug: str | None
    """Only if the author wished for one."""
    name: str
    """The slug that its file's name gives, for where the author wished for none."""
    path_language: str
    """The language that its path says: `post.fr.md`, `fr/post.md`; empty if it says none."""
    summary: str
    """Only if the author wrote one; rendering finds one otherwise."""
    tags: tuple[str, ...]
    kept: str
    """Why it is never published as it stands, as the end of a sentence; empty if it may be."""
    email: bool
    publish: datetime | Now | None
    """Aware, UTC; None for a private note."""
    not_before: datetime | None
    """Hugo's `publishDate`: not before, whatever else it says."""
    expires: datetime | None
    """Hugo's `expiryDate`: not after it."""
    updated: datetime | None
    """When the author says that it was last changed."""
    image: str
    """The preview picture, as written: a path or a URL; empty without one."""
    image_alt: str
    subject: str
    """The mail's subject, where it is not the title."""
    language: str
    """The note's own language (BCP 47); empty for the newsletter's."""
    translation_keys: tuple[str, ...]
    """What its translations have, too: any one of these, beside another language."""
    audience: str
    """Who gets the mail: an expression over tags of readers; empty for all."""
    aliases: tuple[str, ...]
    """Old addresses and other names, as written."""
    canonical: str
    """The http or https address where it stands first; empty for its page here."""
    guid: str
    """Its id in feeds, where it had one elsewhere; empty for one of ours."""
    toc: bool
    """Whether it begins with a list of its parts."""
    keys: tuple[str, ...]
    """Every key that it has, as its author wrote it."""
    body: str
    """Markdown without front matter."""
    above: int
    """Lines of the file before it."""
    warnings: tuple[Remark, ...]
    bibliography: tuple[str, ...] = ()
    """The files of works that it cites, as written."""
    references: Mapping[str, Work] = field(default_factory=dict)
    """The works of its own front matter."""
    every_line: bool = False
    """Whether each line of a paragraph is one for readers."""

    @property
    def draft(self) -> bool:
        """Whether it is kept from readers, whatever else it says."""
        return bool(self.kept)


def parse_note(
    source: bytes,
    path: str,
    *,
    zone: ZoneInfo,
    habits: Habits = USUAL,
    written: Callable[[], datetime | None] = lambda: None,
    is_file: Callable[[str], bool] = lambda _path: False,
    home: str = "en",
    root: str = "",
    guides: Callable[[Iterable[str]], Iterable[tuple[str, bytes]]] = lambda _paths: (),
) -> Note:
    """Reads a note: UTF-8, with front matter of any kind or none.

    `written` tells when its file was, for times that are relative to that; without it they are none. `is_file` tells
    whether there is a file at another path, the same note in another language; `home` is the newsletter's.
    `guides` gives the files among these paths that are there, which may hide all notes of a folder; `root` is the
    notes folder's own path, from which patterns in them may count.

    Times without an offset are in `zone`; `habits` says what the folder's keys and names mean.
    Keys are read in any case; unknown ones are the author's own. Raises NoteError with one
    sentence, and the line where there is one, for text that is no UTF-8 or would take too long to
    render, front matter that cannot be read, or a key of ours whose value cannot be what it should.
    Nothing else is ever raised.
    """
    text = clean_text(_decode(source, path))
    _check_cost(text, path)
    facts = read_path(path, languages=habits.languages, is_file=is_file, home=home)
    front = _read_front(text, path, facts)
    place = Place(path=path, root=root, language=facts.language or home)
    inherited = inherit(front.fields, place, guides) if not facts.kept else Inherited()
    keys = Keys({**inherited.fields, **front.fields}, path, list(inherited.remarks))
    timing = read_timing(keys, facts, zone, habits, written, inherited.kept)
    title = plain_line(keys.text("title")) or _read_title(front.body) or title_from(facts, path)
    check_length("title", title, path)
    slug = keys.text("slug")
    others = (*habits.date_keys, *EARLIEST_KEYS, *EXPIRY_KEYS, *NEAR_HIDING_KEYS)
    keys.find_slips(others, HIDING_KEYS)
    address, aliases = _read_addresses(keys)
    return Note(
        path=path,
        note_id=keys.text("id") or facts.identity,
        title=title,
        slug=slugify(slug or address) if slug or address else None,
        name=slugify(facts.stem),
        path_language=facts.language,
        summary=plain_line(keys.text(*_SUMMARY_KEYS)),
        tags=_read_tags(keys, front.body, habits),
        kept=timing.kept,
        email=_read_email(keys),
        publish=timing.publish,
        not_before=timing.not_before,
        expires=timing.expires,
        updated=timing.updated,
        image=_read_picture(keys),
        image_alt=keys.elsewhere(*_PICTURE_ALT_KEYS),
        subject=plain_line(keys.text("subject")),
        language=_read_language(keys, facts),
        translation_keys=_read_translation_keys(keys, facts, slug or address),
        audience=_read_audience(keys),
        aliases=aliases,
        canonical=_read_canonical(keys),
        guid=keys.elsewhere("guid"),
        toc=keys.word("toc") in TRUE,
        every_line=habits.line_breaks,
        bibliography=name_bibliographies(keys),
        references=read_references(keys, front.header),
        keys=tuple(keys.names()),
        body=front.body,
        above=text.count("\n", 0, max(len(text) - len(front.body), 0)),
        warnings=tuple(keys.remarks),
    )


def read_body(source: bytes, path: str, length: int) -> str:
    """The body, of that length, of a note that was parsed from the same bytes: all forms of front matter
    leave the end of the text. Raises NoteError.
    """
    text = clean_text(_decode(source, path))
    return text[len(text) - length :]


def _read_front(text: str, path: str, facts: PathFacts) -> FrontMatter:
    """The keys and the body. A template's placeholders are no YAML, and where templates lie that is
    nobody's mistake.
    """
    try:
        return parse_front_matter(text, path)
    except NoteError:
        if not facts.kept:
            raise
        return FrontMatter(fields={}, body=text)


def _read_email(keys: Keys) -> bool:
    """Whether it is mailed. Where the key has its author's address it says nothing of that, and is told."""
    found = keys.find("email")
    if found is not None and "@" in found.text:
        keys.pass_over(
            found,
            KEY_VALUE,
            "is an address; `email` says whether the note is mailed, `true` or `false`",
        )
        return True
    return keys.flag("email", default=True)


def _read_title(body: str) -> str:
    """That of its heading. The parser of Markdown takes longer to load than a hundred notes to read, and
    only a note without the key needs it.
    """
    from feeds.markdown import find_title

    return find_title(body)


def _read_tags(keys: Keys, body: str, habits: Habits) -> tuple[str, ...]:
    """Those of the front matter, and where the folder has them so, those in the text."""
    given = keys.tags(
        "tags",
        "tag",
        "categories",
        "category",
        "keywords",
        "topics",
        "labels",
        "taxonomies.tags",
        "taxonomies.categories",
        "taxonomy.tag",
        "taxonomy.category",
        "primary_tag",
    )
    if not habits.inline_tags or "#" not in body:
        return given
    from feeds.markdown import find_tags  # which has the parser with it

    tags: dict[str, str] = {}
    for tag in (*given, *find_tags(unicodedata.normalize("NFC", body), keys.path)):
        tags.setdefault(tag.casefold(), tag)
    return tuple(tag for tag in tags.values() if len(tag) <= MAX_TAG)[:MAX_TAGS]


def _check_cost(text: str, path: str) -> None:
    line = find_excess(text)
    if line is not None:
        raise NoteError(
            path,
            f"the note has more than {MAX_MARKS} Markdown marks and line ends, which would take too long "
            "to render; divide it, or leave data out of it",
            line,
        )


def _read_addresses(keys: Keys) -> tuple[str, tuple[str, ...]]:
    """The slug that an address of another system gives, and every old address and name.

    A pattern (`/:year/:title/`) is none, and `url` is often where a clipping came from: whether an
    address is of this site, its reader decides.
    """
    found = keys.lines("permalink", "url", "path")
    addresses = [one for one in found if one.casefold() not in FALSE and not _PATTERN.search(one)]
    local = [one for one in addresses if not _SCHEME.match(one)]
    slug = ""
    if local:
        address = unquote(re.split("[?#]", local[0])[0])
        last = PurePosixPath(_INDEX.sub("", address)).name
        slug = re.sub(r"\.html?\Z|\A(?:\d{4}-\d{2}-\d{2}-)", "", last)
    others = keys.lines("aliases", "redirect_from", "alias")
    # A text with commas may be several, as Obsidian has it, and one name (`Doe, Jane`).
    others += tuple(clean_line(part) for one in others if ", " in one for part in one.split(", "))
    return slug, tuple(dict.fromkeys((*addresses, *others)))


def _read_picture(keys: Keys) -> str:
    """The first that is one: `cover: false` says that there is none in that place."""
    given = (keys.elsewhere(name) for name in _PICTURE_KEYS)
    return next((one for one in given if one and one.casefold() not in TRUE | FALSE), "")


def _read_language(keys: Keys, facts: PathFacts) -> str:
    """BCP 47, from a key or from the path; what is no tag of a language is told."""
    given = keys.elsewhere("lang", "language", "locale")
    given = given.partition(".")[0].partition("@")[0]  # `de_DE.UTF-8`, as systems have it
    if not given:
        return facts.language
    if not LANGUAGE.fullmatch(given):
        found = keys.find("lang", "language", "locale")
        if found is not None:
            keys.pass_over(found, KEY_VALUE, "is no language; write it like `en` or `pt-BR`")
        return facts.language
    return given.replace("_", "-")


def _read_canonical(keys: Keys) -> str:
    """Where it stands first: an absolute address; what is none is told."""
    given = keys.elsewhere("canonical", "canonical_url", "canonicalurl")
    if given and not _WEB_ADDRESS.fullmatch(given):
        if (found := keys.find("canonical", "canonical_url", "canonicalurl")) is not None:
            keys.pass_over(
                found, KEY_VALUE, "is no address; write it like `https://example.com/post`"
            )
        return ""
    return given


def _read_translation_keys(keys: Keys, facts: PathFacts, address: str) -> tuple[str, ...]:
    """By path (`post.fr.md`, `fr/post.md`), by Hugo's `translationKey` and what others call it, and by an
    address that is the same in all languages (Pelican, Jekyll).
    """
    named = keys.elsewhere(
        "translationkey",
        "translation_key",
        "translation_id",
        "i18n_key",
        "ref",
        "lang_ref",
        "page_id",
    )
    found = [f"path:{facts.group}"]
    if named:
        found.append(f"key:{clean_line(named).casefold()}")
    if address:
        found.append(f"slug:{slugify(address)}")
    return tuple(one[:MAX_KEY] for one in found)


def _read_audience(keys: Keys) -> str:
    """An expression over readers' tags, as written. Raises NoteError for what is none: an issue for some
    must not go to all.
    """
    written, found = keys.text("audience"), keys.find("audience")
    if found is not None and found.quoted and not _OPERATORS.search(written):
        written = f'"{written}"'  # one tag with blanks; its quotes were taken for the form's
    try:
        parse_audience(written)
    except AudienceError as error:
        assert found is not None  # noqa: S101 - what is empty can be read
        raise keys.fault(found, str(error)) from error
    return written


def _decode(source: bytes, path: str) -> str:
    """The text of a file, a byte order mark removed. Raises NoteError."""
    if source.startswith(_UTF16_MARKS):
        raise NoteError(path, "the file is UTF-16; save it as UTF-8")
    if (position := source.find(b"\0")) >= 0:
        raise NoteError(path, "the file has NUL bytes, no text", _line_at(source, position))
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = _line_at(source, error.start)
        raise NoteError(path, "the file is not UTF-8; save it as UTF-8", line) from error


def _line_at(source: bytes, position: int) -> int:
    return source.count(b"\n", 0, position) + 1
