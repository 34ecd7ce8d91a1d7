"""Owns taking an export's posts into a folder of notes: nothing is overwritten, and nothing is mailed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from newsletter.importing.export import Export, open_export
from newsletter.importing.markdown import convert
from newsletter.importing.pictures import (
    FOLDER,
    MAX_PICTURE,
    Pictures,
    find_addresses,
    place,
    safe_name,
)
from newsletter.importing.posts import ImportedPost, LeftOut, Post, PostImport
from newsletter.importing.systems import read_posts
from newsletter.importing.writing import name_note, write_note
from storage.model import PostsFileError

Progress = Callable[[int, int | None], None]

_MODE: Final = 0o644


def import_posts(
    source: Path,
    target: Path,
    *,
    system: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> PostImport:
    """Write a note below `target` for each post of an export.

    `system` is one of SYSTEMS, or told from the export. A note that is there with other content is
    left as it is and told. One post that cannot be read holds up no other. Raises PostsFileError.
    """
    with open_export(source) as export:
        name, found = read_posts(export, system)
        taking = _Taking(export, target, found.posts, dry_run=dry_run)
        result = PostImport(system=name, left_out=tuple(found.left_out))
        taken: list[ImportedPost] = []
        for number, post in enumerate(found.posts):
            one = taking.take(post)
            if isinstance(one, LeftOut):
                result = result.and_left_out(one)
            else:
                taken.append(one)
            progress(number + 1, len(found.posts))
    return PostImport(system=name, posts=tuple(taken), left_out=result.left_out)


class _Taking:
    """One import: the names it gives, and where its posts' old addresses lead now."""

    def __init__(self, export: Export, target: Path, posts: list[Post], *, dry_run: bool) -> None:
        self._export, self._target, self._dry_run = export, target, dry_run
        self._pictures = Pictures(export)
        taken: set[str] = set()
        self._names = {id(post): name_note(post, taken) for post in posts}
        hosts = {urlsplit(post.address).netloc for post in posts} - {""}
        self._hosts = hosts | {"__GHOST_URL__"}
        self._notes = {
            _decoded(urlsplit(post.address).path): f"{self._names[id(post)]}.md"
            for post in posts
            if urlsplit(post.address).path.strip("/")
        }

    def take(self, post: Post) -> ImportedPost | LeftOut:
        slug = self._names[id(post)]
        try:
            return self._take(post, slug)
        except PostsFileError as error:
            return LeftOut(name=post.name, reason=str(error))
        except OSError as error:
            return LeftOut(name=post.name, reason=f"its note cannot be written: {error.strerror}")

    def _take(self, post: Post, slug: str) -> ImportedPost | LeftOut:
        body, remarks = _convert(post)
        copies: dict[str, str] = {}
        body = place(body, lambda address: self._rename(address, slug, copies))
        image = self._rename(post.image, slug, copies) or post.image.replace("__GHOST_URL__", "")
        if not body.strip():
            return LeftOut(name=post.name, reason="there are no words in it")
        remarks += _look_at(post, body)
        data = write_note(post, slug=slug, body=body, image=image).encode()
        path = self._target / f"{slug}.md"
        if path.exists() and path.read_bytes() != data:
            return LeftOut(name=post.name, reason=f"{path.name} is there already, with other words")
        if not self._dry_run:
            self._copy(copies)
            if not path.exists():
                _write(path, data)
        return ImportedPost(
            name=post.name,
            path=path.name,
            title=post.title or slug,
            draft=bool(post.kept_back) or post.published_at is None,
            remarks=tuple(remarks),
            pictures=len(copies),
        )

    def _rename(self, address: str, slug: str, copies: dict[str, str]) -> str | None:
        """What an address is called from now on: a picture taken along, or another note of the import."""
        if not address:
            return None
        parts = urlsplit(address.replace("__GHOST_URL__", "//__GHOST_URL__"))
        if parts.netloc in self._hosts and (note := self._notes.get(_decoded(parts.path))):
            return f"{note}#{parts.fragment}" if parts.fragment else note
        if (file := self._pictures.find(address)) is None or self._export.size(file) > MAX_PICTURE:
            return None
        if file not in copies:
            names = set(copies.values())
            wanted = PurePosixPath(FOLDER, slug, safe_name(file))
            number = 2
            while str(wanted) in names:
                wanted = PurePosixPath(FOLDER, slug, f"{number}-{safe_name(file)}")
                number += 1
            copies[file] = str(wanted)
        return copies[file]

    def _copy(self, copies: dict[str, str]) -> None:
        for file, name in copies.items():
            path = self._target / name
            if not path.exists():
                _write(path, self._export.read(file))


def _decoded(path: str) -> str:
    """The path at which a post stood; letters outside ASCII are escaped in either case, or not at all."""
    return unquote(path).rstrip("/")


def _convert(post: Post) -> tuple[str, list[str]]:
    """The post's Markdown, and what was lost on the way."""
    if not post.html:
        return post.markdown, []
    converted = convert(post.html)
    remarks: list[str] = []
    if converted.fault:
        remarks.append(f"only its text was taken: {converted.fault}")
    if converted.merges:
        fields = "field was" if converted.merges == 1 else "fields were"
        remarks.append(
            f"{converted.merges} merge {fields} taken out; only the old system could fill {'it' if converted.merges == 1 else 'them'} in"
        )
    return converted.markdown, remarks


def _look_at(post: Post, body: str) -> list[str]:
    """What the author should know of it."""
    remarks: list[str] = []
    if post.kept_back:
        remarks.append(f"a draft: {post.kept_back}")
    elif post.published_at is None:
        remarks.append("a draft: the export does not say when it was published")
    if elsewhere := len(find_addresses(body)):
        noun = "picture stays where it is" if elsewhere == 1 else "pictures stay where they are"
        remarks.append(f"{elsewhere} {noun}: the export does not have them")
    return remarks


def _write(path: Path, data: bytes) -> None:
    """A file that is there whole or not at all: the service may be looking at the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".import-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(_MODE)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
