"""The routes by which the archive is searched, and browsers learn that it can be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter import Newsletter
from web.http import FEED_CACHE, Body, Packer
from web.pages import Frame, Pages

_AT_ONCE: Final = 2
"""Searches at a time: a flood of them waits for itself, not the rest of the site."""
_LONGEST_PAGE: Final = 3
"""Digits of a page's number."""
_DESCRIPTION: Final = "application/opensearchdescription+xml; charset=utf-8"


class Finding:
    """Handlers over one newsletter."""

    def __init__(self, newsletter: Newsletter, pages: Pages) -> None:
        self._searching = newsletter.parts.searching
        self._pages = pages
        self._packer = Packer(newsletter.parts.clock)
        self._places = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[Route]:
        """The routes, in the order in which they are tried."""
        return [
            Route("/search", self.search),
            Route("/opensearch.xml", self.description),
        ]

    async def search(self, request: Request) -> Response:
        """What was found, a page at a time, or the field alone; nothing for search engines.

        It is kept until the archive changes, for whoever else asks for the same.
        """
        query = request.query_params.get("q", "")
        number = request.query_params.get("page", "")
        is_number = number.isascii() and number.isdigit() and len(number) <= _LONGEST_PAGE
        async with self._places:
            return await run_in_threadpool(
                self._found, request, query, int(number) if is_number else 1
            )

    def _found(self, request: Request, query: str, page: int) -> Response:
        frame = Frame(title=self._pages.words.say("Search"), indexed=False)
        html = self._pages.render("search.html", frame, found=self._searching.find(query, page))
        headers = {"X-Robots-Tag": "noindex, follow"}
        return self._packer.respond(
            request, replace(Body.of_page(html), any_query=False, headers=headers)
        )

    def description(self, request: Request) -> Response:
        """The field for a browser's own bar (OpenSearch 1.1)."""
        xml = self._pages.render("opensearch.xml", Frame(title=""))
        body = Body(
            content=xml.encode(),
            media_type=_DESCRIPTION,
            etag=Body.of_page(xml).etag,
            cache=FEED_CACHE,
        )
        return self._packer.respond(request, body)
