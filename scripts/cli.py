"""The command `newsletter`: one typer application, and how its errors become exit codes.

0: done. 1: what was asked for failed, or problems were found. 2: usage or configuration.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from scripts.commands import (
    authoring,
    bounce,
    check,
    database,
    dkim,
    doctor,
    issues,
    quarantine,
    service,
    subscribers,
    suppressions,
)
from scripts.context import Settings
from storage.model import ConfigError, NewsletterError

app = typer.Typer(
    name="newsletter",
    help="Turn a folder of Markdown notes into a newsletter: feeds, an archive, and mail.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (service, authoring, check, issues, bounce, doctor):
    group.register(app)
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(suppressions.app, name="suppressions")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(dkim.app, name="dkim")
app.add_typer(database.app, name="db")


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
    context.obj = Settings(config=config, level=level)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    try:
        app(arguments, prog_name="newsletter")
    except NewsletterError as error:
        print(f"newsletter: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except BrokenPipeError:
        # Whoever read has what they wanted. Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
