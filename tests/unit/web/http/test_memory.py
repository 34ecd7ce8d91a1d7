"""Answers kept in memory: whom they are given to, for how long, and how many there are."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from storage.model.errors import StorageError
from tests.conftest import NOON
from tests.worlds.clock import Clock, Seconds
from tests.worlds.rows import each
from web.http.guard import Guard
from web.http.memory import Memory
from web.http.negotiation import http_date
from web.http.responses import Body, Packer

URL = "https://notes.example.com"


@dataclass
class Site:
    """A site of one page after another, which counts how often each is made."""

    octets: int = 1_000_000
    words: str = "words " * 200
    number: int | None = 1
    """The archive's version; None while a glance does not tell it."""
    behind: int = 1
    """What is read where a glance does not tell it."""
    fails: bool = False
    hangs: threading.Event | None = None
    made: list[str] = field(default_factory=list)
    counts: list[tuple[str, int]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.time, self.seconds = Clock(), Seconds()
        self.packer = Packer(self.time)
        count = lambda method, status: self.counts.append((method, status))  # noqa: E731
        self.app = Starlette(
            routes=[
                Route("/pages/{name}", self.page),
                Route("/exact/{name}", self.exact),
                Route("/film", self.film),
                Route("/ahead", self.ahead),
                Route("/pages/{name}/feed.xml", self.page),
            ],
            middleware=[
                Middleware(
                    Memory, version=self, count=count, octets=self.octets, clock=self.seconds
                ),
                Middleware(Guard, url=URL, count=count),
            ],
        )

    def glance(self) -> int | None:
        """As the watch does."""
        return self.number

    def read(self) -> int:
        """As the watch does."""
        if self.hangs is not None:
            self.hangs.wait(60)
        if self.fails:
            raise StorageError("gone")
        return self.behind

    async def page(self, request: Request) -> Response:
        """The same for everybody."""
        self.made.append(request.url.path)
        text = f"{self.words}{len(self.made)}"
        self.began.set()
        await self.gate.wait()
        return self.packer.respond(request, Body.of_page(text))

    async def exact(self, request: Request) -> Response:
        """Another one for each query."""
        self.made.append(str(request.url.query))
        body = Body.of_page(f"{request.url.query}")
        return self.packer.respond(
            request,
            Body(
                content=body.content,
                media_type=body.media_type,
                etag=body.etag,
                cache="",
                any_query=False,
            ),
        )

    async def ahead(self, request: Request) -> Response:
        """What has changed five seconds after now."""
        self.made.append("ahead")
        body = replace(Body.of_page("feed"), last_modified=NOON + timedelta(seconds=5))
        return self.packer.respond(request, body)

    async def film(self, request: Request) -> Response:
        """Nothing to keep; it begins at once and takes its time."""
        self.made.append("film")
        if request.headers.get("if-none-match") == '"film"':
            return Response(status_code=304)
        return PlainTextResponse("film", headers={"ETag": '"film"'})

    def client(self) -> httpx.AsyncClient:
        """Somebody who asks, and says nothing of encodings."""
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url=URL)
        http.headers.pop("accept-encoding")
        return http


def test_a_page_is_made_once_for_all_who_ask_at_the_same_time() -> None:
    """Fifty come while it is made: one has it made, and all get it, whatever query they bring."""

    async def run() -> None:
        site = Site()
        site.gate.clear()
        async with site.client() as http:
            asking = [asyncio.create_task(http.get("/pages/a")) for _ in range(50)]
            await site.began.wait()
            site.gate.set()
            answers = await asyncio.gather(*asking)
            answers.append(await http.get("/pages/a?utm_source=mail"))
        assert site.made == ["/pages/a"]
        assert {(one.status_code, one.text) for one in answers} == {(200, f"{site.words}1")}
        assert site.counts == [("GET", 200)] * 51
        assert all(one.headers["x-frame-options"] == "DENY" for one in answers)

    asyncio.run(run())


