"""The routes that the operator's machines watch: alive, ready, metrics; on a listener of their own.

Not on the site's: how many wait to confirm would tell a stranger whether an address is known.
"""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter import Newsletter
from web.http import NO_STORE, Readership
from web.routes.figures import Answers, Counts, Feelings, Followers

_FRESH = {"Cache-Control": NO_STORE}


class Vitals:
    """Handlers over one newsletter, with a registry of their own."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._newsletter = newsletter
        self._registry = CollectorRegistry()
        self._answers = Answers()
        self.readership = Readership(newsletter.feed_count.note)
        self._registry.register(Counts(newsletter.watching))
        self._registry.register(Feelings(newsletter.watching))
        ProcessCollector(registry=self._registry)  # memory, descriptors, processor time
        self._registry.register(self._answers)
        self._registry.register(Followers(self.readership))

    def routes(self) -> list[Route]:
        """The routes, in the order in which they are tried."""
        return [
            Route("/healthz", self.alive),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
        ]

    def count(self, method: str, status: int) -> None:
        """Counts one answer. Methods nobody knows are one: they must not fill the memory."""
        self._answers.add(method if method in ("GET", "HEAD", "POST") else "other", status)

    async def alive(self, _request: Request) -> Response:
        """200 while the process can answer at all."""
        return PlainTextResponse("ok\n", headers=_FRESH)

    def ready(self, _request: Request) -> Response:
        """200 while database, relays, ticks and disk are well, else 503; with the reasons as JSON."""
        checks = self._newsletter.watching.readiness.look()
        is_ready = all(check.is_well for check in checks)
        found = {check.name: {"ok": check.is_well, "reason": check.reason} for check in checks}
        return JSONResponse(
            {"ready": is_ready, "checks": found}, 200 if is_ready else 503, headers=_FRESH
        )

    def metrics(self, _request: Request) -> Response:
        """The counts in Prometheus' text format."""
        return Response(
            generate_latest(self._registry), headers=_FRESH, media_type=CONTENT_TYPE_LATEST
        )
