"""The site as files: what is written, rewritten and removed, and served by a real nginx."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from newsletter.showing import BuildReport, DeadLink
from scripts.bench.processes import running
from storage.model.errors import Conflict
from tests.conftest import NOON
from tests.peers.ports import free_port
from tests.worlds.clock import Clock
from tests.worlds.readers.site import PIXEL, URL, Author, Client, serving
from web.building.keeper import Keeper
from web.building.links import find_links, is_dead
from web.building.sight import Sight
from web.building.tree import Tree

ROOT = Path(__file__).parents[3]


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """An author with two issues, a picture, an old address and an About page."""
    writer = Author(tmp_path, Clock(NOON), "[web]\nport = 0\n")
    writer.write("img/a.png", PIXEL)
    writer.write("about.md", "# Me\n\nHello.")
    writer.publish("one.md", "![Dot](img/a.png)", title="One", aliases="[/2019/05/one.html]")
    writer.clock.move(days=1)
    writer.publish("two.md", "Second.", title="Zwei 二", slug="zwei-二", tags='["ship it", "a/b"]')
    yield writer
    writer.newsletter.close()


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below it but the list and what is packed."""
    found = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}
    return {
        name: file.read_bytes()
        for name, file in found.items()
        if not name.startswith(".") and not name.endswith(".gz")
    }


def test_a_build_has_what_the_site_answers(author: Author, tmp_path: Path) -> None:
    """Each page, feed and picture is the file of its address; forms alone lead to the whole address."""
    target = tmp_path / "out" / "public"
    report = author.newsletter.build(target)
    assert report.is_sound, (report.dead, report.problems)
    files = files_in(target)
    paths = {
        "index.html": "/",
        "about/index.html": "/about",
        "archive/index.html": "/archive",
        "subscribe/index.html": "/subscribe",
        "issues/one/index.html": "/issues/one",
        "issues/zwei-二/index.html": "/issues/zwei-二",
        "tags/ship it/index.html": "/tags/ship%20it",
        "tags/a/b/index.html": "/tags/a%2Fb",
        "tags/a/b/feed.json": "/tags/a%2Fb/feed.json",
        "feed.xml": "/feed.xml",
        "atom.xml": "/atom.xml",
        "feed.json": "/feed.json",
        "media/img/a.png": "/media/img/a.png",
        "robots.txt": "/robots.txt",
        "sitemap.xml": "/sitemap.xml",
        "static/site.css": "/static/site.css",
        "404.html": "/nothing",
    }
    assert paths.keys() <= files.keys()
    with Client(author.newsletter) as reader:
        for name, path in paths.items():
            served = reader.get(path).content
            ours = files[name].replace(f'action="{URL}/'.encode(), b'action="/')
            assert ours == served, name
    assert f'action="{URL}/subscribe"'.encode() in files["index.html"]
    for old in ("2019/05/one/index.html", "2019/05/one.html"):
        assert f'url={URL}/issues/one"'.encode() in files[old]
    packed = (target / "feed.xml.gz").read_bytes()
    assert gzip.decompress(packed) == files["feed.xml"]
    assert report.files == report.written


