"""The routes of the embedded outbox: what subscribers got, to be read in a browser.

Only where mail goes nowhere else. A mail is the author's and others' words: its HTML is shown in
a frame that has no script and no identity.
"""

from __future__ import annotations

import hmac
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
from web.http import NO_STORE, OUTBOX_FRAME, comes_from_here, mail_policy, page_policy
from web.pages import Frame, Pages

_SHOWN: Final = 200
_LEADING: Final = ("from", "to", "subject", "date", "list-unsubscribe")
_LINK: Final = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
_PRIVATE: Final = {
    "Cache-Control": NO_STORE,
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}
_NEW_TAB: Final = '<base target="_blank">'


class OutboxPages:
    """Handlers over the Maildir of one outbox.

    Whoever reads it can confirm for others. So it is shown to a browser on this machine if the
    newsletter is only tried here (`is_local`), and otherwise to whoever has the key that was printed at
    the start; to all others it is not there.
    """

    def __init__(self, directory: Path, pages: Pages, *, key: str, is_local: bool) -> None:
        self._directory = directory
        self._pages = pages
        self._key = key
        self._is_local = is_local

    def routes(self) -> list[Route]:
        """The routes, in the order in which they are tried."""
        return [
            Route("/outbox", self.listing),
            Route("/outbox/{key}", self.message),
            Route("/outbox/{key}/html", self.html),
        ]

    def listing(self, request: Request) -> Response:
        """The newest mails."""
        suffix = self._admit(request)
        messages = read_outbox(self._directory, limit=_SHOWN)
        frame = Frame(title="Outbox", indexed=False)
        return self._page("outbox.html", frame, messages=messages, limit=_SHOWN, suffix=suffix)

    def message(self, request: Request) -> Response:
        """One mail: its headers, its HTML in a frame, its plain text."""
        suffix = self._admit(request)
        content = self._load(request)
        headers = {name.lower(): value for name, value in reversed(content.headers)}
        subject = headers.get("subject", "") or "(no subject)"
        return self._page(
            "mail.html",
            Frame(title=subject, indexed=False),
            content=content,
            leading=[(name, headers[name]) for name in _LEADING if name in headers],
            text=_with_links(content.text),
            suffix=suffix,
        )

    def html(self, request: Request) -> Response:
        """The HTML part alone, for the frame. Its links open in a new tab."""
        self._admit(request)
        content = self._load(request)
        if not content.html:
            raise HTTPException(404)
        headers = _PRIVATE | {
            "Content-Security-Policy": mail_policy(self._pages.identity.url),
            "X-Frame-Options": "SAMEORIGIN",
        }
        return HTMLResponse(_NEW_TAB.join(_split_head(content.html)), headers=headers)

    def _admit(self, request: Request) -> str:
        """What links have to carry on. Raises 404 for whoever may not read here."""
        given = request.query_params.get("key", "")
        if hmac.compare_digest(given.encode(), self._key.encode()):
            return f"?key={self._key}"
        if not (self._is_local and comes_from_here(request)):
            raise HTTPException(404)
        return ""

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
