"""Where a note's links lead, and whether its pictures are there and will be seen. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from feeds.markdown import (
    LinkResolver,
    Reference,
    ReferenceKind,
    find_references,
    is_download,
    link_key,
    split_target,
)
from mailer.compose import is_shown
from newsletter.authoring.findings import Finding, Proof, body_offset, error, warn
from storage.model import Remark

LARGE_PICTURE: Final = 1_000_000
"""Bytes of a picture above which readers on the road wait for it."""

_RARELY_SHOWN: Final = frozenset({".avif", ".webp"})
"""Outlook on Windows shows none of these (rule D5)."""

_CONTENTS: Final = frozenset({"toc", "_toc_"})
"""What some programs write in double brackets where the list of parts is to stand."""


def check_references(proof: Proof) -> Iterator[Finding]:
    """Each link and each picture, on its line (rules D5, D12, D14)."""
    offset = body_offset(proof)
    for reference in find_references(proof.note.body):
        placed = replace(reference, line=reference.line + offset)
        match reference.kind:
            case ReferenceKind.LINK:
                yield from _check_link(proof, placed)
            case ReferenceKind.WIKI:
                yield from _check_wiki(proof, placed)
            case ReferenceKind.EMBED if not _is_file(proof, placed):
                yield from _check_embed(proof, placed)
            case ReferenceKind.PICTURE | ReferenceKind.EMBED:
                yield from _check_picture(proof, placed)


def _check_link(proof: Proof, link: Reference) -> Iterator[Finding]:
    resolver = LinkResolver(proof.note.path, proof.links)
    if resolver.link(link.target) is not None:
        return
    shown = f"`{link.target}`"
    if not link.target or link.target.startswith("#"):
        lost = {one.sentence for one in resolver.warnings}
        is_dead = not lost.isdisjoint(one.sentence for one in proof.warnings)
        where = (
            "no part of the note, so readers see its words only"
            if is_dead
            else "a place within the note, where mail programs do not go"
        )
        yield warn("local-link", f"The link {shown} leads to {where}.", link.line)
    elif not _is_relative(link.target):
        yield error(
            "bad-link",
            f"The link {shown} is none that readers can open; use https:// or mailto:.",
            link.line,
        )
    elif any(key in proof.note_keys for key in resolver.targets):
        yield warn(
            "unpublished-link",
            f"The link {shown} leads to a note that is not published; readers see only its words.",
            link.line,
        )
    else:
        yield error(
            "dead-link",
            f"The link {shown} leads to {_nothing(link.target)}",
            link.line,
        )


def _nothing(target: str) -> str:
    if is_download(target):
        return "no file of the notes folder or a static folder; add it or correct the path."
    return "no note; correct it. Only notes and pictures are served."


def _check_wiki(proof: Proof, link: Reference) -> Iterator[Finding]:
    resolver = LinkResolver(proof.note.path, proof.links)
    if link.target.lower() in _CONTENTS:
        return  # the place of the list of parts
    if link.target.startswith("#") or resolver.wiki(link.target) is not None:
        return  # a part of this note is looked for when it is rendered
    is_there = link_key(link.target) in proof.note_keys
    why = "is not published" if is_there else "is not there"
    yield warn(
        "wiki-link",
        f"The note of [[{link.target}]] {why}; readers see only the words.",
        link.line,
    )


def _is_file(proof: Proof, embed: Reference) -> bool:
    return LinkResolver(proof.note.path, proof.links).is_file(embed.target)


def _check_embed(proof: Proof, embed: Reference) -> Iterator[Finding]:
    name, _part = split_target(embed.target)
    if name and proof.links.note_url(name, str(PurePosixPath(proof.note.path).parent)) is None:
        yield warn(
            "embed",
            f"The note of ![[{embed.target}]] is not published; readers see nothing of it.",
            embed.line,
        )


def _check_picture(proof: Proof, picture: Reference) -> Iterator[Finding]:
    resolver = LinkResolver(proof.note.path, proof.links)
    is_embed = picture.kind is ReferenceKind.EMBED
    url = resolver.embed(picture.target) if is_embed else resolver.image(picture.target)
    shown = f"`{picture.target}`"
    if url is None:
        yield error("bad-picture", f"{_sentence(resolver.warnings)}; use another.", picture.line)
        return
    if picture.label is None:
        yield warn(
            "no-alt",
            f"The picture {shown} has no alternative text; say what it shows.",
            picture.line,
        )
    is_mailed = is_shown(url, proof.site_url)
    if is_mailed and not picture.has_width and not _is_sized(proof, url):
        yield warn(
            "no-width",
            f"Nobody knows how wide the picture {shown} is, and Outlook shows it in its full size. "
            "Write it after the alternative text, as in `![A bridge|600](bridge.jpg)`.",
            picture.line,
        )
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    if suffix in _RARELY_SHOWN and not resolver.media:  # its own are drawn for mail
        yield warn(
            "picture-type",
            f"The picture {shown} is of a type, {suffix[1:]}, that some mail programs do not show; "
            "use PNG, JPEG or GIF.",
            picture.line,
        )
    if resolver.media:
        yield from _check_file(proof, resolver.media[0], picture)
    elif not is_mailed:
        yield _report_unshown(url, shown, picture.line)


def _report_unshown(url: str, shown: str, line: int) -> Finding:
    instead = "so the mail has a link in its place"
    if url.startswith("http://"):
        why = f"The picture {shown} comes over http://, {instead}; use https://."
        return warn("insecure-picture", why, line)
    why = f"The picture {shown} is an SVG, which mail programs do not show, {instead}; use PNG."
    return warn("picture-type", why, line)


def _check_file(proof: Proof, path: str, picture: Reference) -> Iterator[Finding]:
    size = proof.pictures.get(path)
    if size is None:
        yield error(
            "missing-picture",
            f"The picture `{picture.target}` is not in the notes folder; add it or correct the path.",
            picture.line,
        )
    elif size > LARGE_PICTURE:
        yield warn(
            "large-picture",
            f"The picture `{picture.target}` has {size / 1e6:.1f} MB; make it smaller than 1 MB.",
            picture.line,
        )


def _is_sized(proof: Proof, url: str) -> bool:
    """Whether the width was read from the file itself."""
    picture = re.compile(rf'<img[^>]* src="{re.escape(escape(url))}"[^>]* width="')
    return picture.search(proof.draft.html) is not None


def _is_relative(target: str) -> bool:
    return not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", target)


def _sentence(warnings: tuple[Remark, ...]) -> str:
    text = warnings[0].sentence if warnings else "the picture cannot be shown"
    return text[:1].upper() + text[1:]
