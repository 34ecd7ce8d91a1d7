"""What befalls the service of a machine: each takes something away for a moment, and brings it back."""

from __future__ import annotations

import resource
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from storage.database.engine import Database
from storage.model import StorageError
from tests.peers.relays.counting import TAKE_AND_CLOSE, Phase
from tests.worlds.service.installed import CONNECTIONS, PROGRAM

if TYPE_CHECKING:
    from tests.acceptance.faults.machine import Machine

PATIENCE_S = 120
"""How long a command has for what it can do in seconds."""


def kill(machine: Machine) -> None:
    """SIGKILL at any phase of a message."""
    process = machine.run()
    machine.relay.kill(
        process.pid, machine.chance.choice(list(Phase)), machine.chance.randint(1, 8)
    )
    with suppress(subprocess.TimeoutExpired):
        process.wait(machine.chance.uniform(0.5, 2))
    machine.relay.spare()
    process.kill()
    process.wait()
    machine.tally.bound += CONNECTIONS


def stop(machine: Machine) -> None:
    """SIGTERM, after a moment."""
    machine.run()
    machine.pause()
    machine.stop()


def freeze(machine: Machine) -> None:
    """SIGSTOP for less than a lease."""
    process = machine.run()
    process.send_signal(signal.SIGSTOP)
    machine.pause()
    process.send_signal(signal.SIGCONT)


def relay_down(machine: Machine) -> None:
    """It cuts off whoever is there, and greets nobody."""
    machine.answering(lambda phase, _: "close" if phase in {Phase.GREET, Phase.RCPT} else None)


def relay_slow(machine: Machine) -> None:
    """Each answer takes a while."""

    def mood(_phase: Phase, _recipient: str) -> None:
        time.sleep(0.03)

    machine.answering(mood)


def relay_refuses(machine: Machine) -> None:
    """4yz at one phase, to about half."""
    where = machine.chance.choice([Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT])
    reply = machine.chance.choice(["451 4.3.0 later", "421 4.3.2 closing", "452 4.2.2 full"])
    machine.answering(
        lambda phase, who: reply if phase is where and sum(who.encode()) % 2 else None
    )


def relay_mute(machine: Machine) -> None:
    """It takes a message and hangs up before it says so."""
    taken = machine.chance.randint(1, 5)
    before = machine.relay.doubtful
    machine.answering(
        lambda phase, _: (
            TAKE_AND_CLOSE
            if phase is Phase.DOT and machine.relay.doubtful < before + taken
            else None
        )
    )
    machine.tally.bound += machine.relay.doubtful - before


def database_held(machine: Machine) -> None:
    """Somebody else writes, and does not end."""
    machine.run()
    database = Database.open(machine.url)
    try:
        with suppress(StorageError), database.transaction() as connection:
            if not database.is_sqlite:
                connection.execute(sa.text("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE"))
            machine.pause()
    finally:
        database.close()


def database_cut(machine: Machine) -> None:
    """PostgreSQL ends all that is open; of SQLite's file the log is folded in."""
    machine.run()
    database = Database.open(machine.url)
    try:
        with suppress(StorageError):
            if database.is_sqlite:
                database.fold()
            else:
                machine.tally.bound += CONNECTIONS
                _cut(database)
    finally:
        database.close()


def _cut(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def disk_full(machine: Machine) -> None:
    """No file may grow, and then it may; a process that ends of it leaves what is on the wire in doubt."""
    process = machine.run()
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, hard))
    machine.pause()
    try:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    except ProcessLookupError:
        machine.tally.bound += CONNECTIONS


def step(machine: Machine) -> None:
    """The clock is set by up to six hours."""
    machine.clock.write_text(str(machine.chance.uniform(-6, 6) * 3600))


def folder_gone(machine: Machine) -> None:
    """The notes are unmounted, and come back."""
    machine.run()
    away = machine.notes.with_name("away")
    machine.notes.rename(away)
    machine.pause()
    away.rename(machine.notes)


def reload(machine: Machine) -> None:
    """SIGHUP."""
    machine.run().send_signal(signal.SIGHUP)
    machine.pause()


def second_sender(machine: Machine) -> None:
    """`newsletter send` beside the service."""
    machine.run()
    beside = machine.house.start(PROGRAM, "send")
    out = beside.communicate(timeout=PATIENCE_S)
    if beside.returncode not in {0, 1} or "Traceback" in out[1]:
        machine.note(f"send beside it: {out[1][-300:]}")


def backup(machine: Machine) -> None:
    """`newsletter backup` in the middle."""
    machine.run()
    made = machine.house.start(PROGRAM, "backup", f"b{machine.tally.rounds}.zip")
    out = made.communicate(timeout=PATIENCE_S)
    if made.returncode not in {0, 1} or "Traceback" in out[1]:
        machine.note(f"backup beside it: {out[1][-300:]}")


FAULTS: dict[str, Callable[[Machine], None]] = {
    "kill": kill,
    "stop": stop,
    "freeze": freeze,
    "relay down": relay_down,
    "relay slow": relay_slow,
    "relay refuses": relay_refuses,
    "relay mute": relay_mute,
    "database held": database_held,
    "database cut": database_cut,
    "disk full": disk_full,
    "clock": step,
    "folder gone": folder_gone,
    "reload": reload,
    "second sender": second_sender,
    "backup": backup,
}
ALONE = {"folder gone", "clock", "kill", "stop"}
"""Those that are never one of two: what ends the process, or what a second one would bring back too soon."""
