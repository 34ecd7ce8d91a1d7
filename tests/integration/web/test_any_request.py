"""Requests that no browser makes, of every route the site has: each is answered, and none as a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Mount, Route

from newsletter.app import Newsletter
from tests.sizes import examples
from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author, Client
from web.site import create_app

EXTRA = """[desk]
enabled = true
[webhooks]
postmark = "hook:secret-of-the-hook"
"""
PLAIN = (("GET", "/"), ("GET", "/nothing/here"), ("DELETE", "/"))
"""What is answered as everybody expects, after all of the rest."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
PARAMETERS = (
    "q",
    "page",
    "email",
    "name",
    "n",
    "return",
    "lang",
    "topics",
    "pace",
    "zone",
    "action",
)
HEADERS = (
    *("Accept", "Accept-Language", "Accept-Encoding", "Cookie", "Content-Type", "Host", "Origin"),
    *(
        "If-None-Match",
        "If-Modified-Since",
        "If-Match",
        "If-Unmodified-Since",
        "Range",
        "Referer",
        "User-Agent",
        "X-Forwarded-For",
    ),
    *("X-HTTP-Method-Override", "Authorization", "Sec-Fetch-Site"),
)
HOSTILE = (
    *(
        "",
        "%",
        "%00",
        "../../etc/passwd",
        "a" * 3000,
        "'; DROP TABLE issues;--",
        "{{7*7}}",
        "%ff%fe",
    ),
    *(
        "<script>alert(1)</script>",
        "0",
        "-1",
        "9" * 40,
        "\u202eevil",
        "ß/\u0000",
        "first",
        "..",
        "%2e%2e",
    ),
    *(
        "application/json",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "*/*",
        "text/html",
    ),
    *(
        "bytes=0-",
        "bytes=9-1,,",
        'W/"x"',
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "gzip;q=0",
        "de;q=9,*;q=x",
    ),
)
BODIES = (
    *(b"", b"email=a%40example.com", b"email=%ff&email=&", b'{"email": 1}', b"[" * 2000, b"null"),
    *(
        b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na@example.com\r\n--x--',
        b"--x\r\n",
    ),
    *(
        b"\x00\xff" * 50,
        b"List-Unsubscribe=One-Click",
        b'{"RecordType": "Bounce"}',
        b"a=" + b"%" * 999,
    ),
)


def paths_of(routes: list[BaseRoute], before: str = "") -> Iterator[str]:
    """Every path the site answers at, with its parameters in braces."""
    for route in routes:
        if isinstance(route, Mount):
            yield from paths_of(list(route.routes), before + route.path)
        elif isinstance(route, Route):
            yield before + route.path


@dataclass(frozen=True)
class House:
    """A site with an issue and a reader."""

    newsletter: Newsletter
    paths: tuple[str, ...]
    known: tuple[str, ...]
    """What really stands in links."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all requests."""
    author = Author(tmp_path_factory.mktemp("any"), Clock(), EXTRA)
    author.publish("first.md", "# First\n\nHello.", tags="[a, b c]")
    newsletter = author.newsletter
    newsletter.subscriptions.add("ada@example.com", consent="told")
    reader = newsletter.subscriptions.find("ada@example.com")
    tokens = newsletter.parts.tokens
    known = (
        tokens.unsubscribe(reader.id),
        tokens.confirm(reader.id, reader.nonce, author.clock.now),
        *("first", "a", "1", "tags", "feed.xml", "postmark"),
    )
    paths = tuple(dict.fromkeys(paths_of(list(create_app(newsletter).routes))))
    yield House(newsletter, paths, known)
    newsletter.close()


ODD = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
PRINTED = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
HEADER = st.one_of(
    st.sampled_from(HOSTILE).filter(lambda one: one.isascii() and "\0" not in one), PRINTED
)


def test_every_kind_of_route_is_asked(house: House) -> None:
    """The table is that of the site itself: reading, feeds, joining, preferences, web hooks, desk, outbox."""
    assert len(house.paths) > 40
    beginnings = {path.strip("/").partition("/")[0] for path in house.paths}
    assert beginnings >= {"", "issues", "feed.xml", "subscribe", "confirm", "unsubscribe", "desk"}


def test_any_request_is_answered(house: House) -> None:
    """Whatever the method, path, query, headers and body: no answer is a 5xx, all have a length or an end, and
    nothing that a stranger wrote comes back as a script.
    """
    with Client(house.newsletter) as client:

        @settings(max_examples=examples(400))
        @given(st.data())
        def ask(data: st.DataObject) -> None:
            path = data.draw(st.sampled_from(house.paths), "path")
            while "{" in path:
                head, _, rest = path.partition("{")
                value = data.draw(st.one_of(st.sampled_from(house.known), ODD), "value")
                path = head + quote(value, safe="%/.") + rest.partition("}")[2]
            query = data.draw(st.lists(st.tuples(st.sampled_from(PARAMETERS), ODD), max_size=3))
            if query:
                path += "?" + "&".join(f"{name}={quote(value)}" for name, value in query)
            headers = data.draw(st.dictionaries(st.sampled_from(HEADERS), HEADER, max_size=4))
            body = data.draw(st.one_of(st.sampled_from(BODIES), st.binary(max_size=200)))
            answer = client.ask(
                data.draw(st.sampled_from(METHODS)), path, content=body, headers=headers
            )
            assert answer.status_code < 500, answer.text[:300]
            assert "<script>alert(1)</script>" not in answer.text

        ask()
        plain = {client.ask(method, path, headers={}).status_code for method, path in PLAIN}
    assert plain == {200, 404, 405}


def test_a_host_that_is_none_is_refused(house: House) -> None:
    """400, wherever, and no traceback where the address is looked at (RFC 9112 3.2)."""
    with Client(house.newsletter) as client:
        for path in ("/", "/feed", "/desk", "/outbox", "/nowhere"):
            for host in ("[", "[::1", "[x]", "a b", "a/b", "a@b", "a:b", "\\x", "a:99999"):
                assert client.get(path, host=host).status_code == 400, (path, host)
        for host in ("[::1]:80", "xn--bcher-kva.example:8000", "192.0.2.1"):
            assert client.get("/", host=host).status_code == 200
