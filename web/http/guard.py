"""What goes round every answer: the headers that protect readers, HEAD without a body, counting."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.http.memory import Count, Offer
from web.http.private import TOKEN_HEADERS

_HSTS: Final = "max-age=31536000"
_NO_FEATURES: Final = ", ".join(
    f"{name}=()"
    for name in (
        *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation"),
        *("gyroscope", "magnetometer", "microphone", "midi", "payment", "usb"),
    )
)
"""What no page here uses, nor anything that came into one (W3C Permissions Policy 6.2)."""


_ANYWHERE: Final = "frame-ancestors *"
_OWN: Final = ("/confirm/", "/unsubscribe/", "/preferences/", "/feeds/")
"""Where a reader's own key stands in the address, whatever is answered there (rule F8)."""


class Guard:
    """ASGI middleware. A header that an answer sets itself is left alone."""

    def __init__(self, app: ASGIApp, *, url: str, count: Count, script: str = "") -> None:
        self._app = app
        self._count = count
        self._headers = protecting_headers(url, script)
        self._own = {**self._headers, **TOKEN_HEADERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, adds the headers to its answer and counts it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        offer = Offer.of(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                if offer is None or not (offer.made and message["status"] == 200):
                    self._count(scope["method"], message["status"])  # else whoever keeps it counts
                headers = MutableHeaders(scope=message)
                path = scope["path"].removeprefix(scope.get("root_path", ""))
                known = self._own if path.startswith(_OWN) else self._headers
                for name, value in known.items():
                    headers.setdefault(name, value)
                if _ANYWHERE in headers["Content-Security-Policy"]:
                    del headers["X-Frame-Options"]  # it knows no "anywhere"
            elif message["type"] == "http.response.body" and scope["method"] == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, dressed)


def protecting_headers(url: str, script: str = "") -> dict[str, str]:
    """What every answer carries unless it says otherwise.

    A site that is https stays so: a browser that was here once does not come back in the clear
    (RFC 6797).
    """
    secure = {"Strict-Transport-Security": _HSTS} if url.startswith("https:") else {}
    return secure | {
        "Content-Security-Policy": page_policy(url, script),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": _NO_FEATURES,
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def page_policy(url: str, script: str = "") -> str:
    """No script but this one, no frame, nothing from elsewhere but pictures (CSP Level 3).

    The newsletter's own address is named too: an issue's pictures are linked by it, and the site
    may be looked at by another name.
    """
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    scripts = f"script-src 'sha256-{digest}'; " if script else ""
    return (
        f"default-src 'none'; {scripts}img-src 'self' https: {_origin(url)}; style-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def frame_policy(url: str) -> str:
    """The page's, but that it may stand in a frame of any site."""
    return page_policy(url).replace("frame-ancestors 'none'", _ANYWHERE)


def mail_policy(url: str) -> str:
    """For a mail shown in a frame of the outbox: its styles and pictures, no script, no identity.

    Links open beside the site, so that a confirmation can be followed from here.
    """
    return (
        f"default-src 'none'; img-src 'self' data: https: {_origin(url)}; "
        "style-src 'unsafe-inline'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )


PICTURE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""For an author's picture: whatever it holds, SVG too, it is looked at and runs no script."""

FILE_POLICY: Final = "default-src 'none'; media-src 'self'; object-src 'self'"
"""For a sound, a film or a document: a sandbox would keep browsers from showing them."""

OUTBOX_FRAME: Final = "; frame-src 'self'"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
