"""The archive: published issues, their slugs, tags, images and links. One method, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.archive.absences import begin_absence, end_absence
from storage.archive.rows import (
    ARCHIVE_VERSION,
    ArchiveState,
    IssueName,
    MarkKind,
    bump_version,
    contents,
    find_marked,
    has_mark,
    list_marks,
    load_issues,
    load_names,
    lock_issue,
    move_slug,
    newest_first,
    one_issue,
    read_state,
    refuse_second,
    tagged,
    write_marks,
)
from storage.archive.search import write_words
from storage.archive.together import Unmailed, find_slugs, new_row, write_new, write_unmailed
from storage.database import Database, schema, serialise
from storage.ledger import (
    follow_audience,
    hold_if_told,
    queue_issue,
    refuse_other_readers,
    take_back_unsent,
)
from storage.model import Issue, IssueDraft, IssueState, Mailing, Readers

_PUBLISHING: Final = "publishing"
"""Notes and slugs are looked up before they are taken: one transaction at a time does so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOrder:
    """Whether a new issue is mailed: `at` is when the hold ends, None with a `reason` when not."""

    at: datetime | None
    reason: str = ""
    held: bool = False
    """Paused from the beginning: its author is asked first."""
    readers: Readers | None = None
    """Whom it is for and for nobody else; None for whoever is active."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What publishing did."""

    issue: Issue
    queued: int
    """Deliveries made: one for every subscriber active at that moment."""


