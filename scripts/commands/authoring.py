"""Before readers see anything: schedule, unschedule, calendar, preview."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import local, print_json, print_table, remark, say, stamp
from scripts.context import JsonOption, open_newsletter
from storage.model import NewsletterError, show

if TYPE_CHECKING:
    from newsletter.authoring import Preview

NoteArgument = Annotated[
    str, typer.Argument(metavar="NOTE", help="The note's path below the notes folder.")
]


class Format(StrEnum):
    """What a preview shows."""

    HTML = "html"
    TEXT = "text"
    EML = "eml"


def register(app: typer.Typer, heading: str) -> None:
    """Add this group's commands to the application, under this heading of its help."""
    app.command(rich_help_panel=heading)(schedule)
    app.command(rich_help_panel=heading)(unschedule)
    app.command(rich_help_panel=heading)(calendar)
    app.command(rich_help_panel=heading)(preview)


def schedule(
    context: typer.Context,
    note: NoteArgument,
    at: Annotated[
        str, typer.Option("--at", metavar="WHEN", help='ISO, "tomorrow 9:00", "monday 17:30".')
    ] = "",
    zone: Annotated[
        str, typer.Option("--tz", metavar="ZONE", help="Whose time WHEN is, as Europe/Berlin.")
    ] = "",
    now: Annotated[bool, typer.Option("--now", help="At the next poll.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Have a note go out at a time.

    Do it again with another time to move it. Without --tz the time is meant in the newsletter's zone.

    Example: newsletter schedule launch.md --at "tomorrow 9:00" --tz Europe/Berlin
    """
    if bool(at) == now:
        raise typer.BadParameter("say when: either --at WHEN or --now")
    if now and zone:
        raise typer.BadParameter("--tz goes with --at")
    with open_newsletter(context) as newsletter:
        done = newsletter.schedule(note, at or "now", zone=zone or None)
    planned = done.schedule
    if as_json:
        print_json(
            {
                "note": planned.path,
                "publish_at": stamp(planned.publish_at),
                "wall": planned.wall,
                "zone": planned.zone,
                "remark": done.remark,
            }
        )
        return
    if now:
        say(f"{planned.path} goes out at the next poll")
    else:
        wall = planned.wall.replace("T", " ").removesuffix(":00")
        say(f"{planned.path} goes out at {wall} {planned.zone}")
    if done.remark:
        remark(done.remark)


def unschedule(context: typer.Context, note: NoteArgument) -> None:
    """Take a schedule back.

    As long as the note is not published; after that see `newsletter cancel`.

    Example: newsletter unschedule launch.md
    """
    with open_newsletter(context) as newsletter:
        taken_back = newsletter.unschedule(note)
    say(f"{taken_back.path} is no longer scheduled")


def calendar(context: typer.Context, as_json: JsonOption = False) -> None:
    """List what will go out, and when.

    Example: newsletter calendar
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        planned = newsletter.calendar()
    if as_json:
        print_json(
            [
                {
                    "note": one.path,
                    "title": one.title,
                    "publish_at": stamp(one.publish_at),
                    "by": one.by.value,
                    "email": one.email,
                    "problem": one.problem,
                }
                for one in planned
            ]
        )
        return
    rows = [
        (
            local(one.publish_at, zone),
            one.path,
            one.title,
            one.by.value,
            one.problem or ("" if one.email else "feeds only"),
        )
        for one in planned
    ]
    print_table(("when", "note", "title", "by", "remark"), rows, empty="nothing is planned")


def preview(
    context: typer.Context,
    note: NoteArgument,
    form: Annotated[
        str, typer.Option("--format", metavar="html,text,eml", help="One, or several with --out.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it there instead.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """See the mail a note would become.

    Changes nothing and sends nothing. The format is text, unless --format or the ending of FILE says otherwise. Several formats go to
    files that share FILE's name.

    Example: newsletter preview launch.md --out launch.html
    """
    formats = _formats(form, out)
    if len(formats) > 1 and out is None:
        raise typer.BadParameter("several formats need --out")
    with open_newsletter(context) as newsletter:
        found = newsletter.preview(note)
    for warning in found.warnings:
        remark(f"warning: {warning.sentence}")
    if as_json:
        print_json(
            {
                "subject": found.subject,
                "html": found.html,
                "text": found.text,
                "warnings": [one.sentence for one in found.warnings],
            }
        )
    elif out is None:
        _print(found, formats[0])
    else:
        for one in formats:
            _write(out if len(formats) == 1 else out.with_suffix(_SUFFIXES[one]), found, one)


_SUFFIXES = {Format.HTML: ".html", Format.TEXT: ".txt", Format.EML: ".eml"}


def _formats(form: str, out: Path | None) -> list[Format]:
    if not form:
        suffix = out.suffix.lower() if out else ""
        return [next((one for one, ending in _SUFFIXES.items() if ending == suffix), Format.TEXT)]
    try:
        return [Format(word.strip().lower()) for word in form.split(",")]
    except ValueError as error:
        raise typer.BadParameter("--format is html, text or eml, or several of them") from error


def _content(found: Preview, form: Format) -> bytes:
    match form:
        case Format.HTML:
            return found.html.encode()
        case Format.TEXT:
            return found.text.encode()
        case Format.EML:
            return found.eml


def _print(found: Preview, form: Format) -> None:
    """For a pipe the octets as they are; where people read, nothing in them steers a terminal."""
    content = _content(found, form)
    if form is Format.TEXT or sys.stdout.isatty():
        content = show(content.decode("utf-8", "replace").replace("\r\n", "\n")).encode()
    typer.echo(content, nl=False)


def _write(path: Path, found: Preview, form: Format) -> None:
    try:
        path.write_bytes(_content(found, form))
    except OSError as error:
        raise NewsletterError(f"{path} cannot be written: {error.strerror}") from error
    say(f"{form.value} written to {path}")
