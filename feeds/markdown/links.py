"""Where the links and pictures of one note lead. Pure.

The one place that decides what a link may be, for Markdown, wiki links and raw HTML alike:
absolute http(s) or mailto, or nothing (rules D14, E16).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final, Protocol
from urllib.parse import quote, unquote, urlsplit

from feeds.markdown.characters import clean_line, clean_text, heading_id, shorten
from storage.model import Remark

NOTE_SUFFIXES: Final = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd"})
"""What the name of a note may end with, in any case: a link may leave it out."""
PICTURE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif"})
"""Pictures that mail, feeds and pages can all show. SVG carries scripts and mail drops it (D5)."""

_SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?|[0-9a-fA-F:.]+")
_IGNORED: Final = re.compile("[\t\n\r]")
_UNSAFE: Final = re.compile('[ "<>\\\\^`{|}\xa0]')


class Links(Protocol):
    """How rendering asks what lies outside the note."""

    def note_url(self, target: str) -> str | None:
        """The absolute URL of the published issue of a note, else None. `target` is what a wiki
        link names (a name or a path, as typed) or the path of a file below the notes folder.
        """
        ...

    def media_url(self, path: str) -> str:
        """The absolute URL of a picture, by its path below the notes folder."""
        ...


def link_key(target: str) -> str:
    """The form in which link targets are compared: no heading, no suffix, no case, NFC.

    `Sub/My Note.md#part` and `sub/my note` have the same key. To find a note by it, index notes by
    the key of their path and by the key of their file name.
    """
    name = unicodedata.normalize("NFC", clean_line(target)).partition("#")[0].strip().strip("/")
    path = PurePosixPath(name)
    if path.suffix.lower() in NOTE_SUFFIXES:
        name = str(path.with_suffix(""))
    return name.casefold()


def is_picture(path: str) -> bool:
    """Whether the name is that of a picture that can be shown everywhere."""
    return PurePosixPath(path).suffix.lower() in PICTURE_SUFFIXES


class LinkResolver:
    """Resolves the links of one note and remembers what it met, each once and in order."""

    def __init__(self, path: str, links: Links) -> None:
        self._folder = PurePosixPath(path).parent
        self._links = links
        self._media: dict[str, None] = {}
        self._targets: dict[str, None] = {}
        self._warnings: dict[Remark, None] = {}
        self.anchors: Mapping[str, str] = {}
        """The ids of the note's parts, by what links may call them."""

    @property
    def media(self) -> tuple[str, ...]:
        """Paths of the note's own pictures below the notes folder."""
        return tuple(self._media)

    @property
    def targets(self) -> tuple[str, ...]:
        """Keys (`link_key`) of all notes linked to, published or not."""
        return tuple(self._targets)

    @property
    def warnings(self) -> tuple[Remark, ...]:
        """What was left out, or lacks something; codes are those of `newsletter check`."""
        return tuple(self._warnings)

    def warn(self, code: str, sentence: str) -> None:
        """Keeps a remark for the author."""
        self._warnings[Remark(code=code, sentence=sentence)] = None

    def link(self, href: str) -> str | None:
        """The absolute URL for a link, or None if only its label may stay."""
        href = _tidy(href)
        if (scheme := _SCHEME.match(href)) or href.startswith("//"):
            return self._outside(href, scheme[1].lower() if scheme else "https")
        path, _, fragment = href.partition("#")
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
        key = link_key(name)
        if not key:
            return self._part(part, f"#{part}") if part else None
        self._targets[key] = None
        url = self._links.note_url(name)
        if url is None:
            self.warn("wiki-link", f"[[{shorten(name, 80)}]] is no published note: label only")
            return None
        return _with_part(url, part)

    def image(self, src: str) -> str | None:
        """The absolute URL for a picture, or None if only its alternative text may stay."""
        src = _tidy(src)
        if (scheme := _SCHEME.match(src)) or src.startswith("//"):
            name = scheme[1].lower() if scheme else "https"
            return self._outside(src, "" if name == "mailto" else name)
        path = self._below(src)
        if path is None:
            self.warn(
                "bad-picture", f"the picture {_show(src)} is not below the notes folder: left out"
            )
            return None
        if not is_picture(path):
            self.warn(
                "bad-picture",
                f"the picture {_show(src)} is of a type that mail cannot show: left out",
            )
            return None
        self._media[path] = None
        return self._links.media_url(path)

    def embed(self, target: str) -> str | None:
        """The URL for `![[target]]`: a bare name lies beside the note, a path starts at the root,
        unless it begins with a dot.
        """
        plain = target.replace("\\", "/")
        from_root = "/" in plain and not plain.startswith(".")
        return self.image(("/" if from_root else "") + _quote_mark(plain))

    def _outside(self, href: str, scheme: str) -> str | None:
        url = href if _SCHEME.match(href) else f"https:{href}"
        rest = url.partition(":")[2]
        if scheme == "mailto" and rest:
            return f"mailto:{rest}"
        if scheme in {"http", "https"} and rest.startswith("//") and _has_host(url):
            return f"{scheme}:{rest}"
        self.warn(
            "bad-link", f"the address {_show(href)} is of a kind that readers cannot open: left out"
        )
        return None

    def _note(self, path: str, href: str) -> str | None:
        below = self._below(path)
        url = None
        if below is not None and PurePosixPath(below).suffix.lower() in NOTE_SUFFIXES | {""}:
            self._targets[link_key(below)] = None
            url = self._links.note_url(below)
        if url is None:
            self.warn(
                "unpublished-link", f"the link {_show(href)} leads to no published note: label only"
            )
            return None
        return _with_part(url, unquote(href.partition("#")[2]))

    def _below(self, raw: str) -> str | None:
        """A relative reference as a path below the notes folder; None if it leads out of it."""
        bare = re.split(r"[?#]", raw, maxsplit=1)[0]
        plain = clean_text(unquote(bare)).replace("\\", "/").replace("\n", "")
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
    name = "" if part.startswith("^") else heading_id(part.rpartition("#")[2])
    return f"{url}#{quote(name)}" if name else url


def _tidy(url: str) -> str:
    """A URL without what browsers drop from it (WHATWG URL 4.4) and with blanks escaped."""
    url = clean_text(_IGNORED.sub("", url)).replace("\n", "").strip()
    return _UNSAFE.sub(lambda found: _escape(found[0]), url)


def _escape(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _quote_mark(path: str) -> str:
    """A file name may hold what a URL would take for its query or an escape."""
    return path.replace("%", "%25").replace("?", "%3F").replace("#", "%23")


def _has_host(url: str) -> bool:
    """Whether a browser could go there: a host of letters or numbers, and a possible port."""
    try:
        parts = urlsplit(url)
        return parts.port != 0 and bool(_HOST.fullmatch(parts.hostname or ""))
    except ValueError:
        return False


def _show(url: str) -> str:
    return f"`{shorten(unquote(url), 80)}`"
