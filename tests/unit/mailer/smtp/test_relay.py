"""Why a relay could not be reached, in words for its author."""

from __future__ import annotations

import asyncio
import socket

import pytest

from mailer.smtp.relay import connect
from mailer.smtp.ways import Relay, Timeouts, Tls
from storage.model import RelayError


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("127.0.0.1", "nothing listens there (connection refused)"),
        ("relay.invalid", "no host of that name was found"),
    ],
)
def test_a_relay_that_is_not_there_is_told_without_numbers(host: str, why: str) -> None:
    """Host, port and what is wrong; not `[Errno 111]`, and nothing twice."""
    with socket.socket() as free:  # bound, and nobody listens
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        relay = Relay(host=host, port=port, tls=Tls.NONE)
        with pytest.raises(RelayError) as refused:
            asyncio.run(connect(relay, Timeouts()))
    assert str(refused.value) == f"{host}:{port}: {why}"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (
            socket.EAI_AGAIN,
            "the DNS does not say now where it is (no answer, or its server failed)",
        ),
        (socket.EAI_NONAME, "no host of that name was found"),
    ],
)
def test_a_dns_that_fails_is_no_wrong_name(
    monkeypatch: pytest.MonkeyPatch, code: int, why: str
) -> None:
    """SERVFAIL and silence pass by themselves; a name that does not exist is the author's to mend."""

    async def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "in the system's words")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", fail)
    relay = Relay(host="relay.example.com", port=25, tls=Tls.NONE)
    with pytest.raises(RelayError) as refused:
        asyncio.run(connect(relay, Timeouts()))
    assert str(refused.value) == f"relay.example.com:25: {why}"
