"""What every command shares: the options before its name, and the newsletter they lead to."""

from __future__ import annotations

import gc
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.console import LogForm, configure_logging
from scripts.ending import ended_at_once

if TYPE_CHECKING:
    from newsletter.app import Newsletter
    from newsletter.config import Config

_MADE: Final = 20_000
"""Objects more than were let go, after which Python looks for those that only know each other."""

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options before the command's name."""

    config: Path
    level: int | None
    """What --verbose or --quiet said; None leaves it to the command."""
    log: LogForm = LogForm.AUTO


def open_newsletter(
    context: typer.Context, *, level: int = logging.WARNING, taken: Config | None = None
) -> Newsletter:
    """The newsletter that --config names, or with the configuration that a reload has `taken`; with logging as asked
    for or as suits the command.

    Raises ConfigError, StorageError, SchemaOutdated or SecretMismatch.
    """
    settings = settings_of(context, level=level)
    gc.disable()  # nothing of what is loaded now is garbage, and looking for some takes a tenth of the time
    try:
        with ended_at_once():
            from newsletter.app import Newsletter  # nothing of it is for --help

            return Newsletter.open(taken or settings.config)
    finally:
        collect_seldom()


def collect_seldom() -> None:
    """Garbage from now on, among what is made from now on, and so that neither loading a part nor rendering a note,
    which makes thousands of objects and hardly a cycle, costs more for it.
    """
    gc.freeze()
    gc.set_threshold(_MADE)
    gc.enable()


def settings_of(context: typer.Context, *, level: int = logging.WARNING) -> Settings:
    """The options before the command's name; logging is set up as they or the command say."""
    settings = context.obj
    if not isinstance(settings, Settings):
        raise TypeError("the application's callback has not run")
    configure_logging(level if settings.level is None else settings.level, settings.log)
    collect_seldom()
    return settings
