"""Where the links and pictures of one note lead. Pure.

The one place that decides what a link may be, for Markdown, wiki links and raw HTML alike:
absolute http(s) or mailto, or nothing (rules D14, E16).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final, Protocol
from urllib.parse import quote, unquote, urlsplit

from feeds.markdown.characters import clean_line, clean_text, heading_id, shorten
from storage.model import Remark

NOTE_SUFFIXES: Final = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd"})
"""What the name of a note may end with, in any case: a link may leave it out."""
PICTURE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
"""Pictures that pages and feeds show, and mail as they are or as they are drawn for it (D5)."""
FILE_SUFFIXES: Final = frozenset(
    {".mp3", ".m4a", ".m4b", ".ogg", ".oga", ".opus", ".flac", ".wav", ".mp4", ".m4v", ".webm",
     ".pdf", ".epub", ".zip"}
)  # fmt: skip
"""What readers hear, see or keep."""

_HTML: Final = re.compile(r"(?:(?:/|\A)index)?\.html?\Z|/index\Z")
_DATE: Final = re.compile(r"\A\d{4}-\d{2}-\d{2}-")
_LISTS: Final = frozenset(
    {"tag", "tags", "category", "categories", "topics", "author", "authors", "page", "series"}
)
"""Where generators have lists: what stands there is no note's name."""
_SUFFIX: Final = re.compile(r"\.[a-z][a-z0-9]{1,4}", re.IGNORECASE)
"""A name that ends so is a file's: `![[v1.2 notes]]` is a note's."""
_SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?|[0-9a-fA-F:.]+")
_IGNORED: Final = re.compile("[\t\n\r]")
_ROOT: Final = re.compile(r"__GHOST_URL__(?=/)|[@~](?=/(?:assets|images|public|static)/)")
"""The root of a site, as Ghost exports it and as bundlers' aliases name it."""
_UNSAFE: Final = re.compile('[ "<>\\\\^`{|}\xa0]')


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSource:
    """A published note, as its author wrote it."""

    path: str
    title: str
    body: str
    """Markdown without front matter."""


class Links(Protocol):
    """How rendering asks what lies outside the note."""

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """The absolute URL of the published issue of a note, else None. `target` is what a wiki
        link names (a name or a path, as typed), the path of a file below the notes folder, or a whole
        address, which may be an old one; `folder` is that of the note that links. `loose` takes a path
        by its end, too (`loose_keys`).
        """
        ...

    def media_url(self, path: str) -> str:
        """The absolute URL of a picture or another file, by its path (`find_media`)."""
        ...

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """The path of the file that a note in `folder` means by `written`, decoded; None if there is
        none. `anywhere`: its name is enough, as in Obsidian.
        """
        ...

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """The published note that is meant, as `note_url` finds it; None if it is not published."""
        ...


def link_key(target: str) -> str:
    """The form in which link targets are compared: no heading, no suffix, no case, NFC.

    `Sub/My Note.md#part` and `sub/my note` have the same key. To find a note by it, index notes by
    the key of their path and by the key of their file name.
    """
    return _short_key(target) if len(target) <= _SHORT else _key_of(target)


def _key_of(target: str) -> str:
    name = unicodedata.normalize("NFC", clean_line(target)).partition("#")[0].strip().strip("/")
    if "." in name and (path := PurePosixPath(name)).suffix.lower() in NOTE_SUFFIXES:
        name = str(path.with_suffix(""))
    return name.casefold()


_SHORT: Final = 200
"""Characters of a target whose key is worth remembering: each is asked for at every link that names it."""
_short_key: Final = lru_cache(maxsize=4096)(_key_of)


def loose_keys(target: str) -> tuple[str, ...]:
    """By what else the address of a note may be found, as generators make it from its file: without
    `.html` and `/index`, and by its last part, with and without a date. Lists of notes have none.
    """
    key = _HTML.sub("", link_key(target))
    first, slash, _rest = key.partition("/")
    if not key or (slash and first in _LISTS):
        return ()
    last = key.rpartition("/")[2]
    return tuple(dict.fromkeys(filter(None, (key, last, _DATE.sub("", last)))))


def is_picture(path: str) -> bool:
    """Whether the name is that of a picture that can be shown everywhere."""
    return _suffix(path) in PICTURE_SUFFIXES


def is_download(path: str) -> bool:
    """Whether the name is that of a sound, a film or a document."""
    return _suffix(path) in FILE_SUFFIXES


def _suffix(path: str) -> str:
    stem, dot, suffix = path.strip().rstrip("/").rpartition(".")
    if not dot or not suffix or "/" in suffix or not stem or stem.endswith("/"):
        return ""  # as PurePosixPath has it: `.name` and `name.` have none
    return f".{suffix}".lower()


