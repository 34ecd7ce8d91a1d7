"""The database's own commands."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import typer

from scripts.console import say
from scripts.context import settings_of
from storage.model import Conflict

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Look after the database."""


@app.command()
def init(context: typer.Context) -> None:
    """Make an empty database where one is known to have been.

    A database that is missing is not made anew without a word: its readers would be gone. Bring it
    back if you can.

    Example: newsletter db init
    """
    settings = settings_of(context)
    from newsletter.config import load_config
    from newsletter.watermark import Watermark
    from storage.database import Database

    config = load_config(settings.config, os.environ)
    database = Database.open(config.storage.url)
    try:
        if not database.is_empty():
            raise Conflict(f"there is a database at {database.name} already")
        Watermark(config.web.secret_file, database, lambda: datetime.now(UTC)).forget()
        database.prepare()
    finally:
        database.close()
    say("an empty database is made")


@app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the tables to this version of the program; make a backup first.

    Example: newsletter db upgrade
    """
    settings = settings_of(context)
    from newsletter.config import load_config
    from storage.database import Database

    config = load_config(settings.config, os.environ)
    database = Database.open(config.storage.url)
    try:
        database.upgrade()
    finally:
        database.close()
    say("the database is up to date")
