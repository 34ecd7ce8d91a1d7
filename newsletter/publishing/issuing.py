"""What was decided of a note, carried out: its issue published, revised, restored or withdrawn.

decision | drafting.draft | archive
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from feeds.markdown import PLAYER
from newsletter.publishing.decisions import (
    NO_EMAIL,
    Decision,
    Publish,
    Restore,
    Revise,
    Skip,
    Withdraw,
    tell_absence,
)
from newsletter.publishing.drafting import (
    Drafted,
    hash_content,
    is_shown_otherwise,
    order_mail,
)
from newsletter.publishing.findings import Findings, Seen, is_due
from newsletter.publishing.reading import Means
from newsletter.publishing.recognition import refuse_copy_by_a_program
from newsletter.publishing.spellings import Spellings
from storage.archive import Unmailed
from storage.model import Issue, IssueDraft, IssueState, Log, Mailing, NoteError

log = Log()

TOGETHER: Final = 50
"""Issues that are published in one transaction at most: others wait for it to write."""
_UNDER_WAY: Final = frozenset({Mailing.OPEN, Mailing.PAUSED})


@dataclass(frozen=True, slots=True)
class _Gathered:
    """A note that is to be published and not mailed, rendered."""

    seen: Seen
    drafted: Drafted
    at: datetime
    reason: str
    moment: int
    """When, by the count of links, it was rendered."""


class Issuing:
    """Brings the archive up to what one look found, and the findings up to the archive."""

    def __init__(self, means: Means, found: Findings) -> None:
        self._means = means
        self._found = found
        self._spellings: Spellings | None = None
        self._gathered: list[_Gathered] = []

    def carry_out(self, one: Seen, issue: Issue | None, decision: Decision) -> None:
        """Do it; what is only to be waited for or left alone is nobody's work here."""
        match decision:
            case Publish():
                self._publish(one, decision)
            case Revise() if issue is not None:
                self._revise(one, issue)
            case Restore() if issue is not None:
                self._restore(one, issue)
            case Withdraw(reason=reason) if issue is not None:
                self._withdraw(issue.id, reason)
            case Skip() if issue is not None:
                self._follow(one, issue)
            case _:
                pass

    def _publish(self, one: Seen, decision: Publish) -> None:
        moment = self._found.names.links.moment
        if one.note.guid and self._means.archive.has_guid(one.note.guid):
            raise NoteError(
                one.note.path,
                f"its guid {one.note.guid!r} is that of another issue; give it another",
            )
        if decision.mail and one.note.path not in self._found.schedules:
            self._refuse_copy(one)
        drafted = self._drafted(one)
        order = order_mail(drafted, decision, self._found.now + self._means.hold)
        if order.at is None and self._found.expected is None:
            self._gathered.append(_Gathered(one, drafted, decision.at, order.reason, moment))
            return
        self.settle()
        if self._found.expected is not None:
            order = replace(order, readers=self._found.expected[one.note.path].readers)
        published = self._means.archive.publish(
            self._spelled(drafted.draft, None),
            published_at=decision.at,
            mail=order,
            now=self._found.now,
        )
        self._keep(one, drafted, published.issue, moment)
        self._found.queued += published.queued

    def _refuse_copy(self, one: Seen) -> None:
        refuse_copy_by_a_program(
            one.note,
            self._found.names,
            present=self._found.files,
            issue_of=lambda name: self._means.archive.get(name.issue_id),
            source_of=lambda name: self._means.store.read(name.path).decode("utf-8", "replace"),
        )

    def _keep(self, one: Seen, drafted: Drafted, issue: Issue, moment: int) -> None:
        if not is_due(
            issue
        ):  # what is found in a note that is about to be mailed is told with its line
            for remark in drafted.warnings:
                if remark.code != PLAYER:  # nothing is lost: `newsletter check` says it
                    self._found.remark(one.note.path, remark)
        self._found.published.append(self._found.outline(issue))
        self._found.rendered[issue.id] = moment
        self._learn_tags(issue)
        self._found.names.put_issue(issue)

    # ── many that nobody is mailed about ─────────────────────────────────────────────────────

    def settle_for(self, one: Seen) -> None:
        """Publish what is gathered, if the archive is about to be asked about a note like one of these."""
        if any(
            one.note_id == other.seen.note_id or one.content_hash == other.seen.content_hash
            for other in self._gathered
        ):
            self.settle()

    def settle(self, at_least: int = 1) -> None:
        """Publish what is gathered, if that is so much."""
        if len(self._gathered) < at_least:
            return
        gathered, self._gathered = self._gathered, []
        made = self._means.archive.publish_unmailed(
            [
                Unmailed(draft=draft, published_at=one.at, reason=one.reason)
                for one, draft in zip(gathered, self._spelled_all(gathered), strict=True)
            ],
            now=self._found.now,
        )
        for one, issue in zip(gathered, made, strict=True):
            if issue is None:
                self._found.remembered.pop(one.seen.note.path, None)
                log.info("poll.overtaken", path=one.seen.note.path)
            else:
                self._keep(one.seen, one.drafted, issue, one.moment)

    def _spelled_all(self, gathered: Sequence[_Gathered]) -> list[IssueDraft]:
        """Their tags as the archive writes them, or one of them that comes before."""
        drafts = []
        for number, one in enumerate(gathered, 1):
            drafts.append(self._spelled(one.drafted.draft, None))
            if self._spellings is not None:
                self._spellings.put(-number, drafts[-1].tags)
        if self._spellings is not None:
            for number in range(1, len(gathered) + 1):
                self._spellings.put(-number, ())  # they are learned anew with the ids they get
        return drafts

    def _follow(self, one: Seen, issue: Issue) -> None:
        """Whom the mail of an unchanged note is for now, as far as its folder says it. Raises NoteError."""
        if issue.state is IssueState.LIVE:
            self._follow_email(one, issue)
            if one.note.audience != issue.audience:
                self.render_again(issue)

    def _follow_email(self, one: Seen, issue: Issue) -> None:
        """A note that says `email: false` before its mail began is not mailed."""
        if not one.note.email and issue.mailing in _UNDER_WAY:
            taken_back = self._means.archive.take_back_mail(issue.id, NO_EMAIL)
            if taken_back:
                log.warning("mail.taken_back", slug=issue.slug, why=NO_EMAIL)

    def _revise(self, one: Seen, issue: Issue) -> None:
        self.settle()
        self._follow_email(one, issue)
        draft = self._draft(one, issue)
        revised = self._means.archive.revise(
            issue.id, draft, updated_at=self._changed_at(draft, issue), slug=one.note.slug
        )
        self._found.revised.append(self._found.outline(revised))
        self._learn_tags(revised)
        self._found.names.put_issue(revised)

    def _restore(self, one: Seen, issue: Issue) -> None:
        self.settle()
        edited = one.content_hash != issue.content_hash
        self._follow_email(one, issue)
        draft = self._draft(one, issue)
        restored = self._means.archive.restore(
            issue.id,
            draft,
            updated_at=self._changed_at(draft, issue) if edited else None,
            now=self._found.now,
        )
        self._found.restored.append(self._found.outline(restored))
        self._learn_tags(restored)
        self._found.names.put_issue(restored)

    def _changed_at(self, draft: IssueDraft, issue: Issue) -> datetime:
        """When an edited note was changed: as it says, if that is news and not to come; else now."""
        said, now = draft.changed_at, self._found.now
        return min(said, now) if said is not None and said > issue.updated_at else now

    def _learn_tags(self, issue: Issue) -> None:
        if self._spellings is not None:
            self._spellings.put(issue.id, issue.tags)

    def withdraw_at(self, path: str) -> None:
        """The issue whose file is not there any more, or is another note's now, if there is one."""
        name = self._found.names.by_path.get(path)
        if name is not None and name.state is IssueState.LIVE:
            self._withdraw(name.issue_id, "the note was removed")

    def _withdraw(self, issue_id: int, reason: str) -> None:
        self.settle()
        withdrawn = self._means.archive.withdraw(
            issue_id, tell_absence(reason), now=self._found.now
        )
        self._found.withdrawn.append(self._found.outline(withdrawn))
        self._found.why[issue_id] = reason
        self._found.names.put_issue(withdrawn)

    def render_again(self, issue: Issue) -> None:
        """Its page and its mail as its note would be rendered today. Raises NoteError."""
        file = self._found.files.get(issue.path)
        if file is None:
            return
        source = self._means.store.read(issue.path)
        if hash_content(source) != issue.content_hash:
            return  # changed meanwhile: the next poll revises it anyway
        one = Seen(
            note=self._means.drafting.parse(source, issue.path),
            note_id=issue.note_id,
            content_hash=issue.content_hash,
            file=file,
        )
        draft = self._draft(one, issue)
        is_other = draft.rendering != issue.rendering or draft.audience != issue.audience
        if is_other or is_shown_otherwise(draft, issue):
            self._means.archive.revise(issue.id, draft, updated_at=None, slug=None)

    # ── drafts ───────────────────────────────────────────────────────────────────────────────

    def _draft(self, one: Seen, issue: Issue) -> IssueDraft:
        return self._spelled(self._drafted(one).draft, issue.id)

    def _spelled(self, draft: IssueDraft, issue_id: int | None) -> IssueDraft:
        """The draft with its tags as the archive writes them, which is read when one has tags."""
        if not draft.tags:
            return draft
        if self._spellings is None:
            self._spellings = Spellings(self._means.archive.tag_spellings())
        return replace(draft, tags=self._spellings.spell(draft.tags, issue_id))

    def _drafted(self, one: Seen) -> Drafted:
        links = self._found.names.links
        return self._means.drafting.draft(one.note, one.note_id, one.content_hash, links)
