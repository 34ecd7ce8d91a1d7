"""The author's desk: how to come in."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.console import print_json, remark, say
from scripts.context import JsonOption, open_newsletter


def desk(
    context: typer.Context,
    leave: Annotated[
        bool, typer.Option("--leave", help="Send every browser away that is at the desk.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print an address that opens the desk once.

    Within a quarter of an hour, in one browser; a new one voids the one before. The desk is off unless `[desk] enabled` is true.

    Example: newsletter desk
    """
    with open_newsletter(context) as newsletter:
        if leave:
            newsletter.parts.entrance.leave()
        address = "" if leave else newsletter.desk()
        is_running = newsletter.is_running()
    if leave:
        print_json({"url": None, "running": is_running}) if as_json else say(
            "nobody is at the desk any more"
        )
        return
    if as_json:
        print_json({"url": address, "running": is_running})
        return
    say(address)
    if not is_running:
        remark("nothing is running that would answer there: start `newsletter run`")
