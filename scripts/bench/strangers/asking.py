"""The costliest requests that are known, by what they are made of. Pure.

Each route is asked for in all ways that cost a parser more than its octets: lists without end in fields, deep
and encoded paths, forms, JSON, chunks, one octet at a time. What only a reader can send is sent with a
reader's own links, and what a mail system says is said to the listener for bounces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MANY: Final = 60_000
"""Octets of what may be 64 kB."""


class Door(StrEnum):
    """Where a request is made."""

    SITE = "site"
    ADMIN = "admin"
    """The operator's listener."""
    MAIL = "mail"
    """The listener for bounces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Octets that a stranger sends, and what is odd about them."""

    route: str
    what: str
    sent: bytes
    door: Door = Door.SITE
    piece: int = 0
    """Octets that are sent at a time; 0 for all at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What a reader finds in a mail, and a mail system in its envelope."""

    preferences: str
    unsubscribe: str
    confirm: str
    feed: str
    return_path: str


def ordinary() -> Request:
    """A reader's request for a page."""
    return _get("/issues/issue-1", "an ordinary page")


def worst(links: Links) -> Iterator[Request]:
    """All of them."""
    for path in _PAGES:
        yield from _fields(path, Door.SITE)
    for path in ("/healthz", "/readyz", "/metrics"):
        yield from _fields(path, Door.ADMIN)
    for path in _DEEP:
        yield from _paths(path)
    yield from _searches()
    own = (f"/preferences/{links.preferences}", f"/unsubscribe/{links.unsubscribe}")
    for path in ("/subscribe", "/embed", "/confirm/x", "/unsubscribe/x", "/preferences/x", "/nowhere",
                 f"/confirm/{links.confirm}", *own, "/desk/act/x"):  # fmt: skip
        yield from _forms(path)
    yield from _wishes(own[0])
    for path in (own[0], f"{own[0]}/data.json", f"/feeds/{links.feed}.xml"):
        yield from _fields(path, Door.SITE)
    for service in ("postmark", "mailgun", "sendgrid", "ses"):
        yield from _webhooks(f"/webhooks/{service}")
    yield from _slowly()
    yield from _mails(links.return_path)


# ── fields, paths and queries ────────────────────────────────────────────────────────────────

_PAGES: Final = (
    *("/", "/about", "/archive", "/issues/issue-1", "/feed.xml", "/tags/x/atom.xml", "/rss.xml"),
    *("/media/p.png", "/static/site.css", "/sitemap.xml", "/robots.txt", "/subscribe", "/embed"),
    *("/confirm/x", "/unsubscribe/x", "/preferences/x", "/preferences/x/data.json", "/feeds/x.xml"),
    *("/archive/1.xml", "/search?q=words", "/opensearch.xml", "/media/maths/x.png", "/favicon.ico"),
    *("/media/.preview/issue-1.png", "/desk", "/desk/enter/x", "/outbox", "/outbox/x"),
    *("/outbox/x/html", "/humans.txt", "/nowhere"),
)
_DEEP: Final = (
    *("/", "/issues/", "/tags/", "/media/", "/confirm/", "/unsubscribe/", "/outbox/", "/feeds/"),
    *("/preferences/", "/archive/", "/static/", "/media/maths/", "/media/.preview/", "/desk/"),
    "/desk/enter/",
)


