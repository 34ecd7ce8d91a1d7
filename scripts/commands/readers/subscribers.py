"""Who reads: add, import, export, list, show, unsubscribe, erase."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.readers import roll
from scripts.commands.readers.roll import document
from scripts.console import (
    Json,
    agree,
    local,
    plain,
    print_json,
    print_table,
    progress_bar,
    remark,
    say,
)
from scripts.context import Address, JsonOption, open_newsletter
from storage.model import (
    Conflict,
    ConsentEvent,
    NewsletterError,
    SubscriberState,
    Suppression,
    count,
    stamp,
)

if TYPE_CHECKING:
    from newsletter.subscribing import ImportReport

app = typer.Typer(help="Who reads: add, import, export, look up, remove.", no_args_is_help=True)
roll.register(app)


_SHOWN_REFUSALS = 50


@app.command()
def add(
    context: typer.Context,
    address: Address,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="How mail may greet them.")
    ] = "",
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="A tag; may be given several times."),
    ] = None,
    consent: Annotated[
        str, typer.Option("--consent", metavar="TEXT", help="How they agreed, kept as proof.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Add a reader who agreed to it.

    Active at once, without a confirmation mail. `Ada Example <ada@example.com>` says the name, too. Somebody who unsubscribed or is suppressed stays out.

    Example: newsletter subscribers add ada@example.com --name Ada --consent "asked me at the fair"
    """
    from storage.model import Added

    said, bare = parseaddr(address)
    if said and bare:
        address, name = bare, name or said
    with open_newsletter(context) as newsletter:
        done = newsletter.subscriptions.add(address, name=name, tags=tag or (), consent=consent)
        if done is Added.SUPPRESSED:
            raise Conflict(f"{address} is suppressed; see `newsletter suppressions list`")
        known = newsletter.subscriptions.find(address)
    if done is Added.EXISTS and known.state is not SubscriberState.ACTIVE:
        raise Conflict(f"{address} is {known.state.value}; only the reader can join again")
    if as_json:
        print_json(document(known) | {"added": done is Added.ADDED})
    elif done is Added.ADDED:
        say(f"{known.address} is subscribed")
    else:
        say(f"{known.address} was subscribed already")


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file; - is standard input.")],
    consent: Annotated[
        str,
        typer.Option(
            "--consent", metavar="TEXT", help="How they agreed, for rows that do not say."
        ),
    ] = "",
    departed: Annotated[
        str,
        typer.Option(
            "--departed",
            metavar="keep|drop",
            help="Whether those who left elsewhere are remembered as having left, or not at all.",
        ),
    ] = "keep",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would happen; change nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Import a list of readers from a CSV file.

    One column is `email`; `name`, `tags`, `confirmed_at` and `consent` are optional. In any other system's export, a row is taken only if each column that speaks of status, consent, bounces, complaints or leaving has a value that is known to be good.
    Nobody who unsubscribed or is suppressed is brought back. Each refused row is reported.

    Example: newsletter subscribers import list.csv --consent "sign-up sheet, fair of 2025"
    """
    with open_newsletter(context) as newsletter:
        from newsletter.subscribing import Departed, open_source

        if departed not in list(Departed):
            raise typer.BadParameter("is either keep or drop", param_hint="--departed")
        with open_source(file) as source:
            rows, unread = source.check()  # before any of it is taken
            with progress_bar("importing", rows) as update, _stopped_between_portions() as stop:
                done = 0

                def advance(count: int) -> None:
                    nonlocal done
                    done += count
                    update(done, rows)

                report = newsletter.subscriptions.import_rows(
                    source.read().rows,
                    consent=consent,
                    dry_run=dry_run,
                    departed=Departed(departed),
                    progress=advance,
                    stop=stop,
                )
    if as_json:
        print_json(_report(report, unread))
    else:
        _tell(report, unread)
    if report.stopped:
        remark(
            f"newsletter: stopped after {report.rows} of {rows} rows; "
            + ("nothing was changed" if dry_run else "what is counted above is in")
            + "; the same command again takes the rest"
        )
        raise typer.Exit(130)


@contextmanager
def _stopped_between_portions() -> Iterator[Callable[[], bool]]:
    """Within it, Ctrl-C lets the portion under way be finished; a second one does not."""
    asked = threading.Event()

    def ask(_number: int, _frame: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set  # Python delivers signals to the main thread alone
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _report(report: ImportReport, unread: Sequence[str]) -> Json:
    return {
        "rows": report.rows,
        "added": report.added,
        "departed": report.departed,
        "suppressed": report.suppressed,
        "refused": [
            {"line": row.line, "email": row.email, "reason": row.reason} for row in report.refused
        ],
        "unread": list(unread),
        "dry_run": report.dry_run,
        "stopped": report.stopped,
    }


def _tell(report: ImportReport, unread: Sequence[str]) -> None:
    would = "would be " if report.dry_run else ""
    total = count(report.rows, "row")
    say(f"{total}: {report.added:,} {would}added, {len(report.refused):,} {would}refused")
    if report.departed:
        say(f"{report.departed:,} {would}remembered as having left elsewhere")
    if report.suppressed:
        say(f"{report.suppressed:,} suppressions {would}taken over")
    if unread:
        say(f"columns that were not read: {', '.join(map(plain, unread))}")
    rows = [(str(row.line), row.email, row.reason) for row in report.refused[:_SHOWN_REFUSALS]]
    if rows:
        print_table(("line", "email", "reason"), rows)
    hidden = len(report.refused) - len(rows)
    if hidden > 0:
        remark(f"and {hidden:,} more; --json lists them all")


@app.command()
def export(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Where to; standard output if left out, or for -."),
    ] = None,
) -> None:
    """Export everybody as CSV.

    With states, times, consent and suppressions: importing the file into an empty database rebuilds the same list. Keep it safe.

    Example: newsletter subscribers export list.csv
    """
    with open_newsletter(context) as newsletter:
        from newsletter.subscribing import write_rows

        rows = newsletter.subscriptions.export_rows()
        if file is None or str(file) == "-":
            stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
            write_rows(rows, stream)
            stream.flush()
            stream.detach()
            return
        with _new_file(file) as stream:
            count = write_rows(rows, stream)
    say(f"{count} rows written to {file}")


def _new_file(path: Path) -> io.TextIOWrapper:
    """A file for its owner alone: it will hold every reader's address."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{path} is there already; choose another name or remove it") from error
    except OSError as error:
        raise NewsletterError(f"{path} cannot be written: {error.strerror}") from error
    return io.TextIOWrapper(io.FileIO(descriptor, "w"), encoding="utf-8", newline="")


