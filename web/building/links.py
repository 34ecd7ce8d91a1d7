"""The links of a page that stay on the site, and whether anything is there. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from html import unescape
from typing import Final
from urllib.parse import unquote, urlsplit

from web.building.places import INDEX, SERVED

_LINKS: Final = re.compile(
    r"""<(?:a|img|link|source|audio|video)\b[^>]*?\s(?:href|src)="([^"]*)\""""
)
"""Pages are written by our templates and the sanitiser: attributes stand in double quotes."""


def find_links(html: str, url: str) -> Iterator[str]:
    """The links of a page to addresses of this site, each once; `url` is the newsletter's."""
    for link in dict.fromkeys(map(unescape, _LINKS.findall(html))):
        if _inside(link, url) is not None:
            yield link


def is_dead(link: str, url: str, files: Container[str]) -> bool:
    """Whether there is neither a file nor the service; `files` are paths below the folder."""
    path = _inside(link, url)
    return path is not None and not _is_there(path, files)


def _inside(link: str, url: str) -> str | None:
    """The decoded path of a link below the newsletter's address; None for what leads elsewhere."""
    site = urlsplit(url)
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or (parts.netloc and parts.netloc != site.netloc):
        return None
    if not parts.path and not parts.netloc:
        return None  # within the page
    path = unquote(parts.path) or "/"
    root = unquote(site.path)
    if path == root:
        return "/"
    return path.removeprefix(root) if path.startswith(f"{root}/") else None


def _is_there(path: str, files: Container[str]) -> bool:
    if any(path == one or (one.endswith("/") and path.startswith(one)) for one in SERVED):
        return True
    file = path.strip("/")
    return file in files or (f"{file}/{INDEX}" if file else INDEX) in files
