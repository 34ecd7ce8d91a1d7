"""One connection of a stranger: what it may send, how long it may take, and how many there may be.

uvicorn's protocol over httptools parses and answers. It bounds neither the octets of a header nor the
time to a whole request, and its bound on connections still keeps them open; that is added here. Every
bound is counted, so what is refused is refused after a fixed amount of work.
"""

from __future__ import annotations

import re
from asyncio import AbstractEventLoop, BaseTransport, TimerHandle, Transport
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Final, NoReturn, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MAX_FIELDS: Final = 100
"""Header fields of a request, trailers included; browsers send some twenty."""
MAX_TARGET: Final = 8192
"""Octets of a path and a query; programs should cope with 8,000 (RFC 9110 4.1), and none of ours has a fourth
of that. A stranger's route, path and query are looked at in many places.
"""
MAX_FRAMING: Final = 16 * 1024
"""Octets of a body that are no content: sizes and extensions of chunks (RFC 9112 7.1.1)."""
MAX_PIPELINE: Final = 32
"""Requests that wait for the answer to the one before; readers' programs send none (RFC 9112 9.3.2)."""

_PIECE: Final = 16 * 1024
"""Octets handed to the parser at a time, and so how far beyond a bound anything can get."""
_LOOKS: Final = 4
"""Looks at a connection in the time it may take."""
_PROGRESS: Final = 4096
"""Octets that a reader takes between two looks, if it reads at all."""
_LINGER_S: Final = 2.0
"""How long a refused request is read and thrown away: closing at once would lose the answer."""
_COMING_S: Final = 0.25
"""How long a stop waits for the first request of a connection: whoever has just come may have sent it already."""
_RETRY_S: Final = 10
_REQUEST: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} [/*h]")
"""How a request begins whose method the parser does not know (RFC 9112 3): 501 (RFC 9110 9.1)."""
_HOST: Final = re.compile(
    rb"[A-Za-z0-9._~!$&'()*+,;=%-]*(?::[0-9]*)?|\[[0-9A-Fa-f:.]+\](?::[0-9]*)?"
)
"""`uri-host [ ":" port ]` of RFC 9112 3.2, in its characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What strangers may use of a listener."""

    header: int
    """Octets of the request line and all header fields."""
    idle: float
    """Seconds in which a request's header, and then its body, must have come, the next request must
    begin, and a part of an answer must have been taken."""
    connections: int
    """Open at a time."""


class _Stop(Exception):
    """Ends the parser's work in the middle of a header."""


class _Joined:
    """What a request's answer is written to: its header goes out together with the first part of its
    body, if that follows at once, so that the peer is woken once and reads the whole of it.
    """

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: bytes | None = None
        self._is_begun = False

    def is_closing(self) -> bool:
        """Whether nothing that is written arrives any more."""
        return self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """The first piece waits for the second one, not longer than the loop's next turn."""
        if self.is_closing():
            return
        if self._is_begun:
            self._transport.write(data)
        elif self._held is None:
            self._held = data
            self._loop.call_soon(self._flush)
        else:
            self._held += data
            self._flush()

    def close(self) -> None:
        """After what was written."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        held, self._held = self._held, None
        if held is not None and not self.is_closing():
            self._is_begun = True
            self._transport.write(held)


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's protocol with bounds; see `bounded`."""

    bounds: ClassVar[Bounds]

    _octets = 0
    """Of the header's fields so far."""
    _arrived = 0
    """Of the header, ended fields or not, but for the first piece."""
    _fields = 0
    _framing = 0
    _content = 0
    _requests = 0
    """How many have begun."""
    _in_header = False
    _in_body = False
    _verdict = HTTPStatus.BAD_REQUEST
    _refused = False
    _since: float | None = None
    """Since when the peer is waited for; None while it waits for us."""
    _left = 0
    """Octets of an answer that it had not taken at the last look."""
    _stalls = 0
    _alarm: TimerHandle | None = None
    _is_ending = False

    # ── coming and going ─────────────────────────────────────────────────────────────────

    def connection_made(self, transport: BaseTransport) -> None:
        """One more, in the place of the one that was waited for longest if all are taken."""
        super().connection_made(cast("Transport", transport))
        self._since = self.loop.time()
        self._alarm = self.loop.call_later(self.bounds.idle / _LOOKS, self._look)
        if len(self.connections) > self.bounds.connections and not self._make_room():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended, by either side."""
        if self._alarm is not None:
            self._alarm.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The service stops: a request that is only half here is not waited for, one that was not read yet is."""
        if not self._requests and not self._is_ending:
            self._is_ending = True
            self.loop.call_later(_COMING_S, self.shutdown)
        elif self._refused:
            self.transport.abort()
        elif self._in_body and not self.cycle.response_started:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            super().shutdown()

    def _make_room(self) -> bool:
        """Ends the connection whose peer has kept us waiting longest; False when all are at work."""
        others = [other for other in self.connections if isinstance(other, BoundedConnection)]
        waiting = [(other._since, id(other), other) for other in others if other._since is not None]
        oldest = min((one for one in waiting if one[2] is not self), default=None)
        if oldest is None:
            return False
        self.connections.discard(oldest[2])
        oldest[2].transport.abort()
        return True

    # ── what comes in ────────────────────────────────────────────────────────────────────

    def data_received(self, data: bytes) -> None:
        """Parses what came, a piece at a time, for as long as it is within bounds."""
        if len(data) <= _PIECE:
            self._feed(data)
            return
        for start in range(0, len(data), _PIECE):
            self._feed(data[start : start + _PIECE])

    def _feed(self, piece: bytes) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        request, content = self._requests, self._content
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:  # nothing else is spoken here (RFC 9110 7.8)
            self.cycle.keep_alive = False
        except httptools.HttpParserInvalidMethodError:
            is_request = _REQUEST.match(piece) is not None
            self._refuse(HTTPStatus.NOT_IMPLEMENTED if is_request else self._verdict)
            return
        except httptools.HttpParserError:
            self._refuse(self._verdict)
            return
        if request == self._requests:  # so all of the piece is the same request's
            self._count_piece(len(piece), self._content - content)
        if len(self.pipeline) > MAX_PIPELINE:
            self.transport.abort()

    def _count_piece(self, size: int, content: int) -> None:
        """What no callback tells: a field that has not ended, and what stands between chunks."""
        if self._in_header:
            self._arrived += size
            if self._arrived > self.bounds.header:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._in_body:
            self._framing += size - content
            if self._framing > MAX_FRAMING:
                self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Nothing more will come; what was asked for is still answered (RFC 9112 9.6)."""
        at_work = self._since is None and not self._refused
        if at_work:
            self.cycle.keep_alive = False
        return at_work

    def on_message_begin(self) -> None:
        """The first octet of a request."""
        self._octets = self._arrived = self._fields = self._framing = self._content = 0
        self._requests += 1
        self._in_header, self._in_body = True, False
        if self._since is not None:
            self._since = self.loop.time()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the request target."""
        self._count(len(url))
        if self._octets > MAX_TARGET:
            self._stop(HTTPStatus.REQUEST_URI_TOO_LONG)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field; one in a trailer is counted and dropped (RFC 9110 6.5.1)."""
        self._fields += 1
        self._count(len(name) + len(value) + len(b": \r\n"))
        if self._in_header:
            super().on_header(name, value)

    def _count(self, octets: int) -> None:
        self._octets += octets
        if self._octets > self.bounds.header or self._fields > MAX_FIELDS:
            self._stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The whole header is there; a request must name one host (RFC 9112 3.2)."""
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not hosts and self.parser.get_http_version() != "1.0"):
            self._stop(HTTPStatus.BAD_REQUEST)
        if hosts and _HOST.fullmatch(hosts[0]) is None:
            self._stop(HTTPStatus.BAD_REQUEST)
        self._judge_codings()
        self._in_header, self._in_body = False, True
        self._since = self.loop.time()
        super().on_headers_complete()
        self.cycle.transport = cast("Transport", _Joined(self.transport, self.loop))

    def _judge_codings(self) -> None:
        """Of transfer codings chunks are known, and another program may see another end in the rest (RFC 9112 6.1)."""
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        if codings and self.parser.get_http_version() == "1.0":
            self._stop(HTTPStatus.BAD_REQUEST)
        if any(coding.strip().lower() != b"chunked" for coding in codings):
            self._stop(HTTPStatus.NOT_IMPLEMENTED)

    def on_body(self, body: bytes) -> None:
        """A part of the content."""
        self._content += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The whole request is there."""
        self._in_body = False
        if not self.cycle.response_complete:
            self._since = None  # it waits for us now
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is written; the next request may come, if it is not here yet."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self._since = self.loop.time()

    def _stop(self, verdict: HTTPStatus) -> NoReturn:
        self._verdict = verdict
        raise _Stop

    # ── patience ─────────────────────────────────────────────────────────────────────────

    def _look(self) -> None:
        """Ends what takes too long: a request that does not come, an answer that is not taken."""
        self._alarm = self.loop.call_later(self.bounds.idle / _LOOKS, self._look)
        left = self.transport.get_write_buffer_size()
        self._stalls = self._stalls + 1 if left and left > self._left - _PROGRESS else 0
        self._left = left
        if self._stalls > _LOOKS:
            self.transport.abort()
        elif self._since is not None and self.loop.time() - self._since >= self.bounds.idle:
            self._give_up()

    def resume_writing(self) -> None:
        """The peer has taken something."""
        self._stalls = self._left = 0
        super().resume_writing()

    def _give_up(self) -> None:
        if self._refused or self.transport.is_closing():
            self.transport.abort()
        elif self._in_header or (self._in_body and not self.cycle.response_started):
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)  # RFC 9110 15.5.9
        else:
            self.transport.close()

    # ── refusing ─────────────────────────────────────────────────────────────────────────

    def _refuse(self, status: HTTPStatus) -> None:
        """Says why in one line, and ends the connection."""
        self._refused = True
        self._since = 0.0  # the first to go where room is needed
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started or self.pipeline:
                self.transport.abort()  # it would stand in the middle of another answer
                return
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(_refusal(status, self.server_state.default_headers))
        self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.abort)


def bounded(bounds: Bounds) -> type[BoundedConnection]:
    """The protocol of a listener, as uvicorn's `http` wants it."""
    return type("BoundedConnection", (BoundedConnection,), {"bounds": bounds})


def _refusal(status: HTTPStatus, defaults: list[tuple[bytes, bytes]]) -> bytes:
    words = f"{status.phrase}\n".encode()
    fields = [
        *defaults,
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(words)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        fields.append((b"retry-after", str(_RETRY_S).encode()))
    line = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
    return line + b"".join(b"%s: %s\r\n" % field for field in fields) + b"\r\n" + words
