"""The site as files, built again: what is rewritten and removed, and what comes between."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import stat
from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from newsletter.app import Newsletter
from newsletter.showing import BuildReport
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.publishing.built import files_in
from tests.worlds.readers.site import PIXEL, URL, Author
from web.building.keeper import Keeper
from web.building.links import find_links, is_dead
from web.building.sight import Sight
from web.building.tree import LIST, Tree

BUILD: Any = import_module("web.building.build")  # its face has a function of that name
PREVIEW = "media/.preview/zwei-二.png"
PLAN = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
TWO = f"""---
publish: {NOON.isoformat()}
title: Zwei 二
slug: zwei-二
---
![Plan](plan.svg)
"""


def test_only_what_changed_is_rewritten_and_what_is_gone_is_removed(
    author: Author, tmp_path: Path
) -> None:
    """A second build writes nothing; after a change its pages alone; a withdrawn issue has no file."""
    target = tmp_path / "public"
    author.newsletter.build(target)
    kept = (target / "issues/one/index.html").stat().st_ino
    again = author.newsletter.build(target)
    assert (again.written, again.removed) == (0, 0)
    (target / "mine.txt").write_text("mine")
    author.clock.move(days=1)
    author.publish("three.md", "Third.", title="Three")
    report = author.newsletter.build(target)
    assert 0 < report.written < report.files
    assert (target / "issues/three/index.html").exists()
    assert (target / "issues/one/index.html").stat().st_ino == kept
    (author.notes / "two.md").unlink()
    author.newsletter.poll()
    report = author.newsletter.build(target)
    assert report.removed > 0
    assert not (target / "issues/zwei-二").exists()
    assert not (target / "tags").exists()
    assert (target / "mine.txt").read_text() == "mine"


def rewrite_list(target: Path, **changes: object) -> None:
    """Has the folder say something else of its files."""
    listed = target / LIST
    listed.write_text(json.dumps({**json.loads(listed.read_text()), **changes}))


def restyle(author: Author) -> None:
    """Another colour for everything."""
    file = author.notes.with_name("newsletter.toml")
    file.write_text(file.read_text() + '[site]\naccent = "#7a1f5c"\n')


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda *_: None, []),
        (lambda author, _: author.write("two.md", TWO.replace("Zwei", "Drittens")), ["preview"]),
        (lambda author, _: restyle(author), ["preview"]),
        (lambda author, _: author.write("plan.svg", PLAN.replace("9", "8")), ["plan.svg"]),
        (lambda _, target: (target / "media/plan.svg.png").unlink(), ["plan.svg"]),
        (lambda _, target: (target / PREVIEW).write_bytes(b""), ["preview"]),
        (lambda _, target: (target / PREVIEW).chmod(0o600), ["preview"]),
        (lambda _, target: os.utime(target / PREVIEW), ["preview"]),
        (lambda _, target: rewrite_list(target, made={}), ["plan.svg", "preview"]),
        (lambda _, target: rewrite_list(target, made={PREVIEW: {}}), ["plan.svg", "preview"]),
        (lambda _, target: rewrite_list(target, made=[PREVIEW]), ["plan.svg", "preview"]),
    ],
    ids=[
        *("nothing", "another title", "another colour", "another picture", "a drawing is gone"),
        *("a preview is empty", "a preview is closed", "a preview is newer"),
        *("nothing is said", "another form", "no form"),
    ],
)
def test_what_is_drawn_is_drawn_again_only_if_it_would_differ(
    author: Author,
    tmp_path: Path,
    drawn_once: list[str],
    change: Callable[[Author, Path], object],
    again: list[str],
) -> None:
    """Each takes a process: of a hundred issues that was nine tenths of a build that wrote nothing. A drawing is made anew
    when what it shows is another, or when somebody touched it.
    """
    target = tmp_path / "public"
    author.write("plan.svg", PLAN)
    author.write("two.md", TWO)
    author.newsletter.poll()
    author.newsletter.build(target)
    before = files_in(target)
    change(author, target)
    drawn_once.clear()
    with closing(
        Newsletter.open(author.notes.with_name("newsletter.toml"), environ={}, clock=author.clock)
    ) as anew:
        anew.poll()
        anew.build(target)
    assert sorted({"plan.svg", "preview"}.intersection(drawn_once)) == again
    assert files_in(target).keys() == before.keys()
    assert (target / PREVIEW).read_bytes().startswith(b"\x89PNG")


def test_another_version_draws_again(
    author: Author, tmp_path: Path, drawn_once: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may draw otherwise."""
    target = tmp_path / "public"
    author.newsletter.build(target)
    drawn_once.clear()
    monkeypatch.setattr(BUILD, "_version", lambda: "another")
    with closing(
        Newsletter.open(author.notes.with_name("newsletter.toml"), environ={}, clock=author.clock)
    ) as anew:
        anew.build(target)
    assert "preview" in drawn_once


