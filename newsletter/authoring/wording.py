"""What a note's own words lack: title, text, headings, merge fields, marks of unfinished work. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from feeds.markdown import clean_text, find_headings, find_prose, find_title
from feeds.notes import parse_front_matter
from mailer.compose import (
    fields_behind_addresses,
    fields_in_tags,
    has_gap,
    loose_braces,
    public_text,
    unknown_fields,
    visible_text,
)
from newsletter.authoring.findings import (
    Finding,
    Proof,
    body_offset,
    error,
    line_matching,
    line_of,
    warn,
)

LONG_SUBJECT: Final = 100
"""Characters of a subject above which every mail program cuts it."""

_BARE_NAME: Final = re.compile(r"\{\{\s*name\s*\|?\s*\}\}", re.IGNORECASE)
_BEGINS: Final = re.compile(r"\w://|mailto:|\]\(|\]:|=[\"']")
"""What an address begins with in Markdown or HTML."""
_ENDS: Final = re.compile(r"[\s>]")
_LONGEST: Final = 2000
"""Letters before a field that are looked at: an address is no longer."""
_MOST: Final = 20
"""Fields in addresses that are told, and lines of each."""
_MARK: Final = re.compile(r"\b(?:TODO|FIXME|XXX)\b")


def check_wording(proof: Proof) -> Iterator[Finding]:
    """What can be said without following a link or weighing the mail (rules D11, D18)."""
    yield from _check_title(proof)
    yield from _check_text(proof)
    yield from _check_headings(proof)
    yield from _check_fields(proof)
    yield from _check_marks(proof)


def _check_title(proof: Proof) -> Iterator[Finding]:
    title = proof.note.title
    fields = parse_front_matter(clean_text(proof.source), proof.note.path).fields
    if "title" not in fields and not find_title(proof.note.body):
        yield warn(
            "no-title",
            f"The note has no title, so its file name becomes the subject, {title!r}; write "
            "`title:` or a `# heading`.",
        )
    length = len(public_text(title))
    if length > LONG_SUBJECT:
        yield warn(
            "long-subject",
            f"The title has {length} characters and is cut off in lists of mails; stay below "
            f"{LONG_SUBJECT}.",
            line_of(proof, title),
        )


def _check_text(proof: Proof) -> Iterator[Finding]:
    if not visible_text(proof.draft.html):
        but = ", only pictures" if "<img" in proof.draft.html else ""
        yield error("no-text", f"There is no text to read{but}; write some.")


def _check_headings(proof: Proof) -> Iterator[Finding]:
    """Below the title, which is the only h1, no level may be left out (rule D11)."""
    offset, before = body_offset(proof), 1
    for heading in find_headings(proof.note.body):
        if heading.level == 1 and heading.text == proof.note.title:
            continue
        level = max(2, heading.level)
        if level > before + 1:
            yield warn(
                "skipped-heading",
                f"The heading {heading.text!r} is of level {level} below one of level {before}; "
                f"readers who listen miss a step: write {'#' * (before + 1)}.",
                heading.line + offset,
            )
        before = level


def _check_fields(proof: Proof) -> Iterator[Finding]:
    draft = proof.draft
    for name in unknown_fields(draft.html, draft.title, draft.summary):
        yield warn(
            "merge-field",
            f"{{{{ {name} }}}} is no merge field and will be read as it stands; there are name and "
            "email.",
            line_matching(proof.source, re.compile(rf"\{{\{{\s*{re.escape(name)}\b")),
        )

    if has_gap(public := visible_text(draft.html)) and "{{" in public:
        yield warn(
            "merge-field",
            "A `{{ name }}` has no default, so readers without a name read a gap; write it like "
            "`{{ name | there }}`.",
            line_matching(proof.source, _BARE_NAME),
        )
    if has_gap(draft.title):
        yield warn(
            "merge-field",
            "The title lacks something for readers without a name; say what stands there instead, "
            "as in `{{ name | everybody }}`.",
            line_of(proof, draft.title),
        )
    for loose in loose_braces(draft.html, draft.title, draft.summary):
        yield warn(
            "merge-field",
            f"With `{loose}` no merge field begins, so it will be read as it stands; a field is "
            "`{{ name | there }}`, with neither braces nor a second bar in it.",
            line_of(proof, loose.partition(" ")[0]),
        )
    yield from _check_addresses(proof)


def _check_addresses(proof: Proof) -> Iterator[Finding]:
    """Addresses are the same for everybody: what a reader is called must not stand in what others log."""
    tags = fields_in_tags(proof.draft.html)
    for field in tags[:_MOST]:
        for line in _lines_of(proof, field):
            yield warn(
                "merge-field",
                f"The merge field `{field}` stands in an address, a title or an alternative text, where "
                "nothing is filled in.",
                line,
            )
    for field in fields_behind_addresses(proof.draft.html)[:_MOST]:
        for line in _lines_of(proof, field) if field not in tags else ():
            yield warn(
                "merge-field",
                f"With the merge field `{field}` an address ends, so readers see what is filled in as words "
                "behind it; nothing is filled in within addresses.",
                line,
            )


def _lines_of(proof: Proof, field: str) -> list[int | None]:
    """The lines on which it stands in an address, else the first with it."""
    lines = clean_text(proof.source).split("\n")
    found = (number for number, line in enumerate(lines, 1) if _has_in_address(line, field))
    return [*islice(found, _MOST)] or [line_of(proof, field)]


def _has_in_address(line: str, field: str) -> bool:
    """No longer than as often as it stands there: the line may be a megabyte of what looks like addresses."""
    starts = (found.start() for found in re.finditer(re.escape(field), line))
    return any(
        _BEGINS.search(_ENDS.split(line[max(0, start - _LONGEST) : start])[-1]) is not None
        for start in starts
    )


def _check_marks(proof: Proof) -> Iterator[Finding]:
    offset = body_offset(proof)
    for line in _line_numbers(proof):
        yield warn("todo", "A mark of unfinished work is left; finish or remove it.", line + offset)
    if _MARK.search(proof.note.title):
        where = line_of(proof, proof.note.title)
        yield warn("todo", "The title has a mark of unfinished work; remove it.", where)


def _line_numbers(proof: Proof) -> list[int]:
    """Lines of the body on which a mark stands, each once; the title has its own finding."""
    title = proof.note.title
    lines = {
        prose.line + prose.text.count("\n", 0, mark.start())
        for prose in find_prose(proof.note.body)
        if prose.text.strip() != title
        for mark in _MARK.finditer(prose.text)
    }
    return sorted(lines)
