"""What was published and what became of its mail: issues, status, deliveries."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.quarantine import overflow_json, tell_overflow
from scripts.commands.writing.check import held_json
from scripts.commands.writing.feed import feed_json, tell_feed
from scripts.console import (
    Json,
    local,
    plain,
    print_json,
    print_json_list,
    print_long_table,
    print_table,
    progress_bar,
    remark,
    say,
    tell,
)
from scripts.context import JsonOption, open_newsletter
from scripts.waiting import tell_waiting, waiting_json
from storage.model import Attempt, Delivery, DeliveryState, Issue, Mailing, Tally, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.app import Newsletter
    from newsletter.following import Followed
    from newsletter.mailing import IssueStatus
    from newsletter.publishing import Held
    from storage.model import Overflow

IssueArgument = Annotated[
    str, typer.Argument(metavar="ISSUE", help="The issue's slug, as in its address.")
]

_FATES = {
    DeliveryState.QUEUED: "not sent yet",
    DeliveryState.SENDING: "being sent",
    DeliveryState.ACCEPTED: "the relay took it, and nothing came back",
    DeliveryState.DEFERRED: "put off, and tried again",
    DeliveryState.REJECTED: "refused",
    DeliveryState.UNKNOWN: "in doubt: the relay may or may not have it",
    DeliveryState.EXPIRED: "given up, out of time",
    DeliveryState.SUPPRESSED: "not sent: the reader had left, or was suppressed",
    DeliveryState.CANCELLED: "not sent: you took the issue back",
    DeliveryState.BOUNCED: "the relay took it, and it came back",
    DeliveryState.COMPLAINED: "it arrived, and was called spam",
}
_STATES = tuple(DeliveryState)
_UNDER_WAY = (Mailing.OPEN, Mailing.PAUSED)
_WATCH_S = 1.0
_PORTION = 500


def list_issues(context: typer.Context, as_json: JsonOption = False) -> None:
    """List what was published, newest first.

    Example: newsletter issues
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        found = newsletter.issues()
    if as_json:
        print_json([_issue(one) for one in found])
    else:
        _print_issues(found, zone, empty="nothing is published yet")


