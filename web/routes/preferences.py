"""A reader's own page, and the feed of their own. GET shows and changes nothing; POST acts (rule A9).

The link is all that a reader needs: no cookie, no login, no script (rule F10). It is in no other page
and in no log, so nobody else's page can have a reader's browser change anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter import Newsletter
from newsletter.preferences import LANGUAGES, Form, Problem, ReaderPage, Saved, zones
from web.http import (
    TOKEN_HEADERS,
    Body,
    Later,
    Packer,
    is_unchanged,
    origin_of,
    packed_etag,
    parse_lists,
    wants_page,
)
from web.pages import Frame, Pages
from words import find_zone, to_say

_READS: Final = ("GET", "HEAD")
_BOTH: Final = ("GET", "POST")
_TAKEN: Final = 202
"""Another address was asked for, which is looked at after the answer."""
_MOST_FIELDS: Final = 250
"""Of the page's form: as many topics as it offers, and the rest."""
_FEED_HEADERS: Final = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Accept-Encoding",
}
_FEED_CACHE: Final = "private, max-age=900"

_TITLE: Final = to_say("Your subscription")
_SAID: Final = {
    Saved.SAVED: to_say("Saved. It holds from now on."),
    Saved.UNCHANGED: to_say("Nothing had changed."),
    Saved.TOO_OFTEN: to_say("That was a lot for one day. Please try again tomorrow."),
}
_FEED_SAID: Final = {
    **_SAID,
    Saved.SAVED: to_say("Done. A former address of your feed does not work any more."),
}
_ASKED: Final = to_say(
    "If this address can be used, a mail with a link is on its way to it. "
    "Until you follow it, nothing changes."
)
_PROBLEMS: Final = {
    Problem.DAY_MISSING: to_say("Choose the day on which mail comes again."),
    Problem.DAY_UNREADABLE: to_say("Write the day like 2027-01-31."),
    Problem.DAY_PAST: to_say("Choose a day after today."),
    Problem.DAY_FAR: to_say("Choose a day within two years."),
    Problem.PACE_UNKNOWN: to_say("Choose how often mail comes."),
    Problem.ZONE_UNKNOWN: to_say("Choose a time zone of the list."),
    Problem.LANGUAGE_UNKNOWN: to_say("Choose a language of the list."),
}


