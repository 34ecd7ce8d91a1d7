"""Feeds and the form for programs that live in a browser, on pages of other origins (Fetch, CORS).

Whatever is answered at a feed's address may be read there: also that it is not there, has not
changed, or has moved. Nothing private has such an address, and no cookie is ever looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feeds.syndication import is_feed_path

_ANYBODY: Final = {"Access-Control-Allow-Origin": "*"}
_SHOWN: Final = "ETag, Link, Retry-After"
"""What a script may read besides the fields that all may."""
SHARED: Final = _ANYBODY | {"Access-Control-Expose-Headers": _SHOWN}
"""With every answer at the address of a feed."""
_PREFLIGHT: Final = _ANYBODY | {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Cache-Control, If-Modified-Since, If-None-Match, Pragma",
    "Access-Control-Max-Age": "86400",
}
"""A question with a validator is asked about first, once a day."""

FORM: Final = "/subscribe"
_FORM_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Accept, Content-Type",
    "Access-Control-Max-Age": "86400",
}


class Sharing:
    """ASGI middleware: answers preflights for feeds, and marks their answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is no preflight for a feed."""
        if scope["type"] != "http" or not is_feed_path(scope["path"]):
            await self._app(scope, receive, send)
            return
        asks_first = "access-control-request-method" in Headers(scope=scope)
        if scope["method"] == "OPTIONS" and asks_first:
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SHARED)
            await send(message)

        await self._app(scope, receive, marked)


class FormSharing:
    """ASGI middleware: scripts on pages of chosen origins may send the form and read its answer.

    No cookie is looked at, so nobody is asked in somebody's name (`[web] form_origins`).
    """

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is no preflight for the form."""
        if scope["type"] != "http" or scope["path"] != FORM or not self._origins:
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        origin = asked.get("origin", "")
        shared = {"Vary": "Origin"}
        if origin in self._origins:
            shared["Access-Control-Allow-Origin"] = origin
        if scope["method"] == "OPTIONS" and "access-control-request-method" in asked:
            allowed = _FORM_PREFLIGHT if origin in self._origins else {}
            await Response(status_code=204, headers=shared | allowed)(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                headers.update({name: value for name, value in shared.items() if name != "Vary"})
            await send(message)

        await self._app(scope, receive, marked)
