"""Turns documents into answers: validators, 304, gzip and caching in one place (rules E20–E22)."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from web.http.memory import Offer
from web.http.negotiation import (
    accepts_gzip,
    http_date,
    is_another,
    is_unchanged,
    pack,
    packed_etag,
)

FEED_CACHE: Final = "public, max-age=900"
"""A quarter of an hour: feed readers that obey it spare the host, and nobody waits long (E22)."""
PAGE_CACHE: Final = "public, max-age=60"
ASSET_CACHE: Final = "public, max-age=31536000, immutable"
"""The address of an asset changes with its content."""
NO_STORE: Final = "no-store"

_ANOTHER: Final = "This has changed since you had it.\n"
_PACKED_LIMIT: Final = 128
_PACKED_OCTETS: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A document ready to be served, whatever made it."""

    content: bytes
    media_type: str
    etag: str
    """Strong and quoted, of the content as it stands here."""
    cache: str
    last_modified: datetime | None = None
    is_steady: bool = True
    """Whether it stays as it is until the archive changes."""
    any_query: bool = True
    """Whether it is the same whatever the query of its address says."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_page(cls, html: str) -> Body:
        """A page that everybody may keep for a minute."""
        return cls._of(html.encode(), "text/html; charset=utf-8", PAGE_CACHE)

    @classmethod
    def of_xml(cls, content: bytes) -> Body:
        """A sitemap: read by programs, which may keep it as long as a feed."""
        return cls._of(content, "application/xml; charset=utf-8", FEED_CACHE)

    @classmethod
    def _of(cls, content: bytes, media_type: str, cache: str) -> Body:
        digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        return cls(content=content, media_type=media_type, etag=f'"{digest}"', cache=cache)


class Packer:
    """Packs each document once. Keeps the last ones, within bounds; safe to share among threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._packed: OrderedDict[str, bytes | None] = OrderedDict()
        self._octets = 0
        self._lock = threading.Lock()

    def packed(self, body: Body) -> bytes | None:
        """The content in gzip; None where that would not be smaller."""
        with self._lock:
            if body.etag in self._packed:
                self._packed.move_to_end(body.etag)
                return self._packed[body.etag]
        packed = pack(body.content)
        with self._lock:
            if body.etag in self._packed:  # another thread was quicker
                return packed
            self._packed[body.etag] = packed
            self._octets += len(packed or b"")
            while len(self._packed) > _PACKED_LIMIT or self._octets > _PACKED_OCTETS:
                self._octets -= len(self._packed.popitem(last=False)[1] or b"")
        return packed

    def said(self, modified: datetime) -> datetime:
        """A time of change as it is told: not later than now (RFC 9110 8.8.2.1).

        What a reader's program keeps of one that lies ahead is too early to be a 304 later.
        """
        return min(modified, self._clock())

    def _is_kept(self, request: Request, body: Body) -> bool:
        """Whether what keeps answers takes this one, and itself tells those who have it already."""
        offer = Offer.of(request.scope)
        modified = body.last_modified
        if offer is None or not body.is_steady:
            return False
        ahead = (modified - self.said(modified)).total_seconds() if modified is not None else 0.0
        # What is said of one that lies ahead is too early for whoever asks by it when time has passed.
        offer.make(last_modified=modified, any_query=body.any_query, for_s=ahead or None)
        return True

    def respond(self, request: Request, body: Body) -> Response:
        """200 with the document, in gzip where it may be, 304 without it (RFC 9110 15.4.5), or 412 to whoever only
        wants it as it was (RFC 9110 15.5.13).
        """
        asked = request.headers
        packed = self.packed(body) if accepts_gzip(_joined(request, "accept-encoding")) else None
        etag = body.etag if packed is None else packed_etag(body.etag)
        headers = {
            "ETag": etag,
            "Cache-Control": body.cache,
            "Vary": "Accept-Encoding",
            **body.headers,
        }
        if body.last_modified is not None:
            headers["Last-Modified"] = http_date(self.said(body.last_modified))
        if is_another(
            etag,
            body.last_modified,
            if_match=_joined(request, "if-match"),
            if_unmodified_since=asked.get("if-unmodified-since", ""),
        ):
            return PlainTextResponse(_ANOTHER, 412, headers)
        if not self._is_kept(request, body) and is_unchanged(
            etag,
            body.last_modified,
            if_none_match=_joined(request, "if-none-match"),
            if_modified_since=asked.get("if-modified-since", ""),
        ):
            return Response(status_code=304, headers=headers)
        if packed is not None:
            headers["Content-Encoding"] = "gzip"
        content = body.content if packed is None else packed
        return Response(content, headers=headers, media_type=body.media_type)


def _joined(request: Request, name: str) -> str:
    """A list header that came in several lines is one list (RFC 9110 5.3)."""
    return ", ".join(request.headers.getlist(name))
