"""The routes to which mail services POST what became of mail; only those that are configured."""

from __future__ import annotations

import math
import time
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter import Newsletter
from storage.model import FetchError, Log
from web.http import NO_STORE, Guesses, client_ip

MAX_WEBHOOK: Final = 1024 * 1024
"""Bytes of one request: a batch of events, or a bounce with the mail that it returns."""

_HEADERS: Final = {"Cache-Control": NO_STORE}
_log = Log()


class Webhooks:
    """Handlers over one newsletter."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._desk = newsletter.webhook_desk
        self._trusted = newsletter.config.web.trusted_proxies
        self._guesses = Guesses()

    def routes(self) -> list[Route]:
        """One route, if there is a service that can prove itself."""
        if not self._desk.services:
            return []
        limit = Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_WEBHOOK)
        return [Route("/webhooks/{service}", self.take, methods=["POST"], middleware=[limit])]

    async def take(self, request: Request) -> Response:
        """200 once every event is recorded; 403 without proof; 503 asks to be told again.

        429 to whoever failed too often, right or wrong, or secrets could be guessed without an end.
        """
        service = request.path_params["service"]
        if service not in self._desk.services:
            raise HTTPException(404)
        origin = self._origin(request)
        if self._guesses.wait_s(origin, time.monotonic()):
            return self._later(service, origin)
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.body()
        try:
            genuine = await run_in_threadpool(self._desk.take, service, body, headers)
        except FetchError:
            _log.warning("webhook.put_off", service=service)
            return PlainTextResponse("come back later\n", 503, headers=_HEADERS)
        if self._guesses.wait_s(origin, time.monotonic()):  # others of the same moment used it up
            return self._later(service, origin)
        if genuine:
            self._guesses.succeed(origin)
            return PlainTextResponse("taken\n", headers=_HEADERS)
        self._guesses.fail(origin, time.monotonic())
        return PlainTextResponse("not genuine\n", 403, headers=_HEADERS)

    def _later(self, service: str, origin: str) -> Response:
        _log.warning("webhook.guessed_too_often", service=service)
        wait = math.ceil(max(1.0, self._guesses.wait_s(origin, time.monotonic())))
        return PlainTextResponse(
            "too many without proof, come back later\n",
            429,  # RFC 6585 4
            headers={**_HEADERS, "Retry-After": str(wait)},
        )

    def _origin(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        forwarded = ", ".join(request.headers.getlist("x-forwarded-for"))
        return client_ip(peer, forwarded, self._trusted)
