"""Which pages, feeds and files the site has, and in which file of a folder each stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from starlette.routing import BaseRoute, Route

from feeds.syndication import FeedFormat, archive_url, feed_url, tag_path
from newsletter.drawing import DRAWN_SUFFIX, drawn_from
from newsletter.publication import Publication
from storage.model import Issue
from web.pages import issue_title, preview_path

INDEX: Final = "index.html"
MISSING: Final = "404.html"
"""What most web hosts show for an address at which nothing is."""
_FIXED: Final = {
    "/about": f"about/{INDEX}",
    "/subscribe": f"subscribe/{INDEX}",
    "/archive": f"archive/{INDEX}",
    "/sitemap.xml": "sitemap.xml",
    "/robots.txt": "robots.txt",
    "/": INDEX,
}
_PREVIEWS: Final = 100
"""Of the newest issues; each takes half a second to draw, and hardly anybody shares the others."""
SERVED: Final = (
    *("/subscribe", "/confirm/", "/unsubscribe/", "/preferences/", "/search", "/embed", "/feeds/"),
    *("/outbox", "/desk", "/opensearch.xml"),
)
"""What only the service can answer; links there are not dead."""
_LOOKED_UP: Final = frozenset({"issues", "tags", "archive", "media", "static", "feeds"})
"""Below these the service looks for what is asked for, and leads from an old address where there is nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path of the site, decoded, and its file below the folder."""

    path: str
    file: str
    source: str = ""
    """All that decides what is in the file, where it takes long to make."""


@dataclass(frozen=True, slots=True)
class Served:
    """What the service has an answer to, page or no page."""

    paths: frozenset[str]
    folders: tuple[str, ...]

    def has(self, path: str) -> bool:
        """Whether the service answers this path itself, and leads nobody from it to an issue."""
        return path in self.paths or path.startswith(self.folders)


def find_served(routes: Iterable[BaseRoute]) -> Served:
    """Of all that the site has."""
    paths = [route.path for route in routes if isinstance(route, Route)]
    keyed = (path.partition("{")[0] for path in paths if "{" in path)
    return Served(
        frozenset(path for path in paths if "{" not in path),
        tuple({path for path in keyed if path.split("/")[1] not in _LOOKED_UP}),
    )


def find_places(
    publication: Publication, issues: tuple[Issue, ...], assets: Iterator[str]
) -> Iterator[Place]:
    """Everything that the site itself makes, issues before the lists that name them."""
    for name in assets:
        yield Place(f"/static/{name}", f"static/{name}")
    for path in publication.gallery.paths():
        yield Place(path, path.lstrip("/"))
    for issue in [issue for issue in issues if not issue.image][:_PREVIEWS]:
        preview = preview_path(issue)
        mark = publication.gallery.card_fingerprint(
            issue_title(issue), issue.language, issue.direction
        )
        yield Place(preview, preview.lstrip("/"), mark)
    for issue in issues:
        yield Place(f"/issues/{issue.slug}", f"issues/{issue.slug}/{INDEX}")
    for tag in sorted({tag for issue in issues for tag in issue.tags}):
        name = tag_path(tag)
        yield Place(f"/tags/{name}", f"tags/{name}/{INDEX}")
        yield from _feeds(publication, tag)
    yield from _feeds(publication, None)
    for path, file in _FIXED.items():
        yield Place(path, file)


def _feeds(publication: Publication, tag: str | None) -> Iterator[Place]:
    home = "" if tag is None else f"/tags/{tag_path(tag)}"
    for number in range(1, publication.archives(tag) + 1):
        for feed_format in (FeedFormat.ATOM, FeedFormat.JSON):
            name = archive_url("", feed_format, None, number)
            yield Place(f"{home}{name}", f"{home}{name}".lstrip("/"))
    for feed_format in FeedFormat:
        name = feed_url("", feed_format, None)
        yield Place(f"{home}{name}", f"{home}{name}".lstrip("/"))


def find_media(publication: Publication, issues: tuple[Issue, ...]) -> Iterator[str]:
    """Paths below the notes folder of what the issues, the About page and the author's letters show."""
    shown = {path for issue in issues for path in issue.media}
    yield from sorted(shown | publication.shown_beside())


def find_drawings(media: Iterable[str]) -> Iterator[str]:
    """Paths of what mail shows instead of these pictures: `a.svg.png` for `a.svg`."""
    for path in media:
        if drawn_from(drawing := f"{path}{DRAWN_SUFFIX}") is not None:
            yield drawing


def formula_file(digest: str) -> str:
    """Where the picture of a formula stands, as mails ask for it."""
    return f"media/maths/{digest}.png"


def old_files(alias: str) -> tuple[str, str]:
    """Where a page for an old address stands, whether it ended in `/` or in `.html`."""
    return f"{alias}/{INDEX}", f"{alias}.html"
