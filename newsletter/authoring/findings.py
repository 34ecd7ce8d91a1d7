"""What a check of a note looks at and what it says: Proof and Finding, and the lines they are about. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feeds.markdown import clean_text, find_prose, find_references
from feeds.notes import Note
from mailer.compose import Skeleton
from newsletter.publishing import NoteLinks
from storage.model import IssueDraft, NoteError, Remark


class Gravity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Readers would stumble over it; `newsletter check` ends with 1."""
    WARNING = "warning"
    """Allowed, and probably not meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What mends a finding without losing anything: these characters of its line are others."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about a note."""

    gravity: Gravity
    code: str
    """A lasting name of this kind of finding, such as `dead-link`; for scripts."""
    message: str
    """A sentence that says what to do."""
    line: int | None = None
    """In the file, from 1; None when it is about the whole."""
    fix: Fix | None = None
    """What `newsletter check --fix` does about it; None where its author has to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedNote:
    """A note and what was found, in the order of its lines."""

    note: str
    """Its path below the notes folder."""
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many of them are errors."""
        return sum(finding.gravity is Gravity.ERROR for finding in self.findings)

    @property
    def has_errors(self) -> bool:
        """Whether it should not go out like this."""
        return any(finding.gravity is Gravity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Whom a note's `audience` names."""

    readers: int
    """How many would be mailed to now."""
    unknown: tuple[str, ...]
    """If nobody: the tags in it that no reader has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What stands around a note that is not published yet."""

    now: datetime
    grace: timedelta
    titles: Mapping[str, str]
    """The slugs of issues by their titles, which are in one case."""
    slugs: AbstractSet[str]
    published: AbstractSet[str]
    """Paths of notes that are issues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All that is looked at; whoever asks has read the files before."""

    source: str
    """The whole file."""
    note: Note
    draft: IssueDraft
    warnings: tuple[Remark, ...]
    """What parsing and rendering said."""
    skeleton: Skeleton
    """The mail as readers get it, not a test copy."""
    sample: bytes
    """That mail, filled for somebody."""
    links: NoteLinks
    site_url: str
    note_keys: AbstractSet[str]
    """Link keys of all notes of the folder, published or not: of their paths and their names."""
    pictures: Mapping[str, int | None]
    """Bytes of the draft's own pictures; None for one that is missing or cannot be served."""
    placed: AbstractSet[str] = frozenset()
    """Which of them say where they were taken."""
    meant: Meant | None = None
    """None where the note is for everybody."""
    near: Near | None = None
    """What is published beside it; None where nobody looked."""


def error(code: str, message: str, line: int | None = None) -> Finding:
    """Readers would stumble over it."""
    return Finding(gravity=Gravity.ERROR, code=code, message=message, line=line)


def warn(code: str, message: str, line: int | None = None, fix: Fix | None = None) -> Finding:
    """The author is to judge it."""
    return Finding(gravity=Gravity.WARNING, code=code, message=message, line=line, fix=fix)


def body_offset(proof: Proof) -> int:
    """Lines of the file before its Markdown begins."""
    text = clean_text(proof.source)
    return text.count("\n", 0, max(len(text) - len(proof.note.body), 0))


def find_link_lines(source: str, body: str) -> Callable[[str], int | None]:
    """What tells, of an address, the first line of the file on which the note's text leads there, or names where a
    `[name]` leads: none in code or keys.
    """
    text = clean_text(source)
    above = text.count("\n", 0, max(len(text) - len(body), 0))
    written = text.split("\n")
    lines: dict[str, int] = {}
    for one in find_references(body):
        lines.setdefault(one.target, above + one.line)
    prose = find_prose(body)

    def find(address: str) -> int | None:
        if (line := lines.get(address)) is not None:
            named = re.findall(rf"(?m)^ {{0,3}}\[[^\]\n]+\]:[ \t]*<?{re.escape(address)}", body)
            if len(named) == 1 and address not in "".join(written[line - 1 : line]):
                return above + body.count("\n", 0, body.index(named[0])) + 1
            return line
        bare = (one for one in prose if address in one.text)
        places = (one.line + one.text.count("\n", 0, one.text.index(address)) for one in bare)
        return next((above + place for place in places), None)

    return find


def line_of(proof: Proof, words: str) -> int | None:
    """The first line of the file that holds these words."""
    return line_matching(proof.source, re.compile(re.escape(words)))


def line_matching(source: str, pattern: re.Pattern[str]) -> int | None:
    """The first line of the file on which something matches."""
    found = pattern.search(clean_text(source))
    return clean_text(source).count("\n", 0, found.start()) + 1 if found else None


def refuse_taken(note: Note, owners: dict[str, str]) -> None:
    """Raises NoteError for a note with the id of another; `owners`, by id, gets the first of each. A draft has none yet."""
    if not note.draft and (owner := owners.setdefault(note.note_id, note.path)) != note.path:
        raise NoteError(note.path, f"its id {note.note_id!r} is that of {owner}; give it another")
