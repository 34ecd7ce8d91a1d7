"""Many issues published at once that nobody is mailed about: what a first look at a folder finds.

A step of a transaction. Each statement is one for all of them, so that an issue costs little more than its
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
    slugs = _find_slugs(connection, [one.draft.slug for one in coming])
    rows = [_row(one, slug, now) for one, slug in zip(coming, slugs, strict=True)]
    if not rows:
        return [None for _ in new]
    inserting = sa.insert(schema.issues).returning(schema.issues.c.id, sort_by_parameter_order=True)
    ids = list(connection.scalars(inserting, rows))
    connection.execute(
        sa.insert(schema.slugs),
        [{"slug": slug, "issue_id": issue_id} for slug, issue_id in zip(slugs, ids, strict=True)],
    )
    drafts = [(issue_id, one.draft) for issue_id, one in zip(ids, coming, strict=True)]
    write_all_marks(connection, drafts)
    write_all_words(connection, drafts)
    made = load_issues(connection, sa.select(schema.issues).where(schema.issues.c.id.in_(ids)))
    by_note = {issue.note_id: issue for issue in made}
    return [None if one.draft.note_id in there else by_note[one.draft.note_id] for one in new]


def _published(connection: Connection, note_ids: Sequence[str]) -> AbstractSet[str]:
    c = schema.issues.c
    return set(connection.scalars(sa.select(c.note_id).where(c.note_id.in_(note_ids))))


def _find_slugs(connection: Connection, wished: Sequence[str]) -> list[str]:
    """For each wish the slug that it would get if they were published one after the other."""
    table = schema.slugs
    taken = set(connection.scalars(sa.select(table.c.slug).where(table.c.slug.in_(wished))))
    given: dict[str, None] = {}
    for wish in wished:
        is_free = wish not in taken and wish not in given
        given[wish if is_free else free_slug(connection, wish, also=given.keys())] = None
    return list(given)


def _row(one: Unmailed, slug: str, now: datetime) -> dict[str, Any]:
    return contents(one.draft) | {
        "note_id": one.draft.note_id,
        "guid": one.draft.guid,
        "slug": slug,
        "state": IssueState.LIVE.value,
        "mailing": Mailing.OFF.value,
        "mailing_reason": one.reason,
        "published_at": one.published_at,
        "updated_at": first_change(one.draft, one.published_at, now),
        "mail_at": None,
    }
