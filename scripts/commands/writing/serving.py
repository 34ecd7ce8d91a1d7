"""A note as its readers would see it, in a browser, again whenever it is saved; on this machine alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from newsletter.publishing import as_readers_see
from storage.model import NewsletterError
from web.pages import Frame, Pages, issue_path, issue_summary, issue_title

if TYPE_CHECKING:
    from newsletter.app import Newsletter

_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_DARK: Final = re.compile(r"@media\s*\(prefers-color-scheme:\s*dark\)")
_LIGHT: Final = re.compile(r"@media\s*\(prefers-color-scheme:\s*light\)")
_NOBODY: Final = "@media not all"
_VIEWS: Final = (
    ("page", "Page", "100%"),
    ("mail/light", "Mail, light", "100%"),
    ("mail/dark", "Mail, dark", "100%"),
    ("mail/phone", "Mail on a phone", "375px"),
    ("text", "Mail as text", "100%"),
)
_STYLE: Final = (
    "body{margin:0;font:15px system-ui,sans-serif;background:#e9e5da;color:#23211c}"
    "header{padding:.7rem 1rem}h1{font-size:1.1rem;margin:0}h2{font-size:.9rem;margin:.4rem 0}"
    "main{display:grid;grid-template-columns:repeat(auto-fit,minmax(24rem,1fr));gap:1rem;padding:0 1rem 1rem}"
    "iframe{border:1px solid #8a8578;background:#fff;height:75vh;max-width:100%}"
)
_RELOAD: Final = """
let seen = document.body.dataset.mark;
setInterval(async () => {
  try {
    const mark = (await (await fetch("/mark")).json()).mark;
    if (mark !== seen) {
      seen = mark;
      for (const frame of document.querySelectorAll("iframe")) frame.contentWindow.location.reload();
    }
  } catch {}
}, 700);
"""


class Stage(ThreadingHTTPServer):
    """Serves the views of one note on loopback."""

    daemon_threads = True

    def __init__(self, newsletter: Newsletter, note: str, port: int) -> None:
        """`port` 0 is any. Raises NewsletterError where it is taken, and NotFound."""
        self.newsletter = newsletter
        self.note = newsletter.parts.scheduling.find(note)
        self.pages = Pages.of(newsletter)
        try:
            super().__init__(("127.0.0.1", port), _Answers)
        except OSError as error:
            raise NewsletterError(f"port {port} cannot be used: {error.strerror}") from error

    @property
    def address(self) -> str:
        """Where it is seen."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def mark(self) -> str:
        """What changes when the note does."""
        try:
            return str((self.newsletter.config.notes.path / self.note).stat().st_mtime_ns)
        except OSError:
            return "gone"

    def view(self, path: str) -> tuple[str, bytes] | None:
        """Media type and octets of what is at a path; None where nothing is. Raises NewsletterError."""
        name = path.strip("/")
        if name == "mark":
            return "application/json", json.dumps({"mark": self.mark()}).encode()
        if name == "":
            return "text/html; charset=utf-8", self._overview().encode()
        if name == "page":
            return "text/html; charset=utf-8", self._own(self._page()).encode()
        if name.startswith("mail/"):
            return "text/html; charset=utf-8", self._mail(name.removeprefix("mail/")).encode()
        if name == "text":
            return "text/plain; charset=utf-8", self.newsletter.preview(self.note).text.encode()
        if name.startswith("media/"):
            return self.newsletter.parts.proofs.picture(self.note, name.removeprefix("media/"))
        if name.startswith("static/") and (asset := self._asset(name)) is not None:
            return asset
        return None

    def _asset(self, name: str) -> tuple[str, bytes] | None:
        found = self.pages.assets.get(name.removeprefix("static/"))
        return (found.media_type, found.body) if found is not None else None

    def _overview(self) -> str:
        views = "".join(
            f'<section><h2>{label}</h2><iframe title="{label}" src="/{path}" style="width:{wide}"></iframe>'
            "</section>"
            for path, label, wide in _VIEWS
        )
        title = escape(self.note)
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<style>{_STYLE}</style></head><body data-mark="{self.mark()}"><header><h1>{title}</h1>'
            "<p>Shown anew whenever it is saved. Nobody else sees this.</p></header>"
            f"<main>{views}</main><script>{_RELOAD}</script></body></html>"
        )

    def _page(self) -> str:
        issue = as_readers_see(self.newsletter.parts.proofs.as_issue(self.note))
        frame = Frame(
            title=issue_title(issue),
            description=issue_summary(issue),
            indexed=False,
            kind="article",
        )
        nobody: Mapping[str, None] = {"older": None, "newer": None}
        return self.pages.render(
            "issue.html",
            frame,
            issue=issue,
            around=nobody,
            edited=False,
            translations=(),
            **self.pages.facts(issue, issue_path(issue)),
        )

    def _mail(self, how: str) -> str:
        """In light or dark, whatever the browser prefers; on a phone as it is."""
        html = self._own(self.newsletter.preview(self.note).html)
        if how == "dark":
            return _LIGHT.sub(_NOBODY, _DARK.sub("@media all", html))
        return html if how == "phone" else _DARK.sub(_NOBODY, html)

    def _own(self, html: str) -> str:
        """With its pictures and styles from here: the site has none of a private note."""
        url = self.newsletter.identity.url
        html = html.replace(f"{url}/media/", "/media/")
        root = self.pages.root
        return html.replace(f'"{root}/static/', '"/static/') if root else html


class _Answers(BaseHTTPRequestHandler):
    """GET alone, of this machine's browser alone."""

    server: Stage

    def do_GET(self) -> None:
        """One view, never kept."""
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host not in _HOSTS:  # another site's page that has its name lead here
            self._say(403, "text/plain", b"only for this machine")
            return
        try:
            found = self.server.view(unquote(urlsplit(self.path).path))
        except NewsletterError as error:
            told = f"<!DOCTYPE html><meta charset=utf-8><p>{escape(str(error))}</p>"
            self._say(200, "text/html; charset=utf-8", told.encode())
            return
        if found is None:
            self._say(404, "text/plain", b"nothing is here")
        else:
            self._say(200, *found)

    def _say(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
