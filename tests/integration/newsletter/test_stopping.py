"""The service stops when it is told to, whatever its peers do (rule G7)."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.newsletter.test_service import HeldPeer, Running, running, settle_in
from tests.peers.silence import dripping, way_to

LIMIT_S = 40
"""Ten seconds are promised, on a machine that does something else besides; what does wait for a peer waits for 45 or more."""


async def stop(process: Running) -> int:
    """Ask once; the exit status."""
    process.send_signal(signal.SIGTERM)
    return await asyncio.wait_for(process.wait(), LIMIT_S)


def test_a_mailbox_that_drips_holds_nothing_up(tmp_path: Path) -> None:
    """An IMAP server that gives an octet now and then has the service neither wait nor fail."""

    async def main() -> None:
        with dripping(b"* OK ", b".") as (port, come):
            config = settle_in(tmp_path, "sqlite:///n.db", "outbox:outbox")
            with config.open("a") as file:
                file.write(f'[bounces]\nimap = "imap://ada:secret@127.0.0.1:{port}/INBOX"\n')
            async with running(config) as process:
                assert await asyncio.to_thread(come.wait, 120)
                assert await stop(process) == 0

    asyncio.run(main())


def test_a_relay_that_never_greets_holds_nothing_up(tmp_path: Path) -> None:
    """A connection to it is given up with the rest."""

    async def main() -> None:
        with dripping(b"", b"") as (port, come):
            config = settle_in(tmp_path, "sqlite:///n.db", f"smtp://127.0.0.1:{port}")
            async with running(config) as process:
                assert await asyncio.to_thread(come.wait, 120)
                assert await stop(process) in {0, 1}

    asyncio.run(main())


def test_a_relay_silent_after_the_dot_holds_nothing_up(tmp_path: Path) -> None:
    """The message is in doubt, and the next run decides about it as after a crash."""

    async def main() -> None:
        async with HeldPeer().serving() as peer:
            assert isinstance(peer, HeldPeer)
            config = settle_in(tmp_path, "sqlite:///n.db", f"smtp://127.0.0.1:{peer.port}")
            async with running(config) as process:
                await asyncio.wait_for(peer.reached.wait(), 120)
                assert await stop(process) in {0, 1}

    asyncio.run(main())


def test_a_silent_database_holds_nothing_up(postgres: str, tmp_path: Path) -> None:
    """A server that is there and does not answer, as one that was stopped or cut off."""
    import psycopg

    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE silent TEMPLATE migrated")
    parts = urlsplit(postgres)

    async def main() -> None:
        with way_to(parts.port or 5432) as way:
            url = f"postgresql://{parts.username}@127.0.0.1:{way.port}/silent"
            config = settle_in(tmp_path, url, "outbox:outbox")
            async with running(config) as process:
                way.silent.set()
                assert await asyncio.to_thread(way.waiting.wait, 120)
                assert await stop(process) in {0, 1}

    asyncio.run(main())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(number: signal.Signals, tmp_path: Path) -> None:
    """Whoever asks twice does not want to wait; the kernel ends the process."""

    async def main() -> None:
        async with HeldPeer().serving() as peer:
            assert isinstance(peer, HeldPeer)
            config = settle_in(tmp_path, "sqlite:///n.db", f"smtp://127.0.0.1:{peer.port}")
            async with running(config) as process:
                await asyncio.wait_for(peer.reached.wait(), 120)
                process.send_signal(number)
                while b"service.stopping" not in await process.stdout.readline():
                    pass
                process.send_signal(number)
                assert await asyncio.wait_for(process.wait(), 120) == -number

    asyncio.run(main())


def test_listener_connections_hold_nothing_up(tmp_path: Path) -> None:
    """Strangers that keep connections to the listener and say nothing are let go."""

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config = settle_in(tmp_path, "sqlite:///n.db", "outbox:outbox")
        with config.open("a") as file:
            file.write(f'[bounces]\nlisten = "127.0.0.1:{port}"\naddress = "b@example.com"\n')
        async with running(config) as process:
            idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(10)]
            assert await stop(process) == 0
            for one in idle:
                one.close()

    asyncio.run(main())