@each("length", [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_000])
def test_a_large_answer_is_given_in_pieces(length: int) -> None:
    """Five hundred who read slowly would hold five hundred copies of a feed otherwise."""

    async def run() -> None:
        site = Site(octets=100_000_000, words="x" * length)
        pieces: list[bytes] = []

        async def take(message: Message) -> None:
            if message["type"] == "http.response.body":
                pieces.append(message["body"])
                assert message.get("more_body", False) == (sum(map(len, pieces)) < length + 1)

        async def nothing() -> Message:
            return {"type": "http.request"}

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/pages/a",
            "query_string": b"",
            "headers": [],
        }
        for _ in range(2):  # while it is made, and from memory
            pieces.clear()
            await site.app(dict(scope), nothing, take)
            assert b"".join(pieces) == b"x" * length + b"1"
            assert max(map(len, pieces)) <= 65_536
            assert all(pieces), "nothing empty stands in a chunk of its own"

    asyncio.run(run())


def test_a_change_of_the_archive_makes_it_anew() -> None:
    """Also one that came while the page was made: what was made then is not kept."""

    async def run() -> None:
        site = Site()
        async with site.client() as http:
            assert (await http.get("/pages/a")).text.endswith("1")
            site.number = 2
            assert (await http.get("/pages/a")).text.endswith("2")
            assert (await http.get("/pages/a")).text.endswith("2")
            site.gate.clear()
            site.began.clear()
            asking = asyncio.create_task(http.get("/pages/b"))
            await site.began.wait()
            site.number = 3
            await http.get("/film")
            site.gate.set()
            assert (await asking).text.endswith("3")
            assert (await http.get("/pages/b")).text.endswith("5")

    asyncio.run(run())


def test_what_changed_ahead_of_the_clock_is_kept_until_then() -> None:
    """It is told as of now, which is no 304 for who asks by it; when the time has come, it is made anew."""

    async def run() -> None:
        site = Site()
        async with site.client() as http:
            first = [await http.get("/ahead") for _ in range(3)]
            assert site.made == ["ahead"]
            said = {one.headers["last-modified"] for one in first}
            assert said == {http_date(NOON)}
            asked = {"If-Modified-Since": said.pop()}
            assert (await http.get("/ahead", headers=asked)).status_code == 200
            site.time.move(seconds=5)
            site.seconds.now += 5
            for _ in range(2):
                later = await http.get("/ahead", headers=asked)
                assert later.headers["last-modified"] == http_date(NOON + timedelta(seconds=5))
            assert site.made == ["ahead"] * 2
            asked = {"If-Modified-Since": later.headers["last-modified"]}
            assert (await http.get("/ahead", headers=asked)).status_code == 304

    asyncio.run(run())


def test_who_has_it_gets_304_also_the_first_time() -> None:
    """By its tag, in a list, weak or `*`; each encoding has its own; the fields are those of 200."""

    async def run() -> None:
        site = Site()
        async with site.client() as http:
            whole = await http.get("/pages/a")
            packed = await http.get("/pages/a", headers={"accept-encoding": "br, gzip;q=0.5"})
            assert packed.headers["content-encoding"] == "gzip"
            assert packed.headers["etag"] != whole.headers["etag"]
            site.number = 2
            site.made.clear()  # made anew, it is the same
            for tag in (whole.headers["etag"], f'"x", W/{whole.headers["etag"]}', "*"):
                known = await http.get("/pages/a", headers={"if-none-match": tag})
                assert (known.status_code, known.content) == (304, b"")
                assert known.headers["etag"] == whole.headers["etag"]
                assert {"content-type", "content-length"}.isdisjoint(known.headers)
                assert known.headers["vary"] == "Accept-Encoding"
            other = await http.get("/pages/a", headers={"if-none-match": packed.headers["etag"]})
            assert other.status_code == 200
        assert len(site.made) == 1
        assert site.counts == [("GET", 200)] * 2 + [("GET", 304)] * 3 + [("GET", 200)]

    asyncio.run(run())


def test_head_is_answered_without_a_body() -> None:
    """With the fields of GET, whether it is kept or not."""

    async def run() -> None:
        site = Site()
        async with site.client() as http:
            first = await http.head("/pages/a")
            got = await http.get("/pages/a")
            second = await http.head("/pages/a")
        assert first.content == second.content == b""
        assert second.headers == got.headers

    asyncio.run(run())


