"""A reader's own page and feed over the site: GET shows, POST acts, and each change is told once."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import feedparser
import pytest

from feeds.syndication import Document, build_feed
from newsletter.app import Newsletter
from newsletter.readerside import feeds
from newsletter.subscribing import open_source, write_rows
from storage.model import (
    ConsentEventKind,
    DeliveryKind,
    Pace,
    Subscriber,
    SubscriberState,
)
from tests.worlds.readers.site import URL, Author, Client


def send(client: Client, path: str, *fields: tuple[str, str]) -> tuple[int, str]:
    """A POST of a form; status and text."""
    answer = client.post(path, urlencode(fields).encode())
    return answer.status_code, answer.text


def known(author: Author, reader: Subscriber) -> Subscriber:
    """The reader as they are kept now."""
    found = author.newsletter.subscribers.get(reader.id)
    assert found is not None
    return found


def history(author: Author, reader: Subscriber) -> list[str]:
    """What the reader changed, as the history has it."""
    events = author.newsletter.subscribers.events(reader.id)
    return [event.text for event in events if event.kind is ConsentEventKind.CHANGED]


def singles(author: Author) -> list[tuple[str, str]]:
    """Kind and address of the mails that are queued and of no issue, taken out."""
    claims = author.newsletter.parts.ledger.claim(
        "worker", now=author.clock.now, limit=100, lease=timedelta(minutes=1)
    )
    return [(claim.kind.value, claim.address) for claim in claims if claim.issue_id is None]


# ── settings ─────────────────────────────────────────────────────────────────────────────────


def test_a_zone_that_is_gone_from_the_database_of_zones(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """What a reader chose years ago holds nothing up: the newsletter's zone counts, and all can be changed."""
    database = author.newsletter.parts.database
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE subscribers SET zone = 'Europe/Nowhere'")
    assert client.get(page).status_code == 200
    pause = (("pace", "paused"), ("until", "2027-01-31"), ("zone", "Europe/Nowhere"))
    assert send(client, page, *pause)[0] == 200
    assert known(author, reader).wishes.paused_until is not None
    assert send(client, page, ("zone", "Asia/Tokyo"))[0] == 200
    assert known(author, reader).wishes.zone == "Asia/Tokyo"


