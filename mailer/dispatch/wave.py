"""Owns one wave: all connections to all relays at work at once, until nothing is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from mailer.dispatch.connection import Connection
from mailer.dispatch.pace import Rate
from mailer.dispatch.ports import Ledger
from mailer.dispatch.relaystate import RelayState
from mailer.dispatch.run import Run
from mailer.dispatch.shares import SharedPace, Shares
from storage.model import Log, StorageError

log = Log()


class Waves:
    """Sends wave after wave over the same relays, and knows whether another one is of use."""

    def __init__(
        self,
        run: Run,
        states: Sequence[RelayState],
        ledger: Ledger,
        monotonic: Callable[[], float],
        farewell_s: float,
    ) -> None:
        """`farewell_s`: so long after a stop the relays may still answer."""
        self._run = run
        self._states = states
        self._ledger = ledger
        self._farewell_s = farewell_s
        self._seen = 0
        """Outcomes when the last wave had ended."""
        self._shares = Shares(states, monotonic)
        if any(state.relay.share for state in states):
            for index, state in enumerate(states):
                rate = Rate(state.relay.rate, monotonic)
                state.rate = SharedPace(rate, self._shares, index)

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be sent: a stop, or no relay that can be used."""
        return self._run.stop.is_set() or self._are_given_up

    @property
    def relay_error(self) -> str:
        """Why no relay can be used; empty while one can."""
        return self._states[-1].backoff.words if self._are_given_up else ""

    async def send(self) -> bool:
        """Sends until nothing is due; whether claims are left that some relay may still take."""
        run = self._run
        run.claims.start()
        connections = [
            (Connection(run, state), index)
            for index, state in enumerate(self._states)
            for _ in range(max(state.relay.connections, 1))
        ]
        run.start(len(connections))
        for _, index in connections:
            self._shares.start(index)
        tasks = [asyncio.create_task(self._work(one, index)) for one, index in connections]
        cutting = asyncio.create_task(self._cut_when_stopped())
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            run.stop.set()  # a message on the wire is finished, not abandoned in doubt
            await asyncio.wait(tasks)
            raise
        finally:
            cutting.cancel()
        for error in [task.exception() for task in tasks]:
            if error is not None:
                raise error
        return bool(len(run.claims)) and not self.is_over

    async def lets_more_in(self) -> bool:
        """Whether the last wave's outcomes let more in, as those of a first cohort do."""
        run = self._run
        seen, self._seen = self._seen, run.counts.total()
        if self._seen == seen or self.is_over or run.claims.error is not None:
            return False
        try:
            return await asyncio.to_thread(self._ledger.lets_in, now=run.clock())
        except StorageError as error:
            log.warning("ledger.lets_in_failed", error=type(error).__name__)
            return False

    async def pause_fruitless(self) -> None:
        """Pauses what was refused for a fault of ours whenever it was tried (rule B5).

        A list shorter than a full run of faults would otherwise be tried until its time is up.
        """
        if self._run.stop.is_set():
            return
        for issue_id, reason in self._run.faults.unbroken().items():
            try:
                arrived = await asyncio.to_thread(self._ledger.has_arrived, issue_id)
            except StorageError as error:
                log.warning("ledger.has_arrived_failed", error=type(error).__name__)
                return
            if not arrived:
                await self._run.claims.pause_issue(issue_id, reason)

    @property
    def _are_given_up(self) -> bool:
        return all(self._run.is_given_up(state) for state in self._states)

    async def _cut_when_stopped(self) -> None:
        """A stop waits for what is on the wire, but not for a relay that is silent (rule G7)."""
        await self._run.stop.wait()
        await asyncio.sleep(self._farewell_s)
        for state in self._states:
            state.cut()

    async def _work(self, connection: Connection, index: int) -> None:
        try:
            await connection.work()
        finally:
            self._shares.leave(index)
