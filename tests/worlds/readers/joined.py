"""Somebody who joins by the form of a site behind a proxy, and whether they did."""

from __future__ import annotations

from storage.model.readers import Subscriber, SubscriberState
from tests.worlds.readers.site import Author, Client

SCANNERS = ("Mozilla/5.0 (Windows NT 10.0) SafeLinks", "Barracuda Sentinel", "curl/8", "")


def join(author: Author, client: Client, address: str = "ada@example.com") -> Subscriber:
    """Asks to join by the form; the subscriber that comes of it."""
    client.post("/subscribe", f"email={address}".encode(), x_forwarded_for="198.51.100.7")
    author.newsletter.subscriptions.process()
    return next(reversed(list(author.newsletter.subscribers.everyone())))


def join_and_confirm(author: Author, client: Client) -> Subscriber:
    """A reader who did both steps."""
    asked = join(author, client)
    link = author.newsletter.parts.tokens.confirm(asked.id, asked.nonce, author.clock.now)
    assert client.post(f"/confirm/{link}").status_code == 200
    return asked


def state(author: Author, who: Subscriber) -> SubscriberState:
    """How the consent of somebody stands."""
    found = author.newsletter.subscribers.get(who.id)
    assert found is not None
    return found.state
