"""The routes by which readers join and leave. GET changes nothing; POST acts (rules A9, F2).

No cookie, no login, no script: a link is all that a reader needs (rule F10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from newsletter import Newsletter
from newsletter.subscribing import ConfirmResult
from web.http import (
    FORM,
    NO_STORE,
    PAGE_CACHE,
    TOKEN_HEADERS,
    Later,
    find_standing,
    frame_policy,
    origin_of,
    parse_fields,
    read_page,
    wants_json,
)
from web.pages import Frame, Pages
from words import to_say

EMBED: Final = "/embed"
HONEYPOT: Final = "topic"
"""A field that people do not see and leave empty, and that programs fill (rule F6)."""

_READS: Final = ("GET", "HEAD")
_BOTH: Final = ("GET", "POST")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A page that a link of a reader's own leads to."""

    template: str
    title: str
    status: int = 200


_SUBSCRIBED: Final = _Page(template="confirmed.html", title=to_say("You are subscribed"))
_READDRESSED: Final = _Page(template="readdressed.html", title=to_say("Your address is changed"))
_STALE: Final = _Page(template="stale.html", title=to_say("This link cannot be used"), status=404)
_LEAVE: Final = _Page(template="leave.html", title=to_say("Unsubscribe"))
_LEFT: Final = _Page(template="left.html", title=to_say("You have left"))
_QUESTIONS: Final = MappingProxyType(
    {
        ConfirmResult.CONFIRMED: _Page(
            template="confirm.html", title=to_say("Confirm your subscription")
        ),
        ConfirmResult.MOVES: _Page(template="move.html", title=to_say("Use this address?")),
    }
)
"""What is asked before the button is pressed."""
_CONFIRMED: Final = MappingProxyType(
    {
        ConfirmResult.CONFIRMED: _SUBSCRIBED,
        ConfirmResult.ALREADY: _SUBSCRIBED,
        ConfirmResult.MOVES: _READDRESSED,
        ConfirmResult.MOVED: _READDRESSED,
        ConfirmResult.EXPIRED: _Page(
            template="stale.html", title=to_say("This link is too old"), status=410
        ),
        ConfirmResult.INVALID: _STALE,
    }
)


