"""The desk's pages: its templates, its two files of style and script, and its words for times.

The desk speaks English whatever the newsletter's language: it is the author's, like the commands.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from storage.model import Identity, count
from web.http import NO_STORE
from web.http import mail_policy as frame_policy

_HERE: Final = Path(__file__).parent
_TYPES: Final = MappingProxyType(
    {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
)
_PRIVATE: Final = MappingProxyType(
    {
        "Cache-Control": NO_STORE,
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": (
            "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
            "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        ),
    }
)
TABS: Final = (
    ("", "Today"),
    ("/notes", "Notes"),
    ("/calendar", "Calendar"),
    ("/issues", "Issues"),
    ("/readers", "Readers"),
    ("/returned", "Returned"),
    ("/numbers", "Numbers"),
    ("/doctor", "Doctor"),
)


class Paper:
    """Renders the desk of one newsletter. Safe to share among threads."""

    def __init__(self, identity: Identity, root: str) -> None:
        self._identity = identity
        self._zone = ZoneInfo(identity.timezone)
        self.root = f"{root}/desk"
        self.files = {
            file.name: (file.read_bytes(), _TYPES[file.suffix])
            for file in (_HERE / "static").iterdir()
            if file.suffix in _TYPES
        }
        marks = {
            name: hashlib.sha256(body).hexdigest()[:8] for name, (body, _) in self.files.items()
        }
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals |= {
            "identity": identity,
            "desk": self.link,
            "file": lambda name: f"{self.root}/file/{name}?{marks[name]}",
            "tabs": TABS,
            "site": f"{root}/",
        }
        self._environment.filters |= {
            "moment": self._moment,
            "span": tell_span,
            "coded": show_code,
            "segment": lambda text: quote(text, safe=""),
        }

    def link(self, path: str = "") -> str:
        """A path of the desk: `/issues`."""
        return f"{self.root}{path}"

    def page(self, template: str, *, status: int = 200, **context: object) -> Response:
        """One page. Everything in `context` is escaped."""
        html = self._environment.get_template(template).render(**context)
        return HTMLResponse(html, status, headers=dict(_PRIVATE))

    def framed(self, html: str) -> Response:
        """A mail, for a frame that has no script and no identity."""
        policy = frame_policy(self._identity.url)
        headers = {"Content-Security-Policy": policy, "X-Frame-Options": "SAMEORIGIN"}
        return HTMLResponse(html, headers=dict(_PRIVATE) | headers)

    def _moment(self, at: datetime | None) -> Markup:
        """A time in the newsletter's zone: `Tue 2026-12-01 09:00 CET`."""
        if at is None:
            return Markup()
        stated = at.astimezone(self._zone).isoformat(timespec="seconds")
        # Where a column is narrow, it breaks between day and hour, and nowhere else.
        return Markup('<time datetime="{}"><span>{}</span> <span>{}</span></time>').format(
            stated, *spell_moment(at, self._zone)
        )


def spell_moment(at: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """Day and hour as the desk says them: `Tue 2026-12-01`, `09:00 CET`."""
    there = at.astimezone(zone)
    return f"{there:%a %Y-%m-%d}", f"{there:%H:%M %Z}"


def show_code(text: str) -> Markup:
    """A sentence of the commands, in which what is typed stands between backticks: shown as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    shown = (
        Markup("<code>{}</code>").format(one) if n % 2 else escape(one)
        for n, one in enumerate(parts)
    )
    return Markup("").join(shown)


def tell_span(span: timedelta) -> str:
    """How long, in its largest unit: `3 hours`."""
    seconds = abs(int(span.total_seconds()))
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count(seconds // size, name)
    return "a moment"