class PreferencePages:
    """Handlers over one newsletter."""

    def __init__(self, newsletter: Newsletter, pages: Pages, later: Later) -> None:
        """`later` has asked for addresses looked at after the answer."""
        self._desk = newsletter.parts.readers.preferences
        self._feeds = newsletter.parts.readers.own_feeds
        self._publication = newsletter.publication
        self._pages = pages
        self._trusted = newsletter.config.web.trusted_proxies
        self._clock = newsletter.parts.clock
        self._packer = Packer(self._clock)
        self._later = later

    def routes(self) -> list[Route]:
        """The routes, in the order in which they are tried."""
        return [
            Route("/preferences/{token}", self.page, methods=_BOTH),
            Route("/preferences/{token}/data.json", self.record),
            Route("/feeds/{token}.xml", self.feed),
        ]

    async def page(self, request: Request) -> Response:
        """What the reader gets and how; a POST changes what its `action` names."""
        body = b"" if request.method in _READS else await request.body()
        answer = await run_in_threadpool(self._answer, request, body)
        if answer.status_code == _TAKEN:
            self._later.nudge()
        return answer

    def _answer(self, request: Request, body: bytes) -> Response:
        """All of it in a thread, which is handed to once."""
        token = request.path_params["token"]
        found = self._desk.view(token)
        if found is None:
            return self._stale()
        if request.method in _READS:
            return self.record(request) if "data" in request.query_params else self._show(found)
        fields = parse_lists(body, request.headers.get("content-type", ""), _MOST_FIELDS)
        if not body:  # the page of earlier versions had one button, which sent nothing, and left
            fields = {"action": ("leave",)}
        return self._act(found, token, fields, self._ip(request))

    def _act(
        self, found: ReaderPage, token: str, fields: Mapping[str, Sequence[str]], ip: str
    ) -> Response:
        form = Form(fields=fields)
        match form.one("action") or ("save" if fields else ""):
            case "save":
                return self._save(token, form, ip)
            case "address":
                return self._move(token, form.one("email") or "", ip)
            case "feed" | "feed-off" as action:
                saved = self._desk.renew_feed(token, ip=ip, wanted=action == "feed")
                told = _FEED_SAID if found.feed_token else _SAID  # the first one ends no other
                return self._again(
                    token,
                    told[saved] if saved else "",
                    _status(saved),
                    is_feed=saved is Saved.SAVED and action == "feed",
                )
            case "leave":
                self._desk.leave(token, ip=ip)
                return self._private(found, "left.html", to_say("You have left"))
            case "erase" if form.one("sure") == "yes":
                self._desk.erase(token)
                return self._private(found, "erased.html", to_say("You are forgotten"))
            case "erase":
                title = to_say("Erase everything?")
                return self._private(found, "erase.html", title, page=found)
        return self._show(found, status=400)

    def _save(self, token: str, form: Form, ip: str) -> Response:
        done = self._desk.save(token, form, ip=ip)
        if done is None:
            return self._stale()
        saved, problems = done
        if problems:
            return self._again(token, "", 422, problems)
        return self._again(token, _SAID[saved], _status(saved))

    def _move(self, token: str, address: str, ip: str) -> Response:
        source = self._pages.absolute("/preferences")
        asked = self._desk.ask_to_move(token, address, ip=ip, source=source)
        return self._again(token, _ASKED if asked else "", _TAKEN if asked else 400)

    def record(self, request: Request) -> Response:
        """All that is kept of the reader, as a file."""
        record = self._desk.record(request.path_params["token"])
        if record is None:
            return self._stale()
        headers = {
            **TOKEN_HEADERS,
            "Content-Disposition": 'attachment; filename="newsletter-data.json"',
        }
        return Response(record, media_type="application/json", headers=headers)

    # ── the feed ─────────────────────────────────────────────────────────────────────────

    def feed(self, request: Request) -> Response:
        """The issues of the reader's topics; answered 304 without being made."""
        token = request.path_params["token"]
        owner = self._desk.feed_owner(token)
        if owner is None:
            raise HTTPException(410 if self._desk.is_feed_token(token) else 404)
        is_page = wants_page(", ".join(request.headers.getlist("accept")))
        version = self._publication.version()
        mark = f"{version} {owner.key} {owner.topics} {is_page}"
        etag = f'"{hashlib.blake2b(mark.encode(), digest_size=16).hexdigest()}"'
        asked = ", ".join(request.headers.getlist("if-none-match"))
        for known in (etag, packed_etag(etag)):
            if is_unchanged(known, None, if_none_match=asked, if_modified_since=""):
                headers = {**_FEED_HEADERS, "Cache-Control": _FEED_CACHE, "ETag": known}
                return Response(status_code=304, headers=headers)
        address = self._pages.absolute(f"/feeds/{token}.xml")
        content, media_type = (
            self._explain(owner.topics, address)
            if is_page
            else self._feeds.build(owner.topics, address, token)
        )
        body = Body(
            content=content,
            media_type=media_type,
            etag=etag,
            cache=_FEED_CACHE,
            headers=_FEED_HEADERS,
            is_steady=False,
        )
        return self._packer.respond(request, body)

    def _explain(self, topics: Sequence[str], address: str) -> tuple[bytes, str]:
        """What the feed is and holds, for its reader whose browser has opened it."""
        frame = Frame(title=self._pages.words.say("A feed of your own"), indexed=False)
        issues = self._feeds.issues(topics)
        html = self._pages.render("feed.html", frame, address=address, issues=issues, is_own=True)
        return html.encode(), "text/html; charset=utf-8"

    # ── shared ───────────────────────────────────────────────────────────────────────────

    def _again(
        self,
        token: str,
        said: str,
        status: int = 200,
        problems: Mapping[str, Problem] | None = None,
        *,
        is_feed: bool = False,
    ) -> Response:
        """The page once more; with `is_feed` it leads to the feed, which stands far below what is said."""
        found = self._desk.view(token)
        if found is None:
            return self._stale()
        return self._show(found, said=said, status=status, problems=problems, is_feed=is_feed)

    def _show(
        self,
        found: ReaderPage,
        *,
        said: str = "",
        status: int = 200,
        problems: Mapping[str, Problem] | None = None,
        is_feed: bool = False,
    ) -> Response:
        pages = self._pages.in_language(found.wishes.language)
        zone = find_zone(found.wishes.zone, self._pages.identity.timezone)
        tomorrow = (self._clock().astimezone(zone) + timedelta(days=1)).date()
        return self._private(
            found,
            "preferences.html",
            _TITLE,
            status=status,
            page=found,
            said=pages.words.say(said) if said else "",
            is_feed=is_feed,
            problems={
                field: pages.words.say(_PROBLEMS[problem])
                for field, problem in (problems or {}).items()
            },
            languages=LANGUAGES,
            zones=zones(found.wishes.zone),
            tomorrow=tomorrow.isoformat(),
        )

    def _private(
        self,
        found: ReaderPage | None,
        template: str,
        title: str,
        *,
        status: int = 200,
        **context: object,
    ) -> Response:
        """A page in the reader's language."""
        pages = self._pages.in_language(found.wishes.language if found else "")
        frame = Frame(title=pages.words.say(title), indexed=False)
        html = pages.render(template, frame, **context)
        return HTMLResponse(html, status_code=status, headers=dict(TOKEN_HEADERS))

    def _stale(self) -> Response:
        return self._private(None, "stale.html", to_say("This link cannot be used"), status=404)

    def _ip(self, request: Request) -> str:
        return origin_of(request, self._trusted)


def _status(saved: Saved | None) -> int:
    return 429 if saved is Saved.TOO_OFTEN else 200
