"""Asking for a feed: servers that drip, bombs, redirects without an end, and networks that are nobody's business."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler

import pytest
import trustme

from newsletter.following.fetching import (
    MOST_OCTETS,
    Fetcher,
    Validators,
    is_public_address,
)
from newsletter.following.reading import read_feed
from storage.model.errors import FetchError
from tests.worlds.publishing.following import FeedServer, Item, rss, send

Handler = BaseHTTPRequestHandler


def fetcher(whole_s: float = 5) -> Fetcher:
    """One that may ask on loopback."""
    return Fetcher("test", private=True, whole_s=whole_s)


def refused(feed: FeedServer, whole_s: float = 5) -> str:
    """Why the feed cannot be had."""
    with pytest.raises(FetchError) as caught:
        fetcher(whole_s).fetch(f"{feed.address}/feed.xml")
    return str(caught.value)


# ── what it costs ────────────────────────────────────────────────────────────────────────────


def test_packed(feed: FeedServer) -> None:
    """Gzip in one member or several, and deflate, are unpacked."""
    body = rss(Item("one"))
    for packed, coding in (
        (gzip.compress(body), "gzip"),
        (gzip.compress(body[:50]) + gzip.compress(body[50:]), "gzip"),
        (zlib.compress(body), "deflate"),
        (body, "identity"),
    ):
        feed.body, feed.headers = packed, {"Content-Encoding": coding}
        assert fetcher().fetch(f"{feed.address}/feed.xml").body == body


@pytest.mark.parametrize("shape", ["bomb", "bombs", "large", "lies", "no such packing", "damaged"])
def test_too_much(feed: FeedServer, shape: str) -> None:
    """What is larger than a feed may be is given up in the middle, packed or not; so is what is damaged."""
    if shape == "large":
        feed.body = b"x" * (2 * MOST_OCTETS)
    elif shape == "bomb":
        feed.body = gzip.compress(b"\0" * (3 * MOST_OCTETS), 1)
        feed.headers = {"Content-Encoding": "gzip"}
    elif shape == "bombs":
        feed.body = gzip.compress(b"\0" * (MOST_OCTETS // 2)) * 50
        feed.headers = {"Content-Encoding": "gzip"}
    elif shape == "damaged":
        feed.body, feed.headers = b"\x1f\x8b\x08no", {"Content-Encoding": "gzip"}
    elif shape == "no such packing":
        feed.body, feed.headers = b"x", {"Content-Encoding": "br"}
    else:
        feed.handle = _break_off
    told = refused(feed)
    wanted = {
        "damaged": "cannot be unpacked",
        "no such packing": "not asked for",
        "lies": "broke off in the middle",
    }
    assert wanted.get(shape, "larger than 10 MB") in told


def _break_off(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"half")


def _drip(part: str) -> Callable[[Handler], None]:
    """A server that says a little again and again, and never ends."""

    def handle(handler: Handler) -> None:
        if part == "body":
            handler.send_response(200)
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        ended = threading.Event()
        while not ended.wait(0.02):
            handler.wfile.write(b"x")

    return handle


@pytest.mark.parametrize("part", ["head", "body"])
def test_dripping(feed: FeedServer, part: str) -> None:
    """A server that drips is given up when the whole takes too long, in the head as in the body."""
    feed.handle = _drip(part)
    assert refused(feed, whole_s=0.3) == "it takes longer than 0.3 s"


@pytest.mark.parametrize(
    "said",
    [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n", b"\0" * 100],
)
def test_no_http(feed: FeedServer, said: bytes) -> None:
    """What does not speak HTTP is told as such."""
    feed.handle = lambda handler: handler.wfile.write(said) and None  # type: ignore[assignment,func-returns-value]
    assert refused(feed)


def test_too_many_entries_end(feed: FeedServer) -> None:
    """A feed is read by a program of its own, which gives up in words; a page is told as a page."""
    url = f"{feed.address}/feed.xml"
    assert len(read_feed(rss(Item("one"), Item("two")), "application/rss+xml", url).entries) == 2
    with pytest.raises(FetchError, match="a page for people"):
        read_feed(b"<html></html>", "text/html", url)


# ── where it leads ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("/feed.xml", "more than 5 redirects"),
        ("file:///etc/passwd", "no address on the web"),
        ("gopher://127.0.0.1/", "no address on the web"),
        ("http://[::1", "no address"),
    ],
)
def test_redirects(feed: FeedServer, where: str, told: str) -> None:
    """A redirect is followed a few times, and only to the web."""
    feed.handle = lambda handler: send(handler, 302, headers={"Location": where})
    assert told in refused(feed)
    assert len(feed.asked) <= 6


def test_password_stays(feed: FeedServer) -> None:
    """A user and password go to the host they were meant for, and to no other; validators to their address."""
    other = feed.address.replace("127.0.0.1", "localhost")

    def handle(handler: Handler) -> None:
        there = {"/a": "/b", "/b": f"{other}/c"}.get(handler.path)
        send(handler, 302 if there else 200, b"x", {"Location": there} if there else {})

    feed.handle = handle
    url = feed.address.replace("http://", "http://ada:p%40w@") + "/a"
    fetcher().fetch(url, Validators(url=url, etag='"1"'))
    seen = [(path, "authorization" in sent, "if-none-match" in sent) for path, sent in feed.asked]
    assert seen == [("/a", True, True), ("/b", True, False), ("/c", False, False)]
    assert feed.asked[0][1]["authorization"] == "Basic YWRhOnBAdw=="


def test_no_way_down() -> None:
    """From https nobody is led to http."""
    authority = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("blog.example").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            plain, _ = listening.accept()
            with server_context.wrap_socket(plain, server_side=True) as secure:
                secure.recv(10_000)
                secure.sendall(
                    b"HTTP/1.1 301 x\r\nLocation: http://blog.example/\r\nContent-Length: 0\r\n\r\n"
                )

        thread = threading.Thread(target=serve)
        thread.start()
        asking = Fetcher(
            "test",
            resolve=lambda _host, _port: ["93.184.216.34"],
            dial=lambda _place, patience: socket.create_connection(
                listening.getsockname(), patience
            ),
            context=client_context,
        )
        with pytest.raises(FetchError, match="from https to http"):
            asking.fetch("https://blog.example/feed.xml")
        thread.join()


# ── networks that are nobody's business ──────────────────────────────────────────────────────

PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1"),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "::", "192.0.2.1", "no address"),
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    """No address of a private network is asked, in whatever dress it comes; nothing is dialled."""
    assert not is_public_address(address)
    dialled: list[object] = []
    asking = Fetcher(
        "test",
        resolve=lambda _host, _port: ["93.184.216.34", address],
        dial=lambda place, _patience: dialled.append(place) or socket.socket(),  # type: ignore[func-returns-value]
    )
    with pytest.raises(FetchError, match="private network"):
        asking.fetch("http://blog.example/feed.xml")
    assert dialled == []


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::", "64:ff9b::5db8:d822"])
def test_public_addresses(address: str) -> None:
    """Addresses of the internet are asked."""
    assert is_public_address(address)


def test_rebinding(feed: FeedServer) -> None:
    """A name is looked up once for each question, and that very address is dialled, whatever the name says
    a moment later; after a redirect it is looked up and checked anew.
    """
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    asked: list[str] = []
    dialled: list[str] = []
    port = int(feed.address.rpartition(":")[2])

    def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    def dial(place: tuple[str, int], patience: float) -> socket.socket:
        dialled.append(place[0])
        return socket.create_connection(("127.0.0.1", port), patience)

    feed.handle = lambda handler: send(handler, 302, headers={"Location": "/elsewhere"})
    with pytest.raises(FetchError, match="private network"):
        Fetcher("test", resolve=resolve, dial=dial).fetch("http://blog.example/feed.xml")
    assert asked == ["blog.example", "blog.example"]
    assert dialled == ["93.184.216.34"]
    assert feed.asked[0][1]["host"] == "blog.example"


def test_nobody_there() -> None:
    """A host that is not there, and one that refuses, are told apart, and without the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(FetchError, match="refuses the connection"):
        fetcher().fetch(f"http://127.0.0.1:{port}/secret")

    def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError("nodename nor servname provided")

    with pytest.raises(FetchError, match="no such host"):
        Fetcher("test", resolve=resolve).fetch("http://nowhere.example/")
