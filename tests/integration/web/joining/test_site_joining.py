"""Joining and leaving over the site, as readers, scanners and mail programs do it."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest

from storage.model.readers import ConsentEventKind, SubscriberState
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.joined import SCANNERS, join, join_and_confirm, state
from tests.worlds.readers.site import URL, Author, Client, serving
from web.routes.joining import HONEYPOT

# ── joining ──────────────────────────────────────────────────────────────────────────────────


def test_the_whole_way(author: Author, client: Client) -> None:
    """The form keeps a request; only the button behind the link makes a reader (rules F1, F9)."""
    asked = join(author, client)
    assert asked.state is SubscriberState.PENDING
    link = author.newsletter.parts.tokens.confirm(asked.id, asked.nonce, author.clock.now)
    page = client.get(f"/confirm/{link}")
    assert '<form class="act" method="post">' in page.text
    assert client.post(f"/confirm/{link}", x_forwarded_for="198.51.100.8").status_code == 200
    assert state(author, asked) is SubscriberState.ACTIVE
    proof = author.newsletter.subscribers.events(asked.id)
    assert [event.kind for event in proof] == [
        ConsentEventKind.REQUESTED,
        ConsentEventKind.CONFIRMED,
    ]
    assert [event.ip for event in proof] == ["198.51.100.7", "198.51.100.8"]
    assert proof[0].source == f"{URL}/subscribe"
    assert proof[0].text in client.get("/subscribe").text.replace("&lt;", "<").replace("&gt;", ">")


def test_the_proof_names_the_confirmation(author: Author, client: Client) -> None:
    """Beside each request stands the Message-ID of the very mail that answered it (rule F9)."""
    join(author, client)
    asked = join(author, client)
    outbox = author.newsletter.publication.outbox()
    assert outbox is not None
    assert author.newsletter.send().accepted == 2
    sent = [message_from_bytes(file.read_bytes())["Message-ID"] for file in outbox.glob("new/*")]
    proof = author.newsletter.subscribers.events(asked.id)
    assert sorted(event.message_id for event in proof) == sorted(sent)
    assert len(set(sent)) == 2


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_the_answer_is_always_the_same(author: Author, client: Client, accept: str) -> None:
    """New, known, left, broken, empty and trapped: same status, fields and bytes (rule F4)."""
    gone = join_and_confirm(author, client)
    client.post(f"/unsubscribe/{author.newsletter.parts.tokens.unsubscribe(gone.id)}")
    bodies = [
        b"email=new@example.com",
        b"email=ada@example.com",
        b"email=not-an-address",
        b"email=x@no-such-domain.invalid",
        b"email=%00%0d%0aBcc:a@b.example",
        b"email=" + b"a" * 50_000,
        b"email=",
        b"",
        b"\xff\xfe",
        f"email=bot@example.com&{HONEYPOT}=x".encode(),
    ]
    answers = [client.post("/subscribe", body, accept=accept) for body in bodies]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(answer.headers) for answer in answers}) == 1
    assert answers[0].headers["cache-control"] == "no-store"


def test_json_is_answered_in_json(author: Author, client: Client) -> None:
    """A program may send JSON, and gets the same answer whatever was in it."""
    answers = [
        client.post("/subscribe", body, content_type="application/json")
        for body in (b'{"email": "grace@example.com"}', b'{"email": 7}', b"[", b"")
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert json.loads(answers[0].content)["status"] == "accepted"
    author.newsletter.subscriptions.process()
    found = [who.address for who in author.newsletter.subscribers.everyone()]
    assert found == ["grace@example.com"]


def test_the_trap_catches(author: Author, client: Client) -> None:
    """A program that fills the hidden field is not kept (rule F6)."""
    client.post("/subscribe", f"email=bot@example.com&{HONEYPOT}=x".encode())
    author.newsletter.subscriptions.process()
    assert list(author.newsletter.subscribers.everyone()) == []
    assert f'name="{HONEYPOT}"' in client.get("/subscribe").text


def test_a_forged_origin_is_not_believed(author: Author) -> None:
    """Without a trusted proxy, X-Forwarded-For says nothing (rule F6)."""
    with Client(author.newsletter, peer="203.0.113.9") as stranger:
        asked = join(author, stranger)
    assert author.newsletter.subscribers.events(asked.id)[0].ip == "203.0.113.9"


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [("[]", "127.0.0.1"), ('["127.0.0.1"]', "198.51.100.7"), ('["10.0.0.0/8"]', "127.0.0.1")],
)
def test_the_server_believes_whom_it_was_told_to(tmp_path: Path, trusted: str, seen: str) -> None:
    """Over a real connection too, X-Forwarded-For counts only from a proxy that is configured, and
    only as far as that proxy wrote it; being on the same machine is no reason (rules F6, F9).
    """
    writer = Author(tmp_path, Clock(NOON), f"[web]\nport = 0\ntrusted_proxies = {trusted}\n")
    forged = {"X-Forwarded-For": "203.0.113.66, 198.51.100.7"}
    with writer.newsletter as newsletter:
        with serving(newsletter) as url:
            asked = httpx.post(
                f"{url}/subscribe", data={"email": "ada@example.com"}, headers=forged
            )
        newsletter.subscriptions.process()
        (ada,) = newsletter.subscribers.everyone()
        assert (asked.status_code, newsletter.subscribers.events(ada.id)[0].ip) == (202, seen)


def test_too_much_is_refused(client: Client) -> None:
    """A body beyond 64 kB is not read to its end."""
    assert client.post("/subscribe", b"email=" + b"a" * 70_000).status_code == 413


# ── reading a link changes nothing ───────────────────────────────────────────────────────────


def test_scanners_confirm_nobody(author: Author, client: Client) -> None:
    """However often a link is fetched, it stays unused and its reader unconfirmed (rule F2)."""
    asked = join(author, client)
    link = author.newsletter.parts.tokens.confirm(asked.id, asked.nonce, author.clock.now)
    for agent in SCANNERS * 5:
        assert client.get(f"/confirm/{link}", user_agent=agent).status_code == 200
        assert client.head(f"/confirm/{link}", user_agent=agent).status_code == 200
    assert state(author, asked) is SubscriberState.PENDING
    assert client.post(f"/confirm/{link}").status_code == 200
    assert state(author, asked) is SubscriberState.ACTIVE


def test_who_confirms_is_shown_the_way_to_their_page(author: Author, client: Client) -> None:
    """Whoever presses the button, also twice, and nobody who looks at the link or uses it later."""
    asked = join(author, client)
    link = f"/confirm/{author.newsletter.parts.tokens.confirm(asked.id, asked.nonce, author.clock.now)}"
    before, done = client.get(link), client.post(link)
    assert before.status_code == 200
    found = re.search(r'href="(/preferences/[^"]+)"', done.text)
    assert found is not None
    assert client.get(found[1]).status_code == 200
    assert client.post(link).text == done.text
    looked = client.get(link)
    author.clock.move(days=1)
    for page in (before, looked, client.get(link), client.post(link)):
        assert "/preferences/" not in page.text


# ── confirmation links that no longer work ───────────────────────────────────────────────────


def test_an_old_confirmation_offers_a_new_one(author: Author, client: Client) -> None:
    """A link that is too old says so and leads to the form; so does a replaced one (rule F3)."""
    asked = join(author, client)
    link = author.newsletter.parts.tokens.confirm(asked.id, asked.nonce, author.clock.now)
    author.clock.move(days=31)
    for response in (client.get(f"/confirm/{link}"), client.post(f"/confirm/{link}")):
        assert response.status_code == 410
        assert 'href="/subscribe"' in response.text
    assert state(author, asked) is SubscriberState.PENDING


def test_a_used_confirmation_reveals_no_status(author: Author, client: Client) -> None:
    """Soon after, it says again that all is well; later it is the page of any link that cannot be
    used, to the byte, and offers a new one (rule F3).
    """
    asked = join(author, client)
    link = author.newsletter.parts.tokens.confirm(asked.id, asked.nonce, author.clock.now)
    first, again = client.post(f"/confirm/{link}"), client.post(f"/confirm/{link}")
    assert (first.status_code, again.status_code, first.text) == (200, 200, again.text)
    author.clock.move(days=1)
    for used, bad in (
        (client.get(f"/confirm/{link}"), client.get("/confirm/bad")),
        (client.post(f"/confirm/{link}"), client.post("/confirm/bad")),
    ):
        assert (used.status_code, used.content) == (bad.status_code, bad.content)
        assert 'href="/subscribe"' in used.text
    assert state(author, asked) is SubscriberState.ACTIVE
