"""The outbox of a site that mails nobody: what was sent, for the author alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.joined import join
from tests.worlds.readers.site import URL, Author, Client

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