def test_a_build_has_what_mails_show(tmp_path: Path) -> None:
    """Pictures of the welcome and the goodbye, though no issue shows them, and what is drawn for mail;
    nothing of a letter that has let go of it.
    """
    extra = '[subscribers]\nwelcome = "welcome.md"\ngoodbye = "goodbye.md"\n'
    author = Author(tmp_path, Clock(NOON), extra)
    for name in ("hello.png", "bye.png", "own.png"):
        author.write(name, PIXEL)
    author.write("plan.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    letter = author.write("welcome.md", "# Hi\n\n![Wave](hello.png) ![Plan](plan.svg)")
    author.write("goodbye.md", "# Bye\n\n![Wave](bye.png)")
    author.newsletter.build(tmp_path / "public")
    shown = {"media/hello.png", "media/bye.png", "media/plan.svg", "media/plan.svg.png"}
    built = files_in(tmp_path / "public")
    assert {name for name in built if name.startswith("media/")} == shown
    assert built["media/plan.svg.png"].startswith(b"\x89PNG")
    with Client(author.newsletter) as reader:
        assert reader.get("/media/hello.png").content == PIXEL
        assert reader.get("/media/own.png").status_code == 404
        letter.write_text("# Hi\n\nNo picture.")
        assert reader.get("/media/hello.png").status_code == 404
        letter.unlink()
        assert reader.get("/media/bye.png").status_code == 200
    author.newsletter.close()


def test_a_build_has_the_formulas_of_mails(tmp_path: Path) -> None:
    """As they were mailed, also of an issue that is gone; and whoever keeps the folder fresh sees one that
    was drawn after the last build.
    """
    author = Author(tmp_path, Clock(NOON))
    with author.newsletter as newsletter:
        newsletter.subscriptions.add("ada@example.org", consent="test")
        before = newsletter.publication.mark()
        author.publish("maths.md", r"So $\frac{n}{2}$ of them.")
        newsletter.poll()
        published = newsletter.publication.mark()
        newsletter.send()
        assert before != published != newsletter.publication.mark()
        (author.notes / "maths.md").unlink()
        newsletter.poll()
        report = newsletter.build(tmp_path / "public")
        built = files_in(tmp_path / "public")
        (picture,) = (name for name in built if name.startswith("media/maths/"))
        with Client(newsletter) as reader:
            assert reader.get(f"/{picture}").content == built[picture]
        assert report.is_sound
        assert newsletter.build(tmp_path / "public").written == 0


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


def test_a_folder_of_others_is_refused(author: Author, tmp_path: Path) -> None:
    """Nothing is written where there are files that no build put there, or whose list is damaged."""
    target = tmp_path / "home"
    target.mkdir()
    (target / "letter.txt").write_text("dear")
    with pytest.raises(Conflict, match="has files that no build put there"):
        author.newsletter.build(target)
    (target / ".newsletter-build.json").write_text("[]")
    with pytest.raises(Conflict, match="cannot be read"):
        author.newsletter.build(target)
    (target / ".newsletter-build.json").write_text(
        json.dumps({"files": ["../newsletter.toml", "/etc/hosts", 3, ".newsletter-build.json"]})
    )
    author.newsletter.build(target)
    assert (tmp_path / "newsletter.toml").exists()
    assert (target / "letter.txt").exists()


def test_dead_links_are_told(author: Author, tmp_path: Path) -> None:
    """The page and the link as it stands there; links to other hosts are nobody's business here."""
    text = f"[b]({URL}/gone) [a]({URL}/about) [c](https://other.example/x)"
    author.publish("four.md", text, title="Four")
    report = author.newsletter.build(tmp_path / "public")
    assert report.dead == (DeadLink(page="/issues/four", link=f"{URL}/gone"),)
    assert not report.is_sound


def test_a_name_too_long_for_a_file_is_told(author: Author, tmp_path: Path) -> None:
    """All others are built."""
    author.publish("five.md", "Text.", title="Five", tags=f'["{"名" * 100}"]')
    report = author.newsletter.build(tmp_path / "public")
    assert any("no file can have the name" in problem for problem in report.problems)
    assert (tmp_path / "public/issues/five/index.html").exists()


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
    building = import_module("web.building.build")  # its face has a function of that name
    ask = building.ask

    async def busy(app: Any, path: str) -> Any:
        if path == "/" and left[0]:
            left[0] -= 1
            author.publish(f"more{left[0]}.md", "More.", title=f"More {left[0]}")
        return await ask(app, path)

    with author.newsletter as newsletter:
        author.publish("one.md", "First.", title="One")
        monkeypatch.setattr(building, "ask", busy)
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


# ── behind nginx ─────────────────────────────────────────────────────────────────────────────


@contextmanager
def nginx(folder: Path, root: Path, service: str) -> Iterator[str]:
    """deploy/nginx-static.conf with our ports and folder; its address."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("nginx is missing: install nginx to run this with it")
    port = free_port()
    text = (ROOT / "deploy/nginx-static.conf").read_text("utf-8")
    for ours, theirs in (
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("/srv/newsletter/public", str(root)),
        ("127.0.0.1:8000", service.removeprefix("http://")),
    ):
        assert ours in text
        text = text.replace(ours, theirs)
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/pid; error_log stderr crit; user root;\n"
        "events { worker_connections 64; }\n"
        f"http {{ include /etc/nginx/mime.types; access_log off; {temporary}\n{text}\n}}\n"
    )
    command = [program, "-p", str(folder), "-c", str(config), "-e", "stderr"]
    with running(command, port):
        yield f"http://127.0.0.1:{port}"


def test_nginx_serves_the_files_and_asks_the_service_for_the_rest(
    author: Author, tmp_path: Path
) -> None:
    """Pages, feeds by their types, in gzip and as 304 from files; forms, old feeds and 410 from us."""
    target = tmp_path / "public"
    author.newsletter.build(target)
    (author.notes / "one.md").unlink()
    author.newsletter.poll()
    author.newsletter.build(target)
    home = tmp_path / "nginx"
    home.mkdir()
    with (
        serving(author.newsletter) as service,
        nginx(home, target, service) as site,
        httpx.Client(base_url=site) as http,
    ):
        for path, kind in {
            "/": "text/html",
            "/issues/zwei-二": "text/html",
            "/feed.xml": "application/rss+xml",
            "/tags/a/b/atom.xml": "application/atom+xml",
            "/tags/ship%20it/feed.json": "application/feed+json",
        }.items():
            answer = http.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].lower() == f"{kind}; charset=utf-8"
            assert answer.headers["server"] == "nginx"
            assert "last-modified" in answer.headers  # of a file
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.headers["x-content-type-options"] == "nosniff"
            known = http.get(path, headers={"if-none-match": answer.headers["etag"]})
            assert known.status_code == 304
        assert http.get("/feed.xml").headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-origin" not in http.get("/").headers
        asset = next(iter(target.glob("static/site.css")))
        assert (
            http.get(f"/static/{asset.name}?01234567")
            .headers["cache-control"]
            .endswith("immutable")
        )
        looked = http.get("/feed.xml", headers={"accept": "text/html,*/*;q=0.8"})
        assert looked.headers["content-type"] == "text/html; charset=utf-8"
        assert http.post("/subscribe", data={"email": "new@example.org"}).status_code == 202
        assert http.get("/rss.xml").status_code == 301
        assert http.get("/issues/one").status_code == 410
        assert http.get("/nothing").status_code == 404
        assert http.get("/.newsletter-build.json").status_code == 404
