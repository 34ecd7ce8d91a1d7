"""Leaving over the site, and a reader's own links, as readers, scanners and mail programs use them."""

from __future__ import annotations

import pytest

from storage.model.readers import ConsentEventKind, SubscriberState
from tests.worlds.readers.joined import SCANNERS, join_and_confirm, state
from tests.worlds.readers.site import Author, Client

FORM = "application/x-www-form-urlencoded"
PRIVATE = ("confirm", "unsubscribe", "preferences")


@pytest.mark.parametrize("route", ["unsubscribe", "preferences"])
def test_scanners_unsubscribe_nobody(author: Author, client: Client, route: str) -> None:
    """Fetching the way out is not going it (rule A9)."""
    who = join_and_confirm(author, client)
    link = getattr(author.newsletter.parts.tokens, route)(who.id)
    for agent in SCANNERS * 5:
        page = client.get(f"/{route}/{link}", user_agent=agent)
        assert page.status_code == 200
        assert '<form class="act" method="post">' in page.text
        assert client.head(f"/{route}/{link}", user_agent=agent).status_code == 200
    assert state(author, who) is SubscriberState.ACTIVE


def test_links_are_kept_to_the_reader(author: Author, client: Client) -> None:
    """Pages behind a reader's key are not stored, referred to or indexed, good key or bad (F8)."""
    who = join_and_confirm(author, client)
    good = {
        "confirm": author.newsletter.parts.tokens.confirm(who.id, who.nonce, author.clock.now),
        "unsubscribe": author.newsletter.parts.tokens.unsubscribe(who.id),
        "preferences": author.newsletter.parts.tokens.preferences(who.id),
    }
    for route in PRIVATE:
        for link in (good[route], "bad"):
            response = client.get(f"/{route}/{link}")
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["referrer-policy"] == "no-referrer"
            assert "noindex" in response.headers["x-robots-tag"]
            assert f"/{link}" not in response.text


@pytest.mark.parametrize("route", ["confirm", "unsubscribe", "preferences", "feeds"])
def test_whatever_a_readers_link_is_answered_it_is_kept_to_the_reader(
    client: Client, route: str
) -> None:
    """Another method, a slash too many at its end, an unknown feed (rule F8)."""
    answers = [
        client.ask("PUT", f"/{route}/{'0' * 20}.xml", headers={}),
        client.get(f"/{route}/{'0' * 20}/"),
        client.get(f"/{route}/{'0' * 20}.xml"),
    ]
    assert [answer.status_code for answer in answers] == [405, 308, 404]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
    assert client.get("/nowhere/feeds/x").headers["referrer-policy"] != "no-referrer"


# ── leaving ──────────────────────────────────────────────────────────────────────────────────


MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"List-Unsubscribe=One-Click", FORM), (MULTIPART, "multipart/form-data; boundary=x")],
)
def test_one_click(author: Author, client: Client, body: bytes, content_type: str) -> None:
    """A mail program's POST ends it at once and twice over, with no redirect or cookie (A7, A12)."""
    who = join_and_confirm(author, client)
    link = author.newsletter.parts.tokens.unsubscribe(who.id)
    for _ in range(2):
        response = client.post(f"/unsubscribe/{link}", body, content_type=content_type)
        assert response.status_code == 200
        assert "location" not in response.headers
        assert "set-cookie" not in response.headers
        assert state(author, who) is SubscriberState.UNSUBSCRIBED
    left = [
        event
        for event in author.newsletter.subscribers.events(who.id)
        if event.kind is ConsentEventKind.UNSUBSCRIBED
    ]
    assert [event.source for event in left] == ["one-click"]


def test_old_links_still_end_it(author: Author, client: Client) -> None:
    """A link out of a mail of long ago works (rule A11)."""
    who = join_and_confirm(author, client)
    link = author.newsletter.parts.tokens.unsubscribe(who.id)
    author.clock.move(days=400)
    assert client.post(f"/unsubscribe/{link}").status_code == 200
    assert state(author, who) is SubscriberState.UNSUBSCRIBED


@pytest.mark.parametrize("route", ["unsubscribe", "preferences", "confirm"])
def test_a_damaged_link_does_nothing(author: Author, client: Client, route: str) -> None:
    """No other spelling of a key is accepted, and none tells anything (rules A10, F3)."""
    who = join_and_confirm(author, client)
    good = author.newsletter.parts.tokens.unsubscribe(who.id)
    damaged = [
        good[:place] + ("0" if good[place] != "0" else "1") + good[place + 1 :]
        for place in range(0, len(good), 5)
    ]
    damaged += [good[:-1], good.upper(), f"{good}00", "x", "%00", "..."]
    for link in damaged if route == "unsubscribe" else [*damaged, good]:
        assert client.get(f"/{route}/{link}").status_code == 404
        assert client.post(f"/{route}/{link}").status_code == 404
    assert state(author, who) is SubscriberState.ACTIVE


def test_preferences_show_and_end(author: Author, client: Client) -> None:
    """The page names the address only by its outline, and its button ends the subscription."""
    who = join_and_confirm(author, client)
    path = f"/preferences/{author.newsletter.parts.tokens.preferences(who.id)}"
    page = client.get(path).text
    assert "subscribed" in page
    assert who.address not in page
    assert client.post(path).status_code == 200
    assert state(author, who) is SubscriberState.UNSUBSCRIBED
    assert "not subscribed" in client.get(path).text