def test_looking_changes_nothing(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """GET and HEAD show the page, masked and uncached, however often (rules A9, F4, F8)."""
    for _ in range(3):
        found = client.get(page)
        assert found.status_code == 200
        assert client.head(page).status_code == 200
    assert "a…a@example.com" in found.text
    assert "ada@example.com" not in found.text
    assert found.headers["cache-control"] == "no-store"
    assert known(author, reader) == reader
    assert re.findall(r'name="topic" value="([^"]*)"', found.text) == ["ml", "rust", "writing"]
    assert client.get("/preferences/bad").status_code == 404


def test_of_many_topics_ones_own_come_first(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """Whoever has chosen among more than can be seen at a glance finds that again."""
    author.publish("many.md", "# Many\n\nWords.", tags=[f"a{number:02}" for number in range(12)])
    send(client, page, ("topic", "writing"), ("topic", "ml"))
    offered = re.findall(r'name="topic" value="([^"]*)"', client.get(page).text)
    assert (offered[:4], len(offered)) == (["ml", "writing", "a00", "a01"], 15)


def test_each_setting_is_kept_and_told_in_the_history(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """A form changes what it has fields for, and leaves the rest; what did not change is no change."""
    whole = [
        *(("action", "save"), ("name", " Ada\n Lovelace "), ("topics", "")),
        *(("topic", "ML"), ("topic", "rust"), ("topic", "unheard of")),
        *(("pace", "weekly"), ("language", "de"), ("zone", "Europe/Berlin")),
    ]
    status, text = send(client, page, *whole)
    assert status == 200
    assert 'role="status"' in text
    now = known(author, reader)
    assert (now.name, now.wishes.topics, now.wishes.pace) == (
        "Ada Lovelace",
        ("ml", "rust"),
        Pace.WEEKLY,
    )
    assert (now.wishes.language, now.wishes.zone) == ("de", "Europe/Berlin")
    assert '<html lang="de"' in text
    send(client, page, *whole)
    send(client, page, ("action", "save"), ("topics", ""))
    send(client, page, ("pace", "each"))
    assert history(author, reader) == [
        "name: Ada Lovelace; topics: ml, rust; pace: weekly; language: de; zone: Europe/Berlin",
        "topics: everything",
        "pace: each",
    ]
    event = author.newsletter.subscribers.events(reader.id)[-1]
    assert (event.source, event.ip) == ("preferences", "203.0.113.9")


def test_a_pause_ends_at_midnight_where_the_reader_lives(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """The day is theirs; without one, or with one that cannot be, nothing changes and it is said why."""
    for until in ("", "tomorrow", "2026-11-22", "2036-01-01"):
        status, text = send(client, page, ("pace", "paused"), ("until", until))
        assert status == 422
        assert 'role="alert"' in text
        assert 'aria-invalid="true"' in text
    assert known(author, reader) == reader
    send(client, page, ("zone", "Asia/Tokyo"), ("pace", "paused"), ("until", "2026-12-24"))
    assert known(author, reader).wishes.paused_until == datetime(2026, 12, 23, 15, tzinfo=UTC)
    assert 'value="2026-12-24"' in client.get(page).text
    send(client, page, ("pace", "monthly"))
    wishes = known(author, reader).wishes
    assert (wishes.pace, wishes.paused_until) == (Pace.MONTHLY, None)


@pytest.mark.parametrize(
    ("field", "value"), [("zone", "Mars/Base"), ("language", "tlh"), ("pace", "hourly")]
)
def test_what_cannot_be_chosen_changes_nothing(
    author: Author, client: Client, reader: Subscriber, page: str, field: str, value: str
) -> None:
    """A page is no list of free texts."""
    status, _ = send(client, page, ("name", "Eve"), (field, value))
    assert status == 422
    assert known(author, reader) == reader


def test_changes_have_a_bound(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """Whoever has the link cannot fill the history: fifty a day (429), and then again."""
    for number in range(50):
        assert send(client, page, ("name", f"Ada {number}"))[0] == 200
    assert send(client, page, ("name", "Eve"))[0] == 429
    assert known(author, reader).name == "Ada 49"
    author.clock.move(days=1, seconds=1)
    assert send(client, page, ("name", "Ada"))[0] == 200


def test_too_many_fields_are_no_fields(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """What is larger than any page of ours is not read, and does not unsubscribe anybody."""
    status, _ = send(client, page, *[("topic", str(number)) for number in range(300)])
    assert status == 400
    assert known(author, reader) == reader


def test_a_page_of_an_earlier_version_still_leaves(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """Its one button sent nothing."""
    assert client.post(page).status_code == 200
    assert known(author, reader).state is SubscriberState.UNSUBSCRIBED


# ── the feed ─────────────────────────────────────────────────────────────────────────────────


def test_a_feed_of_ones_own_has_ones_topics_until_it_is_revoked(
    author: Author, client: Client, reader: Subscriber, page: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Made by the reader, asked for conditionally, hidden from search; a new address ends the old (410)."""
    status, told = send(client, page, ("action", "feed"))
    assert status == 200
    assert "former address" not in told
    assert '<a href="#feed-title">' in told
    assert 'id="feed-title"' in told
    path = re.findall(rf"<code>{URL}(/feeds/\w+\.xml)</code>", client.get(page).text)[0]
    first = client.get(path)
    titles = [entry.title for entry in feedparser.parse(first.text).entries]
    assert titles == ["Note 2", "Note 1", "Note 0"]
    assert first.headers["x-robots-tag"] == "noindex, nofollow"
    assert first.headers["cache-control"].startswith("private")
    assert client.get(path, if_none_match=first.headers["etag"]).status_code == 304
    assert "#feed-title" not in send(client, page, ("topic", "rust"))[1]
    second = client.get(path, if_none_match=first.headers["etag"])
    assert [entry.title for entry in feedparser.parse(second.text).entries] == ["Note 0"]
    link = ET.fromstring(second.content).find(".//{http://www.w3.org/2005/Atom}link[@rel='self']")
    assert link is not None
    assert link.get("href") == f"{URL}{path}"
    assert "former address" in send(client, page, ("action", "feed"))[1]
    assert client.get(path).status_code == 410
    renewed = re.findall(rf"<code>{URL}(/feeds/\w+\.xml)</code>", client.get(page).text)[0]
    assert client.get(renewed).status_code == 200
    send(client, page, ("action", "leave"))
    assert client.get(renewed).status_code == 410
    assert client.get("/feeds/0123.xml").status_code == 404
    told = "".join(capfd.readouterr())
    assert path[7:-4] not in told
    assert page.rpartition("/")[2] not in told


def test_a_feed_is_built_once_for_all_readers_of_its_topics(
    author: Author, client: Client, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each finds their own address in it and nobody else's, and a new issue as soon as it is there."""
    built: list[str] = []

    def counted(*arguments: Any, own_url: str, **more: Any) -> Document:
        built.append(own_url)
        return build_feed(*arguments, own_url=own_url, **more)

    monkeypatch.setattr(feeds, "build_feed", counted)
    author.newsletter.subscriptions.add("bob@example.com")
    other = author.newsletter.subscriptions.find("bob@example.com")
    pages = (page, f"/preferences/{author.newsletter.parts.tokens.preferences(other.id)}")
    paths = []
    for one in pages:
        send(client, one, ("action", "feed"))
        paths += re.findall(rf"<code>{URL}(/feeds/\w+\.xml)</code>", client.get(one).text)
    assert len(set(paths)) == 2
    for count in (1, 2):
        for path in (*paths, paths[0]):
            text = client.get(path).text
            assert feedparser.parse(text).feed.links[-1].href == f"{URL}{path}"
            assert {path} == {one for one in paths if one in text}
            assert len(feedparser.parse(text).entries) == 2 + count
        assert len(built) == count
        author.publish("more.md", "# More\n\nWords.")
    assert not any(path in address for path in paths for address in built)


def test_a_feed_of_ones_own_explains_itself_in_a_browser(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """Whose it is, its address and what it holds, and kept from search and referrers like the feed itself."""
    send(client, page, ("topic", "rust"))
    send(client, page, ("action", "feed"))
    path = re.findall(rf"<code>{URL}(/feeds/\w+\.xml)</code>", client.get(page).text)[0]
    shown = client.get(path, accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert shown.headers["content-type"].startswith("text/html")
    assert f"<code>{URL}{path}</code>" in shown.text
    assert "yours alone" in shown.text
    assert re.findall(r"/issues/(n\d)", shown.text) == ["n0"]
    assert shown.headers["x-robots-tag"] == "noindex, nofollow"
    assert shown.headers["referrer-policy"] == "no-referrer"
    feed = client.get(path, if_none_match=shown.headers["etag"])
    assert (feed.status_code, feed.headers["vary"]) == (200, "Accept, Accept-Encoding")


# ── what is kept ─────────────────────────────────────────────────────────────────────────────


def test_all_that_is_kept_can_be_taken_away_and_erased(
    author: Author, client: Client, reader: Subscriber, page: str
) -> None:
    """A JSON file with everything; erasing asks once more, and then nothing is left (rules F10, F11)."""
    author.publish("n9.md", "# Note 9\n\nWords.", tags="[ml]")
    send(client, page, ("pace", "weekly"))
    answer = client.get(f"{page}?data")
    assert "attachment" in answer.headers["content-disposition"]
    document = json.loads(answer.text)
    assert document["reader"]["address"] == "ada@example.com"
    assert document["reader"]["pace"] == "weekly"
    assert [mail["issue"] for mail in document["mails"]] == ["n9"]
    assert [event["kind"] for event in document["history"]] == ["added", "changed"]
    status, text = send(client, page, ("action", "erase"))
    assert status == 200
    assert 'name="sure"' in text
    assert known(author, reader).state is SubscriberState.ACTIVE
    assert send(client, page, ("action", "erase"), ("sure", "yes"))[0] == 200
    assert author.newsletter.subscribers.get(reader.id) is None
    assert client.get(page).status_code == 404


# ── letters ──────────────────────────────────────────────────────────────────────────────────


def test_a_welcome_comes_once_and_a_goodbye_without_begging(author: Author, client: Client) -> None:
    """After confirming, never again; after leaving; not to who only asked, was imported or complained."""
    letters, tokens = author.newsletter.subscriptions, author.newsletter.parts.tokens

    def join() -> int:
        client.post("/subscribe", f"email={quote('grace@example.com')}&name=Grace".encode())
        letters.process()
        asked = letters.find("grace@example.com")
        link = tokens.confirm(asked.id, asked.nonce, author.clock.now)
        assert client.post(f"/confirm/{link}").status_code == 200
        return asked.id

    grace = join()
    assert letters.find("grace@example.com").name == "Grace"
    assert [kind for kind, _ in singles(author)] == ["confirmation", "welcome"]
    client.post(f"/unsubscribe/{tokens.unsubscribe(grace)}", b"List-Unsubscribe=One-Click")
    client.post(f"/unsubscribe/{tokens.unsubscribe(grace)}", b"List-Unsubscribe=One-Click")
    assert singles(author) == [("goodbye", "grace@example.com")]
    join()
    assert [kind for kind, _ in singles(author)] == ["confirmation"]
    letters.suppress("grace@example.com")
    client.post(f"/unsubscribe/{tokens.unsubscribe(grace)}")
    assert singles(author) == []
    client.post("/subscribe", b"email=only@example.com")
    letters.process()
    asked = letters.find("only@example.com")
    client.post(f"/unsubscribe/{tokens.unsubscribe(asked.id)}")
    assert DeliveryKind.GOODBYE.value not in [kind for kind, _ in singles(author)]


# ── lists ────────────────────────────────────────────────────────────────────────────────────


def test_an_export_brings_wishes_and_private_feeds_along(
    author: Author, client: Client, reader: Subscriber, page: str, tmp_path: Path
) -> None:
    """Into an empty store with the same secret: the same state, and the same address of the feed."""
    wishes = [("topic", "ml"), ("pace", "monthly"), ("language", "ja"), ("zone", "Asia/Tokyo")]
    send(client, page, *wishes)
    send(client, page, ("pace", "paused"), ("until", "2027-01-31"))
    send(client, page, ("action", "feed"))
    path = re.findall(rf"<code>{URL}(/feeds/\w+\.xml)</code>", client.get(page).text)[0]
    file = tmp_path / "list.csv"
    with io.StringIO(newline="") as stream:
        write_rows(author.newsletter.subscriptions.export_rows(), stream)
        file.write_text(stream.getvalue(), encoding="utf-8", newline="")
    before = known(author, reader)
    home = tmp_path / "elsewhere"
    home.mkdir()
    (home / "notes").mkdir()
    config = (tmp_path / "newsletter.toml").read_text()
    (home / "newsletter.toml").write_text(config)
    (home / "secret").write_bytes((tmp_path / "secret").read_bytes())
    (home / "welcome.md").write_text("# Hello")
    with Newsletter.open(home / "newsletter.toml", environ={}, clock=author.clock) as other:
        with open_source(file) as source:
            assert other.subscriptions.import_rows(source.read().rows).added == 1
        after = other.subscriptions.find("ada@example.com")
        assert (after.wishes, after.feed_key, after.name) == (
            before.wishes,
            before.feed_key,
            before.name,
        )
        with Client(other) as there:
            assert there.get(path).status_code == 200
