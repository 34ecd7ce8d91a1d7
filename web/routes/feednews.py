"""The route at which the hub of the feed that is followed calls (WebSub); only where a feed is followed."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter import Newsletter
from web.http import NO_STORE

_MOST: Final = 10_000_000
"""Octets of what a hub sends, which nobody reads."""
_HEADERS: Final = {"Cache-Control": NO_STORE, "X-Content-Type-Options": "nosniff"}


class FeedNews:
    """Handlers over one newsletter."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._newsletter = newsletter

    def routes(self) -> list[Route]:
        """One route, if there is a feed."""
        if not self._newsletter.config.notes.feed:
            return []
        limit = Middleware(RequestBodyLimitMiddleware, max_body_size=_MOST)
        return [Route("/feed-news/{key}", self.hear, methods=["GET", "POST"], middleware=[limit])]

    async def hear(self, request: Request) -> Response:
        """GET repeats the challenge of a hub that asks back; POST has the feed asked for; 404 without the key.

        What is posted is not read (WebSub 7): the feed itself is asked.
        """
        key, hub = request.path_params["key"], self._newsletter.feed.hub
        if request.method == "POST":
            if await run_in_threadpool(hub.take, key):
                return PlainTextResponse("heard\n", 202, headers=_HEADERS)
            raise HTTPException(404)
        challenge = await run_in_threadpool(hub.verify, key, dict(request.query_params))
        if challenge is None:
            raise HTTPException(404)
        return PlainTextResponse(challenge, headers=_HEADERS)
