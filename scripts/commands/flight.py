"""The author's hand on mail that is under way: pause, resume, cancel, mail, reconcile."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.commands.issues import IssueArgument, deliveries_json
from scripts.console import agree, local, print_json, print_table, remark, tell
from scripts.context import JsonOption, open_newsletter
from storage.model import Conflict, Issue, Mailing, Missing, count, stamp


def pause(context: typer.Context, issue: IssueArgument, as_json: JsonOption = False) -> None:
    """Stop the mail of an issue for now.

    `resume` goes on where it stopped.

    Example: newsletter pause launch
    """
    with open_newsletter(context) as newsletter:
        paused = newsletter.pause(issue)
    if as_json:
        print_json({"issue": paused.slug, "mailing": paused.mailing.value})
        return
    tell(f"{paused.slug}: its mail is paused")


def resume(context: typer.Context, issue: IssueArgument, as_json: JsonOption = False) -> None:
    """Go on with mail that was paused.

    Paused by you, or because the relay refused us.

    Example: newsletter resume launch
    """
    with open_newsletter(context) as newsletter:
        resumed = newsletter.resume(issue)
    if as_json:
        print_json({"issue": resumed.slug, "mailing": resumed.mailing.value})
        return
    tell(f"{resumed.slug}: its mail goes on")


def cancel(context: typer.Context, issue: IssueArgument, as_json: JsonOption = False) -> None:
    """Take the mail of an issue back.

    Whoever has not got it will not get it. To mend something and go on, `pause` it instead, correct the note, and `resume`. The issue stays on the site and in the feeds; take `publish` out of the note to withdraw it. `newsletter mail` has it mailed after all.

    Example: newsletter cancel launch
    """
    with open_newsletter(context) as newsletter:
        spared = newsletter.cancel(issue)
    if as_json:
        print_json({"issue": issue, "mailing": Mailing.CANCELLED.value, "spared": spared})
        return
    tell(f"{issue}: its mail is cancelled; {count(spared, 'reader')} will not get it")
    remark(
        "(to mend a mail that is under way use `newsletter pause` and `resume`; "
        f"`newsletter mail {issue}` mails this one after all)"
    )


def mail(
    context: typer.Context,
    issue: IssueArgument,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many it would be, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Mail an issue to readers who have not had it.

    To those who joined since, or to everybody after a cancel. Nobody gets it twice: whoever was ever in doubt, or whose mail came back, counts as having had it. It begins when the hold ends; until then `cancel` takes it back.

    Example: newsletter mail launch --dry-run
    """
    with open_newsletter(context) as newsletter:
        found = newsletter.mail(issue, dry_run=True)
        status = newsletter.status(issue).issue
        will = _tell_missing(issue, found, status)
        asked = found.total > 0 and not dry_run
        if asked and not yes and not agree(f"{will}. Mail it?"):
            raise Conflict(f"{issue}: nothing was changed; `--yes` mails it without asking")
        done = newsletter.mail(issue) if asked else found
        at, zone = newsletter.status(issue).issue.mail_at, newsletter.identity.timezone
    if as_json:
        print_json(
            {
                "issue": issue,
                "queued": asked,
                "new": done.new,
                "again": done.again,
                "mail_at": stamp(at) if asked else None,
            }
        )
    elif asked:
        tell(f"{issue}: {count(done.total, 'mail')} queued, from {local(at, zone)}")
    else:
        tell(will)


def _tell_missing(slug: str, found: Missing, issue: Issue) -> str:
    if not found.total:
        return f"{slug}: every active reader has had it, or has it on the way"
    why = {
        Mailing.OFF: f" (it was not mailed: {issue.mailing_reason})",
        Mailing.CANCELLED: " (its mail was cancelled)",
    }.get(issue.mailing, "")
    have = "has" if found.total == 1 else "have"
    return (
        f"{slug}: {count(found.total, 'active reader')} {have} not had it{why}, "
        f"{found.new} of them never queued"
    )


def reconcile(
    context: typer.Context,
    issue: IssueArgument,
    resend: Annotated[
        bool, typer.Option("--resend", help="Send them again, under the same Message-ID.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take them as accepted; they are not sent again.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the messages in doubt, and decide about them.

    The connection or the process died when the relay may have had them.

    Example: newsletter reconcile launch --accept
    """
    if resend and accept:
        raise typer.BadParameter("--resend and --accept exclude each other")
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        doubtful = newsletter.doubts(issue)
        changed = newsletter.reconcile(issue, resend=resend) if resend or accept else 0
        if as_json:
            action = "resend" if resend else "accept" if accept else None
            listed = list(deliveries_json(newsletter, doubtful))
            print_json({"issue": issue, "action": action, "changed": changed, "in_doubt": listed})
            return
    rows = [
        (one.address, str(one.attempts), local(one.settled_at, zone), local(one.due_at, zone))
        for one in doubtful
    ]
    print_table(("address", "tries", "since", "resent"), rows, empty="no message is in doubt")
    if changed:
        outcome = "will be sent again" if resend else "count as accepted"
        tell(f"{issue}: {changed} {outcome}")
