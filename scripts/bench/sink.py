"""An SMTP server that only parses: it takes every message, counts it and keeps nothing.

    python -m scripts.bench.sink

Prints its port, then serves until it is ended. As cheap as a server in Python can be, so that
the client is what is measured. `VRFY` answers with the messages and octets taken so far.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

from newsletter.service import run_in_loop

_END: Final = b"\r\n.\r\n"
_OK: Final = b"250 2.0.0 Ok\r\n"
_EHLO: Final = (
    b"250-sink\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
)
_REPLIES: Final = {
    b"EHLO": _EHLO,
    b"DATA": b"354 Go on\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}


class Count:
    """What all connections took together."""

    def __init__(self) -> None:
        self.messages = 0
        self.octets = 0


class Sink(asyncio.Protocol):
    """One connection; answers a pipelined group in one write (RFC 2920 3.2)."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._kept = b""
        self._in_content = False
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Takes whatever has come, in whatever pieces."""
        replies, closing = self.parse(data)
        if self._transport is not None:
            self._transport.write(replies)
            if closing:
                self._transport.close()

    def parse(self, data: bytes) -> tuple[bytes, bool]:
        """The replies that the octets ask for, and whether the client said QUIT."""
        self._count.octets += len(data)
        data, start = self._kept + data, 0
        replies: list[bytes] = []
        while (end := data.find(_END if self._in_content else b"\r\n", start)) >= 0:
            if self._in_content:
                self._in_content = False
                self._count.messages += 1
                replies.append(_OK)
                start = end + len(_END)
                continue
            verb = data[start : start + 4].upper()
            replies.append(self._reply(verb))
            self._in_content = verb == b"DATA"
            # The line end of DATA may be the one before the final dot.
            start = end if self._in_content else end + 2
        self._kept = data[max(start, len(data) - 4) :] if self._in_content else data[start:]
        return b"".join(replies), bool(replies) and replies[-1] == _REPLIES[b"QUIT"]

    def _reply(self, verb: bytes) -> bytes:
        if verb == b"VRFY":
            return b"252 %d %d\r\n" % (self._count.messages, self._count.octets)
        return _REPLIES.get(verb, _OK)


async def _serve() -> None:
    count = Count()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(count), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    run_in_loop(_serve)