def test_everybody_may_read_a_build(author: Author, tmp_path: Path) -> None:
    """Whatever the umask, as the service's unit has one that lets nobody: a web server with an account of its own finds no
    file closed, also of an earlier build and with the same content. The folder's own mode is its owner's.
    """
    target = tmp_path / "public"
    author.newsletter.build(target)
    everything = [target, *target.rglob("*")]
    for path in everything:
        path.chmod(path.stat().st_mode & ~0o077)
    before = os.umask(0o077)
    try:
        author.newsletter.build(target)
        author.newsletter.build(tmp_path / "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    for path in (*target.rglob("*"), tmp_path / "new", *(tmp_path / "new").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path


def test_a_stopped_build_removes_nothing(author: Author, tmp_path: Path) -> None:
    """It ends where it is, and the next one goes on."""
    target = tmp_path / "public"
    author.newsletter.build(target)
    before = files_in(target)
    (author.notes / "two.md").unlink()
    author.newsletter.poll()
    report = author.newsletter.build(target, is_stopped=lambda: True)
    assert (report.written, report.removed) == (0, 0)
    assert files_in(target) == before
    assert author.newsletter.build(target).removed > 0


def test_whatever_a_reader_finds_during_a_build_leads_somewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each file that a build writes, and may be killed at, no page that can be reached leads to one that
    is missing, shows a picture that is, or names the new styles while the old ones are there.
    """
    theme = tmp_path / "theme"
    theme.mkdir()
    author = Author(tmp_path, Clock(NOON), '[site]\ntheme = "theme"\n')
    target = tmp_path / "public"
    with author.newsletter as newsletter:
        author.publish("one.md", "First.", title="One", tags="[old]")
        newsletter.build(target)
        author.clock.move(days=1)
        author.write("img/b.png", PIXEL)
        author.publish("two.md", "![Dot](img/b.png)", title="Two", tags="[new, old]")
        (theme / "theme.css").write_text("h1 { color: green }")
        styles = {_styles(target)}
        place, looks = Tree._place, list[set[str]]()

        def watched(tree: Tree, *what: Any) -> bool:
            before = tree.written
            is_there = place(tree, *what)
            if tree.written > before:
                styles.add(_styles(target))
                looks.append(_reached(target, styles))
            return is_there

        monkeypatch.setattr(Tree, "_place", watched)
        newsletter.build(target)
    assert "/issues/two" not in looks[0]
    assert "/issues/two" in looks[-1]
    assert "/tags/new" in looks[-1]


def test_a_build_that_is_overtaken_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is published while pages are made is never named by one before its own page is there; and publishing
    without an end does not keep a build from its end.
    """
    author = Author(tmp_path, Clock(NOON))
    target = tmp_path / "public"
    left = [3, 100]
    ask = BUILD.ask

    async def busy(app: Any, path: str) -> Any:
        if path == "/" and left[0]:
            left[0] -= 1
            author.publish(f"more{left[0]}.md", "More.", title=f"More {left[0]}")
        return await ask(app, path)

    with author.newsletter as newsletter:
        author.publish("one.md", "First.", title="One")
        monkeypatch.setattr(BUILD, "ask", busy)
        assert newsletter.build(target).is_sound
        assert "/issues/more0" in _reached(target, {_styles(target)})
        left.reverse()
        assert not newsletter.build(target).is_sound
        assert left[0] < 100
        left[0] = 0
        assert newsletter.build(target).is_sound


def _styles(target: Path) -> str:
    """The address under which a browser may keep the style sheet that is there."""
    digest = hashlib.sha256((target / "static/site.css").read_bytes()).hexdigest()
    return f"/static/site.css?{digest[:8]}"


def _reached(target: Path, styles: set[str]) -> set[str]:
    """The paths to which the home page leads, each of which has to be there; `styles` that are or were."""
    files = files_in(target)
    found, left = {"/"}, ["/"]
    while left:
        name = left.pop().strip("/")
        page = files.get(f"{name}/index.html".lstrip("/"), b"").decode()
        for link in find_links(page, URL):
            assert not is_dead(link, URL, files), (name, link)
            assert link in styles or not link.startswith("/static/site.css"), name
            path = unquote(urlsplit(link).path)
            if path not in found:
                found.add(path)
                left.append(path)
    return found


def test_what_a_killed_build_left_is_no_hindrance(author: Author, tmp_path: Path) -> None:
    """Neither a file half written in a new folder, nor one beside a page: the next build removes them."""
    target = tmp_path / "public"
    target.mkdir()
    (target / ".newsletter-part").write_text("ha")
    author.newsletter.build(target)
    (target / "issues/one/.newsletter-part").write_text("ha")
    (author.notes / "one.md").unlink()
    author.newsletter.poll()
    author.newsletter.build(target)
    assert not (target / "issues/one").exists()
    assert not [*target.rglob(".newsletter-part")]


def test_a_changed_theme_or_picture_is_a_change(tmp_path: Path) -> None:
    """Who keeps a folder fresh sees that a file of the theme, or one that an issue shows, changed, came or went; and
    nothing where nothing did.
    """
    theme = tmp_path / "theme"
    theme.mkdir()
    author = Author(tmp_path, Clock(NOON), '[site]\ntheme = "theme"\n')
    with author.newsletter as newsletter:
        author.write("a.png", PIXEL)
        author.write("unseen.png", PIXEL)
        author.publish("one.md", "![Dot](a.png) ![Other](b.png)", title="One")
        sight = Sight(newsletter)
        marks = [sight.mark()]

        def is_seen() -> bool:
            marks.append(sight.mark())
            assert marks[-1] == sight.mark()
            return marks[-1] != marks[-2]

        (theme / "theme.css").write_text("h1 { color: green }")
        assert is_seen()
        (theme / "about.html").write_text("me")
        assert is_seen()
        (theme / "about.html").unlink()
        assert is_seen()
        author.write("a.png", PIXEL + b"\0")
        assert is_seen()
        author.write("b.png", PIXEL)
        assert is_seen()
        (author.notes / "a.png").unlink()
        assert is_seen()
        author.write("unseen.png", PIXEL + b"\0")
        assert not is_seen()
        author.publish("two.md", "![Dot](unseen.png)", title="Two")
        assert is_seen()
        author.write("unseen.png", PIXEL)
        assert is_seen()


def test_the_service_keeps_the_folder_fresh(author: Author, tmp_path: Path) -> None:
    """It is built at the start and after a change, and the end waits for no build."""
    target = tmp_path / "public"

    async def run() -> None:
        stop, built = asyncio.Event(), asyncio.Queue[BuildReport]()
        loop = asyncio.get_running_loop()

        def told(report: BuildReport) -> None:
            loop.call_soon_threadsafe(built.put_nowait, report)

        keeper = Keeper(
            author.newsletter,
            target,
            every_s=0.01,
            on_built=told,
        )
        keeping = asyncio.create_task(keeper.keep(stop))
        assert (await built.get()).written > 0
        await asyncio.to_thread(author.publish, "six.md", "Text.", title="Six")
        while (target / "issues/six/index.html") not in [*target.glob("issues/six/*")]:
            await built.get()
        stop.set()
        await keeping

    asyncio.run(run())
