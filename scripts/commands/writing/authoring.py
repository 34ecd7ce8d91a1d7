"""Before readers see anything: preview."""

from __future__ import annotations

import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import print_json, remark, say
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


def preview(
    context: typer.Context,
    note: NoteArgument,
    form: Annotated[
        str, typer.Option("--format", metavar="html,text,eml", help="One, or several with --out.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there instead; - is standard output."),
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="In a browser, shown anew when the note is saved.")
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="N", min=0, max=65535, help="Of --serve; any free one if left out."
        ),
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """See the mail a note would become.

    Changes nothing and sends nothing. The format is text, unless --format or the ending of FILE says otherwise. Several formats go to
    files that share FILE's name.

    Example: newsletter preview launch.md --out launch.html
    """
    if as_json and (serve or str(out) == "-"):
        raise typer.BadParameter("--json prints one document; leave the other out")
    if serve:
        _serve(context, note, port)
        return
    formats = _formats(form, out)
    if len(formats) > 1 and out is None:
        raise typer.BadParameter("several formats need --out")
    with open_newsletter(context) as newsletter:
        found = newsletter.preview(note)
    for warning in found.warnings:
        remark(f"warning: {warning.sentence}")
    if out is not None:
        for one in formats:
            path = out if len(formats) == 1 else out.with_suffix(_SUFFIXES[one])
            _write(path, found, one, as_json)
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


def _serve(context: typer.Context, note: str, port: int) -> None:
    with open_newsletter(context) as newsletter:
        from scripts.commands.writing.serving import Stage

        with Stage(newsletter, note, port) as stage:
            say(stage.address)
            sys.stdout.flush()
            remark("page and mail side by side, until Ctrl-C; on this machine alone")
            with suppress(KeyboardInterrupt):
                stage.serve_forever()


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


def _write(path: Path, found: Preview, form: Format, quietly: bool) -> None:
    if str(path) == "-":
        _print(found, form)
        return
    try:
        path.write_bytes(_content(found, form))
    except OSError as error:
        raise NewsletterError(f"{path} cannot be written: {error.strerror}") from error
    if not quietly:
        say(f"{form.value} written to {path}")
