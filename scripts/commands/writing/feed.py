"""The feed whose entries are notes: how it stands, asking for it now, and what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scripts.console import Json, local, plain, print_json, say
from scripts.context import JsonOption, open_newsletter
from storage.model import stamp

if TYPE_CHECKING:
    from newsletter.following import Followed


def feed(
    context: typer.Context,
    poll: Annotated[bool, typer.Option("--poll", help="Ask for it now.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="What is held is meant: publish it, mail nobody.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the feed whose entries are notes.

    When it was asked for last, what it answered, and what of it is held. It is asked for by `run` and `send`; what is new then comes out like any note. `--poll` asks at once, also a feed that said it is gone.

    Example: newsletter feed
    """
    with open_newsletter(context) as newsletter:
        zone = newsletter.identity.timezone
        follower = newsletter.feed
        if accept:
            found: Followed | None = follower.accept()
        else:
            found = follower.ask() if poll else follower.standing()
    if as_json:
        print_json(feed_json(found))
    elif found is None:
        say("no feed is followed; `[notes] feed` names one")
    else:
        _tell(found, zone)
    if poll and found is not None and not found.is_well:
        raise typer.Exit(1)


def _tell(found: Followed, zone: str) -> None:
    from newsletter.following import shown, tell_hold, tell_standing

    facts = [("feed", shown(found.configured)), ("answer", tell_standing(found))]
    facts += [("asked", local(found.asked_at, zone))] if found.asked_at else []
    if found.read_at is not None and found.read_at != found.asked_at and not found.is_well:
        facts.append(("was well", local(found.read_at, zone)))
    if not found.ended:
        next_at = local(found.next_at, zone) if found.next_at else "at the next sending"
        facts.append(("next", next_at))
    facts += [("held", held)] if (held := tell_hold(found)) else []
    facts += [("remark", remark) for remark in found.remarks]
    for name, value in facts:
        say(plain(f"{name:<12} {value}"))


def tell_feed(found: Followed | None, zone: str) -> str:
    """One line for other commands: how it stands, and when it is asked for; empty without a feed."""
    if found is None:
        return ""
    from newsletter.following import shown, tell_failure, tell_hold, tell_standing

    told = tell_hold(found) or tell_failure(found) or tell_standing(found)
    when = f"; asked next at {local(found.next_at, zone)}" if found.next_at else ""
    return plain(f"{shown(found.configured)}: {told}{when}")


def feed_json(found: Followed | None) -> Json:
    """How a feed stands, for JSON; None without one."""
    if found is None:
        return None
    from newsletter.following import shown

    return {
        "feed": shown(found.configured),
        "moved_to": shown(found.url) if found.url else None,
        "answer": found.answer,
        "well": found.is_well,
        "failures": found.failures,
        "ended": found.ended,
        "asked_at": stamp(found.asked_at),
        "read_at": stamp(found.read_at),
        "next_at": stamp(found.next_at),
        "entries": found.entries,
        "held": found.held or None,
        "held_since": stamp(found.held_since),
        "held_new": found.held_new,
        "examples": list(found.examples),
        "remarks": list(found.remarks),
    }
