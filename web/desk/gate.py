"""Who may come to the desk: only those who were invited, over https or on this machine, with a form of ours.

To everybody else nothing is there: a stranger learns not even whether the desk is switched on.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.smtp import is_loopback
from newsletter import Newsletter
from web.http import comes_from_here, is_proxy

FORM_KEY: Final = "key"


class Gate:
    """The door of one newsletter's desk, as HTTP."""

    def __init__(self, newsletter: Newsletter) -> None:
        self._entrance = newsletter.parts.entrance
        self._trusted = newsletter.config.web.trusted_proxies
        url = urlsplit(newsletter.identity.url)
        self._is_https = url.scheme == "https"
        self._root = url.path
        # A cookie with this prefix is never sent in the clear, and no other host can set it
        # (RFC 6265bis 4.1.3.2).
        self._cookie = "__Host-desk" if self._is_https else "desk"

    def admit_stranger(self, request: Request) -> None:
        """For the door itself. Raises 404 over a line that others may read."""
        if not (comes_from_here(request) or self._is_private(request)):
            raise HTTPException(404)

    def admit(self, request: Request) -> str:
        """The session of whoever is inside. Raises 404 for everybody else."""
        self.admit_stranger(request)
        session = request.cookies.get(self._cookie, "")
        if not session or not self._entrance.is_inside(session):
            raise HTTPException(404)
        return session

    def admit_form(self, request: Request, session: str, key: str) -> None:
        """Raises 403 for a form that is not of this session, or was posted by another page."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site not in {"same-origin", "none"} or not self._entrance.is_form_key(key, session):
            raise HTTPException(403)

    def let_in(self, response: Response, session: str) -> None:
        """The cookie of a session that began. No script reads it, no other site sends it."""
        response.set_cookie(
            self._cookie,
            session,
            max_age=int(self._entrance.session_lasts.total_seconds()),
            path="/" if self._is_https else f"{self._root}/desk",
            secure=self._is_https,
            httponly=True,
            samesite="strict",
        )

    def let_out(self, response: Response) -> None:
        """The cookie goes."""
        path = "/" if self._is_https else f"{self._root}/desk"
        response.delete_cookie(self._cookie, path=path, secure=self._is_https, httponly=True)

    def _is_private(self, request: Request) -> bool:
        """Whether a proxy of ours says that its line to the browser is https (rule F8)."""
        peer = request.client.host if request.client else ""
        known = is_loopback(peer) or is_proxy(peer, self._trusted)
        said = request.headers.get("x-forwarded-proto", "https").split(",")[-1].strip().lower()
        return self._is_https and known and said == "https"
