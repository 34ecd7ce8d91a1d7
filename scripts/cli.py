"""The command `newsletter`: one typer application, and how its errors become exit codes.

0: done. 1: what was asked for failed, or problems were found. 2: usage or configuration.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from scripts.commands import (
    bounce,
    building,
    database,
    desk,
    dkim,
    doctor,
    flight,
    issues,
    keeping,
    quarantine,
    service,
    stats,
)
from scripts.commands.readers import subscribers, suppressions
from scripts.commands.writing import authoring, check, feed, moving, plan, scheduling
from scripts.console import LogForm, remark
from scripts.context import Settings
from scripts.helping import Listed, explain, misuse, rows_of
from storage.model import ConfigError, NewsletterError


class Heading(StrEnum):
    """What the commands are listed under, in this order; docs/commands.md has the same."""

    STARTING = "Starting"
    WRITING = "Writing"
    FOLLOWING = "Following"
    READERS = "Readers"
    ARRIVING = "Arriving"
    COMING_BACK = "What comes back"
    DATABASE = "The database"


class Headed(Listed):
    """Lists its commands under their headings.

    typer does that only through rich, which takes longer to load than all that is needed here.
    """

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer gives it
        """Writes a section for each heading; the first column is as wide in all of them."""
        widest = max(map(len, self.commands))
        for heading in Heading:
            under = [
                (name, command)
                for name, command in self.commands.items()
                if isinstance(command, TyperCommand | TyperGroup)
                and command.rich_help_panel == heading
            ]
            with formatter.section(heading):
                formatter.write_dl(list(rows_of(under, widest)))


app = typer.Typer(
    name="newsletter",
    cls=Headed,
    help="Turn a folder of Markdown notes into a newsletter: feeds, an archive, and mail.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
service.register(app, Heading.STARTING)
building.register(app, Heading.STARTING)
scheduling.register(app, Heading.WRITING)
plan.register(app, Heading.WRITING)
authoring.register(app, Heading.WRITING)
check.register(app, Heading.WRITING)
feed.register(app, Heading.WRITING)
issues.register(app, Heading.FOLLOWING)
flight.register(app, Heading.FOLLOWING)
stats.register(app, Heading.FOLLOWING)
desk.register(app, Heading.FOLLOWING)
app.add_typer(moving.app, name="import", rich_help_panel=Heading.STARTING)
app.add_typer(subscribers.app, name="subscribers", rich_help_panel=Heading.READERS)
app.add_typer(suppressions.app, name="suppressions", rich_help_panel=Heading.READERS)
app.add_typer(dkim.app, name="dkim", rich_help_panel=Heading.ARRIVING)
doctor.register(app, Heading.ARRIVING)
bounce.register(app, Heading.COMING_BACK)
app.add_typer(quarantine.app, name="quarantine", rich_help_panel=Heading.COMING_BACK)
keeping.register(app, Heading.DATABASE)
app.add_typer(database.app, name="db", rich_help_panel=Heading.DATABASE)
explain(app)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version  # nobody else needs it

        typer.echo(f"newsletter {version('newsletter-service')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Option(
            "--config", envvar="NEWSLETTER_CONFIG", metavar="FILE", help="The configuration."
        ),
    ] = Path("newsletter.toml"),
    verbose: Annotated[bool, typer.Option("--verbose", help="Log every step.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log errors only.")] = False,
    log: Annotated[
        LogForm, typer.Option("--log", help="How log lines look; auto reads well on a terminal.")
    ] = LogForm.AUTO,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """Turn a folder of Markdown notes into a newsletter: feeds, an archive, and mail."""
    if verbose and quiet:
        raise typer.BadParameter("--verbose and --quiet exclude each other")
    level = logging.DEBUG if verbose else logging.ERROR if quiet else None
    context.obj = Settings(config=config, level=level, log=log)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    try:
        code = app(arguments, prog_name="newsletter", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except typer.TyperException as error:
        remark(misuse(error))
        sys.exit(error.exit_code)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "start new thread" not in str(error):
            raise
        remark(
            "error: no memory is left for this; nothing is lost, run it again when there is some"
        )
        sys.exit(1)
    except typer.Abort:
        remark("newsletter: given up")
        sys.exit(1)
    except NewsletterError as error:
        remark(f"newsletter: {error}")
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except BrokenPipeError:
        # Whoever read has what they wanted. Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
