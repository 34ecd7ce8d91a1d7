"""Builds the site into a folder: asks the site for every page, and keeps what differs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from newsletter import Newsletter
from newsletter.drawing import DRAWN_SUFFIX
from newsletter.showing import BuildReport, DeadLink
from storage.model import Issue
from web.building.asking import ask
from web.building.links import find_links, is_dead
from web.building.places import (
    INDEX,
    MISSING,
    Place,
    find_drawings,
    find_media,
    find_places,
    find_served,
    formula_file,
    old_files,
)
from web.building.tree import Tree
from web.http import pack
from web.pages import Frame, Pages, issue_path, issue_title
from web.site import create_app

_NOWHERE: Final = "/there-is-nothing-here"
_PACKED: Final = (".html", ".xml", ".json", ".css", ".svg", ".txt")
_TRIES: Final = 10
"""Beginnings of a build that is overtaken by what is published meanwhile; the last one goes on whatever comes."""
_MOST_DEAD: Final = 1000
"""Dead links that are told."""


def build(
    newsletter: Newsletter, directory: Path, *, is_stopped: Callable[[], bool] = lambda: False
) -> BuildReport:
    """Bring the folder up to what the site is now; when stopped, as far as it came.

    Raises Conflict for a folder with files of others, NewsletterError where it cannot be written.
    """
    for number in range(_TRIES):
        is_last = number == _TRIES - 1
        work = _Work(newsletter, Tree(directory), is_stopped, may_be_overtaken=is_last)
        try:
            asyncio.run(work.run())
        except _OvertakenError:
            continue
        finally:
            work.tree.end()
        break
    return work.report()


class _OvertakenError(Exception):
    """Something was published meanwhile: a page was made of which the others know nothing yet."""


class _Work:
    """One build."""

    def __init__(
        self,
        newsletter: Newsletter,
        tree: Tree,
        is_stopped: Callable[[], bool],
        *,
        may_be_overtaken: bool,
    ) -> None:
        self.tree = tree
        self._may_be_overtaken = may_be_overtaken
        self._mark: object = None
        self._publication = newsletter.publication
        self._pages = Pages.of(newsletter, forms_elsewhere=True)
        self._app = create_app(newsletter, pages=self._pages)
        self._is_stopped = is_stopped
        self._issues: tuple[Issue, ...] = ()
        self._links: dict[str, set[str]] = {}
        """Pages by a link of theirs that stays on the site; looked at in the end."""
        self._dead: list[DeadLink] = []

    def report(self) -> BuildReport:
        """What became of it."""
        tree = self.tree
        return BuildReport(
            files=len(tree.files),
            written=tree.written,
            removed=tree.removed,
            dead=tuple(self._dead[:_MOST_DEAD]),
            problems=tuple(tree.problems),
        )

    async def run(self) -> None:
        """All of it. What is gone is removed only if nothing stopped us. Raises _OvertakenError."""
        self._mark = self._publication.mark()
        self._issues = tuple(self._publication.live())
        places = list(find_places(self._publication, self._issues, iter(self._pages.assets)))
        media = list(find_media(self._publication, self._issues))
        drawings = list(find_drawings(media))
        formulas = self._publication.formulas.digests()
        files = {f"media/{path}" for path in (*media, *drawings)}
        files.update(map(formula_file, formulas))
        own = {place.file for place in places} | files | {MISSING}
        moved = dict(self._moved(frozenset(own)))
        planned = own | moved.keys()
        self.tree.begin(planned | {f"{file}.gz" for file in planned if _is_packed(file)})
        for path in media:
            if self._is_stopped():
                return
            self._copy_media(path)
        for path in drawings:
            if self._is_stopped():
                return
            await self._copy_drawing(path)
        self._copy_formulas(formulas)
        for place in sorted(places, key=self._turn):
            if self._is_stopped():
                return
            await self._copy(place, 200)
        await self._copy(Place(_NOWHERE, MISSING), 404)
        for file, issue in moved.items():
            if file not in own:
                self._put(file, self._moved_page(issue).encode())
        self._look_for_dead()
        self.tree.finish()

    def _turn(self, place: Place) -> int:
        """When it is written: what pages show, then what is new, to which nothing leads yet, then what changes.

        So whatever a reader asks for meanwhile is there: a new issue when the first list names it, its pictures,
        and the new styles when their address is first told; a browser would keep the old ones under it.
        """
        if place.file.startswith(("static/", "media/")):
            return 0
        return 2 if self.tree.has(place.file) else 1

    async def _copy(self, place: Place, status: int) -> None:
        path, source = place.path, _of_program(place.source)
        if source and self.tree.keep(place.file, source):
            return
        answer = await ask(self._app, path)
        if not self._may_be_overtaken and self._publication.mark() != self._mark:
            raise _OvertakenError
        if answer.status != status:
            self.tree.problems.append(f"{path} was answered {answer.status}")
            return
        self._put(place.file, answer.body, source)
        if answer.headers.get(b"content-type", b"").startswith(b"text/html"):
            for link in find_links(answer.body.decode(), self._pages.identity.url):
                self._links.setdefault(link, set()).add(path)

    def _put(self, file: str, content: bytes, source: str = "") -> None:
        is_there = self.tree.put(file, content, source)
        packed = pack(content) if is_there and _is_packed(file) else None
        if packed is not None:
            self.tree.put(f"{file}.gz", packed)

    def _copy_media(self, path: str) -> None:
        found = self._publication.media(path)
        if found is None:
            return
        self.tree.copy(f"media/{path}", found.file)

    async def _copy_drawing(self, path: str) -> None:
        """What cannot be drawn is told in the log, and nothing is there."""
        picture = self._publication.media(path.removesuffix(DRAWN_SUFFIX))
        source = _of_program(picture.mark if picture is not None else "")
        if source and self.tree.keep(f"media/{path}", source):
            return
        answer = await ask(self._app, f"/media/{path}")
        if answer.status == 200:
            self.tree.put(f"media/{path}", answer.body, source)

    def _copy_formulas(self, digests: Iterable[str]) -> None:
        for digest in digests:
            if (png := self._publication.formulas.png(digest)) is not None:
                self.tree.put(formula_file(digest), png)

    # ── old addresses ────────────────────────────────────────────────────────────────────

    def _moved(self, own: frozenset[str]) -> Iterator[tuple[str, Issue]]:
        """The files of old addresses, and where they lead: the newest issue of several.

        Where the site itself has a page it stays, as with the service; hosts that show `archive.html` at
        `/archive` would show an issue there, or lead it to itself. So does what only the service answers: a web server
        in front of it would give out our file instead.
        """
        served = find_served(self._app.routes)
        by_id = {issue.id: issue for issue in self._issues}
        for slug, issue_id in self._publication.former_slugs():
            if (issue := by_id.get(issue_id)) is not None and issue.slug != slug:
                yield f"issues/{slug}/{INDEX}", issue
        for issue in reversed(self._issues):
            for alias in issue.aliases:
                old = old_files(alias.strip("/"))
                if not own & {alias.strip("/"), *old} and not served.has(f"/{alias.strip('/')}"):
                    yield from ((file, issue) for file in old)

    def _moved_page(self, issue: Issue) -> str:
        frame = Frame(title=issue_title(issue), path=issue_path(issue), indexed=False)
        return self._pages.render("moved.html", frame)

    # ── links ────────────────────────────────────────────────────────────────────────────

    def _look_for_dead(self) -> None:
        url = self._pages.identity.url
        for link, pages in self._links.items():
            if is_dead(link, url, self.tree.files):
                self._dead += [DeadLink(page=page, link=link) for page in sorted(pages)]
        self._dead.sort(key=lambda one: (one.page, one.link))


def _of_program(source: str) -> str:
    """Another version of the program may draw the same otherwise."""
    return source and f"{_version()} {source}"


@cache
def _version() -> str:
    return version("newsletter-service")


def _is_packed(file: str) -> bool:
    return file.endswith(_PACKED) and not file.startswith("media/")
