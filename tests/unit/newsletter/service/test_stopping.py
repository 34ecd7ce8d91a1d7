"""How the end of a service begins, and what asks for it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from structlog.testing import capture_logs

from newsletter.service import Ending, run_in_loop


@contextmanager
def as_it_was() -> Iterator[None]:
    """Puts back afterwards what signals do."""
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(one) for one in signals]
    try:
        yield
    finally:
        for one, how in zip(signals, before, strict=True):
            signal.signal(one, how)


def test_who_asks_for_a_reload_is_told_whatever_comes_in_between() -> None:
    """A look at the configuration that stumbles is a refusal in the log: all goes on, and the next one is taken."""
    looks = iter([RuntimeError("can't start new thread"), None])

    async def scenario() -> None:
        loop, looked = asyncio.get_running_loop(), asyncio.Event()

        def may() -> bool:
            loop.call_soon_threadsafe(looked.set)
            if (error := next(looks)) is not None:
                raise error
            return True

        with Ending(may) as ending:
            with ending.obeying():
                signal.raise_signal(signal.SIGHUP)
                await looked.wait()
                if others := asyncio.all_tasks() - {asyncio.current_task()}:
                    await asyncio.wait(others)
                assert not ending.stop.is_set()
                signal.raise_signal(signal.SIGHUP)
                await ending.stop.wait()
            assert ending.is_reload

    with capture_logs() as told, as_it_was():
        asyncio.run(scenario())
    assert [line["problems"] for line in told if line["event"] == "reload.refused"] == [
        ["can't start new thread"]
    ]


def test_what_is_asked_for_during_a_look_is_looked_at_after_it() -> None:
    """The file may have changed since it was read: each SIGHUP is followed by a look that began later."""
    answers = iter([False, True])
    looks = 0

    async def scenario() -> None:
        def may() -> bool:
            nonlocal looks
            looks += 1
            if looks == 1:
                os.kill(os.getpid(), signal.SIGHUP)
            return next(answers)

        with Ending(may) as ending, ending.obeying():
            signal.raise_signal(signal.SIGHUP)
            await ending.stop.wait()
            assert ending.is_reload

    with as_it_was():
        run_in_loop(scenario)
    assert looks == 2


def test_what_is_asked_for_between_two_runs_is_looked_at_by_the_second() -> None:
    """A SIGHUP that comes while the service begins again, before its new loop or in it, ends nothing and is not lost."""
    looked: list[str] = []

    async def once(name: str, *, again: bool) -> None:
        def may() -> bool:
            looked.append(name)
            return True

        with Ending(may) as ending, ending.obeying():
            if not again:
                signal.raise_signal(signal.SIGHUP)
            await ending.stop.wait()
            assert ending.is_reload
            if name == "second":
                signal.raise_signal(signal.SIGHUP)

    with as_it_was():
        run_in_loop(lambda: once("first", again=False))
        signal.raise_signal(signal.SIGHUP)
        run_in_loop(lambda: once("second", again=True))
        run_in_loop(lambda: once("third", again=True))
    assert looked == ["first", "second", "third"]


def test_a_signal_to_end_is_obeyed_in_the_middle_of_a_look() -> None:
    """SIGTERM while the configuration is read, or in the moment it is taken, ends the service: it does not begin again."""

    async def scenario(*, after: bool) -> None:
        def may() -> bool:
            os.kill(os.getpid(), signal.SIGTERM)
            return True

        with Ending((lambda: True) if after else may) as ending, ending.obeying():
            signal.raise_signal(signal.SIGHUP)
            await ending.stop.wait()
            if after:
                assert ending.is_reload
                signal.raise_signal(signal.SIGTERM)
            assert not ending.is_reload
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    for after in (False, True):
        with as_it_was():
            run_in_loop(lambda after=after: scenario(after=after))
