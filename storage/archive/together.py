"""How an issue comes to be: its row, its address, its marks and words; and many at once that nobody is
mailed about, which is what a first look at a folder finds.

Steps of a transaction. Each statement is one for all of them, so that an issue costs little more than its
own rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.archive.rows import contents, first_change, free_slug, load_issues, write_all_marks
from storage.archive.search import write_all_words
from storage.database import schema
from storage.model import Issue, IssueDraft, IssueState, Mailing


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmailed:
    """An issue to be, and why nobody is mailed about it."""

    draft: IssueDraft
    published_at: datetime
    reason: str


def write_unmailed(
    connection: Connection, new: Sequence[Unmailed], *, now: datetime
) -> list[Issue | None]:
    """Each as an issue; None for a note that is one already. No two of them are of one note."""
    there = _published(connection, [one.draft.note_id for one in new])
    coming = [one for one in new if one.draft.note_id not in there]
    slugs = find_slugs(connection, [one.draft for one in coming])
    rows = [
        new_row(
            one.draft,
            slug=slug,
            mailing=Mailing.OFF,
            reason=one.reason,
            published_at=one.published_at,
            mail_at=None,
            now=now,
        )
        for one, slug in zip(coming, slugs, strict=True)
    ]
    if not rows:
        return [None for _ in new]
    ids = write_new(connection, [one.draft for one in coming], rows)
    made = load_issues(connection, sa.select(schema.issues).where(schema.issues.c.id.in_(ids)))
    by_note = {issue.note_id: issue for issue in made}
    return [None if one.draft.note_id in there else by_note[one.draft.note_id] for one in new]


def _published(connection: Connection, note_ids: Sequence[str]) -> AbstractSet[str]:
    c = schema.issues.c
    return set(connection.scalars(sa.select(c.note_id).where(c.note_id.in_(note_ids))))


def find_slugs(connection: Connection, drafts: Sequence[IssueDraft]) -> list[str]:
    """For each the slug that it gets if they are published one after the other: what it wishes for, else that with
    its language where another one's has it, else with a number.
    """
    slugs, issues = schema.slugs, schema.issues
    query = (
        sa.select(slugs.c.slug, issues.c.language)
        .join(issues, issues.c.id == slugs.c.issue_id)
        .where(slugs.c.slug.in_([draft.slug for draft in drafts]))
    )
    languages = {row.slug: row.language for row in connection.execute(query)}
    given: dict[str, None] = {}
    for draft in drafts:
        wish = draft.slug
        if wish in languages:
            if draft.language and languages[wish] != draft.language:
                wish = f"{wish}-{draft.language.lower()}"
            wish = free_slug(connection, wish, also=given.keys())
        given[wish] = None
        languages[wish] = draft.language
    return list(given)


def new_row(
    draft: IssueDraft,
    *,
    slug: str,
    mailing: Mailing,
    reason: str,
    published_at: datetime,
    mail_at: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    """What is kept of an issue that was not there."""
    return contents(draft) | {
        "note_id": draft.note_id,
        "guid": draft.guid,
        "slug": slug,
        "state": IssueState.LIVE.value,
        "mailing": mailing.value,
        "mailing_reason": reason,
        "published_at": published_at,
        "updated_at": first_change(draft, published_at, now),
        "mail_at": mail_at,
    }


def write_new(
    connection: Connection, drafts: Sequence[IssueDraft], rows: Sequence[dict[str, Any]]
) -> list[int]:
    """Each row with its slug, its marks and its words; the ids, in their order."""
    inserting = sa.insert(schema.issues).returning(schema.issues.c.id, sort_by_parameter_order=True)
    ids = list(connection.scalars(inserting, rows))
    connection.execute(
        sa.insert(schema.slugs),
        [{"slug": row["slug"], "issue_id": number} for row, number in zip(rows, ids, strict=True)],
    )
    known = list(zip(ids, drafts, strict=True))
    write_all_marks(connection, known)
    write_all_words(connection, known)
    return ids
