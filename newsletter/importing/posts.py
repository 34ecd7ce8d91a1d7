"""What an export holds, in our words, and what became of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post as its system kept it."""

    name: str
    """What the export calls it, for the report: a file, a row, an id."""
    title: str
    html: str = ""
    markdown: str = ""
    """Where the system keeps Markdown; then `html` is empty."""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    slug: str = ""
    """The last part of its old address."""
    address: str = ""
    """Its old address, whole or as a path; empty where the export does not say it."""
    summary: str = ""
    subject: str = ""
    tags: tuple[str, ...] = ()
    image: str = ""
    image_alt: str = ""
    lang: str = ""
    kept_back: str = ""
    """Why it must stay a draft, in a few words; empty for what everybody could read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Something of an export that becomes no note."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPost:
    """A post that became a note, or would."""

    name: str
    path: str
    """The note's, below the folder that was given."""
    title: str
    draft: bool
    remarks: tuple[str, ...] = ()
    """What its author should look at, a sentence each."""
    pictures: int = 0
    """Taken along from the export."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostImport:
    """What became of an export."""

    system: str
    posts: tuple[ImportedPost, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def and_left_out(self, more: LeftOut) -> PostImport:
        """The same, with one thing more left out."""
        return replace(self, left_out=(*self.left_out, more))


@dataclass(slots=True)
class Found:
    """What a reader of one system's exports found."""

    posts: list[Post] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def leave(self, name: str, reason: str) -> None:
        """Say of one that it becomes no note."""
        self.left_out.append(LeftOut(name=name, reason=reason))
