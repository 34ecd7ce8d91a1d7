"""What strangers may do with a connection: raw sockets against the site as `newsletter run` serves it."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author, Client, serving, serving_both
from web.pages import Pages

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
FORM = b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = FORM + b"Transfer-Encoding: chunked\r\n\r\n"


def make(folder: Path, extra: str = "") -> Author:
    """An author with one issue, and a site on any free port."""
    author = Author(folder, Clock(NOON), f"[web]\nport = 0\n{extra}")
    author.publish("one.md", "Hello.", title="One")
    return author


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with the usual bounds."""
    author = make(tmp_path_factory.mktemp("site"))
    with serving(author.newsletter) as address:
        yield address
    author.newsletter.close()


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site that waits a second, and has room for eight."""
    author = make(tmp_path_factory.mktemp("hasty"), 'idle = "1s"\nconnections = 8\n')
    with serving(author.newsletter) as address:
        yield address
    author.newsletter.close()


def dial(address: str) -> socket.socket:
    """A connection that gives up after twenty seconds."""
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


def read_to_end(connection: socket.socket) -> bytes:
    """All that comes until the site closes."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def statuses(address: str, sent: bytes) -> list[int]:
    """The status of each answer on a connection on which this was sent."""
    with closing(dial(address)) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was refused before all of it was sent
        answer = read_to_end(connection)
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def is_gone(connection: socket.socket, sent: bytes) -> bool:
    """Whether nothing can be sent any more."""
    try:
        connection.sendall(sent)
    except (ConnectionResetError, BrokenPipeError):
        return True
    return False


