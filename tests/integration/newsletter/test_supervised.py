"""The service under systemd: it says when it is ready, alive, reloading and stopping."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

import httpx

from newsletter.service import Supervisor
from tests.peers.nursery import PROGRAM, Forked

ROOT = Path(__file__).parents[3]
CONFIG = """
[newsletter]
title = "{title}"
url = "http://127.0.0.1"
sender = "a@example.org"
[smtp]
url = "outbox:outbox"
[web]
port = 0
"""


def listen(folder: Path) -> socket.socket:
    """What systemd listens on."""
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(str(folder / "notify"))
    heard.settimeout(240)
    return heard


def take_down(heard: socket.socket, told: SimpleQueue[str]) -> None:
    """As systemd does: takes what is told whenever it comes, so that its queue does not fill.

    Up to an empty datagram.
    """
    while line := heard.recv(4096).decode():
        told.put(line)


@contextmanager
def listening(folder: Path) -> Iterator[SimpleQueue[str]]:
    """What systemd was told."""
    told: SimpleQueue[str] = SimpleQueue()
    with listen(folder) as heard:
        thread = threading.Thread(target=take_down, args=(heard, told))
        thread.start()
        try:
            yield told
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"", str(folder / "notify"))
            thread.join()


def until(told: SimpleQueue[str], word: str) -> list[str]:
    """All that is told, up to this word."""
    lines: list[str] = []
    while not any(word in line for line in lines):
        lines.append(told.get(timeout=120))
    return lines


def test_a_service_tells_how_it_is(tmp_path: Path) -> None:
    """READY once it listens, signs of life, a reload that takes what changed and keeps the site's
    address, a refusal of what cannot be taken, STOPPING before the end.
    """
    config = tmp_path / "newsletter.toml"
    config.write_text(CONFIG.format(title="Before"))
    (tmp_path / "notes").mkdir()
    environ = {
        **os.environ,
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "300000",
    }
    with listening(tmp_path) as heard:
        process = Forked[str](
            [PROGRAM, "--config", str(config), "run"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            ready = until(heard, "READY=1")[-1]
            site = ready.partition("serving ")[2].strip()
            assert "Before" in httpx.get(site).text
            until(heard, "WATCHDOG=1")
            config.write_text(CONFIG.format(title="After"))
            process.send_signal(signal.SIGHUP)
            told = until(heard, "READY=1")
            assert any("RELOADING=1\nMONOTONIC_USEC=" in line for line in told)
            assert site in told[-1]
            assert "After" in httpx.get(site).text
            config.write_text(CONFIG.format(title="Broken") + '[storage]\nurl = "sqlite:///b.db"\n')
            process.send_signal(signal.SIGHUP)
            assert process.stderr is not None
            while "reload.refused" not in (line := process.stderr.readline()):
                assert line
            assert "storage.url has changed, which only a restart takes" in line
            assert "After" in httpx.get(site).text
            process.send_signal(signal.SIGTERM)
            until(heard, "STOPPING=1")
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.communicate()


def told_before_silence(heard: socket.socket, most: int) -> int:
    """How much is told until nothing comes for as long as the socket waits."""
    for number in range(most):
        try:
            heard.recv(100)
        except TimeoutError:
            return number
    return most


def test_an_event_loop_that_hangs_gives_no_sign_of_life(tmp_path: Path) -> None:
    """Signs of life come from the loop itself: where it stands, systemd hears nothing and starts us anew."""
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "150000"}

    async def live() -> None:
        supervisor = Supervisor(environ, os.getpid())
        feeding = asyncio.create_task(supervisor.feed())
        for _ in range(3):
            told = await asyncio.to_thread(heard.recv, 100)
            assert told == b"WATCHDOG=1"
        heard.settimeout(2 * supervisor.watchdog_s)
        # The loop waits here and does not come round; one sign may have been on its way.
        assert told_before_silence(heard, most=3) <= 1
        feeding.cancel()

    with listen(tmp_path) as heard:
        asyncio.run(live())


def test_a_change_of_state_waits_for_a_listener_that_is_busy(tmp_path: Path) -> None:
    """Where signs of life have filled the queue of a busy systemd, that we stop is told once it reads on."""
    supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify")}, os.getpid())
    with listen(tmp_path) as heard, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
        speaker.setblocking(False)
        waiting = 0
        with suppress(BlockingIOError):
            while True:
                speaker.sendto(b"WATCHDOG=1", str(tmp_path / "notify"))
                waiting += 1
        stopping = threading.Thread(target=supervisor.stopping)
        stopping.start()
        stopping.join(0.1)
        told = [heard.recv(100) for _ in range(waiting + 1)]
        stopping.join()
    assert told[-1].startswith(b"STOPPING=1")


def test_nobody_is_told_where_nobody_asks(tmp_path: Path) -> None:
    """Without a socket, with one that is gone, or with a watchdog meant for another process nothing
    happens; an abstract socket is understood.
    """
    Supervisor({}, 1).ready("x")
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")}, 1).ready("x")
    assert Supervisor({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "2"}, 1).watchdog_s == 0
    assert Supervisor({"WATCHDOG_USEC": "nonsense"}, 1).watchdog_s == 0
    assert Supervisor({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"}, 1).watchdog_s == 1.5
    asyncio.run(Supervisor({}, 1).feed())
    name = f"newsletter-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{name}")
        Supervisor({"NOTIFY_SOCKET": f"@{name}"}, 1).stopping()
        assert heard.recv(100).startswith(b"STOPPING=1")
