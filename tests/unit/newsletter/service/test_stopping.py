"""How the end of a service begins, and what asks for it."""

from __future__ import annotations

import asyncio
import signal

from structlog.testing import capture_logs

from newsletter.service import Ending


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

    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    with capture_logs() as told:
        try:
            asyncio.run(scenario())
        finally:
            for one, how in zip(
                (signal.SIGTERM, signal.SIGINT, signal.SIGHUP), before, strict=True
            ):
                signal.signal(one, how)
    assert [line["problems"] for line in told if line["event"] == "reload.refused"] == [
        ["can't start new thread"]
    ]