def _fields(path: str, door: Door) -> Iterator[Request]:
    fields = {
        "tags without end": "If-None-Match: " + '"a",' * (MANY // 4),
        "weak tags": "If-None-Match: " + 'W/"' * (MANY // 3),
        "a date": "If-Modified-Since: " + "Mon, " * (MANY // 5),
        "encodings": "Accept-Encoding: " + "a;q=0," * (MANY // 6),
        "types": "Accept: " + "a/b;q=1," * (MANY // 8),
        "type parameters": "Accept: text/html" + ";a=1" * (MANY // 4),
        "languages": "Accept-Language: " + "a-b;q=1," * (MANY // 8),
        "cookies": "Cookie: " + "a=b; " * (MANY // 5),
        "proxies": "X-Forwarded-For: " + "1.2.3.4," * (MANY // 8),
        "a referer": "Referer: http://" + "a." * (MANY // 2) + "/",
        "an agent": "User-Agent: " + "Feedly/1.0 (1 subscribers) " * (MANY // 27),
        "ranges": "Range: bytes=" + "0-0," * (MANY // 4),
        "a hundred fields": "\r\n".join(f"X-{n}: a" for n in range(97)),
    }
    for what, field in fields.items():
        yield _get(path, what, field, door)
    joint = "&" if "?" in path else "?"
    yield _get(f"{path}{joint}" + "a=b&" * (MANY // 4), "a query", "", door)


def _paths(path: str) -> Iterator[Request]:
    yield _get(path + "a/" * (MANY // 2), "a deep path")
    yield _get(path + "../" * (MANY // 3), "a path upwards")
    yield _get(path + "%2F" * (MANY // 3), "an encoded path")
    yield _get(path + "%C3%A9" * (MANY // 6), "a long path")
    yield _get(path + "%EF%B7%BA" * (MANY // 9), "letters that are words")
    yield _get(path + "a" * MANY + "/", "a trailing slash")
    yield _get(path + "a." * (MANY // 2) + "xml", "dots")


def _searches() -> Iterator[Request]:
    words = {
        "words": "word+" * (MANY // 5),
        "one word": "a" * MANY,
        "quotations": "%22a%22+" * (MANY // 8),
        "an open quotation": "%22" * (MANY // 3),
        "signs": "%28%2A%29-" * (MANY // 10),
        "alternatives": "a+OR+" * (MANY // 5),
        "accents": "a%CC%81" * (MANY // 7),
        "ideographs": "%E6%97%A5" * (MANY // 9),
        "blanks": "+" * MANY,
    }
    for what, query in words.items():
        yield _get(f"/search?q={query}", f"a search of {what}")


# ── forms and web hooks ──────────────────────────────────────────────────────────────────────


def _forms(path: str) -> Iterator[Request]:
    multipart = "multipart/form-data; boundary=b"
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    disposition = b"--b\r\nContent-Disposition: form-data" + b";" * MANY + b"\r\n\r\nx\r\n--b--"
    yield _post(path, "type", "multipart/form-data;" + ";" * (MANY - 100), b"a=b")
    yield _post(path, "part header", multipart, disposition)
    yield _post(path, "parts", multipart, part * (MANY // len(part)))
    yield _post(path, "delimiters", multipart, b"\n--b" * (MANY // 4))
    yield _post(path, "fields", "", b"a=b&" * (MANY // 4))
    yield _post(path, "escapes", "", b"email=" + b"%41" * (MANY // 3))
    yield _post(path, "an address", "", b"email=" + b"a." * (MANY // 2) + b"@example.com")
    yield _post(path, "a quoted address", "", b"email=" + b'"a' * (MANY // 2) + b"@example.com")
    yield _post(path, "an accented name", "", b"name=" + b"a%CC%81" * (MANY // 7))
    yield _post(path, "deep JSON", "application/json", b"[" * MANY)
    yield _post(path, "long JSON", "application/json", b'{"a":' + b"9" * 4000 + b"}")
    yield _post(path, "chunks", "", _chunks(2000, 1), chunked=True)
    yield _post(path, "extension", "", b"1;" + b"a" * 200_000 + b"\r\na\r\n0\r\n\r\n", chunked=True)


def _wishes(path: str) -> Iterator[Request]:
    """What a reader's own page takes."""
    yield _post(path, "topics", "", b"topic=x&" * (MANY // 8))
    yield _post(path, "a zone", "", b"zone=" + b"Europe/" * (MANY // 7))
    yield _post(path, "a pace", "", b"pace=paused&until=" + b"1" * MANY)
    yield _post(path, "a language", "", b"language=" + b"de-" * (MANY // 3))
    yield _post(
        path, "another address", "", b"do=move&email=" + b"a." * (MANY // 2) + b"@b.example"
    )


def _webhooks(path: str) -> Iterator[Request]:
    yield _post(path, "deep JSON", "application/json", b"[" * 1_000_000)
    yield _post(path, "long JSON", "application/json", b'{"a":1},' * 100_000)
    yield _post(path, "a long number", "application/json", b'{"a":' + b"9" * 900_000 + b"}")
    yield _post(path, "escapes", "application/json", b'{"a":"' + b"\\u0041" * 150_000 + b'"}')
    yield _post(path, "fields", "", b"a=b&" * 200_000)
    yield _post(path, "small chunks", "text/plain", _chunks(2000, 1), chunked=True)


def _chunks(number: int, size: int) -> bytes:
    return (b"%x\r\n" % size + b"a" * size + b"\r\n") * number + b"0\r\n\r\n"


def _slowly() -> Iterator[Request]:
    """A head and a body that come a little at a time: nothing may be read anew with each piece."""
    head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: " + b"a" * MANY + b"\r\n\r\n"
    lines = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + b"X-A: a\r\n" * 90 + b"\r\n"
    yield Request(route="GET /", what="a head in pieces", sent=head, piece=60)
    yield Request(route="GET /", what="a head by the octet", sent=lines, piece=1)
    form = _post("/subscribe", "", "", b"email=" + b"a" * MANY).sent
    yield Request(route="POST /subscribe", what="a body in pieces", sent=form, piece=60)
    parts = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"-" * MANY
    form = _post("/subscribe", "", "multipart/form-data; boundary=b", parts).sent
    yield Request(route="POST /subscribe", what="a part in pieces", sent=form, piece=60)


def _get(path: str, what: str, field: str = "", door: Door = Door.SITE) -> Request:
    extra = f"{field}\r\n" if field else ""
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{extra}\r\n"
    return Request(route=f"GET {path[:24]}", what=what, sent=head.encode("latin-1"), door=door)


def _post(
    path: str, what: str, content_type: str, body: bytes, *, chunked: bool = False
) -> Request:
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{kind}{size}\r\n\r\n"
    return Request(route=f"POST {path[:24]}", what=what, sent=head.encode("latin-1") + body)


# ── mail ─────────────────────────────────────────────────────────────────────────────────────


def _mails(return_path: str) -> Iterator[Request]:
    """To the listener for bounces, by somebody who saw a return path."""
    hello = b"EHLO x.example\r\nMAIL FROM:<>\r\n"
    to = f"RCPT TO:<{return_path}>\r\n".encode()
    most = 7_500_000
    spoken = {
        "a greeting": b"EHLO " + b"a." * (MANY // 2) + b"\r\n",
        "a line without end": b"A" * 2_000_000 + b"\r\n",
        "parameters": b"EHLO x\r\nMAIL FROM:<>" + b" A=B" * (MANY // 4) + b"\r\n",
        "a route": b"EHLO x\r\nMAIL FROM:<" + b"@a," * (MANY // 3) + b":a@b.example>\r\n",
        "recipients": hello + b"RCPT TO:<nobody@example.com>\r\n" * 900,
        "nothing, often": b"NOOP\r\n" * 5_000,
        "an empty line, often": b"\r\n" * 100_000,
    }
    bodies = {
        "a body of lines": b"\r\n" * (most // 2),
        "a body of dots": b"..\r\n" * (most // 4),
        "a body of line feeds": b"\n" * most,
        "a body of carriage returns": b"\r" * most,
        "a body on one line": b"a" * most,
        "a body that nearly ends": b"\r\n.\r" * (most // 4),
    }
    for what, said in spoken.items():
        yield _mail(what, said)
    for what, body in bodies.items():
        yield _mail(what, hello + to + b"DATA\r\n" + body + b"\r\n.\r\n")
    yield Request(
        route="SMTP", what="a body in pieces", door=Door.MAIL, piece=20,
        sent=hello + to + b"DATA\r\n" + b"a\r\n" * 20_000 + b".\r\nQUIT\r\n",
    )  # fmt: skip


def _mail(what: str, said: bytes) -> Request:
    return Request(route="SMTP", what=what, sent=said + b"QUIT\r\n", door=Door.MAIL)
