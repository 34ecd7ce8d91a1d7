"""Before a note goes out: check it, and send a test copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import Json, plain, print_json, remark, say
from scripts.context import JsonOption, open_newsletter

if TYPE_CHECKING:
    from newsletter.authoring import CheckedNote, Finding


def register(app: typer.Typer, heading: str) -> None:
    """Add this group's commands to the application, under this heading of its help."""
    app.command(rich_help_panel=heading)(check)
    app.command("test", rich_help_panel=heading)(send_test)


def check(
    context: typer.Context,
    notes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NOTE]...", help="Paths below the notes folder."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look for mistakes in notes before readers find them.

    Without a NOTE, in all that are to be published. Changes nothing. The exit code is 1 when there are errors; warnings alone leave it 0.

    Example: newsletter check launch.md
    """
    with open_newsletter(context) as newsletter:
        checked = newsletter.check(*(notes or ()))
    if as_json:
        print_json([_document(one) for one in checked])
    else:
        _tell(checked)
    if any(one.has_errors for one in checked):
        raise typer.Exit(1)


def _document(checked: CheckedNote) -> Json:
    return {
        "note": checked.note,
        "findings": [
            {
                "severity": finding.gravity.value,
                "code": finding.code,
                "message": finding.message,
                "line": finding.line,
            }
            for finding in checked.findings
        ],
    }


def _tell(checked: list[CheckedNote]) -> None:
    if not checked:
        remark("no note is to be published")
    for one in checked:
        for finding in one.findings:
            say(plain(_line(one.note, finding)))
        if not one.findings:
            say(f"{plain(one.note)}: nothing to complain of")


def _line(note: str, finding: Finding) -> str:
    """As compilers write it, so that editors find the place."""
    place = note if finding.line is None else f"{note}:{finding.line}"
    return f"{place}: {finding.gravity.value}: {finding.message} [{finding.code}]"


def send_test(
    context: typer.Context,
    note: Annotated[
        str, typer.Argument(metavar="NOTE", help="The note's path below the notes folder.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Who gets the copy.")],
    as_json: JsonOption = False,
) -> None:
    """Send one copy of a note, marked as a test.

    Through the real relay, signed like every mail, past the queue: no issue, no delivery and no reader comes of it. The exit code is 1 when the relay refuses it.

    Example: newsletter test launch.md --to ada@example.com
    """
    with open_newsletter(context) as newsletter:
        done = newsletter.test(note, to)
    if as_json:
        print_json(
            {
                "accepted": done.accepted,
                "relay": done.relay,
                "code": done.code,
                "reply": done.reply,
                "signed": done.signed,
            }
        )
    else:
        verdict = "accepted" if done.accepted else "did not accept"
        reply = " ".join(plain(str(part)) for part in (done.code, done.reply) if part)
        say(f"{done.relay} {verdict} the test copy: {reply}")
    if not done.accepted:
        raise typer.Exit(1)
