"""Joining and leaving over the site, as readers, scanners and mail programs do it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest

from storage.model.readers import ConsentEventKind, Subscriber, SubscriberState
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import URL, Author, Client, serving
from web.routes.joining import HONEYPOT

FORM = "application/x-www-form-urlencoded"
PRIVATE = ("confirm", "unsubscribe", "preferences")
SCANNERS = ("Mozilla/5.0 (Windows NT 10.0) SafeLinks", "Barracuda Sentinel", "curl/8", "")


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """A newsletter with nobody on its list, behind a proxy."""
    writer = Author(tmp_path, Clock(NOON), '[web]\ntrusted_proxies = ["10.0.0.0/8"]\n')
    yield writer
    writer.newsletter.close()


@pytest.fixture
def client(author: Author) -> Iterator[Client]:
    """Somebody whose requests come through the proxy."""
    with Client(author.newsletter, peer="10.0.0.1") as somebody:
        yield somebody


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


# ── the outbox ───────────────────────────────────────────────────────────────────────────────


def test_the_outbox_shows_what_was_sent(author: Author, client: Client) -> None:
    """The confirmation can be read and followed there; its HTML is caged (no script, no origin)."""
    join(author, client)
    author.newsletter.send()
    key = f"?key={author.newsletter.publication.outbox_key}"
    listing = client.get(f"/outbox{key}")
    assert "ada@example.com" in listing.text
    path = re.search(r'href="(/outbox/[^"?]+)\?key=[^"]+"', listing.text)
    assert path is not None
    page = client.get(f"{path[1]}{key}")
    assert re.search(rf'<a href="{URL}/confirm/[0-9a-f]+"', page.text)
    assert "sandbox=" in page.text
    html = client.get(f"{path[1]}/html{key}")
    assert f'src="{path[1]}/html{key}"' in page.text
    assert "sandbox allow-popups" in html.headers["content-security-policy"]
    assert "script-src" not in html.headers["content-security-policy"]
    assert '<base target="_blank">' in html.text
    for response in (listing, page, html):
        assert response.headers["cache-control"] == "no-store"
    for name in ("nope", "..%2f..%2fsecret", "%00"):
        assert client.get(f"/outbox/{name}{key}").status_code == 404
    for path_of_all in ("/outbox", path[1], f"{path[1]}/html"):
        for wrong in ("", "?key=", "?key=a", f"{key}a"):
            assert client.get(f"{path_of_all}{wrong}").status_code == 404


@pytest.mark.parametrize(
    ("url", "peer", "headers", "status"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", {"host": "127.0.0.1:8000"}, 200),
        ("http://localhost:8000", "::1", {"host": "localhost:8000"}, 200),
        ("http://127.0.0.1:8000", "192.0.2.1", {"host": "127.0.0.1:8000"}, 404),
        ("http://127.0.0.1:8000", "127.0.0.1", {"host": "rebound.example"}, 404),
        (
            "http://127.0.0.1:8000",
            "127.0.0.1",
            {"host": "127.0.0.1", "x_forwarded_for": "203.0.113.9"},
            404,
        ),
        ("http://127.0.0.1:8000", "127.0.0.1", {"host": "127.0.0.1", "x_real_ip": "::1"}, 404),
        ("http://127.0.0.1:8000", "127.0.0.1", {"host": "127.0.0.1", "via": "1.1 a"}, 404),
        (URL, "127.0.0.1", {"host": "127.0.0.1:8000"}, 404),
    ],
)
def test_a_stranger_does_not_read_the_outbox(
    tmp_path: Path, url: str, peer: str, headers: dict[str, str], status: int
) -> None:
    """Whoever reads it confirms for others: without the key it is for this machine alone, and only
    where the newsletter is tried and not published, for a proxy comes from this machine, too.
    """
    writer = Author(tmp_path, Clock(NOON))
    config = writer.notes.parent / "newsletter.toml"
    config.write_text(config.read_text().replace(URL, url))
    writer.newsletter.close()
    reopened = type(writer.newsletter).open(config, environ={}, clock=writer.clock)
    with reopened, Client(reopened, peer=peer) as client:
        assert client.get("/outbox", **headers).status_code == status


def test_no_outbox_with_a_real_relay(tmp_path: Path) -> None:
    """Where mail leaves the machine, there is no page that shows it."""
    writer = Author(tmp_path, Clock(NOON))
    config = writer.notes.parent / "newsletter.toml"
    config.write_text(config.read_text().replace("outbox:outbox", "smtp://127.0.0.1:2525"))
    writer.newsletter.close()
    reopened = type(writer.newsletter).open(config, environ={}, clock=writer.clock)
    with reopened, Client(reopened) as client:
        assert client.get("/outbox").status_code == 404
