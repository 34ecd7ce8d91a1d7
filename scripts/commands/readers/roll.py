"""Readers as their author looks through them: list them, give them tags and take those away."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.console import Json, local, plain, print_json, print_json_list, print_long_table, say
from scripts.context import Address, JsonOption, open_newsletter
from storage.model import Subscriber, SubscriberState, stamp

Tags = Annotated[list[str], typer.Argument(metavar="TAG...", help="One or several tags.")]


def register(app: typer.Typer) -> None:
    """Add these to the group of commands about readers."""
    app.command("list")(list_)
    app.command()(tag)
    app.command()(untag)


def list_(
    context: typer.Context,
    state: Annotated[
        SubscriberState | None,
        typer.Option(
            "--state", metavar="STATE", help="Only who is pending, active or unsubscribed."
        ),
    ] = None,
    tag: Annotated[
        str, typer.Option("--tag", metavar="TAG", help="Only those who have this tag.")
    ] = "",
    search: Annotated[
        str,
        typer.Option("--search", metavar="TEXT", help="Only those with this in address or name."),
    ] = "",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="So many at most.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List subscribers, in the order they came.

    All, or those in a state, with a tag, with a word in address or name; case does not matter.

    Example: newsletter subscribers list --state active --tag ml
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        found = newsletter.parts.roll.find(state=state, tag=tag, search=search, limit=limit)
        if as_json:
            print_json_list(map(document, found))
            return
        rows = (
            (
                one.address,
                one.name,
                one.state.value,
                ", ".join(one.tags),
                local(one.created_at, zone),
            )
            for one in found
        )
        columns = ("address", "name", "state", "tags", "since")
        print_long_table(columns, rows, empty="no subscribers")


def tag(context: typer.Context, address: Address, tags: Tags, as_json: JsonOption = False) -> None:
    """Give a reader tags.

    A note's `audience` names readers by them. Mail that is queued stays queued.

    Example: newsletter subscribers tag ada@example.com ml "early reader"
    """
    _change(context, address, add=tags, remove=(), as_json=as_json)


def untag(
    context: typer.Context, address: Address, tags: Tags, as_json: JsonOption = False
) -> None:
    """Take tags from a reader, whatever their case.

    Mail that is queued stays queued.

    Example: newsletter subscribers untag ada@example.com beta
    """
    _change(context, address, add=(), remove=tags, as_json=as_json)


def _change(
    context: typer.Context,
    address: str,
    *,
    add: list[str] | tuple[()],
    remove: list[str] | tuple[()],
    as_json: bool,
) -> None:
    with open_newsletter(context) as newsletter:
        known = newsletter.subscriptions.find(address)
        changed = newsletter.parts.roll.change_tags(known.id, add=add, remove=remove)
    if as_json:
        print_json(document(changed))
    else:
        shown = ", ".join(changed.tags) if changed.tags else "none"
        say(plain(f"{changed.address}: {shown}"))


def document(one: Subscriber) -> dict[str, Json]:
    """A subscriber as JSON."""
    return {
        "address": one.address,
        "name": one.name,
        "tags": list(one.tags),
        "state": one.state.value,
        "consent": one.consent,
        "created_at": stamp(one.created_at),
        "confirmed_at": stamp(one.confirmed_at),
        "unsubscribed_at": stamp(one.unsubscribed_at),
        "topics": list(one.wishes.topics),
        "pace": one.wishes.pace.value,
        "paused_until": stamp(one.wishes.paused_until),
        "language": one.wishes.language,
        "zone": one.wishes.zone,
        "own_feed": bool(one.feed_key),
    }
