"""Owns which commands there are, under which heading, and where each is: a command loads itself alone,
and help that lists them loads none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer

from scripts.helping import HelpedCommand, HelpedGroup, explain


class Heading(StrEnum):
    """What the commands are listed under, in this order; docs/commands.md has the same."""

    STARTING = "Starting"
    WRITING = "Writing"
    FOLLOWING = "Following"
    READERS = "Readers"
    ARRIVING = "Arriving"
    COMING_BACK = "What comes back"
    DATABASE = "The database"


class Command(NamedTuple):
    """A command, or a group of some."""

    name: str
    heading: Heading
    place: str
    """Its module below scripts.commands, and its function there; the `app` of a group."""
    sentence: str
    """The first sentence of its docstring, or the help of its group: a test compares the two."""


COMMANDS: Final = (
    Command("init", Heading.STARTING, "service:init", "Start a newsletter in a folder."),
    Command("run", Heading.STARTING, "service:run", "Run everything in one process."),
    Command("send", Heading.STARTING, "service:send", "Send all that is due now, then end."),
    Command("worker", Heading.STARTING, "service:worker", "Only send; any number of these at once."),
    Command("build", Heading.STARTING, "building:build", "Write site, archive, feeds and pictures as files for a web server."),
    Command("schedule", Heading.WRITING, "writing.scheduling:schedule", "Have a note go out at a time."),
    Command("unschedule", Heading.WRITING, "writing.scheduling:unschedule", "Take a schedule back."),
    Command("queue", Heading.WRITING, "writing.scheduling:queue", "Have a note go out at the next free slot."),
    Command("unqueue", Heading.WRITING, "writing.scheduling:unqueue", "Give the slot of a note back."),
    Command("calendar", Heading.WRITING, "writing.scheduling:calendar", "List what will go out, and when."),
    Command("plan", Heading.WRITING, "writing.plan:plan", "See what will go out before it does."),
    Command("preview", Heading.WRITING, "writing.authoring:preview", "See the mail a note would become."),
    Command("check", Heading.WRITING, "writing.check:check", "Look for mistakes in notes before readers find them."),
    Command("test", Heading.WRITING, "writing.check:send_test", "Send one copy of a note, marked as a test."),
    Command("missing", Heading.WRITING, "writing.check:missing", "Show published notes that vanished all at once."),
    Command("feed", Heading.WRITING, "writing.feed:feed", "Show the feed whose entries are notes."),
    Command("issues", Heading.FOLLOWING, "issues:list_issues", "List what was published, newest first."),
    Command("status", Heading.FOLLOWING, "issues:status", "Show how the mail of an issue stands."),
    Command("deliveries", Heading.FOLLOWING, "issues:deliveries", "List whom an issue went to."),
    Command("pause", Heading.FOLLOWING, "flight:pause", "Stop the mail of an issue for now."),
    Command("resume", Heading.FOLLOWING, "flight:resume", "Go on with mail that was paused."),
    Command("cancel", Heading.FOLLOWING, "flight:cancel", "Take the mail of an issue back."),
    Command("mail", Heading.FOLLOWING, "flight:mail", "Mail an issue to readers who have not had it."),
    Command("reconcile", Heading.FOLLOWING, "flight:reconcile", "List the messages in doubt, and decide about them."),
    Command("stats", Heading.FOLLOWING, "stats:stats", "Show growth, deliveries, bounces, complaints and leavers over time."),
    Command("desk", Heading.FOLLOWING, "desk:desk", "Print an address that opens the desk once."),
    Command("doctor", Heading.ARRIVING, "doctor:doctor", "Look at everything between this machine and a reader."),
    Command("bounce", Heading.COMING_BACK, "bounce:bounce", "Take bounces and complaints, and act on those about our mail."),
    Command("backup", Heading.DATABASE, "keeping:backup", "Copy the database and the secret into one file."),
    Command("restore", Heading.DATABASE, "keeping:restore", "Put a backup in the place of the database and the secret."),
    Command("import", Heading.STARTING, "writing.moving:app", "Move in from another system."),
    Command("subscribers", Heading.READERS, "readers.subscribers:app", "Who reads: add, import, export, look up, remove."),
    Command("suppressions", Heading.READERS, "readers.suppressions:app", "Addresses that are never mailed."),
    Command("dkim", Heading.ARRIVING, "dkim:app", "Keys for signing mail (DKIM)."),
    Command("quarantine", Heading.COMING_BACK, "quarantine:app", "Reports that were set aside."),
    Command("db", Heading.DATABASE, "database:app", "Look after the database."),
)  # fmt: skip


class Commands(Mapping[str, Any]):
    """The commands of the table by name, each loaded when it is asked for."""

    def __iter__(self) -> Iterator[str]:
        return (row.name for row in COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __getitem__(self, name: str) -> Any:
        """What typer makes of it. Raises KeyError."""
        for row in COMMANDS:
            if row.name == name:
                return _load(row)
        raise KeyError(name)


@cache
def _load(row: Command) -> Any:
    module, _, attribute = row.place.partition(":")
    found = getattr(import_module(f"scripts.commands.{module}"), attribute)
    holder = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        explain(found)
        holder.add_typer(found, name=row.name, cls=HelpedGroup)
    else:
        holder.command(row.name, cls=HelpedCommand)(found)
    return typer.main.get_group(holder).commands[row.name]
