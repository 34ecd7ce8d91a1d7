"""Asks for a feed over HTTP: conditionally, within bounds, and only at addresses of the internet.

A name is looked up once for each question, every address that it has must be public, and the connection
goes to one of those very addresses: a name that changes its mind meanwhile (DNS rebinding) leads
nowhere. Each redirect is a question of its own, with the same checks.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlencode, urljoin, urlsplit

from newsletter.following.reaching import (
    Dial,
    Resolve,
    dial_any,
    is_public_address,
    look_up,
    wrap,
)
from storage.model import FetchError

MOST_OCTETS: Final = 10_000_000
"""Of a feed, as it comes and unpacked."""
MOST_HOPS: Final = 5
PATIENCE_S: Final = 20.0
"""For a connection, and for each sign of life."""
WHOLE_S: Final = 60.0
"""For one question with its answer, however slowly that drips."""

NOT_ALLOWED: Final = "its host is in a private network; `[notes] feed_private = true` allows that"
"""What is told of a host that may not be asked."""

_PORTION: Final = 65_536
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FOR_GOOD: Final = frozenset({301, 308})
_HTTPS: Final = 443
_HTTP: Final = 80
_ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What an earlier answer was known by (RFC 9110 8.8), and whose it was."""

    url: str = ""
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered at last, behind all redirects."""

    status: int
    url: str
    """Where it came from."""
    moved_to: str = ""
    """Where the feed is for good, if every redirect on the way said so; empty without one."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in small letters."""
    body: bytes = field(default=b"", repr=False)

    @property
    def validators(self) -> Validators:
        """What to ask with the next time."""
        return Validators(
            url=self.url,
            etag=self.headers.get("etag", ""),
            modified=self.headers.get("last-modified", ""),
        )


