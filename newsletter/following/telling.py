"""What is said of a feed: one line of how it stands, and what its author should do. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from newsletter.following.memory import Followed


def shown(url: str) -> str:
    """An address as it may be shown: without a password, and without what comes after a `?`."""
    parts = urlsplit(url)
    rest = "?…" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{rest}"


def tell_standing(feed: Followed) -> str:
    """How it stands, without times: `20 entries, 1 of them new`."""
    return feed.answer or "it was not asked for yet"


def tell_hold(feed: Followed) -> str:
    """What is held, and what to do; empty where nothing is."""
    if not feed.held:
        return ""
    named = ", ".join(f"“{title}”" for title in feed.examples)
    return (
        f"{feed.held}, such as {named}: nothing new of it is published, and what is out stays. When the "
        "feed is as it was all goes on; if the change is meant, `newsletter feed --accept` publishes "
        "them and mails nobody"
    )


def tell_failure(feed: Followed) -> str:
    """Why it cannot be had, and what to do; empty where it can, or was never asked for."""
    if feed.is_well:
        return ""
    if feed.ended:
        return (
            f"{feed.answer}; `newsletter feed --poll` asks once more, another address begins anew"
        )
    return f"{feed.answer}; it is asked for again, and what is out stays"
