"""The author's desk: how to come in."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import typer

from scripts.console import print_json, remark, say
from scripts.context import JsonOption, open_newsletter
from storage.model import Conflict


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
        config, entrance = newsletter.config, newsletter.parts.entrance
        if leave:
            entrance.leave()
            say("nobody is at the desk any more")
            return
        if not config.desk.enabled:
            raise Conflict(
                "the desk is off: set `enabled = true` in `[desk]`, and start `run` anew"
            )
        url = urlsplit(newsletter.identity.url)
        # Over plain http the desk is there for this machine alone, wherever the site is.
        base = (
            newsletter.identity.url
            if url.scheme == "https"
            else f"http://127.0.0.1:{config.web.port}{url.path}"
        )
        address = f"{base}/desk/enter/{entrance.invite()}"
        is_running = newsletter.is_running()
    if as_json:
        print_json({"url": address, "running": is_running})
        return
    say(address)
    if not is_running:
        remark("nothing is running that would answer there: start `newsletter run`")
