"""The site as files: what is written, rewritten and removed, and served by a real nginx."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from newsletter.showing import DeadLink
from scripts.bench.processes import running
from storage.model.errors import Conflict
from tests.conftest import NOON
from tests.peers.ports import free_port
from tests.worlds.clock import Clock
from tests.worlds.publishing.built import files_in
from tests.worlds.readers.site import PIXEL, URL, Author, Client, serving

ROOT = Path(__file__).parents[4]


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


def test_an_old_address_takes_no_page_of_the_site(author: Author, tmp_path: Path) -> None:
    """Hosts show `archive.html` at `/archive`: what the service answers there is what they show."""
    own = "[/archive/, /issues/six, /index.html, /feed.xml, /subscribe.html, /old/]"
    author.publish("six.md", "Text.", title="Six", aliases=own)
    report = author.newsletter.build(tmp_path / "public")
    made = {path.relative_to(tmp_path / "public").as_posix() for path in tmp_path.rglob("*.html")}
    assert {"archive/index.html", "issues/six/index.html", "old/index.html", "old.html"} <= made
    assert not {"archive.html", "issues/six.html", "subscribe.html", "feed.xml.html"} & made
    assert not report.problems


def test_an_old_address_takes_nothing_that_the_service_answers(
    author: Author, tmp_path: Path
) -> None:
    """A web server in front would give out the file, and nobody could leave, search or find a feed of old there."""
    served = ["/rss.xml", "/feed/", "/search", "/embed", "/unsubscribe/a", "/issues"]
    free = ["/desk", "/archive/9", "/issues/ten", "/tags/none", "/feeds/a.xml", "/searched"]
    author.publish("six.md", "Text.", title="Six", aliases=f"[{', '.join(served + free)}]")
    author.newsletter.build(tmp_path / "public")
    with Client(author.newsletter) as reader:
        for path in served + free:
            leads = reader.get(path).headers.get("location", "").endswith("/issues/six")
            assert leads is (path in free), path
            assert (tmp_path / f"public{path.rstrip('/')}/index.html").exists() is leads, path


def test_a_name_too_long_for_a_file_is_told(author: Author, tmp_path: Path) -> None:
    """All others are built."""
    author.publish("five.md", "Text.", title="Five", tags=f'["{"名" * 100}"]')
    report = author.newsletter.build(tmp_path / "public")
    assert any("no file can have the name" in problem for problem in report.problems)
    assert (tmp_path / "public/issues/five/index.html").exists()


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
