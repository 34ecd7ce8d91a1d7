"""The database's own commands."""

from __future__ import annotations

import os

import typer

from scripts.console import say
from scripts.context import settings_of

app = typer.Typer(help="Look after the database.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Look after the database."""


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