class LinkResolver:
    """Resolves the links of one note and remembers what it met, each once and in order."""

    def __init__(self, path: str, links: Links) -> None:
        self._path = PurePosixPath(path)
        self._folder = self._path.parent
        self._links = links
        self._media: dict[str, None] = {}
        self._targets: dict[str, None] = {}
        self._warnings: dict[Remark, None] = {}
        self._led: dict[str, str] = {}
        """Where links that name a scheme were found to lead."""
        self.anchors: Mapping[str, str] = {}
        """The ids of the note's parts, by what links may call them."""

    @property
    def media(self) -> tuple[str, ...]:
        """Paths of the note's own pictures and files, as `Links.find_media` gives them."""
        return tuple(self._media)

    @property
    def targets(self) -> tuple[str, ...]:
        """Keys (`link_key`) of all notes linked to, published or not."""
        return tuple(self._targets)

    @property
    def warnings(self) -> tuple[Remark, ...]:
        """What was left out, or lacks something; codes are those of `newsletter check`."""
        return tuple(self._warnings)

    def warn(self, code: str, sentence: str, line: int | None = None) -> None:
        """Keeps a remark for the author; `line` is in the Markdown, from 1."""
        self._warnings[Remark(code=code, sentence=sentence, line=line)] = None

    def link(self, href: str) -> str | None:
        """The absolute URL for a link, or None if only its label may stay."""
        if (known := self._led.get(href)) is not None:
            return known  # each stands in the tokens and in the HTML made of them
        written, href = href, _tidy(href)
        if (scheme := _SCHEME.match(href)) or href.startswith("//"):
            url = self._outside(href, scheme[1].lower() if scheme else "https")
            if url is not None:
                self._led[written] = url
            return url
        path, _, fragment = href.removeprefix("@").partition("#")  # Zola's `@/a/b.md`
        if not path:
            return self._part(fragment, href) if href else None
        return self._note(path, href)

    def _part(self, fragment: str, href: str) -> str | None:
        """A link within the note, to one of its parts."""
        named = unquote(fragment)
        part = self.anchors.get(named) or self.anchors.get(heading_id(named))
        if part is None:
            self.warn(
                "local-link", f"the link {_show(href)} leads to no part of the note: label only"
            )
            return None
        return f"#{part}"

    def wiki(self, target: str) -> str | None:
        """The absolute URL for `[[target]]`, or None if only its label may stay."""
        name, _, part = (piece.strip() for piece in clean_line(target).partition("#"))
        name = name.rstrip("\\")  # `[[a\|b]]`, as in a table
        if name.startswith((".", "/")):
            name = self._below(name) or name
        key = link_key(name)
        if not key:
            return self._part(part, f"#{part}") if part else None
        self._targets[key] = None
        url = self._links.note_url(name, str(self._folder))
        if url is None and "/" in name and not part:  # Bear's `[[Note/Heading]]`
            above, _, heading = name.rpartition("/")
            url, part = self._links.note_url(above, str(self._folder)), heading
        if url is None and (is_picture(name) or is_download(name)):
            url = self._file(name)
        if url is None:
            self.warn("wiki-link", f"[[{shorten(name, 80)}]] is no published note: label only")
            return None
        return _with_part(url, part)

    def is_turned(self, target: str, label: str) -> bool:
        """Whether `[[label|target]]` is written as Dendron has it, whose names have dots and no blanks."""
        if "." not in label or " " in label or label == target:
            return False
        named = (
            self._links.note_url(one.partition("#")[0], str(self._folder))
            for one in (target, label)
        )
        return [url is not None for url in named] == [False, True]

    def _file(self, name: str) -> str | None:
        """The address of a picture or another file of the notes, which a link leads to."""
        path = self._media_at(f"/{name}" if "/" in name else name, anywhere=True)
        if path is None:
            return None
        self._media[path] = None
        return self._links.media_url(path)

    def remember(self, target: str) -> None:
        """Counts a note among those that this one is about, found or not."""
        self._targets[link_key(target)] = None

    def image(self, src: str) -> str | None:
        """The absolute URL for a picture, or None if only its alternative text may stay."""
        src = _tidy(src)
        if (scheme := _SCHEME.match(src)) or src.startswith("//"):
            name = scheme[1].lower() if scheme else "https"
            return self._outside(src, "" if name == "mailto" else name)
        return self._shown(src, _decoded(src), anywhere=False)

    def is_file(self, target: str) -> bool:
        """Whether `![[target]]` means a picture or another file, and no note."""
        suffixes = {_suffix(target), _suffix(target.partition("#")[0])}
        if suffixes & (PICTURE_SUFFIXES | FILE_SUFFIXES):
            return True
        named = any(map(_SUFFIX.fullmatch, suffixes)) and not suffixes & NOTE_SUFFIXES
        return named and self._links.note_url(target.partition("#")[0]) is None

    def embed(self, target: str) -> str | None:
        """The URL for `![[target]]`: a path starts at the root unless it begins with a dot, a name may
        be that of any file of the folder. What Obsidian reads after `#` is left out.
        """
        plain = clean_line(target).replace("\\", "/")
        if "://" in plain:
            return self.image(plain)
        if not _suffix(plain) or _suffix(plain.partition("#")[0]):
            plain = plain.partition("#")[0]
        if "/" in plain and not plain.startswith((".", "/")):
            plain = f"/{plain}"
        if is_download(plain):
            return self._download(target, plain, anywhere=True)
        return self._shown(target, plain, anywhere=True)

    def _shown(self, source: str, written: str, *, anywhere: bool) -> str | None:
        """The address of the note's own picture."""
        path = self._find(written, anywhere=anywhere)
        if path is None:
            self.warn(
                "bad-picture",
                f"the picture {_show(source)} is not below the notes folder: left out",
            )
            return None
        if not is_picture(path):
            self.warn(
                "bad-picture",
                f"the picture {_show(source)} is of a type that mail cannot show: left out",
            )
            return None
        self._media[path] = None
        return self._links.media_url(path)

    def _download(self, source: str, written: str, *, anywhere: bool) -> str | None:
        """The address of a file of the notes; None, told, where there is none."""
        path = self._media_at(written, anywhere=anywhere)
        if path is None or not is_download(path):
            self.warn(
                "missing-file", f"the file {_show(source)} is not in the notes folder: label only"
            )
            return None
        self._media[path] = None
        return self._links.media_url(path)

    def _find(self, written: str, *, anywhere: bool) -> str | None:
        """Where a picture is; where it would be, which is told, if it is not there (yet)."""
        path = self._media_at(written, anywhere=anywhere)
        if path is None:
            path = self._below(written)
            if path is not None and is_picture(path):
                self.warn("missing-picture", f"the picture {_show(written)} is not there")
        return path

    def _media_at(self, written: str, *, anywhere: bool) -> str | None:
        # Beside the note, or in the folder of its name: Hexo's for what it shows.
        own = str(self._path.with_suffix("")) if self._path.name else ""
        for folder in (str(self._folder), own):
            path = self._links.find_media(written, folder, anywhere=anywhere)
            if path is not None or "/" in written:
                return path
        return None

    def _outside(self, href: str, scheme: str) -> str | None:
        url = href if _SCHEME.match(href) else f"https:{href}"
        rest = url.partition(":")[2]
        if scheme == "mailto" and rest:
            return f"mailto:{rest}"
        if scheme in {"http", "https"} and rest.startswith("//") and _has_host(url):
            address = f"{scheme}:{rest}"
            return self._links.note_url(address) or address
        self.warn(
            "bad-link", f"the address {_show(href)} is of a kind that readers cannot open: left out"
        )
        return None

    def _note(self, path: str, href: str) -> str | None:
        if is_download(_decoded(path)):
            return self._download(href, _decoded(path), anywhere=False)
        written = _decoded(path)
        below = self._below(written) or written.rstrip("/").rpartition("/")[2] or "/"
        url = None
        if below and not is_picture(below):
            self._targets |= dict.fromkeys((link_key(below), *loose_keys(below)))
            url = self._links.note_url(below, str(self._folder), loose=True)
        elif below and (picture := self._media_at(written, anywhere=False)) is not None:
            self._media[picture] = None
            return self._links.media_url(picture)
        if url is None:
            self.warn(
                "unpublished-link", f"the link {_show(href)} leads to no published note: label only"
            )
            return None
        return _with_part(url, unquote(href.partition("#")[2]))

    def _below(self, plain: str) -> str | None:
        """A decoded path as one below the notes folder; None if it leads out of it."""
        parts: list[str] = [] if plain.startswith("/") else list(self._folder.parts)
        for part in plain.split("/"):
            if part == "..":
                if not parts:
                    return None
                parts.pop()
            elif part not in {"", "."}:
                parts.append(part)
        if not parts or any(part.startswith(".") for part in parts):
            return None
        return "/".join(parts)


