"""The whole service while strangers beset it: the rest goes on."""

from __future__ import annotations

import email
import email.policy
import re
import resource
import socket
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.app import Newsletter
from tests.worlds.service.installed import House, tell
from tests.worlds.service.running import ask, command, pause, running, settle

NARROW = """import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
from scripts.start import main
sys.argv = sys.argv[1:]
main()
"""
"""Runs the command that follows with so many descriptors, as a unit of systemd may."""


def test_idle_strangers_take_no_descriptors_from_the_rest(tmp_path: Path) -> None:
    """A process with 1,024 descriptors and 1,100 strangers who say nothing: who reads is served, notes
    are looked at, and their mail goes out.
    """
    house = settle(tmp_path / "home", "sqlite:///newsletter.db")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, hard), hard))
    try:
        with running(house, sys.executable, "-c", NARROW) as service, ExitStack() as stack:
            where = urlsplit(service.site)
            for _ in range(1100):
                idle = socket.create_connection((where.hostname or "", where.port or 0), timeout=30)
                stack.enter_context(closing(idle))
            note = house.folder / "notes" / "second.md"
            note.write_text("---\ntitle: Second\npublish: now\n---\n\nHello again.\n")
            assert service.get(service.health.replace("healthz", "readyz")) == 200
            while service.get(f"{service.site}/issues/second") != 200:
                pause()
            while len(list((house.folder / "outbox" / "new").glob("*"))) < 6:
                pause()
            assert service.stop()[0] == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_flood_of_sign_ups_over_http_lets_a_reader_through(tmp_path: Path, slow: bool) -> None:
    """Bots from a hundred networks post as fast as they can, search, fetch feeds and try links to readers'
    pages; a reader in their middle has a confirmation, confirms, sees and changes their own page, and the
    service ends when it is told to. 25,000 sign-ups with --slow, and half as many of the others.
    """
    house = settle(tmp_path / "home", "sqlite:///newsletter.db")
    with house.config.open("a") as file:
        file.write('trusted_proxies = ["127.0.0.1"]\n')
    count, outbox = 25_000 if slow else 400, house.folder / "outbox" / "new"
    with running(house) as service, ThreadPoolExecutor(8) as pool:
        bots = [pool.submit(post_many, service.site, range(one, count, 8)) for one in range(8)]
        wait(bots, timeout=5 if slow else 1)
        asked = time.monotonic()
        assert service.sign_up("ada@reader.example") == 202
        seen: set[str] = set()
        while not (letter := find_letter(outbox, "ada@reader.example", seen)):
            pause()
        waited = time.monotonic() - asked
        link = re.search(r"/confirm/[0-9a-zA-Z._-]+", letter)
        assert link is not None
        assert ask(urllib.request.Request(f"{service.site}{link.group()}", data=b"")) == 200
        own = f"{service.site}{own_page(house, 'ada@reader.example')}"
        assert service.get(own) == 200
        assert ask(urllib.request.Request(own, data=b"name=Ada&pace=weekly")) == 200
        assert service.get(f"{service.site}/search?q=hello") == 200
        answers = sum((bot.result() for bot in bots), Counter[int]())
        tell(posted=count, reader_waited=round(waited, 1), refused=answers[429])
        code, log = service.stop()
    assert code == 0, log
    assert set(answers) <= {200, 202, 404, 429, 503}
    assert answers[200] > count // 8
    assert "4 active" in command(house, "status").stdout


_PASSING = (
    *(("GET", "/search?q=second+word{}"), ("GET", "/feed.xml"), ("GET", "/search?q={}")),
    *(("POST", "/preferences/{:064x}"), ("GET", "/feeds/{:064x}.xml"), ("GET", "/atom.xml?{}")),
)
"""What else the bots ask for."""


def own_page(house: House, address: str) -> str:
    """The path of a reader's own page."""
    with Newsletter.open(house.config, environ={}) as newsletter:
        reader = newsletter.subscriptions.find(address)
        return f"/preferences/{newsletter.parts.tokens.preferences(reader.id)}"


def post_many(site: str, numbers: range) -> Counter[int]:
    """A bot's forms, each from a network of its own over a proxy; how they were answered."""
    where, answers = urlsplit(site), Counter[int]()
    connection = HTTPConnection(where.hostname or "", where.port, timeout=60)
    for number in numbers:
        body = f"email=bot{number}@host{number % 5000}.example"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": f"198.{18 + number % 2}.{number % 100}.{number % 250}",
        }
        connection.request("POST", "/subscribe", body, headers)
        answer = connection.getresponse()
        answer.read()
        answers[answer.status] += 1
        if number % 2:
            method, path = _PASSING[number // 2 % len(_PASSING)]
            connection.request(method, path.format(number), b"" if method == "POST" else None)
            answer = connection.getresponse()
            answer.read()
            answers[answer.status] += 1
    connection.close()
    return answers


def find_letter(outbox: Path, to: str, seen: set[str]) -> str:
    """The text of the mail that somebody got, or nothing yet. Each mail is read once, or the test would take
    the processor from the service.
    """
    for path in outbox.glob("*"):
        if path.name in seen:
            continue
        seen.add(path.name)
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if to in str(message["To"]):
            body = message.get_body(("plain",))
            return body.get_content() if body is not None else ""
    return ""
