"""The mail of a digest: what came out in some time, for those who want it in one mail. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from mailer.compose import headers, merge, skeleton
from mailer.compose.formulas import Pictures, draw_formulas
from mailer.compose.layout import compile_parts, copy_fields, personal_links, render, speech
from mailer.compose.message import compile_issue, list_fields
from mailer.compose.skeleton import Marks, Part, Personal, Skeleton
from storage.model import Identity, Issue, MessageError

_MOST: Final = 50
"""Issues that one digest tells of; the archive has the others."""
_PREHEADER: Final = 150
"""Characters of the preview line (rule D16)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldIssue:
    """An issue as a digest tells of it; title and summary may hold marks of slots."""

    title: str
    summary: str
    date: str
    url: str
    language: str
    direction: str


def compile_digest(
    digest: Issue,
    issues: Sequence[Issue],
    identity: Identity,
    *,
    pictures: Pictures = draw_formulas,
) -> Skeleton:
    """The mail that brings these issues together, which stand newest first; one alone comes whole.

    Raises MessageError without any: all of them were withdrawn.
    """
    if not issues:
        raise MessageError("every issue of this digest was withdrawn")
    if len(issues) == 1:
        return compile_issue(issues[0], identity, pictures=pictures)
    words = speech(identity)
    told = issues[:_MOST]
    names = "".join(f"{one.title}\0{one.summary}\0" for one in told)
    marks = Marks(names, digest.guid, str(identity))
    tell = [_tell(one, identity, marks) for one in told]
    heading = words.say_count("{n} new issue", "{n} new issues", len(issues))
    subject = words.say_count(
        "{title} and {n} more", "{title} and {n} more", len(issues) - 1, title=tell[0].title
    )
    context: dict[str, object] = {
        "subject": subject,
        "heading": heading,
        "date": words.day(digest.published_at.astimezone(ZoneInfo(identity.timezone))),
        "issues": tell,
        "more": len(issues) - len(told),
        "preheader": _preheader(told[1:]),
        **personal_links(identity, marks),
        "email": marks.put(Personal.EMAIL),
    }
    fields: list[Part] = [
        skeleton.to_field,
        skeleton.subject_field(marks.split(subject)),
        *copy_fields(identity),
        *list_fields(digest, identity, one_click=True),
    ]
    text = render("digest.txt", identity, context)
    html = render("digest.html", identity, context)
    return compile_parts(identity, marks, fields, text, html, [])


def _tell(issue: Issue, identity: Identity, marks: Marks) -> ToldIssue:
    def put(name: str, default: str) -> str:
        return marks.put(Personal(name), default)

    title = headers.one_line(issue.title)
    shown = title if merge.public_text(title).strip() else headers.one_line(issue.slug)
    return ToldIssue(
        title=merge.in_text(shown, put),
        summary=merge.in_text(headers.one_line(issue.summary).strip(), put),
        date=speech(identity).day(issue.published_at.astimezone(ZoneInfo(identity.timezone))),
        url=issue.canonical or f"{identity.url}/issues/{issue.slug}",
        language=issue.language,
        direction=issue.direction_beside(identity),
    )


def _preheader(issues: Sequence[Issue]) -> str:
    """The other titles, as far as there is room; it has no slots, so that it may be cut anywhere."""
    line = " · ".join(merge.public_text(headers.one_line(one.title)).strip() for one in issues)
    if len(line) <= _PREHEADER:
        return line
    cut = line[:_PREHEADER]
    return cut.rpartition(" ")[0].rstrip("· ") if " " in cut else cut
