"""Starting: init, run, send, worker."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.commands.writing.check import tell_survey
from scripts.console import (
    local,
    prepare_logging,
    print_json,
    progress_bar,
    remark,
    say,
    say_if_possible,
    step,
    tell,
)
from scripts.context import JsonOption, open_newsletter, settings_of
from scripts.waiting import tell_waiting, waiting_json

if TYPE_CHECKING:
    from newsletter.app import Newsletter
    from newsletter.config import Config
    from newsletter.mailing import SendReport
    from web.server import Doors


_AGAIN_S: Final = 2.0
"""After which a database that is away is looked for again."""


def init(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to; this folder if left out.")
    ] = Path(),
    notes: Annotated[
        Path | None,
        typer.Option("--notes", metavar="FOLDER", help="Notes that you have; they are only read."),
    ] = None,
) -> None:
    """Start a newsletter in a folder.

    Makes newsletter.toml, notes with a first note and an about page, and a secret. Overwrites nothing. A folder `notes` that is there already is used as it is, and so is any other with --notes.

    Example: newsletter init my-newsletter
    """
    settings_of(context)
    from newsletter.founding import Founding

    config = Founding.init(folder, notes=notes)
    say(f"{config} is ready: put your title, address and relay into it, then try")
    command = "newsletter" if folder == Path() else f"newsletter --config {config}"
    say(f"  {command} run")
    if notes is not None:
        say(f"  {command} check --all")
        remark(
            f"says what would become of the notes in {notes}; an `about.md` there is the About page"
        )


def run(context: typer.Context) -> None:
    """Run everything in one process.

    Scheduler, dispatcher and site, until Ctrl-C or SIGTERM. What is on the wire is finished and recorded before the process ends. SIGHUP takes a changed configuration.

    Example: newsletter run
    """
    step("newsletter: starting; Ctrl-C ends it, once what is on the wire is done")
    from web.server import Doors

    with Doors() as doors:
        taken = _run_once(context, doors, None)
        while taken is not None:
            taken = _run_once(context, doors, taken)


def _run_once(context: typer.Context, doors: Doors, taken: Config | None) -> Config | None:
    """The configuration to begin again with, if it ended for that; begins with the one that was `taken` before."""
    with _open(context, taken) as newsletter:
        prepare_logging()
        step(f"{newsletter.config.source} is read, its database open; the site comes next")
        from web.server import SiteServer

        for warning in newsletter.config.warnings:
            remark(f"warning: {warning.sentence}")
        site = SiteServer(newsletter, doors)
        announce = _announcer(newsletter)
        return newsletter.run(
            site=site, ready=lambda address: announce(address, site.admin_address)
        )


def _open(context: typer.Context, taken: Config | None) -> Newsletter:
    """The newsletter; with a configuration that a reload has `taken`, or in a process that one began, once its database is
    back if it is away: what runs waits for it, too. A supervisor is told that we live.
    """
    from newsletter.service import Supervisor, was_begun_anew
    from storage.model import (
        DatabaseDamaged,
        DatabaseLost,
        Log,
        SchemaNewer,
        SchemaOutdated,
        StorageError,
    )

    goes_on = was_begun_anew() or taken is not None
    supervisor = Supervisor(os.environ, os.getpid())
    while True:
        try:
            return open_newsletter(context, level=logging.INFO, taken=taken)
        except (DatabaseDamaged, DatabaseLost, SchemaNewer, SchemaOutdated):
            raise
        except StorageError as error:
            if not goes_on:
                raise
            Log().warning("reload.waits", reason=str(error))
            supervisor.waiting("waits for the database")
            time.sleep(_AGAIN_S)


def worker(context: typer.Context) -> None:
    """Only send; any number of these at once.

    On any number of machines, with PostgreSQL. One `newsletter run` does the rest.

    Example: newsletter worker
    """
    step("newsletter: starting to send; Ctrl-C ends it, once what is on the wire is done")
    taken, is_over = None, False
    while not is_over:
        with _open(context, taken) as newsletter:
            prepare_logging()
            taken = newsletter.worker()
            is_over = taken is None


def outbox_address(newsletter: Newsletter, address: str) -> str:
    """Where the outbox can be read: with its key, where being on this machine is not enough."""
    shown = newsletter.publication
    key = "" if shown.outbox_is_local else f"?key={shown.outbox_key}"
    return f"{address}/outbox{key}"


def _announcer(newsletter: Newsletter) -> Callable[[str, str], None]:
    """Says where things are once the site listens."""

    def announce(address: str, admin: str) -> None:
        lines = [("site", f"{address}/"), ("feeds", f"{address}/feed.xml")]
        lines += [("", f"{address}/atom.xml"), ("", f"{address}/feed.json")]
        if newsletter.publication.outbox() is not None:
            lines.append(("outbox", outbox_address(newsletter, address)))
        lines.append(("health", f"{admin}/healthz"))
        for label, where in lines:
            say_if_possible(f"{label:<7} {where}")
        step("the service runs")

    return announce


def send(
    context: typer.Context,
    plan: Annotated[
        str | None,
        typer.Option("--plan", metavar="HASH", help="That plan and nothing else, or nothing."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Send all that is due now, then end.

    For cron: polls the notes, publishes, queues, and dispatches until nothing is due. With --plan, the hash that `newsletter plan` told, only if exactly that would go out; otherwise nothing is sent, the exit code is 1, and it is told what changed.

    Example: newsletter send
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        with progress_bar("sending") as update:
            report = newsletter.send(plan=plan, progress=lambda now: update(now.settled, None))
        held = [] if as_json else list(_held(newsletter, report.published, zone))
        seen = []
        if not (report.problems or report.published) and newsletter.parts.archive.is_bare():
            seen = newsletter.parts.survey.run(brief=True)
    if as_json:
        print_json(
            {
                "published": list(report.published),
                "withdrawn": list(report.withdrawn),
                "restored": list(report.restored),
                "queued": report.queued,
                "accepted": report.accepted,
                "deferred": report.deferred,
                "rejected": report.rejected,
                "suppressed": report.suppressed,
                "unknown": report.unknown,
                "seconds": report.seconds,
                "waiting": [
                    {"slug": one.issue.slug, **waiting_json(wait)}
                    for one in report.waiting
                    for wait in one.waiting
                ],
                "problems": list(report.problems),
            }
        )
    else:
        _tell(report, zone, held)
        tell_survey(seen, remark)
    if report.problems:
        raise typer.Exit(1)


def _held(newsletter: Newsletter, published: Sequence[str], zone: str) -> Iterator[str]:
    """Of what was just published, the mail that `[schedule] hold` keeps back for a while."""
    if not published:
        return
    for issue in newsletter.parts.standing.held():
        if issue.slug in published:
            yield (
                f"{issue.slug}: its mail begins {local(issue.mail_at, zone)}; until then "
                f"`newsletter cancel {issue.slug}` takes it back"
            )


_LISTED: Final = 20
"""Issues that came out, went or are back, by name; a first look at old notes may bring thousands."""


def _tell(report: SendReport, zone: str, held: Sequence[str]) -> None:
    done = [
        *(f"published {slug}" for slug in report.published),
        *(f"withdrawn {slug}: {why}" for slug, why in report.withdrawn.items()),
        *(f"shown again {slug}; nobody is mailed" for slug in report.restored),
    ]
    for line in done[:_LISTED]:
        say(line)
    if (more := len(done) - _LISTED) > 0:
        say(f"and {more:,} more: `newsletter issues` lists them")
    counts = (
        ("queued", report.queued),
        ("accepted", report.accepted),
        ("deferred", report.deferred),
        ("rejected", report.rejected),
        ("suppressed", report.suppressed),
        ("unknown", report.unknown),
    )
    told = ", ".join(f"{count} {word}" for word, count in counts if count)
    nothing = "nobody is mailed" if done else "nothing was due"
    say(f"{told or nothing} ({report.seconds:.1f} s)")
    for line in held:
        tell(line)
    for one in report.waiting:
        for wait in one.waiting:
            say(f"{one.issue.slug}: {tell_waiting(wait, zone)}")
    for problem in report.problems:
        remark(f"newsletter: {problem}")