class Joining:
    """Handlers over one newsletter."""

    def __init__(self, newsletter: Newsletter, pages: Pages) -> None:
        self._subscriptions = newsletter.subscriptions
        self._desk = newsletter.parts.readers.preferences
        self._pages = pages
        self._asks_name = newsletter.config.subscribers.name_field
        self._trusted = newsletter.config.web.trusted_proxies
        self.later = Later(newsletter.subscriptions.process)

    def routes(self) -> list[Route]:
        """The routes, in the order in which they are tried."""
        return [
            Route(FORM, self.subscribe, methods=_BOTH),
            Route(EMBED, self.embed, methods=_BOTH),
            Route("/confirm/{token}", self.confirm, methods=_BOTH),
            Route("/unsubscribe/{token}", self.unsubscribe, methods=_BOTH),
        ]

    # ── joining ──────────────────────────────────────────────────────────────────────────

    async def subscribe(self, request: Request) -> Response:
        """The form; a POST is answered the same whatever was in it (rule F4)."""
        if request.method in _READS:
            frame = Frame(title=self._pages.words.say("Subscribe"), path=FORM)
            html = self._pages.render("subscribe.html", frame)
            return HTMLResponse(html, headers={"Cache-Control": PAGE_CACHE})
        await self._take(request)
        return self._taken(request)

    async def embed(self, request: Request) -> Response:
        """The form alone, to stand in a frame of another site; its POST is answered there."""
        headers = {
            "Content-Security-Policy": frame_policy(self._pages.identity.url),
            "X-Robots-Tag": "noindex",
            "Vary": "Referer, Sec-Fetch-Dest",
            "Cache-Control": NO_STORE,
        }
        frame = Frame(title=self._pages.words.say("Subscribe"), indexed=False)
        if request.method in _READS:
            html = self._pages.render(
                "embed.html",
                frame,
                page=read_page(request.headers.get("referer", "")),
                framed=request.headers.get("sec-fetch-dest", "") == "iframe",
                taken=False,
            )
            return HTMLResponse(html, headers=headers)
        await self._take(request)
        html = self._pages.render("embed.html", frame, page="", framed=True, taken=True)
        return HTMLResponse(html, status_code=202, headers=headers)

    async def _take(self, request: Request) -> None:
        """Keeps what the form says, with the page on which it stood and the words it showed."""
        body = await request.body()
        if await run_in_threadpool(self._keep, request, body):
            self.later.nudge()

    def _keep(self, request: Request, body: bytes) -> bool:
        """Whether there was anything to keep. In a thread, however little it costs: it is a stranger who wrote it."""
        fields = _fields(request, body)
        if fields.get(HONEYPOT):
            return False
        own = request.url.path
        standing = find_standing(
            home=self._pages.identity.url,
            form=self._pages.absolute(FORM),
            words=self._pages.consent,
            referer=fields.get("page", "") or request.headers.get("referer", ""),
            origin=request.headers.get("origin", ""),
            # In our own frame the words are ours, whichever page it stands in.
            told=self._pages.consent if own == EMBED else fields.get("consent", ""),
        )
        self._subscriptions.request(
            fields.get("email", ""),
            name=fields.get("name", "") if self._asks_name else "",
            ip=self._ip(request),
            source=standing.page,
            consent=standing.words,
        )
        return True

    def _taken(self, request: Request) -> Response:
        headers = {"Cache-Control": NO_STORE, "Vary": "Accept"}
        asked = request.headers
        if wants_json(asked.get("accept", ""), asked.get("content-type", "")):
            message = self._pages.words.say(
                "If this address can be subscribed, a mail with a link is on its way to it. "
                "When many sign up at a time it may take an hour."
            )
            return JSONResponse(
                {"status": "accepted", "message": message}, status_code=202, headers=headers
            )
        frame = Frame(
            title=self._pages.words.say("One more step: look into your mailbox"), indexed=False
        )
        html = self._pages.render("taken.html", frame)
        return HTMLResponse(html, status_code=202, headers=headers)

    def confirm(self, request: Request) -> Response:
        """The second step. Only the button makes somebody a reader (rules F1, F2)."""
        token = request.path_params["token"]
        if request.method in _READS:
            found = self._subscriptions.look_up_confirm(token)
            if (asked := _QUESTIONS.get(found)) is not None:
                return self._private(asked, token)
        else:
            source = self._pages.absolute("/confirm")
            found = self._subscriptions.confirm(token, ip=self._ip(request), source=source)
        # A link that may be no one's looks like any other that cannot be used (rule F3).
        about = "" if found is ConfirmResult.INVALID else token
        # Only whoever presses the button, or presses it twice, is shown the way: later the link is one in an old mail.
        has_joined = request.method == "POST" and _CONFIRMED[found] is _SUBSCRIBED
        key = self._desk.page_of(token) if has_joined else ""
        own_page = f"/preferences/{key}" if key else ""
        return self._private(_CONFIRMED[found], about, own_page=own_page)

    # ── leaving ──────────────────────────────────────────────────────────────────────────

    async def unsubscribe(self, request: Request) -> Response:
        """One button, or one click in the mail program (RFC 8058 3.1, rules A7, A12)."""
        token = request.path_params["token"]
        if request.method in _READS:
            return await run_in_threadpool(self._ask_to_leave, token)
        body = await request.body()
        return await run_in_threadpool(self._leave, request, token, body)

    def _ask_to_leave(self, token: str) -> Response:
        genuine = self._subscriptions.is_unsubscribe_token(token)
        return self._private(_LEAVE if genuine else _STALE, token)

    def _leave(self, request: Request, token: str, body: bytes) -> Response:
        one_click = _fields(request, body).get("List-Unsubscribe") == "One-Click"
        source = "one-click" if one_click else "page"
        genuine = self._subscriptions.unsubscribe(token, ip=self._ip(request), source=source)
        return self._private(_LEFT if genuine else _STALE, "" if one_click else token)

    # ── shared ───────────────────────────────────────────────────────────────────────────

    def _private(self, page: _Page, token: str, **context: object) -> Response:
        """A page in the language of the reader whom the link is about, if they chose one."""
        language = self._desk.language(token) if token else ""
        pages = self._pages.in_language(language)
        frame = Frame(title=pages.words.say(page.title), indexed=False)
        html = pages.render(page.template, frame, **context)
        return HTMLResponse(html, status_code=page.status, headers=dict(TOKEN_HEADERS))

    def _ip(self, request: Request) -> str:
        return origin_of(request, self._trusted)


def _fields(request: Request, body: bytes) -> Mapping[str, str]:
    return parse_fields(body, request.headers.get("content-type", ""))
