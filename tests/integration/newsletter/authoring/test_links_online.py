"""Links that are asked for: a server that answers in every way, slowly, or not at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.authoring.checks.online import MOST_LINKS, LinkAsker, report_answer
from tests.peers.ports import free_port


class Site(BaseHTTPRequestHandler):
    """`/404` answers that, `/301` leads on, `/head` knows GET alone, `/hang` says nothing."""

    asked: list[str] = []  # noqa: RUF012 - one server a test

    def do_HEAD(self) -> None:
        """Answers by the path."""
        self.answer()

    def do_GET(self) -> None:
        """The same."""
        self.answer()

    def answer(self) -> None:
        """What the path asks for."""
        Site.asked.append(f"{self.command} {self.path}")
        name = self.path.strip("/")
        if name == "hang":
            self.connection.shutdown(2)
            return
        status = (
            int(name)
            if name.isdigit()
            else 405
            if (name, self.command) == ("head", "HEAD")
            else 200
        )
        self.send_response(status)
        if status == 301:
            self.send_header("Location", "/there")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """Its address."""
    Site.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def asker(waits: list[float] | None = None) -> LinkAsker:
    """One that asks this machine, too, and does not sleep."""
    return LinkAsker(
        is_asked=lambda _: True, wait=(waits if waits is not None else []).append, patience_s=5
    )


def test_each_answer_is_told_as_it_is(site: str) -> None:
    """Gone is an error; moved says where; what fails now is not called gone."""
    names = ("200", "404", "410", "301", "500", "head", "hang")
    waits: list[float] = []
    links = [f"{site}/{name}" for name in names]
    answers = asker(waits).ask([*links, links[0], f"http://127.0.0.1:{free_port()}/closed"])
    told = {link: report_answer(link, answer, 1) for link, answer in answers.items()}
    codes = {link.rpartition("/")[2]: one.code if one else "" for link, one in told.items()}
    assert codes == {
        "200": "", "404": "link-gone", "410": "link-gone", "301": "link-moved", "500": "link-fails",
        "head": "", "hang": "link-fails", "closed": "link-fails",
    }  # fmt: skip
    moved = told[f"{site}/301"]
    assert moved is not None
    assert moved.fix is not None
    assert moved.fix.new == f"{site}/there"
    assert "HEAD /200" in Site.asked
    assert Site.asked.count("HEAD /200") == 1, "each link once"
    assert len(waits) == len(names), "a pause between two questions to one host"


def test_ones_own_network_is_not_asked(site: str) -> None:
    """Nothing a note says makes this machine ask its neighbours."""
    port = site.rpartition(":")[2]
    hidden = [
        f"http://{host}:{port}/"
        for host in ("localhost", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]")
    ]
    others = ["http://10.0.0.1/", "ftp://a.example/", "http://["]
    assert LinkAsker().ask([f"{site}/200", *hidden, *others]) == {}
    assert Site.asked == []


def test_a_name_that_changes_its_mind_leads_nowhere(site: str) -> None:
    """A host is looked up once for all its links, and the connection goes to the address that was judged, not to
    what the name means by then (DNS rebinding).
    """
    asked: list[str] = []
    dialled: list[tuple[str, int]] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    def dial(place: tuple[str, int], _patience: float) -> socket.socket:
        dialled.append(place)
        raise TimeoutError

    port = int(site.rpartition(":")[2])
    links = [f"http://localhost:{port}/{name}" for name in "ab"]
    asking = LinkAsker(resolve=resolve, dial=dial, wait=lambda _: None)
    answers = asking.ask(links)
    assert {answer.why for answer in answers.values()} == {"it does not answer"}
    assert asked == ["localhost"]
    assert set(dialled) == {("93.184.216.34", port)}
    assert Site.asked == []
    mixed = LinkAsker(resolve=lambda *_: ["93.184.216.34", "127.0.0.1"], dial=dial)
    assert mixed.ask(links) == {}, "one private address among them is enough"


def test_the_next_address_of_a_host_is_tried(site: str) -> None:
    """A host with two addresses, of which the first takes no connection, is there."""
    place = site.removeprefix("http://127.0.0.1")
    asking = LinkAsker(
        is_asked=lambda _: True, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"], wait=lambda _: None
    )
    answer = asking.ask([f"http://two.example{place}/200"])[f"http://two.example{place}/200"]
    assert answer.status == 200


def test_a_host_that_is_not_there_is_told() -> None:
    """A name without an address is a link that cannot be opened."""

    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    (answer,) = LinkAsker(resolve=unknown).ask(["https://gone.example/"]).values()
    assert answer.why == "there is no such host"


def test_there_is_an_end_to_questions(site: str) -> None:
    """So many links at most, and so long."""
    times = iter(range(0, 10_000, 100))
    asking = LinkAsker(
        is_asked=lambda _: True, wait=lambda _: None, steady=lambda: float(next(times))
    )
    assert len(asking.ask(f"{site}/200?{n}" for n in range(MOST_LINKS + 50))) <= 2