def status(
    context: typer.Context,
    issue: Annotated[
        str, typer.Argument(metavar="ISSUE", help="A slug; all that is under way if left out.")
    ] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep looking until every message has its outcome.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show how the mail of an issue stands.

    Or, without ISSUE, how the newsletter stands as a whole.

    Example: newsletter status launch --watch
    """
    with open_newsletter(context) as newsletter:
        if watch:
            _watch(newsletter, issue)
            remark("done: every message has its outcome")
        if issue:
            _show_issue(newsletter.status(issue), newsletter.identity.timezone, as_json)
        else:
            _show_all(newsletter, as_json)


def _watch(newsletter: Newsletter, slug: str) -> None:
    """Wait until nothing can be sent any more, with a bar on a terminal."""
    with progress_bar("sending") as update:
        while True:
            tally = newsletter.status(slug).tally if slug else newsletter.totals()
            update(tally.total - tally.open, tally.total)
            if not tally.open:
                return
            time.sleep(_WATCH_S)


def _show_issue(found: IssueStatus, zone: str, as_json: bool) -> None:
    if as_json:
        print_json(_issue(found))
        return
    issue = found.issue
    mailing = f"{issue.mailing.value}: {issue.mailing_reason}".removesuffix(": ")
    facts = [
        ("issue", issue.slug),
        ("title", issue.title),
        ("note", issue.path),
        ("state", issue.state.value),
        ("published", local(issue.published_at, zone)),
        ("mail", mailing),
        ("mail from", local(issue.mail_at, zone)),
        ("deliveries", str(found.tally.total)),
    ]
    facts += [(f"  {state.value}", str(found.tally[state])) for state in _present(found.tally)]
    facts += [("waiting", tell_waiting(one, zone)) for one in found.waiting]
    if found.tally[DeliveryState.UNKNOWN]:
        facts.append(("in doubt", f"`newsletter reconcile {issue.slug}` says which, and decides"))
    for name, value in facts:
        tell(f"{name:<12} {value}".rstrip())


def _show_all(newsletter: Newsletter, as_json: bool) -> None:
    every, standing = newsletter.issues(), _Standing.of(newsletter)
    under_way = [one for one in every if one.issue.mailing in _UNDER_WAY]
    if as_json:
        print_json({**standing.document(), "under_way": [_issue(one) for one in under_way]})
        return
    zone = newsletter.identity.timezone
    for name, value in standing.facts(zone):
        tell(f"{name:<12} {value}")
    say()
    _show_under_way(under_way, zone)
    for one in every:
        if in_doubt := one.tally[DeliveryState.UNKNOWN]:
            slug = one.issue.slug
            tell(f"{slug}: {in_doubt} in doubt; `newsletter reconcile {slug}` decides")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """How the newsletter stands as a whole, beside its issues."""

    held: Held | None
    secret: list[str]
    feed: Followed | None
    subscribers: dict[str, int]
    waiting: int
    paused: Mapping[str, datetime]
    overflow: Overflow | None
    tally: Tally

    @classmethod
    def of(cls, newsletter: Newsletter) -> _Standing:
        parts = newsletter.parts
        return cls(
            held=newsletter.missing(),
            secret=parts.generations.find_faults(),
            feed=newsletter.feed_standing(),
            subscribers={state.value: n for state, n in newsletter.subscribers.counts().items()},
            waiting=newsletter.signups_waiting(),
            paused=parts.ledger.paused_domains(now=parts.clock()),
            overflow=newsletter.reports.overflow(),
            tally=newsletter.totals(),
        )

    def document(self) -> dict[str, Json]:
        return {
            "subscribers": self.subscribers,
            "signups_waiting": self.waiting,
            "domains_paused": {name: until.isoformat() for name, until in self.paused.items()},
            "deliveries": _tally(self.tally),
            "quarantine": overflow_json(self.overflow),
            "notes_missing": held_json(self.held),
            "feed": feed_json(self.feed),
            "secret": self.secret,
        }

    def facts(self, zone: str) -> Iterator[tuple[str, str]]:
        """What is wrong first, then what is there."""
        if self.held is not None:
            yield "notes", plain(self.held.sentence)
        for fault in self.secret:
            yield "secret", fault
        if told := tell_feed(self.feed, zone):
            yield "feed", told
        yield "subscribers", ", ".join(f"{n} {state}" for state, n in self.subscribers.items())
        if self.waiting:
            yield "sign-ups", f"{self.waiting} waiting for room: see limit_total and limit_domain"
        for name, until in self.paused.items():
            why = "too many of its readers were said not to exist"
            yield "domain", f"{name} is paused until {local(until, zone)}: {why}"
        if self.overflow is not None:
            yield "quarantine", tell_overflow(self.overflow, zone)
        states = [f"{self.tally[state]} {state.value}" for state in _present(self.tally)]
        yield "deliveries", ", ".join(states) or "none"


def _show_under_way(under_way: Sequence[IssueStatus], zone: str) -> None:
    _print_issues(under_way, zone, empty="no mail is under way")
    for one in under_way:
        for wait in one.waiting:
            tell(f"{one.issue.slug}: {tell_waiting(wait, zone)}")


def deliveries(
    context: typer.Context,
    issue: Annotated[
        str, typer.Argument(metavar="[ISSUE]", help="A slug; with --to all if left out.")
    ] = "",
    to: Annotated[
        str, typer.Option("--to", metavar="ADDRESS", help="Only what went to this reader.")
    ] = "",
    state: Annotated[
        DeliveryState | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help=f"Only those {', '.join(_STATES[:-1])} or {_STATES[-1]}.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List whom an issue went to.

    With what the relay said about each; with --to, whether a reader got it, and what was said to that.

    Example: newsletter deliveries launch --state deferred
    """
    if not (issue or to):
        raise typer.BadParameter("say which ISSUE, or --to whom")
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        if to:
            _show_reader(newsletter, newsletter.delivered(to, issue), as_json=as_json)
            return
        found = newsletter.deliveries(issue, state=state)
        if as_json:
            print_json_list(deliveries_json(newsletter, found))
            return
        rows = (
            (
                one.address,
                one.state.value,
                str(one.attempts),
                local(one.settled_at, zone),
                local(one.due_at, zone),
                " ".join(filter(None, (str(one.code or ""), one.reply or one.reason))),
            )
            for one in found
        )
        columns = ("address", "state", "tries", "settled", "due", "answer")
        print_long_table(columns, rows, empty="no deliveries")


def _show_reader(
    newsletter: Newsletter, found: list[tuple[Issue, Delivery]], *, as_json: bool
) -> None:
    """Did she get it, and what did her server say."""
    if as_json:
        documents = deliveries_json(newsletter, [one for _, one in found])
        print_json(
            [
                {"issue": issue.slug} | document
                for (issue, _), document in zip(found, documents, strict=True)
            ]
        )
        return
    zone = newsletter.identity.timezone
    tries = newsletter.attempts(*(one.id for _, one in found))
    if not found:
        remark("nothing went to this reader")
    for issue, one in found:
        at = local(one.settled_at or one.queued_at, zone)
        answer = " ".join(filter(None, (str(one.code or ""), one.reply or one.reason)))
        tell(plain(f"{issue.slug}: {_FATES[one.state]}, {at}{f': {answer}' if answer else ''}"))
        for attempt in tries[one.id]:
            said = " ".join(
                filter(None, (str(attempt.code or ""), attempt.reply or attempt.reason))
            )
            tell(plain(f"  try {attempt.number}, {local(attempt.at, zone)}: {said}"))


# ── documents ────────────────────────────────────────────────────────────────────────────────


def _print_issues(found: Sequence[IssueStatus], zone: str, *, empty: str) -> None:
    rows = [
        (
            one.issue.slug,
            one.issue.title,
            local(one.issue.published_at, zone),
            one.issue.state.value,
            one.issue.mailing.value,
            ", ".join(f"{one.tally[state]} {state.value}" for state in _present(one.tally)),
        )
        for one in found
    ]
    print_table(("issue", "title", "published", "state", "mail", "deliveries"), rows, empty=empty)


def _present(tally: Tally) -> list[DeliveryState]:
    return [state for state in DeliveryState if tally[state]]


def _tally(tally: Tally) -> Json:
    return {"total": tally.total} | {state.value: tally[state] for state in DeliveryState}


def _issue(one: IssueStatus) -> Json:
    issue = one.issue
    return {
        "slug": issue.slug,
        "title": issue.title,
        "note": issue.path,
        "state": issue.state.value,
        "mailing": issue.mailing.value,
        "mailing_reason": issue.mailing_reason,
        "published_at": stamp(issue.published_at),
        "updated_at": stamp(issue.updated_at),
        "mail_at": stamp(issue.mail_at),
        "tags": list(issue.tags),
        "deliveries": _tally(one.tally),
        "waiting": [waiting_json(wait) for wait in one.waiting],
    }


def deliveries_json(newsletter: Newsletter, found: Iterable[Delivery]) -> Iterator[dict[str, Json]]:
    """Each with its tries; a portion at a time, however many they are."""
    ahead = iter(found)
    while portion := list(islice(ahead, _PORTION)):
        tries = newsletter.attempts(*(one.id for one in portion))
        yield from (_delivery(one, tries[one.id]) for one in portion)


def _delivery(one: Delivery, tries: Sequence[Attempt]) -> dict[str, Json]:
    return {
        "address": one.address,
        "state": one.state.value,
        "attempts": one.attempts,
        "queued_at": stamp(one.queued_at),
        "due_at": stamp(one.due_at),
        "settled_at": stamp(one.settled_at),
        "code": one.code,
        "status": one.status,
        "reply": one.reply,
        "reason": one.reason,
        "tries": [
            {
                "number": attempt.number,
                "at": stamp(attempt.at),
                "state": attempt.state.value,
                "code": attempt.code,
                "status": attempt.status,
                "reply": attempt.reply,
                "reason": attempt.reason,
            }
            for attempt in tries
        ],
    }