class Fetcher:
    """Asks for feeds. For one thread at a time."""

    def __init__(
        self,
        agent: str,
        *,
        private: bool = False,
        resolve: Resolve = look_up,
        dial: Dial = socket.create_connection,
        context: ssl.SSLContext | None = None,
        whole_s: float = WHOLE_S,
    ) -> None:
        """With `private` every address is good enough: it is the author's own network."""
        self._agent = agent
        self.private: Final = private
        self._resolve = resolve
        self._dial = dial
        self._context = context
        self._whole_s = whole_s

    def fetch(self, url: str, validators: Validators | None = None) -> Answer:
        """What is answered at an address, through at most `MOST_HOPS` redirects.

        Raises FetchError with a sentence that repeats no address, for whatever is no answer.
        """
        moved_to, for_good, first = "", True, urlsplit(url)
        for _ in range(MOST_HOPS + 1):
            known = validators if validators and validators.url == url else Validators()
            answer = self._ask(url, known, with_user=_origin(urlsplit(url)) == _origin(first))
            there = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not there:
                return Answer(
                    status=answer.status,
                    url=url,
                    moved_to=moved_to,
                    headers=answer.headers,
                    body=answer.body,
                )
            url = self._follow(url, there)
            for_good = for_good and answer.status in _FOR_GOOD
            moved_to = url if for_good else moved_to
        raise FetchError(f"it leads on and on: more than {MOST_HOPS} redirects")

    def post(self, url: str, form: Mapping[str, str]) -> int:
        """The status that a form is answered with; no redirect is followed. Raises FetchError as `fetch`."""
        body = urlencode(form).encode()
        return self._ask(url, Validators(), with_user=True, body=body).status

    def _follow(self, url: str, there: str) -> str:
        try:
            before, after = urlsplit(url), urlsplit(urljoin(url, there))
        except ValueError as error:
            raise FetchError("it leads to what is no address on the web") from error
        if after.scheme not in {"http", "https"} or not after.hostname:
            raise FetchError("it leads to what is no address on the web")
        if before.scheme == "https" and after.scheme == "http":
            raise FetchError("it leads from https to http, which anybody on the way could change")
        netloc = after.netloc.rpartition("@")[2]
        if before.username and _origin(before) == _origin(after):
            netloc = f"{before.netloc.rpartition('@')[0]}@{netloc}"
        return after._replace(netloc=netloc, fragment="").geturl()

    def _ask(
        self, url: str, known: Validators, *, with_user: bool, body: bytes | None = None
    ) -> Answer:
        parts = urlsplit(url)
        host, port = _place(parts)
        try:
            addresses = list(dict.fromkeys(self._resolve(host, port)))
        except (OSError, UnicodeError) as error:
            raise FetchError("there is no such host") from error
        if not addresses:
            raise FetchError("there is no such host")
        if not self.private and not all(map(is_public_address, addresses)):
            raise FetchError(NOT_ALLOWED)
        question = _Question(self._dial, self._context, self._whole_s)
        headers = {
            "User-Agent": self._agent,
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        if known.etag:
            headers["If-None-Match"] = known.etag
        if known.modified:
            headers["If-Modified-Since"] = known.modified
        if parts.username and with_user:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return question.put(parts, host, port, addresses, headers, body)


class _Question:
    """One request, and the watch that ends it."""

    def __init__(self, dial: Dial, context: ssl.SSLContext | None, whole_s: float) -> None:
        self._dial = dial
        self._context = context
        self._whole_s = whole_s
        self._socket: socket.socket | None = None
        self._is_over = False

    def put(
        self,
        parts: SplitResult,
        host: str,
        port: int,
        addresses: Sequence[str],
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Answer:
        watch = threading.Timer(self._whole_s, self._end)
        watch.daemon = True
        watch.start()
        try:
            return self._put(parts, host, port, addresses, headers, body)
        except FetchError:
            raise
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise FetchError(self._tell(error)) from error
        finally:
            watch.cancel()
            if self._socket is not None:
                self._socket.close()

    def _put(
        self,
        parts: SplitResult,
        host: str,
        port: int,
        addresses: Sequence[str],
        headers: Mapping[str, str],
        sending: bytes | None,
    ) -> Answer:
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE_S)
        connection.sock = self._connect(parts.scheme, host, port, addresses)
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
        if parts.query:
            target += f"?{quote(parts.query, safe='/%:@!$&()*+,;=?~')}"
        place = f"[{host}]" if ":" in host else host
        usual = _HTTPS if parts.scheme == "https" else _HTTP
        sent = {"Host": place if port == usual else f"{place}:{port}", **headers}
        with closing(connection):
            connection.request("GET" if sending is None else "POST", target, sending, sent)
            with connection.getresponse() as answer:
                given = {name.lower(): value for name, value in answer.headers.items()}
                given["link"] = ", ".join(answer.headers.get_all("Link") or ())
                body = self._read(answer, given) if answer.status == http.client.OK else b""
        self._refuse_late()
        return Answer(status=answer.status, url=parts.geturl(), headers=given, body=body)

    def _connect(
        self, scheme: str, host: str, port: int, addresses: Sequence[str]
    ) -> socket.socket:
        self._socket = dial_any(self._dial_in_time, addresses, port, PATIENCE_S)
        self._refuse_late()
        if scheme == "https":
            self._socket = wrap(self._socket, host, self._context)
        return self._socket

    def _dial_in_time(self, place: tuple[str, int], patience_s: float) -> socket.socket:
        self._refuse_late()
        return self._dial(place, patience_s)

    def _read(self, answer: http.client.HTTPResponse, headers: Mapping[str, str]) -> bytes:
        unpack = _unpacker(headers.get("content-encoding", ""))
        pieces: list[bytes] = []
        packed = total = 0
        while piece := answer.read(_PORTION):
            packed += len(piece)
            for part in unpack(piece):
                pieces.append(part)
                total += len(part)
                if total > MOST_OCTETS:
                    raise _too_large()
            if packed > MOST_OCTETS:
                raise _too_large()
            self._refuse_late()
        said = headers.get("content-length", "")
        if said.isdigit() and packed < int(said):
            raise http.client.IncompleteRead(b"")
        return b"".join(pieces)

    def _refuse_late(self) -> None:
        if self._is_over:
            raise TimeoutError

    def _end(self) -> None:
        self._is_over = True
        if (there := self._socket) is not None:
            with suppress(OSError):
                there.shutdown(socket.SHUT_RDWR)

    def _tell(self, error: Exception) -> str:
        if self._is_over:
            return f"it takes longer than {self._whole_s:g} s"
        if isinstance(error, TimeoutError):
            return "it does not answer"
        if isinstance(error, ssl.SSLError):
            return "its certificate is not valid, or TLS fails"
        if isinstance(error, ConnectionRefusedError):
            return "it refuses the connection"
        if isinstance(error, http.client.IncompleteRead | ConnectionError):
            return "the connection broke off in the middle"
        if isinstance(error, zlib.error):
            return "what it sends cannot be unpacked"
        return "it cannot be reached, or does not speak HTTP"


def _too_large() -> FetchError:
    return FetchError(f"it is larger than {MOST_OCTETS // 1_000_000} MB")


def _unpacker(coding: str) -> Callable[[bytes], Sequence[bytes]]:
    """What turns octets as they come into octets as they are meant, a portion at most at a time."""
    name = coding.strip().lower()
    if name in {"", "identity"}:
        return lambda piece: [piece]
    if name not in {"gzip", "x-gzip", "deflate"}:
        raise FetchError("it is packed in a way that was not asked for")
    unpacking = zlib.decompressobj(wbits=47)  # gzip or zlib, as its head says

    def unpack(piece: bytes) -> Sequence[bytes]:
        nonlocal unpacking
        made: list[bytes] = []
        total = 0
        while piece and total <= MOST_OCTETS:
            part = unpacking.decompress(piece, MOST_OCTETS + 1)
            made.append(part)
            total += len(part)
            piece = unpacking.unconsumed_tail
            if unpacking.eof and unpacking.unused_data:
                piece, unpacking = unpacking.unused_data, zlib.decompressobj(wbits=47)
            elif not part and not piece:
                break
        return made

    return unpack


def _place(parts: SplitResult) -> tuple[str, int]:
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise FetchError("its address is not well-formed") from error
    try:
        plain = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise FetchError("its host is no name") from error
    return plain, port or (_HTTPS if parts.scheme == "https" else _HTTP)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, *_place(parts)
