"""Owns how others are asked over HTTP: only where the caller has checked, never where they lead."""

from __future__ import annotations

import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO, Final

from storage.model import FetchError

TIMEOUT_S: Final = 10
MAX_OCTETS: Final = 65_536


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An answer that leads elsewhere is none: only the first address was checked, and a POST would
    arrive there as a GET.
    """

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follows no redirect."""
        del req, fp, code, msg, headers, newurl


open_straight: Final = urllib.request.build_opener(_NoRedirect).open
"""urllib's `open`, for which a redirect is an HTTPError."""


def fetch_document(url: str) -> bytes:
    """The document at an http or https address, at most 64 kB of it.

    Raises FetchError, which does not repeat the address, for every answer but 200.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "newsletter"})  # noqa: S310 - the caller's
    try:
        with open_straight(request, timeout=TIMEOUT_S) as answer:
            content: bytes = answer.read(MAX_OCTETS)
    except (OSError, ValueError, HTTPException) as error:
        raise FetchError(f"a document cannot be fetched ({type(error).__name__})") from error
    return content
