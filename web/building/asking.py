"""Asks the site for a page as a web server would, without a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.types import ASGIApp, Message


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int = 0
    body: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)

    async def take(self, message: Message) -> None:
        """The next part of it."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.lower(): value for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")


async def ask(app: ASGIApp, path: str) -> Answer:
    """GET of a decoded path, by somebody who takes no gzip and has nothing yet."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode("ascii"),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": None,
        "server": None,
    }
    answer = Answer()
    await app(scope, _nothing_more, answer.take)
    return answer


async def _nothing_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
