"""The form on other sites: in a frame, as HTML, by `fetch`; and what is kept of where it stood."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import URL, Author, Client

SHOP = "https://shop.example"


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """An author who lets the scripts of one shop send the form."""
    writer = Author(tmp_path, Clock(NOON), f'[web]\nform_origins = ["{SHOP}"]\n')
    yield writer
    writer.newsletter.close()


@pytest.fixture
def reader(author: Author) -> Iterator[Client]:
    """A browser."""
    with Client(author.newsletter) as asking:
        yield asking


def proof(author: Author, address: str) -> tuple[str, str]:
    """The page and the words that are kept of a request."""
    author.newsletter.subscriptions.process()
    subscribers = author.newsletter.subscribers
    found = subscribers.find(address)
    assert found is not None
    event = subscribers.events(found.id)[0]
    return event.source, event.text


def test_the_form_stands_in_a_frame_of_any_site(author: Author, reader: Client) -> None:
    """Alone, without our frame; its answer too; the page around it is kept with the words."""
    page = reader.get("/embed", referer=f"{SHOP}/", sec_fetch_dest="iframe")
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    assert "<nav" not in page.text
    assert "<iframe" not in html.unescape(page.text)
    assert f'value="{SHOP}"' in page.text
    sent = reader.post(
        "/embed",
        urlencode({"email": "a@example.org", "page": SHOP}).encode(),
        referer=f"{URL}/embed",
    )
    assert sent.status_code == 202
    assert 'role="status"' in sent.text
    assert "x-frame-options" not in sent.headers
    where, words = proof(author, "a@example.org")
    assert where == SHOP
    assert words == html.unescape(re.findall(r'id="embed-terms">([^<]*)', page.text)[0])


def test_the_page_itself_gives_the_code_to_copy(reader: Client) -> None:
    """Opened in a tab it shows a frame and plain HTML, both with whole addresses; other pages stay closed."""
    shown = html.unescape(reader.get("/embed", sec_fetch_dest="document").text)
    assert f'<iframe src="{URL}/embed"' in shown
    assert f'action="{URL}/subscribe"' in shown
    assert reader.get("/subscribe").headers["x-frame-options"] == "DENY"


def test_the_form_to_copy_asks_for_the_name_where_ours_does(tmp_path: Path) -> None:
    """Its label is that of its field."""
    author = Author(tmp_path, Clock(NOON), "[subscribers]\nname_field = true\n")
    with author.newsletter as newsletter, Client(newsletter) as reader:
        copied = html.unescape(reader.get("/embed").text).partition(f'action="{URL}/subscribe"')[2]
        form = copied.partition("</form>")[0]
    assert 'for="newsletter-name"' in form
    assert 'id="newsletter-name" name="name"' in form


def test_a_copied_form_tells_its_words(author: Author, reader: Client) -> None:
    """What stands in the hidden field is kept with the page; a trap that is filled is nobody."""
    fields = {"email": "b@example.org", "consent": "Mail me, please."}
    sent = reader.post("/subscribe", urlencode(fields).encode(), referer=f"{SHOP}/cart?id=7")
    assert sent.status_code == 202
    assert proof(author, "b@example.org") == (f"{SHOP}/cart", "Mail me, please.")
    trapped = urlencode({"email": "c@example.org", "topic": "x"}).encode()
    assert reader.post("/embed", trapped).status_code == 202
    author.newsletter.subscriptions.process()
    assert author.newsletter.subscribers.find("c@example.org") is None


def test_scripts_of_chosen_sites_may_send_the_form(author: Author, reader: Client) -> None:
    """Their preflight and their answer name them; other sites' scripts get neither."""
    asked = {
        "origin": SHOP,
        "access_control_request_method": "POST",
        "access_control_request_headers": "content-type",
    }
    before = reader.ask("OPTIONS", "/subscribe", headers=asked)
    assert before.status_code == 204
    assert before.headers["access-control-allow-origin"] == SHOP
    assert "Content-Type" in before.headers["access-control-allow-headers"]
    sent = reader.post(
        "/subscribe",
        b'{"email": "d@example.org", "consent": "Yes"}',
        content_type="application/json",
        origin=SHOP,
    )
    assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (202, SHOP)
    assert "Origin" in sent.headers["vary"]
    assert proof(author, "d@example.org") == (SHOP, "Yes")
    other = reader.ask("OPTIONS", "/subscribe", headers=asked | {"origin": "https://else.example"})
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-methods" not in other.headers
