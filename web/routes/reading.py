"""The routes that only read: pages, feeds, pictures, and what search engines ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from unicodedata import normalize

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from feeds.syndication import Document, FeedFormat, archive_url, feed_url, read_archive, read_tag
from newsletter import Newsletter, Publication
from storage.model import Issue, IssueState, mark_stress
from web.http import (
    ASSET_CACHE,
    FEED_CACHE,
    FILE_POLICY,
    PICTURE_POLICY,
    Body,
    Packer,
    http_date,
    is_unchanged,
    wants_page,
)
from web.pages import (
    Frame,
    Pages,
    ShelfKeeper,
    by_year,
    issue_path,
    issue_summary,
    issue_title,
)

_NEWEST: Final = 10
"""Issues on the home page; the archive has them all."""
_SITEMAP_LIMIT: Final = 49_000
"""A sitemap holds 50,000 addresses at most."""
_OLD_FEEDS: Final = {
    **dict.fromkeys(("/rss.xml", "/rss", "/rss/", "/feed", "/feed/", "/index.xml"), FeedFormat.RSS),
    **dict.fromkeys(("/atom", "/atom/", "/feed.atom"), FeedFormat.ATOM),
}
_DIGEST: Final = re.compile(r"[0-9a-f]{32}")
_BYTES: Final = re.compile(r"bytes\s*=", re.IGNORECASE)
_PICTURE_CACHE: Final = "public, max-age=3600"


def _old_format(path: str) -> FeedFormat:
    """Which of ours another system has there, of everything or of a tag. Raises HTTPException, 404."""
    if (feed_format := _OLD_FEEDS.get(path)) is None:
        raise HTTPException(404)
    return feed_format


class Reading:
    """Handlers over one newsletter; they run in the thread pool, for they read the database."""

    def __init__(self, newsletter: Newsletter, pages: Pages) -> None:
        self._newsletter = newsletter
        self._publication = newsletter.publication
        self._pages = pages
        self._packer = Packer(newsletter.parts.clock)
        self._keeper = ShelfKeeper(newsletter.publication)

    def routes(self) -> list[Route]:
        """The routes, in the order in which they are tried."""
        feeds = [
            Route(f"{place}/{feed_format.path}", self.feed, name=f"{feed_format}{number}")
            for number, place in enumerate(("", "/tags/{tag:path}"))
            for feed_format in FeedFormat
        ]
        return [
            Route("/", self.home),
            Route("/about", self.about),
            Route("/archive", self.archive),
            Route("/archive/{name}", self.feed_archive),
            Route("/tags/{tag:path}/archive/{name}", self.feed_archive),
            *(Route(path, self.listing) for path in ("/issues", "/tags")),
            Route("/issues/{slug}", self.issue),
            *feeds,
            Route("/tags/{tag:path}", self.tag),
            Route("/media/maths/{digest:str}.png", self.formula),
            Route("/media/{path:path}", self.media),
            *(Route(path, self.old_feed) for path in _OLD_FEEDS),
            Route("/robots.txt", self.robots),
            Route("/sitemap.xml", self.sitemap),
        ]

    # ── pages ────────────────────────────────────────────────────────────────────────────

    def home(self, request: Request) -> Response:
        """What it is, how to join, and the newest issues."""
        shelf = self._keeper.shelf()
        frame = Frame(title="", path="/", description=self._newsletter.identity.description)
        return self._page(
            request,
            "home.html",
            frame,
            issues=shelf.issues[:_NEWEST],
            more=len(shelf.issues) > _NEWEST,
        )

    def about(self, request: Request) -> Response:
        """Who writes, in the author's words from about.md, and how to reach them."""
        page = self._publication.about()
        identity = self._newsletter.identity
        frame = Frame(
            title=page.title if page and page.title else self._pages.words.say("About"),
            path="/about",
            description=identity.description,
        )
        html = self._pages.render("about.html", frame, words=mark_stress(page.html) if page else "")
        return self._packer.respond(request, replace(Body.of_page(html), is_steady=False))

    def archive(self, request: Request) -> Response:
        """Every issue, by year, and every tag."""
        shelf = self._keeper.shelf()
        frame = Frame(title=self._pages.words.say("Archive"), path="/archive")
        years = by_year(self._pages, shelf.issues)
        return self._page(request, "archive.html", frame, years=years, tags=shelf.tags())

    def listing(self, _request: Request) -> Response:
        """For whoever has cut an address short: 301 to the archive, which lists issues and tags."""
        return RedirectResponse(self._pages.absolute("/archive"), 301)

    def issue(self, request: Request) -> Response:
        """One issue: 301 from a former slug, 410 once it is withdrawn (rule E10), else 404."""
        slug = request.path_params["slug"]
        issue = self._publication.find(normalize("NFC", slug))
        if issue is None or issue.state is IssueState.DIGEST:
            raise HTTPException(404)
        if issue.state is IssueState.WITHDRAWN:
            raise HTTPException(410)
        if issue.slug != slug:
            return RedirectResponse(self._pages.absolute(issue_path(issue)), 301)
        frame = Frame(
            title=issue_title(issue),
            path=issue_path(issue),
            canonical=issue.canonical,
            description=issue_summary(issue),
            kind="article",
        )
        beside = _beside(self._pages, self._publication, issue)
        around = self._keeper.shelf().neighbours(issue.id)
        return self._page(
            request,
            "issue.html",
            frame,
            issue=issue,
            around=around,
            **self._pages.facts(issue, frame.path),
            **beside,
        )

    def tag(self, request: Request) -> Response:
        """The issues that carry a tag: 301 from another case of it."""
        tag = read_tag(request.path_params["tag"])
        shelf = self._keeper.shelf()
        issues, spelling = shelf.tagged(tag), shelf.spelling(tag)
        if spelling is None:
            place = tag.rstrip("/").rpartition("/")[0]
            return self._other_case(_old_format(tag.removeprefix(place)), place)
        path = feed_url("", FeedFormat.RSS, spelling).removesuffix(f"/{FeedFormat.RSS.path}")
        if not issues:
            return RedirectResponse(self._pages.absolute(path), 301)
        frame = Frame(title=self._pages.words.say("Tagged “{tag}”", tag=tag), path=path, tag=tag)
        return self._page(request, "tag.html", frame, wanted=tag, issues=issues)

    def _page(self, request: Request, template: str, frame: Frame, **context: object) -> Response:
        html = self._pages.render(template, frame, **context)
        return self._packer.respond(request, Body.of_page(html))

    # ── for programs ─────────────────────────────────────────────────────────────────────

    def feed(self, request: Request) -> Response:
        """A feed, of everything or of a tag, with its validators (rules E5, E19–E22)."""
        path = request.url.path
        feed_format = next(known for known in FeedFormat if path.endswith(f"/{known.path}"))
        tag = _feed_tag(request)
        document = self._publication.feed(feed_format, tag)
        if document is None:
            return self._other_case(feed_format, tag or "")
        headers = self._feed_headers(feed_format, tag)
        if wants_page(", ".join(request.headers.getlist("accept"))):
            return self._feed_page(request, feed_format, tag, headers)
        return self._packer.respond(request, _as_body(document, headers))

    def _feed_page(
        self, request: Request, feed_format: FeedFormat, tag: str | None, headers: dict[str, str]
    ) -> Response:
        """What a feed is and holds, for somebody whose browser has opened it."""
        shelf = self._keeper.shelf()
        issues = shelf.issues if tag is None else shelf.tagged(tag)
        html = self._pages.render(
            "feed.html",
            Frame(title=self._pages.words.say("A feed to follow"), tag=tag, indexed=False),
            address=feed_url(self._newsletter.identity.url, feed_format, tag),
            issues=issues[: self._newsletter.config.feeds.items],
        )
        return self._packer.respond(request, replace(Body.of_page(html), headers=headers))

    def feed_archive(self, request: Request) -> Response:
        """An older part of a feed, as it says itself where it is (RFC 5005 4, rule E24)."""
        found = read_archive(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        feed_format, number = found
        tag = _feed_tag(request)
        document = self._publication.feed(feed_format, tag, number)
        if document is None:
            return self._other_case(feed_format, tag or "", number)
        return self._packer.respond(request, _as_body(document, {}))

    def old_feed(self, request: Request) -> Response:
        """Where other systems have their feeds: 301 to ours, so that readers move along."""
        path = request.url.path.removeprefix(request.scope.get("root_path", ""))
        return RedirectResponse(self._pages.absolute(f"/{_old_format(path).path}"), 301)

    def _other_case(self, feed_format: FeedFormat, tag: str, number: int = 0) -> Response:
        """The feed, or an archive, of a tag that is written otherwise. Raises HTTPException, 404."""
        spelling = self._keeper.shelf().spelling(tag)
        if spelling is None or (number and spelling == tag):
            raise HTTPException(404)
        path = feed_url("", feed_format, spelling)
        if number:
            path = archive_url("", feed_format, spelling, number)
        return RedirectResponse(self._pages.absolute(path), 301)

    def _feed_headers(self, feed_format: FeedFormat, tag: str | None) -> dict[str, str]:
        headers = {"Vary": "Accept, Accept-Encoding"}
        hub = self._newsletter.config.feeds.hub
        if hub:
            own = feed_url(self._newsletter.identity.url, feed_format, tag)
            headers["Link"] = f'<{hub}>; rel="hub", <{own}>; rel="self"'
        return headers

    def media(self, request: Request) -> Response:
        """A picture or a file of a live issue, and nothing else."""
        return self._media_at(request, request.path_params["path"])

    def _media_at(self, request: Request, path: str) -> Response:
        found, drawing = self._publication.media(path), None
        if found is None:
            drawing = self._publication.drawn(path)
            if drawing is None:
                raise HTTPException(404)
            found = drawing.source
        mark = "-m" if drawing is not None else ""
        etag = f'"{found.ctime_ns:x}-{found.mtime_ns:x}-{found.size:x}{mark}"'
        # Whatever is in this second.
        changed = max(found.mtime_ns, found.ctime_ns) // 1_000_000_000 + 1
        modified = datetime.fromtimestamp(changed, UTC)
        is_picture = found.content_type.startswith("image/")
        headers = {
            "ETag": etag,
            "Last-Modified": http_date(self._packer.said(modified)),
            "Cache-Control": _PICTURE_CACHE,
            "Content-Security-Policy": PICTURE_POLICY if is_picture else FILE_POLICY,
        }
        if is_unchanged(
            etag,
            modified,
            if_none_match=", ".join(request.headers.getlist("if-none-match")),
            if_modified_since=request.headers.get("if-modified-since", ""),
        ):
            return Response(status_code=304, headers=headers)
        _understand_range(request)
        if drawing is not None:
            return Response(drawing.content, headers=headers, media_type=drawing.content_type)
        return FileResponse(found.file, headers=headers, media_type=found.content_type)

    def formula(self, request: Request) -> Response:
        """A formula drawn for a mail. Its name is that of its content, so it never changes."""
        digest = request.path_params["digest"]
        png = self._publication.formulas.png(digest) if _DIGEST.fullmatch(digest) else None
        if png is None:
            return self._media_at(request, f"maths/{digest}.png")
        body = Body(
            content=png,
            media_type="image/png",
            etag=f'"{digest}"',
            cache=ASSET_CACHE,
            headers={"Content-Security-Policy": PICTURE_POLICY},
        )
        return self._packer.respond(request, body)

    def robots(self, _request: Request) -> Response:
        """Keeps crawlers away from readers' own links."""
        private = ("/search", "/confirm/", "/unsubscribe/", "/preferences/", "/outbox")
        lines = ["User-agent: *", *(f"Disallow: {self._pages.link(path)}" for path in private)]
        lines += ["", f"Sitemap: {self._pages.absolute('/sitemap.xml')}", ""]
        return PlainTextResponse("\n".join(lines), headers={"Cache-Control": FEED_CACHE})

    def sitemap(self, request: Request) -> Response:
        """Every public page, with the time of its last change (the Sitemaps protocol 0.9)."""
        shelf = self._keeper.shelf()
        issues: tuple[Issue, ...] = shelf.issues[:_SITEMAP_LIMIT]
        languages = self._publication.languages(one for one in issues if not one.canonical)
        xml = self._pages.render(
            "sitemap.xml", Frame(title=""), issues=issues, languages=languages, tags=shelf.tags()
        )
        body = Body.of_xml(xml.encode())
        return self._packer.respond(request, body)


def _beside(pages: Pages, publication: Publication, issue: Issue) -> dict[str, object]:
    """What the page of an issue says of its history and its translations."""
    edited = pages.spell_day(issue.updated_at) != pages.spell_day(issue.published_at)
    return {"edited": edited, "translations": publication.translations(issue)}


def _understand_range(request: Request) -> None:
    """A range in another unit than octets is to be ignored, not refused (RFC 9110 14.2)."""
    scope = request.scope
    if not _BYTES.match(request.headers.get("range", "")):
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"range"]


def _as_body(document: Document, headers: Mapping[str, str]) -> Body:
    return Body(
        content=document.body,
        media_type=document.media_type,
        etag=document.etag,
        cache=FEED_CACHE,
        last_modified=document.last_modified,
        is_steady=not document.has_files,
        headers=headers,
    )


def _feed_tag(request: Request) -> str | None:
    place: str | None = request.path_params.get("tag")
    return None if place is None else read_tag(place)
