"""Rows of issues, their slugs, tags, images and links: the statements that storage/archive/issues.py joins
into transactions, and the way from a row to a record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import schema
from storage.model import Conflict, Issue, IssueDraft, IssueState, Mailing, NotFound

_K: Final = schema.issue_marks
_VERSION_KEY: Final = "archive_version"
ARCHIVE_VERSION: Final = sa.select(schema.meta.c.value).where(schema.meta.c.key == _VERSION_KEY)
"""Made once: every request for a feed asks it."""


AT_ONCE: Final = 500
"""Values in one statement: below every driver's limit on parameters."""

_ONE: Final = sa.select(schema.issues).where(schema.issues.c.id == sa.bindparam("issue"))
_MARKS: Final = (
    sa.select(_K)
    .where(_K.c.issue_id.in_(sa.bindparam("issues", expanding=True)))
    .order_by(_K.c.issue_id, _K.c.kind, _K.c.position)
)
_NOTHING: Final[Mapping[str, object]] = {}
_CHANGED_KEY: Final = "archive_changed"
_META: Final = schema.meta
_STATE: Final = sa.select(_META.c.key, _META.c.value).where(
    _META.c.key.in_([_VERSION_KEY, _CHANGED_KEY])
)
_BUMP: Final = (
    sa.update(_META)
    .where(_META.c.key == _VERSION_KEY)
    .values(value=sa.cast(sa.cast(_META.c.value, sa.BigInteger) + 1, sa.Text))
)
_CHANGED: Final = sa.select(_META.c.value).where(_META.c.key == _CHANGED_KEY)
_CHANGE: Final = sa.update(_META).where(_META.c.key == _CHANGED_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveState:
    """Which state the archive is in, and since when."""

    version: int
    """Grows with every change that readers could see."""
    changed_at: datetime | None
    """When it last did, in whole seconds; None where nothing has changed since an earlier program
    that kept no time."""
    modified: datetime | None
    """The same for caches that compare times: later for each state, so possibly some seconds ahead of
    the clock after many changes at once, or after the clock was set back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueName:
    """The little that resolving links and completing names needs."""

    issue_id: int
    note_id: str
    path: str
    slug: str
    title: str
    state: IssueState
    content_hash: str
    aliases: tuple[str, ...] = ()


class MarkKind(StrEnum):
    """What the rows of `issue_marks` say of an issue."""

    TAG = "tag"
    MEDIA = "media"
    WIKI = "wiki"
    ALIAS = "alias"
    TRANSLATION = "translation"


# ── issues ───────────────────────────────────────────────────────────────────────────────────


def contents(draft: IssueDraft) -> dict[str, Any]:
    """What a draft says, as columns."""
    return {
        "path": draft.path,
        "title": draft.title,
        "summary": draft.summary,
        "html": draft.html,
        "text": draft.text,
        "language": draft.language,
        "subject": draft.subject,
        "canonical": draft.canonical,
        "audience": draft.audience,
        "image": draft.image,
        "image_alt": draft.image_alt,
        "content_hash": draft.content_hash,
        "rendering": draft.rendering,
    }


def load_issues(
    connection: Connection, query: sa.Select[Any], given: Mapping[str, object] = _NOTHING
) -> list[Issue]:
    """The issues of a query over their table, with their tags, images and links."""
    rows = connection.execute(query, given).mappings().all()
    marks = _read_marks(connection, [row["id"] for row in rows])
    return [_to_issue(row, marks) for row in rows]


def load_unmarked(connection: Connection, query: sa.Select[Any]) -> list[Issue]:
    """The same without their tags, images and links, for lists that show none: at half the cost."""
    return [_to_issue(row, {}) for row in connection.execute(query).mappings()]


def load_names(connection: Connection) -> list[IssueName]:
    """The names of every issue that was made of a note, without its contents."""
    c, marks = schema.issues.c, schema.issue_marks
    aliases: defaultdict[int, list[str]] = defaultdict(list)
    named = sa.select(marks.c.issue_id, marks.c.value).where(marks.c.kind == MarkKind.ALIAS.value)
    for issue_id, alias in connection.execute(named):
        aliases[issue_id].append(alias)
    columns = sa.select(c.id, c.note_id, c.path, c.slug, c.title, c.state, c.content_hash)
    return [
        IssueName(
            issue_id=row.id,
            note_id=row.note_id,
            path=row.path,
            slug=row.slug,
            title=row.title,
            state=IssueState(row.state),
            content_hash=row.content_hash,
            aliases=tuple(aliases.get(row.id, ())),
        )
        for row in connection.execute(columns.where(c.state != IssueState.DIGEST.value))
    ]


def one_issue(connection: Connection, issue_id: int) -> Issue:
    """The issue of that id. Raises NotFound."""
    found = load_issues(connection, _ONE, {"issue": issue_id})
    if not found:
        raise NotFound("issue", str(issue_id))
    return found[0]


def lock_issue(connection: Connection, issue_id: int) -> Issue:
    """The issue, kept from others until we commit: a message that is being settled waits to see
    whether its issue is taken back, or we wait and see what became of it.
    """
    connection.execute(
        sa.select(schema.issues.c.id).where(schema.issues.c.id == issue_id).with_for_update()
    )
    return one_issue(connection, issue_id)


_MARKED: Final = (
    (MarkKind.TAG, "tags"),
    (MarkKind.MEDIA, "media"),
    (MarkKind.WIKI, "wiki"),
    (MarkKind.ALIAS, "aliases"),
    (MarkKind.TRANSLATION, "translation_keys"),
)
_Marks = dict[tuple[int, str], list[str]]


def _to_issue(row: sa.RowMapping, marks: _Marks) -> Issue:
    values = dict(row)
    for kind, name in _MARKED:
        values[name] = tuple(marks.get((row["id"], kind.value), ()))
    values["state"] = IssueState(row["state"])
    values["mailing"] = Mailing(row["mailing"])
    return Issue(**values)


def _read_marks(connection: Connection, issue_ids: Sequence[int]) -> _Marks:
    found: _Marks = defaultdict(list)
    for start in range(0, len(issue_ids), AT_ONCE):
        for row in connection.execute(_MARKS, {"issues": issue_ids[start : start + AT_ONCE]}):
            found[row.issue_id, row.kind].append(row.value)
    return found


def first_change(draft: IssueDraft, published_at: datetime, now: datetime) -> datetime:
    """When its author last changed it: never before it was published, nor to come."""
    said = draft.changed_at or published_at
    return max(published_at, min(said, now))


def write_marks(connection: Connection, issue_id: int, draft: IssueDraft) -> None:
    """Tags, images and links are now those of the draft."""
    table = schema.issue_marks
    connection.execute(sa.delete(table).where(table.c.issue_id == issue_id))
    write_all_marks(connection, [(issue_id, draft)])


def write_all_marks(connection: Connection, new: Sequence[tuple[int, IssueDraft]]) -> None:
    """Tags, images and links of issues that have none yet, by their ids."""
    table = schema.issue_marks
    rows = [
        {"issue_id": issue_id, "kind": kind.value, "position": position, "value": value}
        for issue_id, draft in new
        for kind, name in _MARKED
        for position, value in enumerate(dict.fromkeys(getattr(draft, name)))
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


# ── names ────────────────────────────────────────────────────────────────────────────────────


def refuse_second(connection: Connection, note_id: str) -> None:
    """Raises Conflict when the note is an issue already."""
    query = sa.select(schema.issues.c.slug).where(schema.issues.c.note_id == note_id)
    if slug := connection.scalar(query):
        raise Conflict(f"the note {note_id!r} is published already, as the issue {slug!r}")


def free_slug(connection: Connection, wished: str, also: Collection[str] = ()) -> str:
    """The wished slug, or the first of `wished-2`, `wished-3`, … that no issue ever had, nor is it one
    of those that are taken `also`.
    """
    table = schema.slugs
    known = wished in also or connection.scalar(
        sa.select(table.c.slug).where(table.c.slug == wished)
    )
    if not known:
        return wished  # nearly always, and without a look at all of them
    begun = sa.select(table.c.slug).where(table.c.slug.startswith(wished, autoescape=True))
    taken = {*connection.scalars(begun), *(slug for slug in also if slug.startswith(wished))}
    return next(name for n in range(2, len(taken) + 3) if (name := f"{wished}-{n}") not in taken)


def move_slug(connection: Connection, issue_id: int, wished: str) -> str:
    """Give an issue another slug, and say which it is: others may have had the wished one."""
    table = schema.slugs
    owner = connection.scalar(sa.select(table.c.issue_id).where(table.c.slug == wished))
    if owner == issue_id:
        return wished
    slug = free_slug(connection, wished)
    connection.execute(sa.insert(table).values(slug=slug, issue_id=issue_id))
    return slug


def bump_version(connection: Connection, now: datetime) -> None:
    """What readers could see has changed, now."""
    if not connection.execute(_BUMP).rowcount:
        connection.execute(sa.insert(_META).values(key=_VERSION_KEY, value="1"))
    # The row above is ours until the end: nobody else reads and writes the one below meanwhile.
    before = connection.scalar(_CHANGED)
    if before is None:
        connection.execute(sa.insert(_META).values(key=_CHANGED_KEY, value=_next_change("", now)))
    else:
        connection.execute(_CHANGE, {"value": _next_change(before, now)})


def _next_change(before: str, now: datetime) -> str:
    """Two times in seconds since 1970: when it changed, and what tells this state from all others.

    The second one never stands still or goes back, whatever the clock does.
    """
    seconds = int(now.timestamp())
    unique = max(seconds, int(before.partition(" ")[2]) + 1) if before else seconds
    return f"{seconds} {unique}"


def read_state(connection: Connection) -> ArchiveState:
    """The version and its times; an archive of an earlier program has no times yet."""
    rows: dict[str, str] = {row.key: row.value for row in connection.execute(_STATE)}
    changed = rows.get(_CHANGED_KEY)
    times = [datetime.fromtimestamp(int(part), UTC) for part in changed.split()] if changed else []
    return ArchiveState(
        version=int(rows.get(_VERSION_KEY, 0)),
        changed_at=times[0] if times else None,
        modified=times[1] if times else None,
    )


# ── queries ──────────────────────────────────────────────────────────────────────────────────


def newest_first(query: sa.Select[Any]) -> sa.Select[Any]:
    """Only what readers can see, in the order of feeds and lists."""
    c = schema.issues.c
    return query.where(c.state == IssueState.LIVE.value).order_by(
        c.published_at.desc(), c.id.desc()
    )


def tagged(query: sa.Select[Any], tag: str | None) -> sa.Select[Any]:
    """Only issues that carry the tag, as it is written; all without one."""
    if tag is None:
        return query
    return query.where(wears([tag]))


def wears(tags: Sequence[str]) -> sa.ColumnElement[bool]:
    """Issues that have one of these tags, as they are written."""
    m = schema.issue_marks.c
    wearing = sa.select(m.issue_id).where(m.kind == MarkKind.TAG.value, m.value.in_(tags))
    return schema.issues.c.id.in_(wearing)


def find_marked(connection: Connection, kind: MarkKind, values: Sequence[str]) -> list[int]:
    """The ids of live issues that have one of these marks, in order."""
    marks, c = schema.issue_marks.c, schema.issues.c
    found: set[int] = set()
    for start in range(0, len(values), AT_ONCE):
        marked = sa.select(marks.issue_id).where(
            marks.kind == kind.value, marks.value.in_(values[start : start + AT_ONCE])
        )
        query = sa.select(c.id).where(c.state == IssueState.LIVE.value, c.id.in_(marked))
        found |= set(connection.scalars(query))
    return sorted(found)


def list_marks(connection: Connection, kind: MarkKind) -> list[str]:
    """What live issues have as marks of a kind, each once."""
    return list(connection.scalars(_marks_of(kind).distinct()))


def has_mark(connection: Connection, kind: MarkKind, value: str) -> bool:
    """Whether a live issue has this mark."""
    query = _marks_of(kind).where(schema.issue_marks.c.value == value)
    return connection.execute(query.limit(1)).first() is not None


def _marks_of(kind: MarkKind) -> sa.Select[tuple[str]]:
    marks, issues = schema.issue_marks, schema.issues
    return (
        sa.select(marks.c.value)
        .join(issues, issues.c.id == marks.c.issue_id)
        .where(marks.c.kind == kind.value, issues.c.state == IssueState.LIVE.value)
    )