def _with_part(url: str, part: str) -> str:
    """The address of a part of a note, by the words of its heading; a block's id leads to the note."""
    if not part or part.startswith("^"):
        return url
    name = heading_id(part.rpartition("#")[2])
    return f"{url}#{quote(name)}" if name else url


def _tidy(url: str) -> str:
    """A URL without what browsers drop from it (WHATWG URL 4.4) and with blanks escaped."""
    url = clean_text(_IGNORED.sub("", url)).replace("\n", "").strip()
    if url.startswith(("__GHOST_URL__/", "@/", "~/")):
        url = _ROOT.sub("", url, count=1)
    return _UNSAFE.sub(_escape, url)


def _escape(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _decoded(raw: str) -> str:
    """The path that a relative reference is written for."""
    bare = re.split(r"[?#]", raw, maxsplit=1)[0]
    return clean_text(unquote(bare)).replace("\\", "/").replace("\n", "")


def _has_host(url: str) -> bool:
    """Whether a browser could go there: a host of letters or numbers, and a possible port."""
    try:
        parts = urlsplit(url)
        return parts.port != 0 and bool(_HOST.fullmatch(parts.hostname or ""))
    except ValueError:
        return False


def _show(url: str) -> str:
    return f"`{shorten(unquote(url), 80)}`"
