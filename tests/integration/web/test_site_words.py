"""Pages and mails in another language: not a word of English is left."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from newsletter.app import Newsletter
from storage.model.readers import Subscriber
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author, Client

CONFIG = """
[newsletter]
title = "رسائل من المرفأ"
url = "https://notes.example.com"
sender = "رسائل من المرفأ <notes@example.com>"
author = "سلمى"
description = "ملاحظات عن البحر"
language = "ar"
[schedule]
hold = "0s"
[smtp]
url = "outbox:outbox"
"""
PROPER = {
    *("YouTube", "RSS", "Atom", "JSON", "Feed", "RTL"),
    *("notes", "example", "com", "salma", "feed", "atom", "json", "xml", "http", "https"),
}
"""Names, and the parts of addresses that a page shows."""
SPOKEN = ("alt", "aria-label", "title", "placeholder", "aria-description", "aria-roledescription")


class Read(HTMLParser):
    """Everything that a page says to who sees it or hears it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """What is said in attributes, but not in styles."""
        given = dict(attrs)
        self._hidden = tag if tag in {"style", "script"} else self._hidden
        if tag not in {"link", "meta"}:
            self.said += [value or "" for name, value in attrs if name in SPOKEN]
        if given.get("name") == "description" or (given.get("property") or "").startswith("og:"):
            self.said.append(
                re.sub(r"https?://\S+|^(website|article|ar)$", "", given.get("content") or "")
            )

    def handle_endtag(self, tag: str) -> None:
        """Styles end."""
        self._hidden = "" if tag == self._hidden else self._hidden

    def handle_data(self, data: str) -> None:
        """What is seen."""
        if not self._hidden:
            self.said.append(data)


def english(texts: list[str]) -> set[str]:
    """The words in Latin letters that are no names."""
    found = {
        word
        for text in texts
        for word in re.findall(r"[A-Za-z]{2,}", re.sub(r"https?://\S+|\S+@\S+", "", text))
    }
    return found - PROPER


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Author]:
    """An author who writes in Arabic, with two issues and an About page of the product's."""
    folder = tmp_path_factory.mktemp("words")
    writer = Author.__new__(Author)
    writer.notes = folder / "notes"
    writer.notes.mkdir()
    (folder / "newsletter.toml").write_text(CONFIG, "utf-8")
    writer.clock = Clock(NOON)
    writer.newsletter = Newsletter.open(folder / "newsletter.toml", environ={}, clock=writer.clock)
    body = "## الأول\n\nنص.[^1]\n\n> [!note]\n> انتبه.\n\n<video src='x.mp4'></video>\n\n<iframe src='https://www.youtube.com/embed/abc'></iframe>\n\n```\nx = 1\n```\n\n## الثاني\n\nنص.\n\n[^1]: حاشية."
    writer.publish("one.md", body, title="العدد الأول", slug="one", tags='["بحر"]')
    writer.clock.move(days=1)
    writer.publish("two.md", body, title="العدد الثاني", slug="two", tags='["بحر"]', summary="موجز")
    writer.write("two.md", (writer.notes / "two.md").read_text("utf-8") + "\nوالمزيد.\n")
    writer.clock.move(days=2)
    writer.newsletter.poll()
    yield writer
    writer.newsletter.close()


@pytest.fixture(scope="module")
def client(author: Author) -> Iterator[Client]:
    """Somebody who reads Arabic."""
    with Client(author.newsletter) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def reader(author: Author, client: Client) -> Subscriber:
    """Who asked to join."""
    client.post("/subscribe", b"email=salma@example.com")
    author.newsletter.subscriptions.process()
    return next(iter(author.newsletter.subscribers.everyone()))


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/about", "/archive", "/issues/one", "/issues/two", "/tags/بحر", "/subscribe"),
        *("/feed.xml", "/tags/بحر/atom.xml", "/nothing", "/confirm/x", "/unsubscribe/x"),
    ],
)
def test_no_page_has_a_word_of_english(client: Client, path: str) -> None:
    """Whatever an Arabic page shows, or has read aloud, is Arabic."""
    page = client.get(path, accept="text/html")
    assert '<html lang="ar" dir="rtl">' in page.text
    assert english(Read(page.text).said) == set()


def test_addresses_read_from_left_to_right(client: Client) -> None:
    """On an Arabic page, too: `127.0.0.1:8000/feed.xml` would be shown with its path before its host."""
    facts = "".join(re.findall(r'<dl class="facts">.*?</dl>', client.get("/about").text, re.DOTALL))
    assert facts.count("<a ") >= 4
    assert facts.count('<bdi dir="ltr"><a ') == facts.count("<a ")


def test_no_step_of_a_reader_has_a_word_of_english(
    author: Author, client: Client, reader: Subscriber
) -> None:
    """Joining, choosing and leaving, with every answer on the way."""
    tokens = author.newsletter.parts.tokens
    confirm = f"/confirm/{tokens.confirm(reader.id, reader.nonce, author.clock.now)}"
    choose, leave = (
        f"/preferences/{tokens.preferences(reader.id)}",
        f"/unsubscribe/{tokens.unsubscribe(reader.id)}",
    )
    pages = [
        client.post("/subscribe", b"email=salma@example.com", accept="text/html"),
        client.get(confirm),
        client.get(choose),
        client.post(confirm),
        client.get(choose),
        client.get(leave),
        client.post(leave),
        client.get(choose),
        client.post("/about"),
    ]
    for page in pages:
        assert english(Read(page.text).said) == set(), page.url


def test_no_mail_has_a_word_of_english(author: Author, client: Client, reader: Subscriber) -> None:
    """Confirmation, notice and issue, in both parts and in the subject."""

    def ask() -> None:
        client.post("/subscribe", b"email=nur@example.com")
        author.newsletter.subscriptions.process()

    ask()
    nur = next(
        one for one in author.newsletter.subscribers.everyone() if one.address.startswith("nur")
    )
    token = author.newsletter.parts.tokens.confirm(nur.id, nur.nonce, author.clock.now)
    client.post(f"/confirm/{token}")
    ask()
    author.publish("three.md", "## الأول\n\nنص.", title="العدد الثالث", slug="three")
    author.newsletter.send()
    outbox = author.newsletter.publication.outbox()
    assert outbox is not None
    mails = [
        message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in outbox.glob("new/*")
    ]
    assert len(mails) >= 3
    for mail in mails:
        assert isinstance(mail, EmailMessage)
        text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
        assert text is not None
        assert html is not None
        assert english([mail["Subject"], text.get_content()]) == set()
        assert english(Read(html.get_content()).said) <= {"email"}
