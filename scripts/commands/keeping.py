"""Keeping what there is: backup, restore."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import agree, local, print_json, progress_bar, remark, say
from scripts.context import JsonOption, open_newsletter, settings_of
from storage.model import stamp

if TYPE_CHECKING:
    from newsletter.keeping import Restored


def backup(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to; a folder gets a file with its date.")
    ],
    keep: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="In a folder: remove older backups, beyond the newest N."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the database and the secret into one file.

    Also while the service runs. The file is readable by you alone, and is read once more before it counts. Overwrites nothing.

    Example: newsletter backup /var/backups/newsletter --keep 14
    """
    with open_newsletter(context) as newsletter, progress_bar("backing up") as update:
        done = newsletter.backup(file, keep=keep, progress=update)
    if as_json:
        print_json(
            {
                "file": str(done.path),
                "octets": done.octets,
                "rows": done.rows,
                "made_at": stamp(done.made_at),
                "removed": [str(path) for path in done.removed],
            }
        )
        return
    say(f"{done.path}: {done.rows} rows and the secret, {done.octets} octets")
    if done.removed:
        say(f"{len(done.removed)} older removed")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    exactly: Annotated[
        bool, typer.Option("--exactly", help="Bring back also who left or was erased since.")
    ] = False,
    discard: Annotated[
        bool, typer.Option("--discard", help="Do not back up first what is there now.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of the database and the secret.

    The service must be stopped. What is there now is backed up first. Nothing that may have been mailed since the backup is mailed by itself: every issue is paused, and you decide. Whoever left since stays gone.

    Example: newsletter restore /var/backups/newsletter/newsletter-20261126T040000Z.zip
    """
    settings = settings_of(context)
    from newsletter.config import load_config
    from newsletter.founding import Founding
    from newsletter.keeping import read_manifest, target_of

    config = load_config(settings.config, os.environ)
    found = read_manifest(file)
    made_at = local(found.made_at, config.newsletter.timezone)
    if not yes:
        _ask(
            f"{file} was made {made_at} and holds {found.rows} rows. "
            f"Put it in the place of {target_of(config).name}?"
        )
    with progress_bar("restoring") as update:
        done = Founding.restore(
            file, config=settings.config, exactly=exactly, discard=discard, progress=update
        )
    if as_json:
        print_json(
            {
                "made_at": stamp(done.made_at),
                "rows": done.rows,
                "held": done.held,
                "left": done.departed.left,
                "suppressed": done.departed.suppressed,
                "erased": done.departed.erased,
                "anothers": done.is_anothers,
                "aside": [str(path) for path in done.aside],
            }
        )
        return
    _tell(done, made_at)


def _ask(question: str) -> None:
    """Ends the command unless the answer is yes."""
    if not agree(question):
        remark("newsletter: nothing was changed; `--yes` does it without asking")
        raise typer.Exit(1)


def _tell(done: Restored, made_at: str) -> None:
    say(f"restored: {done.rows} rows, as they were {made_at}")
    for path in done.aside:
        say(f"  kept of what was there before: {path}")
    gone = done.departed
    if gone.left or gone.suppressed or gone.erased:
        say(
            f"  taken along: {gone.left} who left since, {gone.suppressed} suppressed, "
            f"{gone.erased} erased"
        )
    if done.is_anothers:
        say(
            "  what was there before was another newsletter's: if you did not mean that, restore what was kept of it"
        )
    say("nothing is mailed by itself that may have been mailed since:")
    say(f"  {done.held} issue(s) that were being mailed are paused, see `newsletter issues`")
    say(
        "  what the next look at the notes publishes, and the backup does not know, is paused as well"
    )
    say(
        "  `newsletter resume ISSUE` mails it to all who seem to be waiting, `cancel ISSUE` to nobody"
    )
    remark("confirmations that waited were dropped: whoever waits for one signs up again")
