"""What a request's answer is written to."""

from __future__ import annotations

import asyncio
from typing import Any

from web.http.connection import _Joined


class Wire:
    """The far end of a transport: what came, in the pieces in which it was sent."""

    def __init__(self) -> None:
        self.came: list[bytes] = []

    def is_closing(self) -> bool:
        """Whether its end came."""
        return b"(end)" in self.came

    def write(self, data: bytes) -> None:
        """A piece."""
        self.came.append(data)

    def close(self) -> None:
        """The end."""
        self.came.append(b"(end)")


def test_a_header_leaves_with_the_first_part_of_the_body() -> None:
    """At once if it follows at once, by itself if not, and always before the end of the connection."""

    async def answer() -> list[list[bytes]]:
        wires: list[Any] = [Wire() for _ in range(4)]
        whole, alone, closed, parts = (_Joined(wire, asyncio.get_running_loop()) for wire in wires)
        for piece in (b"head ", b"body"):
            whole.write(piece)
        closed.write(b"head")
        closed.close()
        for piece in (b"head ", b"one", b"two"):
            parts.write(piece)
        alone.write(b"head")
        await asyncio.sleep(0)
        alone.write(b"late")
        return [wire.came for wire in wires]

    whole, alone, closed, parts = asyncio.run(answer())
    assert whole == [b"head body"]
    assert alone == [b"head", b"late"]
    assert closed == [b"head", b"(end)"]
    assert parts == [b"head one", b"two"]