class Issues:
    """The published issues of one newsletter."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    # ── writing ──────────────────────────────────────────────────────────────────────────

    def publish(
        self, draft: IssueDraft, *, published_at: datetime, mail: MailOrder, now: datetime
    ) -> Published:
        """Make the issue and its deliveries, all in one transaction (promise 1).

        Raises Conflict when the note is an issue already, or is for others than the order says.
        """
        with self._database.transaction() as connection:
            serialise(connection, _PUBLISHING)
            refuse_second(connection, draft.note_id)
            [slug] = find_slugs(connection, [draft])
            row = new_row(
                draft,
                slug=slug,
                mailing=_first_mailing(mail),
                reason=mail.reason,
                published_at=published_at,
                mail_at=mail.at,
                now=now,
            )
            [issue_id] = write_new(connection, [draft], [row])
            queued = (
                queue_issue(connection, issue_id, queued_at=now, due_at=mail.at) if mail.at else 0
            )
            if mail.at and mail.readers is not None:
                refuse_other_readers(connection, issue_id, mail.readers)
            hold_if_told(connection, issue_id)
            bump_version(connection, self._clock())
            return Published(issue=one_issue(connection, issue_id), queued=queued)

    def publish_unmailed(self, new: Sequence[Unmailed], *, now: datetime) -> list[Issue | None]:
        """Make issues that nobody is mailed about, all in one transaction, each of a note of its own; None
        for a note that is an issue already.
        """
        with self._database.transaction() as connection:
            serialise(connection, _PUBLISHING)
            made = write_unmailed(connection, new, now=now)
            bump_version(connection, self._clock())
            return made

    def revise(
        self, issue_id: int, draft: IssueDraft, *, updated_at: datetime | None, slug: str | None
    ) -> Issue:
        """Bring page and feed up to the note; never mails.

        Mail of which nothing has left follows the note's audience. With `updated_at` the author changed the note; with
        None only its rendering changed (a link that now leads somewhere), which readers' programs are not told as news.
        `slug` is the author's explicit wish; the old one keeps leading here. Raises NotFound.
        """
        with self._database.transaction() as connection:
            if slug is not None:
                serialise(connection, _PUBLISHING)
            before = lock_issue(connection, issue_id)
            values = contents(draft) | {"revision": schema.issues.c.revision + 1}
            if updated_at is not None:
                values["updated_at"] = updated_at
            if slug is not None:
                values["slug"] = move_slug(connection, issue_id, slug)
            self._update(connection, issue_id, values)
            write_marks(connection, issue_id, draft)
            if draft.audience != before.audience:
                follow_audience(connection, issue_id, now=self._clock())
            write_words(connection, issue_id, draft)
            return one_issue(connection, issue_id)

    def take_back_mail(self, issue_id: int, reason: str) -> bool:
        """Take back mail that its note wants no more and of which nothing has left; whether it was. Raises NotFound."""
        with self._database.transaction() as connection:
            lock_issue(connection, issue_id)
            return take_back_unsent(connection, issue_id, reason)

    def withdraw(self, issue_id: int, reason: str, *, now: datetime) -> Issue:
        """Take it out of archive and feeds, and pause its mail for the `reason`.

        `restore` has the mail go on where it was, `Absences.give_up` takes it back. Raises NotFound.
        """
        with self._database.transaction() as connection:
            issue = lock_issue(connection, issue_id)
            if issue.state is IssueState.LIVE:
                begin_absence(connection, issue, reason, now)
            values = {"state": IssueState.WITHDRAWN.value, "revision": issue.revision + 1}
            self._update(connection, issue_id, values)
            return one_issue(connection, issue_id)

    def restore(
        self, issue_id: int, draft: IssueDraft, *, updated_at: datetime | None, now: datetime
    ) -> Issue:
        """Put a withdrawn issue back into archive and feeds.

        Nobody is mailed again (rule E10); mail that its absence had paused goes on where it was.
        Raises NotFound.
        """
        with self._database.transaction() as connection:
            before = lock_issue(connection, issue_id)
            end_absence(connection, issue_id, now)
            values = contents(draft) | {
                "state": IssueState.LIVE.value,
                "revision": schema.issues.c.revision + 1,
            }
            if updated_at is not None:
                values["updated_at"] = updated_at
            self._update(connection, issue_id, values)
            write_marks(connection, issue_id, draft)
            if draft.audience != before.audience:
                follow_audience(connection, issue_id, now=now)
            write_words(connection, issue_id, draft)
            return one_issue(connection, issue_id)

    def move(self, moved: Mapping[int, str]) -> None:
        """Notes were renamed: the same issues, each at its other path."""
        if not moved:
            return
        table = schema.issues
        to = sa.update(table).where(table.c.id == sa.bindparam("issue"))
        rows = [{"issue": issue_id, "to": path} for issue_id, path in moved.items()]
        with self._database.transaction() as connection:
            connection.execute(to.values(path=sa.bindparam("to")), rows)
            bump_version(connection, self._clock())

    def _update(self, connection: Connection, issue_id: int, values: dict[str, Any]) -> None:
        connection.execute(
            sa.update(schema.issues).where(schema.issues.c.id == issue_id).values(values)
        )
        bump_version(connection, self._clock())

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def get(self, issue_id: int) -> Issue:
        """The issue of that id. Raises NotFound."""
        with self._database.reading() as connection:
            return one_issue(connection, issue_id)

    def these(self, issue_ids: Collection[int]) -> dict[int, Issue]:
        """The issues of those ids, by id; what is not there is left out."""
        query = sa.select(schema.issues).where(schema.issues.c.id.in_(issue_ids))
        with self._database.reading() as connection:
            return {issue.id: issue for issue in load_issues(connection, query)}

    def by_note(self, note_id: str) -> Issue | None:
        """The issue made from a note, whatever its state."""
        return self._first(schema.issues.c.note_id == note_id)

    def has_guid(self, guid: str) -> bool:
        """Whether an issue has this id in feeds."""
        query = sa.select(schema.issues.c.id).where(schema.issues.c.guid == guid)
        with self._database.reading() as connection:
            return connection.scalar(query) is not None

    def by_slug(self, slug: str) -> Issue | None:
        """The issue that has, or once had, this slug; compare `issue.slug` to know which."""
        former = sa.select(schema.slugs.c.issue_id).where(schema.slugs.c.slug == slug)
        return self._first(schema.issues.c.id.in_(former))

    def by_alias(self, path: str) -> Issue | None:
        """The live issue that an old address of the site leads to; the newest of several."""
        marks = schema.issue_marks
        named = sa.select(marks.c.issue_id).where(
            marks.c.kind == MarkKind.ALIAS.value, marks.c.value == path
        )
        query = newest_first(sa.select(schema.issues).where(schema.issues.c.id.in_(named)))
        with self._database.reading() as connection:
            found = load_issues(connection, query.limit(1))
            return found[0] if found else None

    def live(self, *, tag: str | None = None, limit: int | None = None) -> list[Issue]:
        """Issues readers can see, newest first; `tag` is compared as written."""
        query = newest_first(tagged(sa.select(schema.issues), tag)).limit(limit)
        with self._database.reading() as connection:
            return load_issues(connection, query)

    def everything(self) -> list[Issue]:
        """Every issue, withdrawn ones too, newest first."""
        order = (schema.issues.c.published_at.desc(), schema.issues.c.id.desc())
        with self._database.reading() as connection:
            return load_issues(connection, sa.select(schema.issues).order_by(*order))

    def tag_spellings(self) -> list[tuple[int, str]]:
        """(issue id, tag) for every tag of every issue, the oldest issue first."""
        marks = schema.issue_marks
        query = (
            sa.select(marks.c.issue_id, marks.c.value)
            .where(marks.c.kind == MarkKind.TAG.value)
            .order_by(marks.c.issue_id, marks.c.position)
        )
        with self._database.reading() as connection:
            return [(issue_id, tag) for issue_id, tag in connection.execute(query)]

    def names(self) -> list[IssueName]:
        """Every issue's names, without its contents."""
        with self._database.reading() as connection:
            return load_names(connection)

    def linking_to(self, targets: Sequence[str]) -> list[int]:
        """The ids of live issues whose notes link to one of these wiki targets, in order."""
        with self._database.reading() as connection:
            return find_marked(connection, MarkKind.WIKI, targets)

    def showing(self, paths: Sequence[str]) -> list[int]:
        """The ids of live issues that show one of these pictures, in order."""
        with self._database.reading() as connection:
            return find_marked(connection, MarkKind.MEDIA, paths)

    def shown(self) -> list[str]:
        """The paths of all pictures and files that live issues show, also of those that are not there."""
        with self._database.reading() as connection:
            return list_marks(connection, MarkKind.MEDIA)

    def rendered_otherwise(self, rendering: str) -> list[int]:
        """The ids of live issues that another version, or another address of the site, rendered."""
        c = schema.issues.c
        query = sa.select(c.id).where(c.state == IssueState.LIVE.value, c.rendering != rendering)
        with self._database.reading() as connection:
            return list(connection.scalars(query.order_by(c.id)))

    def serves_media(self, path: str) -> bool:
        """Whether a live issue shows this image (path below the notes folder)."""
        with self._database.reading() as connection:
            return has_mark(connection, MarkKind.MEDIA, path)

    def is_bare(self) -> bool:
        """Whether nothing was ever published."""
        with self._database.reading() as connection:
            return connection.scalar(sa.select(schema.issues.c.id).limit(1)) is None

    def version(self) -> int:
        """Grows with every change that readers could see; caches compare it."""
        with self._database.reading() as connection:
            return int(connection.scalar(ARCHIVE_VERSION) or 0)

    def state(self) -> ArchiveState:
        """The version and when it came to be, in one look."""
        with self._database.reading() as connection:
            return read_state(connection)

    def _first(self, condition: sa.ColumnElement[bool]) -> Issue | None:
        with self._database.reading() as connection:
            found = load_issues(connection, sa.select(schema.issues).where(condition))
            return found[0] if found else None


def _first_mailing(mail: MailOrder) -> Mailing:
    if mail.at is None:
        return Mailing.OFF
    return Mailing.PAUSED if mail.held else Mailing.OPEN
