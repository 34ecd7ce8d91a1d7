"""The command `newsletter`: one typer application, and how its errors become exit codes.

0: done. 1: what was asked for failed, or problems were found. 2: usage or configuration.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from scripts.commands.table import COMMANDS, Commands, Heading
from scripts.console import LogForm, print_json, remark
from scripts.context import Settings
from scripts.helping import HelpedGroup, misuse
from scripts.streams import NO_ROOM, end_output, open_output, silence_output
from storage.model import ConfigError, NewsletterError, NotATime


class HeadedGroup(HelpedGroup):
    """Lists its commands under their headings, as the table has them, and loads the one that is wanted.

    typer has headings only through rich, which takes longer to load than all that is needed here.
    """

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast("Any", Commands())

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer gives it
        """Writes a section for each heading; the first column is as wide in all of them."""
        widest = max(len(one.name) for one in COMMANDS)
        for heading in Heading:
            with formatter.section(heading):
                formatter.write_dl(
                    [
                        (one.name.ljust(widest), one.sentence)
                        for one in COMMANDS
                        if one.heading == heading
                    ]
                )


app = typer.Typer(
    name="newsletter",
    cls=HeadedGroup,
    help="Turn a folder of Markdown notes into a newsletter: feeds, an archive, and mail.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version  # nobody else needs it

        from words import zones_version

        zones = zones_version() or "of a version that is not told"
        typer.echo(f"newsletter {version('newsletter-service')}\ntime zones {zones}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Option(
            "--config",
            envvar="NEWSLETTER_CONFIG",
            metavar="FILE",
            help="The configuration.",
            readable=False,  # whoever reads it tells better why that cannot be
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
    open_output()
    try:
        code = app(arguments, prog_name="newsletter", standalone_mode=False)
        sys.stdout.flush()  # or Python would find out what cannot be written, in its own words
        sys.exit(code if isinstance(code, int) else 0)
    except typer.TyperException as error:
        told = misuse(error)
        _refuse(told, told.partition("\n")[0], arguments)
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
        _refuse(f"newsletter: {error}", str(error), arguments)
        sys.exit(2 if isinstance(error, ConfigError | NotATime) else 1)
    except BrokenPipeError:  # whoever read has what they wanted
        silence_output()
        sys.exit(1)
    except OSError as error:
        if error.errno not in NO_ROOM or error.filename is not None:
            raise
        silence_output()
        remark(f"newsletter: the result cannot be written: {error.strerror}")
        sys.exit(1)
    finally:
        end_output()


def _refuse(told: str, sentence: str, arguments: Sequence[str] | None) -> None:
    """Tells why nothing came of it: a person in any case, a program where it asked for JSON."""
    remark(told)
    if "--json" in (sys.argv[1:] if arguments is None else arguments):
        print_json({"error": sentence})
