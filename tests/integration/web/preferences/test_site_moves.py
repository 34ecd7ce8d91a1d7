"""Another address: a link in its own inbox first, and nobody learns who reads."""

from __future__ import annotations

import re
from datetime import timedelta

from storage.model import (
    ConsentEventKind,
    DeliveryKind,
    Subscriber,
    SubscriberState,
    SuppressionReason,
)
from tests.integration.web.preferences.test_site_preferences import known, send, singles
from tests.worlds.readers.site import Author, Client


def ask_to_move(author: Author, client: Client, page: str, address: str) -> list[tuple[str, str]]:
    """Asks for another address; what is queued because of it."""
    status, text = send(client, page, ("action", "address"), ("email", address))
    assert status == 202
    assert address not in text
    author.newsletter.subscriptions.process()
    return singles(author)


def test_an_address_changes_only_once_the_new_one_answered(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """A mail to the new one, a button there; then it is used, links work on, and the old one is told."""
    assert ask_to_move(author, client, page, "ada@example.net") == [("change", "ada@example.net")]
    assert known(author, reader).address == "ada@example.com"
    assert "a…a@example.net" in client.get(page).text
    waiting = author.newsletter.subscriptions.find("ada@example.net")
    tokens = author.newsletter.parts.tokens
    link = f"/confirm/{tokens.confirm(waiting.id, waiting.nonce, author.clock.now)}"
    assert client.get(link).status_code == 200
    assert known(author, reader).address == "ada@example.com"
    assert client.post(link).status_code == 200
    now = known(author, reader)
    assert (now.address, now.state, now.name) == (
        "ada@example.net",
        SubscriberState.ACTIVE,
        "Ada",
    )
    assert singles(author) == [("moved", "ada@example.com")]
    former = author.newsletter.subscriptions.find("ada@example.com")
    assert former.state is SubscriberState.UNSUBSCRIBED
    assert client.get(page).status_code == 200
    kinds = [event.kind for event in author.newsletter.subscribers.events(reader.id)]
    assert kinds[-1] is ConsentEventKind.MOVED
    assert client.post(link).status_code == 200  # pressing twice is no mistake, and does nothing
    assert known(author, reader) == now
    author.newsletter.subscriptions.erase("ada@example.net")
    assert list(author.newsletter.subscribers.everyone()) == []
    hashes = {one.reason for one in author.newsletter.subscribers.suppressions()}
    assert hashes == {SuppressionReason.ERASED}
    assert len(author.newsletter.subscribers.suppressions()) == 2


def test_nobody_learns_who_reads(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """A reader's, a suppressed, a mistyped address: the same answer; only the owner hears something."""
    letters = author.newsletter.subscriptions
    letters.add("grace@example.com")
    letters.add("gone@example.com")
    letters.suppress("gone@example.com")
    answers = set()
    for address in ("grace@example.com", "gone@example.com", "no address"):
        status, text = send(client, page, ("action", "address"), ("email", address))
        answers.add((status, text))
    assert len(answers) == 1
    letters.process()
    assert singles(author) == [("notice", "grace@example.com")]
    assert known(author, reader).address == "ada@example.com"


def test_moves_have_a_bound(author: Author, client: Client, reader: Subscriber, page: str) -> None:
    """Three a day, and the limits of the sign-up form: nobody's mailbox is filled by this."""
    asked = [
        mail
        for number in range(6)
        for mail in ask_to_move(author, client, page, f"new{number}@example.net")
    ]
    assert len(asked) == 3
    assert known(author, reader).address == "ada@example.com"


def test_who_left_meanwhile_is_not_brought_back(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """A link to another address is worth nothing once its reader left."""
    ask_to_move(author, client, page, "ada@example.net")
    waiting = author.newsletter.subscriptions.find("ada@example.net")
    token = author.newsletter.parts.tokens.confirm(waiting.id, waiting.nonce, author.clock.now)
    send(client, page, ("action", "leave"))
    assert client.post(f"/confirm/{token}").status_code == 404
    assert known(author, reader).state is SubscriberState.UNSUBSCRIBED
    assert known(author, waiting).state is SubscriberState.PENDING


def test_every_link_speaks_the_readers_language(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """To change an address and to leave, in mails and on pages; whoever chose none, the site's."""
    send(client, page, ("action", "save"), ("language", "ja"))
    send(client, page, ("action", "address"), ("email", "ada@example.net"))
    letters, tokens = author.newsletter.subscriptions, author.newsletter.parts.tokens
    letters.process()
    waiting = letters.find("ada@example.net")
    confirm = f"/confirm/{tokens.confirm(waiting.id, waiting.nonce, author.clock.now)}"
    leave = f"/unsubscribe/{tokens.unsubscribe(reader.id)}"
    steps = [client.get(confirm), client.post(confirm), client.post(confirm)]
    titles = [
        re.findall(r'<html lang="(\w+)".*<h1>(.*?)</h1>', step.text, re.DOTALL) for step in steps
    ]
    assert [language for ((language, _),) in titles] == ["ja"] * 3
    assert titles[1] == titles[2]  # pressed twice, it says the same
    claims = author.newsletter.parts.ledger.claim(
        "worker", now=author.clock.now, limit=9, lease=timedelta(minutes=1)
    )
    letters_out = {(claim.kind, claim.language) for claim in claims if claim.issue_id is None}
    assert letters_out == {(DeliveryKind.CHANGE, "ja"), (DeliveryKind.MOVED, "ja")}
    for step in (client.get(leave), client.post(leave), client.post(leave)):
        assert '<html lang="ja"' in step.text
    letters.add("bob@example.com")
    other = letters.find("bob@example.com")
    assert '<html lang="en"' in client.get(f"/unsubscribe/{tokens.unsubscribe(other.id)}").text
