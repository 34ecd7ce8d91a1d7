"""The routes of what the site wears, and of what programs look for at fixed places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter import Newsletter
from newsletter.gallery import Picture
from storage.model import IssueState
from web.http import ASSET_CACHE, FEED_CACHE, PAGE_CACHE, PICTURE_POLICY, Body, Packer
from web.pages import Pages, issue_title

_VALID: Final = timedelta(days=180)
"""How long a security.txt is good for; less than a year is recommended (RFC 9116 2.5.5)."""


class Looks:
    """Handlers over one newsletter; they run in the thread pool, for pictures are drawn."""

    def __init__(self, newsletter: Newsletter, pages: Pages) -> None:
        self._newsletter = newsletter
        self._pages = pages
        self._gallery = newsletter.publication.gallery
        self._packer = Packer(newsletter.parts.clock)

    def routes(self) -> list[Route]:
        """The routes, to be tried before those of pictures; no note has a hidden folder."""
        return [
            Route("/static/{name}", self.asset),
            Route("/media/.preview/{slug}.png", self.card),
            Route("/favicon.ico", self.favicon),
            Route("/apple-touch-icon.png", self.favicon),
            Route("/humans.txt", self.humans),
            Route("/.well-known/security.txt", self.security),
        ]

    def asset(self, request: Request) -> Response:
        """A style sheet, icon or picture of the site's own."""
        name = request.path_params["name"]
        asset = self._pages.assets.get(name)
        if asset is None:
            return self._drawn(request, self._gallery.picture(name))
        fingerprint = asset.etag.strip('"')[:8]
        body = Body(
            content=asset.body,
            media_type=asset.media_type,
            etag=asset.etag,
            cache=ASSET_CACHE if request.url.query == fingerprint else PAGE_CACHE,
            any_query=False,
        )
        return self._packer.respond(request, body)

    def favicon(self, request: Request) -> Response:
        """What browsers and telephones look for at the root; a theme may have its own."""
        name = request.url.path.rpartition("/")[2]
        if (own := self._pages.assets.get(name)) is not None:
            body = Body(
                content=own.body, media_type=own.media_type, etag=own.etag, cache=FEED_CACHE
            )
            return self._packer.respond(request, body)
        drawn = self._gallery.picture("icon.png" if name.endswith(".png") else name)
        return self._drawn(request, drawn)

    def card(self, request: Request) -> Response:
        """The preview picture of a live issue, made from its title; once, and kept."""
        slug = request.path_params["slug"]
        issue = self._newsletter.publication.find(slug)
        if issue is None or issue.state is not IssueState.LIVE or issue.slug != slug:
            raise HTTPException(404)
        drawn = self._gallery.card(issue_title(issue), issue.language, issue.direction)
        return self._drawn(request, drawn)

    def humans(self, _request: Request) -> Response:
        """Who made this, in the author's words."""
        file = self._newsletter.config.site.humans
        if file is None:
            raise HTTPException(404)
        try:
            words = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise HTTPException(404) from error
        return PlainTextResponse(words, headers={"Cache-Control": FEED_CACHE})

    def security(self, _request: Request) -> Response:
        """Where faults of the site's safety are told (RFC 9116)."""
        contact = self._newsletter.config.site.security_contact
        if not contact:
            raise HTTPException(404)
        today = self._newsletter.parts.clock().astimezone(UTC).date()
        expires = datetime.combine(today, datetime.min.time(), UTC) + _VALID
        lines = [
            f"Contact: {contact}",
            f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
            f"Preferred-Languages: {self._pages.identity.language}",
            f"Canonical: {self._pages.absolute('/.well-known/security.txt')}",
            "",
        ]
        return PlainTextResponse("\n".join(lines), headers={"Cache-Control": FEED_CACHE})

    def _drawn(self, request: Request, picture: Picture | None) -> Response:
        if picture is None:
            raise HTTPException(404)
        body = Body(
            content=picture.content,
            media_type=picture.media_type,
            etag=f'"{picture.fingerprint}"',
            cache=ASSET_CACHE if request.url.query == picture.fingerprint else FEED_CACHE,
            any_query=False,
            headers={"Content-Security-Policy": PICTURE_POLICY},
        )
        return self._packer.respond(request, body)
