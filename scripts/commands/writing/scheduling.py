"""When notes go out: schedule, unschedule, queue, unqueue, calendar."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.commands.writing.authoring import NoteArgument
from scripts.commands.writing.feed import tell_feed
from scripts.console import (
    Json,
    local,
    print_json,
    print_table,
    remark,
    spell_time,
    tell,
    tell_span,
    write_file,
)
from scripts.context import JsonOption, open_newsletter
from storage.model import count, stamp

if TYPE_CHECKING:
    from newsletter.app import Newsletter
    from newsletter.authoring import Planned, Scheduled


def schedule(
    context: typer.Context,
    note: NoteArgument,
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="WHEN", help='ISO, "tomorrow 9:00", "next tuesday 9am", "in 2 hours".'
        ),
    ] = "",
    zone: Annotated[
        str, typer.Option("--tz", metavar="ZONE", help="Whose time WHEN is, as Europe/Berlin.")
    ] = "",
    now: Annotated[bool, typer.Option("--now", help="At the next poll.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Have a note go out at a time.

    Do it again with another time to move it; the same command twice is one send. Without --tz the time is meant in the newsletter's zone, and a day without a time is `[schedule] time`.

    Example: newsletter schedule launch.md --at "tomorrow 9:00" --tz Europe/Berlin
    """
    if bool(at) == now:
        raise typer.BadParameter("say when: either --at WHEN or --now")
    if now and zone:
        raise typer.BadParameter("--tz goes with --at")
    with open_newsletter(context) as newsletter:
        done = newsletter.schedule(note, at or "now", zone=zone or None)
        _tell(newsletter, done, now=now, as_json=as_json)


def queue(context: typer.Context, note: NoteArgument, as_json: JsonOption = False) -> None:
    """Have a note go out at the next free slot.

    The slots are the cron lines of `[schedule] slots`. A note that is in the queue stays where it is.

    Example: newsletter queue launch.md
    """
    with open_newsletter(context) as newsletter:
        done = newsletter.queue(note)
        _tell(newsletter, done, now=False, as_json=as_json)


def _tell(newsletter: Newsletter, done: Scheduled, *, now: bool, as_json: bool) -> None:
    planned = done.schedule
    errors = sum(one.errors for one in newsletter.check(planned.path))
    is_running = newsletter.is_running()
    if as_json:
        print_json(_done_document(done, is_running=is_running, errors=errors))
        return
    if now:
        tell(f"{planned.path} goes out at the next poll")
    else:
        ahead = planned.publish_at - newsletter.parts.clock()
        when = spell_time(planned.publish_at, planned.zone)
        tell(f"{planned.path} goes out on {when}, {_in(ahead)}")
    if not done.set_now:
        remark("that was its schedule already; it goes out once")
    elif done.was is not None:
        remark(f"instead of on {spell_time(done.was, planned.zone)}")
    if not done.has_time:
        remark("no time of day was said, so it is that of `[schedule] time`")
    if done.remark:
        remark(done.remark)
    if not is_running:
        remark(
            "nothing is running that would send it: start `newsletter run`, or have cron call "
            "`newsletter send`"
        )
    if errors:
        remark(f"{count(errors, 'error')} in it: see `newsletter check {planned.path}`")


def _done_document(done: Scheduled, *, is_running: bool, errors: int) -> dict[str, Json]:
    planned = done.schedule
    return {
        "note": planned.path,
        "publish_at": stamp(planned.publish_at),
        "wall": planned.wall,
        "zone": planned.zone,
        "remark": done.remark,
        "changed": done.set_now,
        "was": stamp(done.was),
        "running": is_running,
        "errors": errors,
    }


def _in(ahead: timedelta) -> str:
    ahead += timedelta(seconds=30)  # to the nearest minute
    return f"in {tell_span(ahead)}" if ahead >= timedelta(minutes=1) else "within a minute"


def unschedule(context: typer.Context, note: NoteArgument, as_json: JsonOption = False) -> None:
    """Take a schedule back.

    As long as the note is not published; after that see `newsletter cancel`.

    Example: newsletter unschedule launch.md
    """
    with open_newsletter(context) as newsletter:
        taken_back = newsletter.unschedule(note)
    if as_json:
        print_json({"note": taken_back.path, "was": stamp(taken_back.publish_at)})
        return
    tell(f"{taken_back.path} is no longer scheduled")


def unqueue(context: typer.Context, note: NoteArgument, as_json: JsonOption = False) -> None:
    """Give the slot of a note back.

    The notes behind it stay where they are; the next one that is queued takes the slot.

    Example: newsletter unqueue launch.md
    """
    with open_newsletter(context) as newsletter:
        taken_back = newsletter.unqueue(note)
        zone = newsletter.identity.timezone
    if as_json:
        print_json({"note": taken_back.path, "was": stamp(taken_back.publish_at)})
        return
    tell(f"{taken_back.path} is no longer in the queue")
    remark(f"its slot is free again: {spell_time(taken_back.publish_at, zone)}")


def calendar(
    context: typer.Context,
    ics: Annotated[
        Path | None,
        typer.Option("--ics", metavar="FILE", help="Write it as iCalendar; `-` to the terminal."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List what will go out, and when.

    Looks at the notes folder itself: what you scheduled, what the notes say, digests that readers wait for, and the next free slots.

    Example: newsletter calendar
    """
    if as_json and ics is not None and str(ics) == "-":
        raise typer.BadParameter("--json prints one document; give --ics a FILE")
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        content = newsletter.calendar_file() if ics is not None else b""
        planned = newsletter.calendar() if as_json or ics is None else []
        feed = tell_feed(newsletter.feed_standing(), zone)
    if ics is not None:
        write_file(ics, content, "calendar", quietly=as_json)
    if as_json:
        print_json([_document(one) for one in planned])
    elif ics is None:
        rows = [
            (
                local(one.publish_at, zone),
                one.path,
                one.title,
                one.by.value,
                _remark(one),
            )
            for one in planned
        ]
        print_table(("when", "note", "title", "by", "remark"), rows, empty="nothing is planned")
        if feed:
            remark(f"(what comes of the feed is not known before: {feed})")


def _remark(one: Planned) -> str:
    if one.problem:
        return one.problem
    if one.by.value == "slot":
        return "free"
    if one.by.value == "digest":
        return f"due now; {one.reason}" if one.due else one.reason
    told = [one.reason] if one.reason else [] if one.email else ["feeds only"]
    if one.said:
        told.append(f"said as {one.said}, whose rules have changed since")
    return "; ".join((["due now"] if one.due else []) + told)


def _document(one: Planned) -> Json:
    return {
        "note": one.path,
        "title": one.title,
        "publish_at": stamp(one.publish_at),
        "by": one.by.value,
        "email": one.email,
        "due": one.due,
        "problem": one.problem or (one.reason if one.email and one.path else ""),
        "said": one.said,
    }
