"""The routes of the embedded outbox: what subscribers got, to be read in a browser.

Only where mail goes nowhere else. A mail is the author's and others' words: its HTML is shown in
a frame that has no script and no identity.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from mailer.smtp import OutboxContent, load_message, read_outbox
from storage.model import NotFound
from web.http import NO_STORE, OUTBOX_FRAME, mail_policy, page_policy
from web.pages import Frame, Pages

_SHOWN: Final = 200
_LEADING: Final = ("from", "to", "subject", "date", "list-unsubscribe")
_LINK: Final = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
_PRIVATE: Final = {"Cache-Control": NO_STORE, "X-Robots-Tag": "noindex, nofollow"}
_NEW_TAB: Final = '<base target="_blank">'


class Mailbox:
    """Handlers over the Maildir of one outbox."""

    def __init__(self, directory: Path, pages: Pages) -> None:
        self._directory = directory
        self._pages = pages

    def routes(self) -> list[Route]:
        """The routes, in the order in which they are tried."""
        return [
            Route("/outbox", self.listing),
            Route("/outbox/{key}", self.message),
            Route("/outbox/{key}/html", self.html),
        ]

    def listing(self, _request: Request) -> Response:
        """The newest mails."""
        messages = read_outbox(self._directory, limit=_SHOWN)
        frame = Frame(title="Outbox", indexed=False)
        return self._page("outbox.html", frame, messages=messages, limit=_SHOWN)

    def message(self, request: Request) -> Response:
        """One mail: its headers, its HTML in a frame, its plain text."""
        content = self._load(request)
        headers = {name.lower(): value for name, value in reversed(content.headers)}
        subject = headers.get("subject", "") or "(no subject)"
        return self._page(
            "mail.html",
            Frame(title=subject, indexed=False),
            content=content,
            leading=[(name, headers[name]) for name in _LEADING if name in headers],
            text=_with_links(content.text),
        )

    def html(self, request: Request) -> Response:
        """The HTML part alone, for the frame. Its links open in a new tab."""
        content = self._load(request)
        if not content.html:
            raise HTTPException(404)
        headers = _PRIVATE | {
            "Content-Security-Policy": mail_policy(self._pages.identity.url),
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
        }
        return HTMLResponse(_NEW_TAB.join(_split_head(content.html)), headers=headers)

    def _load(self, request: Request) -> OutboxContent:
        try:
            return load_message(self._directory, request.path_params["key"])
        except NotFound as error:
            raise HTTPException(404) from error

    def _page(self, template: str, frame: Frame, **context: object) -> Response:
        policy = page_policy(self._pages.identity.url) + OUTBOX_FRAME
        html = self._pages.render(template, frame, **context)
        return HTMLResponse(html, headers=_PRIVATE | {"Content-Security-Policy": policy})


def _split_head(html: str) -> tuple[str, str]:
    """Where a `<base>` belongs: after `<head>`, else in front of everything."""
    found = re.search(r"<head[^>]*>", html, re.IGNORECASE)
    place = found.end() if found else 0
    return html[:place], html[place:]


def _with_links(text: str) -> str:
    """Plain text as HTML: its web addresses are links, everything else is escaped."""
    parts: list[str] = []
    place = 0
    for match in _LINK.finditer(text):
        url = escape(match[0])
        parts += [
            escape(text[place : match.start()]),
            f'<a href="{url}" rel="noreferrer">{url}</a>',
        ]
        place = match.end()
    return "".join([*parts, escape(text[place:])])
