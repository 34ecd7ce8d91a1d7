"""What came back and could not be matched or understood: list, show, drop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import Json, local, plain, print_json, print_table, remark, say
from scripts.context import JsonOption, open_newsletter
from storage.model import Conflict, NewsletterError, NotFound, stamp

if TYPE_CHECKING:
    from storage.model import Overflow, SetAside

app = typer.Typer(help="Reports that were set aside.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `quarantine list` tells it.")]


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List what was set aside, newest first, and why.

    Example: newsletter quarantine list
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        found = newsletter.reports.set_aside()
        overflow = newsletter.reports.overflow()
    if overflow is not None:
        remark(tell_overflow(overflow, zone))
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    rows = [
        (
            str(one.number),
            local(one.received_at, zone),
            one.kind,
            one.status,
            f"{one.size:,}",
            why(one),
        )
        for one in found
    ]
    columns = ("number", "received", "kind", "status", "octets", "why")
    print_table(columns, rows, empty="nothing was set aside")


@app.command()
def show(
    context: typer.Context,
    number: Number,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it there, octet by octet."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show one of them. Control characters are left out, except in a file.

    Example: newsletter quarantine show 17
    """
    with open_newsletter(context) as newsletter:
        found = newsletter.reports.content(number)
        about = next((one for one in newsletter.reports.set_aside() if one.number == number), None)
    if found is None or about is None:
        raise NotFound("report in quarantine with the number", str(number))
    if out is not None:
        _write(out, found)
        remark(f"written to {out}")
        return
    if as_json:
        print_json({**_as_json(about), "content": readable(found)})
        return
    say(readable(found))


@app.command()
def drop(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None,
        typer.Argument(metavar="[NUMBER]...", help="As `quarantine list` tells them."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Forget some of them, as if they had never come: the same report may then be taken again.

    Example: newsletter quarantine drop 17 18
    """
    if bool(numbers) == everything:
        raise typer.BadParameter("give NUMBERs or --all")
    with open_newsletter(context) as newsletter:
        known = {one.number for one in newsletter.reports.set_aside()}
        wanted = known if everything else set(numbers or ())
        if missing := sorted(wanted - known):
            raise NotFound("report in quarantine with the number", str(missing[0]))
        dropped = newsletter.reports.drop(sorted(wanted))
    if as_json:
        print_json({"dropped": dropped})
    else:
        say(f"{dropped} dropped")


def tell_overflow(overflow: Overflow, zone: str) -> str:
    """What was lost for want of room, and how to be told again."""
    return (
        f"{overflow.reports} were let go to make room since {local(overflow.since, zone)}: "
        "somebody floods it; `newsletter quarantine list` shows what is left, and `drop` makes room"
    )


def overflow_json(overflow: Overflow | None) -> Json:
    """The same for programs."""
    if overflow is None:
        return None
    return {"let_go": overflow.reports, "since": stamp(overflow.since)}


def why(one: SetAside) -> str:
    """Why it was set aside, for a person."""
    if one.kind == "unknown":
        return f"cannot be understood: {one.evidence}" if one.evidence else "cannot be understood"
    reason = f": {one.evidence}" if one.evidence else ""
    return f"no key of ours names a reader{reason}"


def readable(raw: bytes) -> str:
    """The content as text, line by line, without anything that could steer a terminal."""
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(plain(line) for line in text.split("\n"))


def _as_json(one: SetAside) -> dict[str, Json]:
    return {
        "number": one.number,
        "received_at": stamp(one.received_at),
        "kind": one.kind,
        "status": one.status,
        "octets": one.size,
        "why": plain(why(one)),
    }


def _write(path: Path, content: bytes) -> None:
    """A new file that only the author can read: it holds addresses."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{path} is there already; choose another name or remove it") from error
    except OSError as error:
        raise NewsletterError(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