CLOSE = b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + CLOSE, 200),
        (HEAD + b"X-A: " + b"a" * 60_000 + b"\r\n" + CLOSE, 200),
        (HEAD + b"X-A: " + b"a" * 64_000 + b"\r\n" + CLOSE, 431),
        (HEAD + b"X-A: " + b"a" * 20_000_000, 431),
        (HEAD + b"X-A: \r\n" * 100 + b"\r\n", 431),
        (HEAD + b"a" * 100_000, 431),
        (b"GET /?" + b"a" * 8_000 + b" HTTP/1.1\r\nHost: x\r\n" + CLOSE, 200),
        (b"GET /?" + b"a" * 8_200 + b" HTTP/1.1\r\nHost: x\r\n" + CLOSE, 414),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /?" + b"a" * 70_000, 414),
        (CHUNKED + b"0\r\n" + b"X-A: a\r\n" * 100 + b"\r\n", 431),
        (CHUNKED + b"0\r\nX-A: " + b"a" * 70_000, 413),
    ],
)
def test_a_header_is_bounded(site: str, sent: bytes, status: int) -> None:
    """Fields and trailers beyond `max_header`, or too many, are refused with 431, an address that none is with 414."""
    assert statuses(site, sent)[-1] == status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (FORM + b"Content-Length: 63000\r\nConnection: close\r\n\r\n" + b"a" * 63_000, 202),
        (FORM + b"Content-Length: 65000\r\nConnection: close\r\n\r\n" + b"a" * 65_000, 413),
        (CHUNKED + b"fde8\r\n" + b"a" * 65_000 + b"\r\n0\r\n\r\n", 413),
        (CHUNKED + b"1;" + b"a" * 200_000 + b"\r\na\r\n0\r\n\r\n", 413),
        (CHUNKED + b"1;a=b\r\na\r\n" * 6000 + b"0\r\n\r\n", 413),
        (CHUNKED + b"0" * 200_000 + b"1\r\na\r\n0\r\n\r\n", 400),
        (CHUNKED + b"1;name=value\r\na\r\n0\r\n\r\n", 202),
    ],
)
def test_a_body_is_bounded(site: str, sent: bytes, status: int) -> None:
    """Content beyond `max_body`, and what stands between chunks, is refused with 413 (RFC 9112 7.1.1)."""
    found = statuses(site, sent)
    assert status in found or (status == 400 and found in ([400], [413]))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: notes.example.com:8000\r\nConnection: close\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: [::1]:8000\r\nConnection: close\r\n\r\n", 200),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"nonsense\r\n\r\n", 400),
        (b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 200),
        (HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 200),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ],
)
def test_a_request_names_one_host(site: str, sent: bytes, status: int) -> None:
    """None, two, or what is no host, is 400 (RFC 9112 3.2); so is what is no request."""
    assert statuses(site, sent) == [status]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (FORM + b"Transfer-Encoding: Chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", 202),
        (FORM + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (FORM + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
        (FORM.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ],
)
def test_a_body_ends_where_everybody_sees_it_end(site: str, sent: bytes, status: int) -> None:
    """Only chunks are known of codings that frame a body, and only since HTTP/1.1 (RFC 9112 6.1)."""
    assert statuses(site, sent) == [status]


@pytest.mark.parametrize("method", [b"FOO", b"get", b"X-MY_METHOD"])
def test_a_method_that_nobody_knows_is_not_implemented(site: str, method: bytes) -> None:
    """It is told apart from what is no request (RFC 9110 9.1)."""
    assert statuses(site, method + b" /feed.xml HTTP/1.1\r\nHost: x\r\n\r\n") == [501]


def test_a_trailer_is_no_header(site: str) -> None:
    """A field after the body never stands among those before it (RFC 9110 6.5.1)."""
    sent = CHUNKED + b"1\r\na\r\n0\r\nX-Forwarded-For: 192.0.2.1\r\nHost: y\r\n\r\n"
    assert statuses(site, sent) == [202]


def test_pipelined_requests_are_answered_in_order_up_to_a_bound(site: str) -> None:
    """A few requests at once are all answered; thousands end the connection."""
    ask = b"GET /static/site.css HTTP/1.1\r\nHost: x\r\n\r\n"
    assert statuses(site, ask * 3 + HEAD + CLOSE) == [200] * 4
    assert len(statuses(site, ask * 20_000)) < 20_000


def test_who_asks_for_too_much_at_once_is_no_fault_of_ours(
    site: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that was ended for its many requests leaves no error in the log."""
    assert statuses(site, b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n" * 50) != [200] * 50
    assert statuses(site, HEAD + CLOSE) == [200]
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_who_waits_to_be_told_is_told_to_go_on(site: str) -> None:
    """A client that sends its form only after a 100 (RFC 9110 10.1.1), as many libraries do, gets it and is answered."""
    with closing(dial(site)) as connection:
        connection.sendall(
            FORM + b"Expect: 100-continue\r\nContent-Length: 19\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"email=a@example.com")
        assert read_to_end(connection).startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET / HTT", b"HTTP/1.1 408 "),
        (HEAD, b"HTTP/1.1 408 "),
        (FORM + b"Content-Length: 10\r\n\r\nabc", b"HTTP/1.1 408 "),
        (CHUNKED + b"5\r\nab", b"HTTP/1.1 408 "),
    ],
)
def test_nobody_keeps_the_site_waiting(hasty: str, sent: bytes, answer: bytes) -> None:
    """A request that is not whole in time is answered 408, and a silent connection is closed."""
    with closing(dial(hasty)) as connection:
        connection.sendall(sent)
        assert read_to_end(connection).startswith(answer)


def test_a_connection_is_kept_for_the_next_request_and_not_longer(hasty: str) -> None:
    """After an answer the connection stays open for a while, then it is closed without a word."""
    with closing(dial(hasty)) as connection:
        connection.sendall(HEAD + b"\r\n")
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_who_does_not_read_is_let_go(tmp_path: Path) -> None:
    """An answer that nobody takes ends its connection."""
    author = make(tmp_path, 'idle = "1s"\n')
    author.publish("long.md", f"```\n{'word ' * 40_000}\n```")
    with serving(author.newsletter) as address, closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        where = urlsplit(address)
        connection.connect((where.hostname, where.port))
        sent = b"GET /issues/long HTTP/1.1\r\nHost: x\r\n\r\n"
        lost = select.poll()
        lost.register(connection, 0)  # asks for nothing: that it was hung up is told anyway
        assert any(is_gone(connection, sent) or lost.poll(50) for _ in range(400))
        assert statuses(address, HEAD + CLOSE) == [200]
    author.newsletter.close()


def test_who_is_still_sending_when_the_service_stops_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody's half request is waited for, and none leaves a page in the log (rule G7)."""
    author = make(tmp_path)
    with ExitStack() as stack:
        with serving(author.newsletter) as address:
            slow = [stack.enter_context(closing(dial(address))) for _ in range(20)]
            for number, one in enumerate(slow):
                one.sendall(
                    (CHUNKED + b"1\r\n", FORM + b"Content-Length: 60\r\n\r\nema")[number % 2]
                )
            assert statuses(address, HEAD + CLOSE) == [200]
            for sent in (HEAD + b"\r\n", HEAD + b"X-A: \r\n" * 101):
                other = stack.enter_context(closing(dial(address)))
                other.sendall(sent)
                assert other.recv(12) in {b"HTTP/1.1 200", b"HTTP/1.1 431"}
        answers = [read_to_end(one) for one in slow]
    author.newsletter.close()
    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 503"}
    assert all(b"\r\nretry-after: " in answer for answer in answers)
    assert "Cancel" not in caplog.text
    assert "Traceback" not in caplog.text


def test_what_was_ended_with_the_service_is_no_fault(
    site: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A traceback is written for what broke, and not for what was still at work at the end."""
    assert statuses(site, HEAD + CLOSE) == [200]
    log = logging.getLogger("uvicorn.error")
    log.error("Exception in ASGI application", exc_info=asyncio.CancelledError())
    assert not caplog.records
    log.error("Exception in ASGI application", exc_info=ValueError())
    assert len(caplog.records) == 1


def test_newcomers_are_served_however_many_hold_a_connection(hasty: str) -> None:
    """Where all connections are taken, the one that was silent for longest makes room."""
    with ExitStack() as stack:
        silent = [stack.enter_context(closing(dial(hasty))) for _ in range(40)]
        with closing(dial(hasty)) as reader:
            reader.sendall(HEAD + CLOSE)
            assert read_to_end(reader).startswith(b"HTTP/1.1 200 ")
        assert [read_to_end(one) for one in silent] == [b""] * 40


def test_descriptors_are_kept_back(tmp_path: Path) -> None:
    """More idle strangers than there are descriptors take neither the site nor the poll with them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    author = make(tmp_path)
    room = 1100 + 300  # this test's own ends of the connections are descriptors, too
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(room, hard), hard))
    try:
        with serving_both(author.newsletter) as (address, admin), ExitStack() as stack:
            silent = [stack.enter_context(closing(dial(address))) for _ in range(800)]
            author.publish("two.md", "Hello again.", title="Two")
            with closing(dial(address)) as reader:
                reader.sendall(b"GET /issues/two HTTP/1.1\r\nHost: x\r\n" + CLOSE)
                assert read_to_end(reader).startswith(b"HTTP/1.1 200 ")
            assert httpx.get(f"{admin}/readyz").status_code == 200
            assert len(silent) == 800
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        author.newsletter.close()


def test_the_operators_listener_is_another_one(tmp_path: Path) -> None:
    """Health and counts stand on loopback beside the site, and nothing of the site there."""
    author = make(tmp_path)
    with serving_both(author.newsletter) as (site, admin):
        for path in ("/healthz", "/readyz", "/metrics"):
            assert httpx.get(site + path).status_code == 404
            assert httpx.get(admin + path).status_code == 200
        assert urlsplit(admin).hostname == "127.0.0.1"
        assert httpx.get(f"{admin}/").status_code == 404
        counted = httpx.get(f"{admin}/metrics").text
    assert 'newsletter_http_responses_total{method="GET",status="404"} 3.0' in counted
    author.newsletter.close()


def test_what_cannot_be_drawn_is_said_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no file to be opened the page that says so cannot be read either: a sentence, no hang-up."""

    def full(*_: object, **__: object) -> str:
        raise OSError(errno.EMFILE, "Too many open files")

    author = make(tmp_path)
    with author.newsletter as newsletter, Client(newsletter) as client:
        monkeypatch.setattr(Pages, "render", full)
        answer = client.get("/archive")
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "The fault is on our side. Please try again in a while."
    assert answer.headers["x-content-type-options"] == "nosniff"
