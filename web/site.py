"""The site and the operator's listener as ASGI applications: which route is whose, what goes round
them, and error pages.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from newsletter import Newsletter
from newsletter.publication import Publication
from storage.model import Log, StorageError
from web.desk import Desk
from web.http import (
    NO_STORE,
    Census,
    Count,
    FormSharing,
    Guard,
    Manners,
    Memory,
    Readership,
    Sharing,
    protecting_headers,
)
from web.pages import COPY_SCRIPT, Frame, Pages, issue_path
from web.routes import (
    FeedNews,
    Finding,
    Joining,
    Looks,
    OutboxPages,
    PreferencePages,
    Reading,
    Vitals,
    Webhooks,
)
from words import to_say

_log = Log()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """What an error page says."""

    title: str
    words: str


_TROUBLES: Final = MappingProxyType(
    {
        404: _Trouble(
            title=to_say("There is nothing here"),
            words=to_say("The address may be mistyped, or the page may have moved."),
        ),
        405: _Trouble(
            title=to_say("That does not work here"),
            words=to_say("This page cannot be used in that way."),
        ),
        410: _Trouble(
            title=to_say("This issue was withdrawn"),
            words=to_say("The author has taken it out of the archive."),
        ),
        413: _Trouble(
            title=to_say("That is too much"), words=to_say("What was sent is too large.")
        ),
        500: _Trouble(
            title=to_say("Something broke"),
            words=to_say("The fault is on our side. Please try again in a while."),
        ),
        503: _Trouble(
            title=to_say("Busy for a moment"),
            words=to_say("The site cannot answer just now. Please try again in a minute."),
        ),
    }
)
_OTHER: Final = _Trouble(
    title=to_say("That does not work"), words=to_say("The request could not be understood.")
)
_RETRY_SECONDS: Final = "30"
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_NO_HOST: Final = re.compile(rb"[^A-Za-z0-9._~!$&'()*+,;=%:\[\]-]")


def _uncounted(_method: str, _status: int) -> None:
    """For a site that nobody watches."""


def create_app(
    newsletter: Newsletter,
    count: Count = _uncounted,
    readership: Readership | None = None,
    pages: Pages | None = None,
) -> Starlette:
    """The site of one newsletter, ready for any ASGI server; `count` is told of every answer,
    `readership` of what aggregators say of their readers. `pages` are others than usual.

    The server must leave X-Forwarded-For alone: whom to believe is `[web] trusted_proxies`.
    """
    pages = pages or Pages.of(newsletter)
    joining = Joining(newsletter, pages)
    errors = _Errors(pages, newsletter.publication)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await joining.later.finish()

    app = Starlette(
        routes=_routes(newsletter, pages, joining),
        middleware=[
            Middleware(Census, readership=readership or Readership()),
            Middleware(Manners, trusted=newsletter.config.web.trusted_proxies, count=count),
            Middleware(Memory, version=newsletter.publication.watch(), count=count),
            Middleware(Guard, url=newsletter.identity.url, count=count, script=COPY_SCRIPT),
            Middleware(Sharing),
            Middleware(FormSharing, origins=newsletter.config.web.form_origins),
            Middleware(RequestBodyLimitMiddleware, max_body_size=newsletter.config.web.max_body),
        ],
        exception_handlers={
            HTTPException: errors.refused,
            StorageError: errors.busy,
            ClientDisconnect: errors.gone,
            Exception: errors.broken,
        },
        lifespan=lifespan,
    )
    # It would redirect to whatever Host the request names (rule F8); see _Errors.refused.
    app.router.redirect_slashes = False
    return app


def _routes(newsletter: Newsletter, pages: Pages, joining: Joining) -> list[BaseRoute]:
    """All that this newsletter has, in the order in which they are tried."""
    routes: list[BaseRoute] = [
        _Unprintable(),
        _Misnamed(),
        *Looks(newsletter, pages).routes(),
        *Reading(newsletter, pages).routes(),
        *Finding(newsletter, pages).routes(),
        *joining.routes(),
        *PreferencePages(newsletter, pages, joining.later).routes(),
        *Webhooks(newsletter).routes(),
        *FeedNews(newsletter).routes(),
    ]
    if newsletter.config.desk.enabled:
        routes += Desk(newsletter, pages.root).routes()
    shown = newsletter.publication
    if (outbox := shown.outbox()) is not None:
        key, is_local = shown.outbox_key, shown.outbox_is_local
        routes += OutboxPages(outbox, pages, key=key, is_local=is_local).routes()
    return routes


def create_admin(vitals: Vitals, max_body: int) -> Starlette:
    """What machines of the operator ask; for a listener that strangers do not reach."""
    app = Starlette(
        routes=vitals.routes(),
        middleware=[Middleware(RequestBodyLimitMiddleware, max_body_size=max_body)],
        exception_handlers={StorageError: _unavailable},
    )
    app.router.redirect_slashes = False
    return app


async def _unavailable(_request: Request, error: Exception) -> Response:
    _log.warning("web.busy", error=type(error).__name__)
    headers = {"Cache-Control": NO_STORE, "Retry-After": _RETRY_SECONDS}
    return PlainTextResponse("the database does not answer\n", 503, headers=headers)


class _Unprintable(BaseRoute):
    """Takes every path with a control character in it, and has nothing there.

    No address of ours holds one, and PostgreSQL cannot even be asked for a NUL.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the decoded path holds a C0 or C1 control."""
        is_ours = scope["type"] == "http" and _CONTROL.search(scope["path"]) is not None
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        """404, as for every address at which nothing is."""
        raise HTTPException(404)


class _Misnamed(BaseRoute):
    """Takes every request whose Host names none, and refuses it (RFC 9112 3.2).

    What reads the address of such a request fails.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether there is a Host header that is no name and no address with or without a port."""
        hosts = [value for name, value in scope.get("headers", ()) if name == b"host"]
        return (Match.NONE if all(map(_is_host, hosts)) else Match.FULL), {}

    async def handle(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        """400."""
        raise HTTPException(400)


@lru_cache(maxsize=64)
def _is_host(value: bytes) -> bool:
    """Whether a Host can be one (RFC 3986 3.2.2): few are asked for again and again."""
    try:
        parts = urlsplit(f"//{value.decode('latin-1')}")
        return _NO_HOST.search(value) is None and (parts.port is None or parts.port >= 0)
    except ValueError:  # an address in brackets that is none, a port that is no number
        return False


class _Errors:
    """Answers to what went wrong, as pages like all others."""

    def __init__(self, pages: Pages, publication: Publication) -> None:
        self._pages = pages
        self._publication = publication

    async def refused(self, request: Request, error: Exception) -> Response:
        """A status that a route or the router chose."""
        if not isinstance(error, HTTPException):
            raise error
        path = request.scope["path"]
        reads = error.status_code == 404 and request.method in ("GET", "HEAD")
        if reads and not _CONTROL.search(path):
            try:
                issue = await run_in_threadpool(self._publication.former, path)
            except StorageError as failure:
                return await self.busy(request, failure)
            if issue is not None:
                return RedirectResponse(self._pages.absolute(issue_path(issue)), 301)
        if reads and path.endswith("/"):
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(self._pages.absolute(quote(path.rstrip("/"))) + query, 308)
        headers = dict(error.headers or {})
        if "Allow" in headers:
            headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
        return self._page(error.status_code, headers)

    async def busy(self, _request: Request, error: Exception) -> Response:
        """The database refused: a person should come back, a crawler too (RFC 9110 10.2.3)."""
        _log.warning("web.busy", error=type(error).__name__)
        return self._page(503, {"Retry-After": _RETRY_SECONDS})

    async def gone(self, _request: Request, _error: Exception) -> Response:
        """The client hung up in the middle of its request; nobody reads this."""
        return Response(status_code=400)

    async def broken(self, _request: Request, _error: Exception) -> Response:
        """A fault of ours. The server logs it; the page says nothing of it."""
        # Made outside of Guard, so it brings its own headers.
        headers = protecting_headers(self._pages.identity.url)
        try:
            return self._page(500, headers)
        except Exception:  # noqa: BLE001 - what broke the page, a full table of files, may break this one, too
            words = self._pages.words.say(_TROUBLES[500].words)
            return PlainTextResponse(words, 500, {"Cache-Control": NO_STORE, **headers})

    def _page(self, status: int, headers: dict[str, str]) -> Response:
        trouble = _TROUBLES.get(status, _OTHER)
        say = self._pages.words.say
        frame = Frame(title=say(trouble.title), indexed=False)
        html = self._pages.render("trouble.html", frame, words=say(trouble.words))
        return HTMLResponse(html, status, headers={"Cache-Control": NO_STORE, **headers})
