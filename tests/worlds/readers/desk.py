"""The author's desk of a newsletter, and a browser that visits it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx

from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.site import PIXEL, Author, Client

DESK = "[desk]\nenabled = true\n"


class Visitor:
    """A browser on the author's machine, or on the way to it; keeps its cookie."""

    def __init__(self, client: Client, **headers: str) -> None:
        self._client = client
        self._headers = headers
        self.cookie = ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET of the desk, with the cookie."""
        return self._client.get(f"/desk{path}", **self._with(headers))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """POST of a form, with the cookie."""
        body = urlencode(fields).encode()
        return self._client.post(f"/desk{path}", body, **self._with(headers))

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        return self._headers | ({"cookie": self.cookie} if self.cookie else {}) | headers

    def enter(self, word: str) -> httpx.Response:
        """Presses the button of an invitation."""
        answer = self.post(f"/enter/{word}", {})
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer

    def key(self) -> str:
        """What the forms of this session carry."""
        found = re.search(r'name="key" value="([0-9a-f]+)"', self.get("").text)
        assert found
        return found[1]

    def do(self, act: str, **fields: str) -> httpx.Response:
        """One change, by its form."""
        return self.post(f"/act/{act}", {"key": self.key(), **fields})


def make_author(folder: Path) -> Author:
    """A newsletter over https, with an issue, a private note and two readers."""
    writer = Author(folder, Clock(NOON), DESK)
    for address in ("ada@example.com", "bob@example.com"):
        writer.newsletter.subscriptions.add(address, consent="asked")
    writer.publish("launch.md", "Words.", title="Launch <day>")
    writer.write("private.md", "# Private\n\n![A dot](dot.png)\n")
    writer.write("dot.png", PIXEL)
    return writer


@contextmanager
def visiting(author: Author) -> Iterator[Visitor]:
    """The author's browser, behind the proxy on this machine."""
    with Client(author.newsletter, peer="127.0.0.1") as client:
        yield Visitor(client, x_forwarded_for="198.51.100.7", x_forwarded_proto="https")