@app.command()
def show(context: typer.Context, address: Address, as_json: JsonOption = False) -> None:
    """Show all that is kept of a subscriber.

    With the proof of consent, line by line.

    Example: newsletter subscribers show ada@example.com
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        known = newsletter.subscriptions.find(address)
        suppression = newsletter.subscriptions.suppression(address)
        events = newsletter.subscribers.events(known.id)
    if as_json:
        print_json(
            document(known)
            | {"suppression": _suppression(suppression), "events": [_event(one) for one in events]}
        )
        return
    facts = document(known) | {"suppressed": suppression.reason.value if suppression else ""}
    print_table(("what", "is"), [(name, _word(value)) for name, value in facts.items()])
    say()
    rows = [
        (local(one.at, zone), one.kind.value, one.ip, one.source, one.text, one.message_id)
        for one in events
    ]
    print_table(("at", "event", "ip", "source", "wording", "confirmation"), rows)


@app.command()
def unsubscribe(context: typer.Context, address: Address, as_json: JsonOption = False) -> None:
    """End a subscription for a reader who asked.

    What is queued for them is not sent.

    Example: newsletter subscribers unsubscribe ada@example.com
    """
    with open_newsletter(context) as newsletter:
        left = newsletter.subscriptions.unsubscribe_address(address)
    if as_json:
        print_json({"address": address, "unsubscribed": left})
    else:
        say(f"{address} is unsubscribed" if left else f"{address} had unsubscribed already")


@app.command()
def erase(
    context: typer.Context,
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Forget a reader for good.

    Nothing is kept but a keyed hash, so that no import revives them. Their deliveries are forgotten too, so counts of past issues go down. Asks first, or takes --yes.

    Example: newsletter subscribers erase ada@example.com
    """
    with open_newsletter(context) as newsletter:
        readers = newsletter.subscriptions
        question = f"Forget {address} for good? Nothing brings back what is kept."
        is_known = readers.knows(address)
        if not yes and is_known and not agree(question):
            raise Conflict("nothing was erased; `--yes` erases without asking")
        readers.erase(address)
    if as_json:
        print_json({"address": address, "known": is_known})
    else:
        say("erased")


# ── documents ────────────────────────────────────────────────────────────────────────────────


def _event(one: ConsentEvent) -> Json:
    return {
        "at": stamp(one.at),
        "kind": one.kind.value,
        "ip": one.ip,
        "source": one.source,
        "text": one.text,
        "message_id": one.message_id,
    }


def _suppression(one: Suppression | None) -> Json:
    if one is None:
        return None
    return {
        "reason": one.reason.value,
        "evidence": one.evidence,
        "created_at": stamp(one.created_at),
    }


def _word(value: Json) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
