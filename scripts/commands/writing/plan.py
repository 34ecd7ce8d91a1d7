"""Before a sending: what it would bring, to whom, and how long it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.writing.feed import feed_json, tell_feed
from scripts.console import Json, local, plain, print_json, print_table, remark, say, tell_span
from scripts.context import JsonOption, open_newsletter
from storage.model import count, stamp

if TYPE_CHECKING:
    from newsletter.authoring import Plan, PlannedIssue
    from storage.model import Census


def plan(
    context: typer.Context,
    notes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NOTE]...", help="Paths below the notes folder."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """See what will go out before it does.

    What goes out at the next sending and later, when, to how many, who is left out and why, and how long it takes at present limits. Sends nothing. The hash names what would go out now; `newsletter send --plan HASH` sends exactly that, or nothing.

    Example: newsletter plan
    """
    with open_newsletter(context) as newsletter:
        from newsletter.authoring import tell_contents

        zone = newsletter.identity.timezone
        made = newsletter.plan(*(notes or ()))
        feed = newsletter.feed_standing()
    if as_json:
        print_json({**_document(made), "feed": feed_json(feed)})
        return
    rows = [
        (
            "now" if one.due else local(one.publish_at, zone),
            one.note,
            one.subject or one.title,
            f"{one.readers.count:,}" if one.mailed else "nobody",
            _remark(one),
        )
        for one in made.issues
    ]
    rows += [
        (
            "now" if one.is_due else local(one.at, zone),
            "",
            one.title,
            f"{one.readers:,}",
            tell_contents(one),
        )
        for one in made.digests
    ]
    print_table(("when", "note", "subject", "readers", "remark"), rows, empty="nothing is to come")
    _tell(made, zone)
    if told := tell_feed(feed, zone):
        say(f"feed          {told}")


def _tell(made: Plan, zone: str) -> None:
    for one in made.under_way:
        state = "paused with" if one.is_paused else "under way to"
        say(f"{one.issue}: {state} {count(one.waiting, 'reader')}")
    if made.archived:
        say(f"{count(made.archived, 'note')} too late to mail: to the archive alone")
    say()
    say(f"next sending  {count(made.mails, 'mail')}{_pace(made, zone)}")
    say(f"left out      {_left_out(made.census)}")
    say(f"hash          {made.hash}")
    if any(one.errors for one in made.issues):
        remark("(see `newsletter check` for the errors)")
    if made.mails or any(one.due for one in made.issues):
        remark(f"(`newsletter send --plan {made.hash}` sends exactly that, or nothing)")


def _pace(made: Plan, zone: str) -> str:
    begins = f", from {local(made.begins_at, zone)}" if made.begins_at else ""
    if not made.mails:
        return ""
    limits = made.limits
    told = [f"{limits.rate:g} a second"] if limits.rate else []
    if (allowance := limits.allowance) is not None:
        told.append(f"the warm-up allows {allowance.room:,} more today, {allowance.then:,} then")
    if limits.cohort:
        told.append(f"{limits.cohort:,} first, and a wait")
    if made.lasts is None:
        return f"{begins}, as fast as the relay takes them"
    return f"{begins}, within {tell_span(made.lasts)} ({'; '.join(told)})"


def _left_out(census: Census) -> str:
    told = [f"{census.digests:,} get it in a digest"] if census.digests else []
    told += [f"{census.paused:,} paused"] if census.paused else []
    told += [f"{census.pending:,} not confirmed"] if census.pending else []
    told += [f"{census.unsubscribed:,} unsubscribed"] if census.unsubscribed else []
    told += [f"{n:,} suppressed ({why.value})" for why, n in sorted(census.suppressed.items())]
    return ", ".join(told) or "nobody"


def _remark(one: PlannedIssue) -> str:
    errors = f"{count(one.errors, 'error')} found by check" if one.errors else ""
    audience = f"for {one.audience}" if one.audience else ""
    return plain("; ".join(filter(None, (one.why, audience, errors))))


def _document(made: Plan) -> dict[str, Json]:
    limits, allowance = made.limits, made.limits.allowance
    return {
        "hash": made.hash,
        "made_at": stamp(made.made_at),
        "notes": [
            {
                "note": one.note,
                "title": one.title,
                "subject": one.subject,
                "publish_at": stamp(one.publish_at),
                "by": one.by.value if one.by else None,
                "due": one.due,
                "mailed": one.mailed,
                "held": one.held,
                "why": one.why,
                "readers": one.readers.count,
                "audience": one.audience,
                "errors": one.errors,
            }
            for one in made.issues
        ],
        "archived": made.archived,
        "under_way": [
            {"issue": one.issue, "waiting": one.waiting, "paused": one.is_paused}
            for one in made.under_way
        ],
        "digests": [
            {
                "digest": one.name,
                "title": one.title,
                "at": stamp(one.at),
                "due": one.is_due,
                "readers": one.readers,
                "issues": one.issues,
                "to_come": one.to_come,
            }
            for one in made.digests
        ],
        "mails": made.mails,
        "begins_at": stamp(made.begins_at),
        "seconds": made.lasts.total_seconds() if made.lasts is not None else None,
        "limits": {
            "rate": limits.rate or None,
            "hold_s": limits.hold.total_seconds(),
            "cohort": limits.cohort or None,
            "warmup_today": allowance.room if allowance is not None else None,
            "warmup_then": allowance.then if allowance is not None else None,
        },
        "left_out": {
            "digests": made.census.digests,
            "paused": made.census.paused,
            "pending": made.census.pending,
            "unsubscribed": made.census.unsubscribed,
            "suppressed": {why.value: n for why, n in made.census.suppressed.items()},
        },
    }