def test_what_is_not_offered_passes_as_it_is() -> None:
    """It is asked for each time, its own conditions included, and is counted once."""

    async def run() -> None:
        site = Site()
        async with site.client() as http:
            assert (await http.get("/film")).text == "film"
            known = await http.get("/film", headers={"if-none-match": '"film"'})
            assert known.status_code == 304
            assert (await http.get("/nothing")).status_code == 404
        assert site.made == ["film", "film"]
        assert site.counts == [("GET", 200), ("GET", 304), ("GET", 404)]

    asyncio.run(run())


def test_a_query_counts_where_the_answer_depends_on_it() -> None:
    """Two queries are two answers, and neither is given to who asks without one."""

    async def run() -> None:
        site = Site()
        async with site.client() as http:
            for query in ("", "?a", "?b", "?a", ""):
                assert (await http.get(f"/exact/x{query}")).text == query.removeprefix("?")
        assert site.made == ["", "a", "b"]

    asyncio.run(run())


def test_memory_is_bounded_in_octets() -> None:
    """However many pages are asked for, the last ones are kept, and one too large never is."""

    async def run() -> None:
        site = Site(octets=100_000, words="x" * 10_000)
        async with site.client() as http:
            for number in range(30):
                await http.get(f"/pages/{number}")
            site.made.clear()
            for number in reversed(range(30)):
                await http.get(f"/pages/{number}")
            assert 20 <= len(site.made) <= 25
            site.words = "x" * 13_000
            site.number = 2
            site.made.clear()
            for _ in range(2):
                assert len((await http.get("/pages/large")).text) > 13_000
            assert len(site.made) == 2

    asyncio.run(run())


def test_queries_push_no_page_out() -> None:
    """A stranger asks for what differs by its query again and again: the last ones are kept, and so is every page."""

    async def run() -> None:
        site = Site(octets=100_000)
        async with site.client() as http:
            for number in range(20):
                await http.get(f"/pages/{number}")
            site.made.clear()
            for number in range(100):
                await http.get(f"/exact/x?{number}")
            assert len(site.made) == 100
            for number in range(20):
                await http.get(f"/pages/{number}")
            await http.get("/exact/x?99")
            assert len(site.made) == 100
            await http.get("/exact/x?0")
            assert len(site.made) == 101

    asyncio.run(run())


@pytest.mark.parametrize("fails", [False, True])
def test_where_a_glance_tells_nothing_the_version_is_read(fails: bool) -> None:
    """A database that cannot be read keeps nothing back: the app is asked, and says so itself."""

    async def run() -> None:
        site = Site(number=None, fails=fails)
        async with site.client() as http:
            for _ in range(3):
                assert (await http.get("/pages/a")).status_code == 200
        assert len(site.made) == (3 if fails else 1)

    asyncio.run(run())


def test_what_is_kept_is_given_while_the_database_is_away() -> None:
    """As it was, at once, though a question to the database hangs; what is not kept is the app's to answer, and when
    the database is back whatever has changed is made anew.
    """

    async def run() -> None:
        site, hangs = Site(number=None), threading.Event()
        async with site.client() as http:
            first = (await http.get("/pages/a")).text
            site.fails = True
            assert (await http.get("/pages/a")).text == first
            site.hangs = hangs
            for _ in range(3):
                assert (await http.get("/pages/a")).text == first
            assert (await http.head("/pages/a")).status_code == 200
            assert site.made == ["/pages/a"]
            hangs.set()
            assert (await http.get("/pages/b")).status_code == 200
            site.fails, site.behind = False, 2
            await http.get("/pages/b")
            assert (await http.get("/pages/a")).text != first
        assert site.made == ["/pages/a", "/pages/b", "/pages/b", "/pages/a"]

    asyncio.run(run())


def test_long_questions_are_not_looked_at() -> None:
    """They are answered, and nothing of them is kept."""

    async def run() -> None:
        site = Site()
        async with site.client() as http:
            for _ in range(2):
                await http.get("/pages/a", headers={"accept": "x" * 2000})
                await http.get(f"/pages/{'b' * 2000}")
        assert len(site.made) == 4

    asyncio.run(run())
