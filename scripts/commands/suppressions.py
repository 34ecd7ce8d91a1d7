"""Addresses that are never mailed: list, add, lift."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.console import local, print_json, print_table, say, stamp
from scripts.context import JsonOption, open_newsletter
from storage.model import NotFound

app = typer.Typer(help="Addresses that are never mailed.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]


@app.command("list")
def list_(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the addresses never mailed, with reason and evidence.

    Example: newsletter suppressions list
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        found = newsletter.subscribers.suppressions()
    if as_json:
        print_json(
            [
                {
                    "address": one.address or None,
                    "reason": one.reason.value,
                    "evidence": one.evidence,
                    "created_at": stamp(one.created_at),
                }
                for one in found
            ]
        )
        return
    rows = [
        (one.address or "(erased)", one.reason.value, local(one.created_at, zone), one.evidence)
        for one in found
    ]
    print_table(("address", "reason", "since", "evidence"), rows, empty="no address is suppressed")


@app.command()
def add(
    context: typer.Context,
    address: Address,
    evidence: Annotated[
        str, typer.Option("--evidence", metavar="TEXT", help="Why, for your own records.")
    ] = "",
) -> None:
    """Never mail an address again, also not what is queued for it.

    Example: newsletter suppressions add ada@example.com --evidence "asked by letter"
    """
    with open_newsletter(context) as newsletter:
        added = newsletter.subscriptions.suppress(address, evidence)
    say(f"{address} is never mailed again" if added else f"{address} was suppressed already")


@app.command()
def lift(context: typer.Context, address: Address) -> None:
    """Let an address be mailed again. Whether it is subscribed stays as it was.

    Example: newsletter suppressions lift ada@example.com
    """
    with open_newsletter(context) as newsletter:
        if not newsletter.subscriptions.lift(address):
            raise NotFound("suppression of", address)
    say(f"{address} may be mailed again")
