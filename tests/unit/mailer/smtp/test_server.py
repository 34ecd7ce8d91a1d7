"""Servers that take mail: what is said where one cannot listen."""

from __future__ import annotations

import asyncio
import socket

import pytest

from mailer.smtp.server import cannot_listen


def test_a_place_in_use_is_told_in_the_systems_own_words() -> None:
    """The same whether a socket or an event loop was refused, each of which repeats the place in its own way."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = taken.getsockname()
        with pytest.raises(OSError, match="in use") as by_socket:
            socket.create_server(place)
        with pytest.raises(OSError, match="in use") as by_loop:
            asyncio.run(_listen(*place))
    told = "it cannot listen (Address already in use); change port, or stop what uses it"
    for refused in by_socket, by_loop:
        assert str(cannot_listen("it cannot listen", refused.value, "port")) == told


def test_a_name_that_leads_nowhere_is_told() -> None:
    """It has a number of its own kind, which is none of the system's."""
    error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    assert "(Name or service not known)" in str(cannot_listen("it cannot listen", error, "host"))


async def _listen(host: str, port: int) -> None:
    await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
