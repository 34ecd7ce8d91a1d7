"""Processes of the product that are born with it: forked from one that has loaded everything before.

To start Python and load the product takes a second of processor time, and hardly anything that a test looks
at. A forked process does what the started one would do, from the first line of its program on: it has a pid of
its own, can be killed, and gets its arguments, folder, surroundings and streams. What a start itself does is
shown by tests/acceptance/service/test_commands.py and of a wheel by tests/integration/scripts/test_release.py.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any, AnyStr, NoReturn

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("newsletter")
_LONGEST = 200_000
"""Octets of an order."""
_LOADED = (
    *("scripts.commands", "mailer.dispatch", "mailer.compose", "mailer.inbound", "newsletter.app"),
    *("newsletter.publishing", "newsletter.inbound", "newsletter.mailing", "newsletter.service"),
    *("storage.ledger", "web.site", "web.server"),
)


class Forked(subprocess.Popen[AnyStr]):
    """`subprocess.Popen` for the commands `newsletter …`, `python -m …` and `python -c …`."""

    _told: socket.socket

    def _execute_child(self, args: Any, *given: Any) -> None:
        """Has the nursery fork, where Popen would start a program; the rest of Popen is as it was."""
        _executable, prepare, _close, passed, folder, environ = given[:6]
        streams = given[9:15]
        assert prepare is None
        assert not passed
        order = {
            "command": [str(part) for part in args],
            "folder": str(folder or Path.cwd()),
            "environ": dict(os.environ if environ is None else environ),
        }
        self._told, theirs = socket.socketpair()
        read, write, error = streams[0], streams[3], streams[5]
        descriptors = [theirs.fileno()]
        descriptors += [own if one == -1 else one for own, one in enumerate((read, write, error))]
        with theirs:
            socket.send_fds(self._orders(), [json.dumps(order).encode()], descriptors)
        self._close_pipe_fds(*streams)
        told = self._hear()
        if not told:
            raise ChildProcessError("whoever was to fork it has ended")
        self.pid = int(told)
        self._child_created = True

    def _orders(self) -> socket.socket:
        """The way to whoever forks it."""
        return _shared[0] if _shared else start_nursery(__name__)

    def _hear(self) -> bytes:
        """One line of whoever looks after the process; none if somebody killed it before it could tell."""
        line = b""
        while not line.endswith(b"\n"):
            octet = self._told.recv(1)
            if not octet:
                return b""
            line += octet
        return line

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if wait_flags and not select.select([self._told], [], [], 0)[0]:
            return 0, 0
        status = int(self._hear() or signal.SIGKILL)
        self._told.close()
        return self.pid, status

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)
        return self.returncode


def run_forked(
    command: list[str | Path], *, stdin: str | bytes | None = None, **options: Any
) -> subprocess.CompletedProcess[Any]:
    """`subprocess.run` with what it says as text; as octets if it is given octets."""
    streams = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    streams["stdin"] = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    text = not isinstance(stdin, bytes)
    with Forked(command, text=text, **streams, **options) as process:
        out, err = process.communicate(stdin)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@cache
def start_nursery(module: str, *given: str) -> socket.socket:
    """The way to a process that runs this module, and forks others; it ends when ours does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(theirs.fileno()), *given],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(_end, ours, process)
    return ours


def _end(orders: socket.socket, process: subprocess.Popen[bytes]) -> None:
    orders.close()
    process.wait()


# ── the nursery ──────────────────────────────────────────────────────────────────────────────


_shared: list[socket.socket] = []
"""The way to the nursery of all that this process forks, if there is one."""


def share_nursery(own: socket.socket) -> None:
    """Forks one for all that this process will fork, while nothing is loaded that it should not have.

    `own` are this process's orders, which are none of its business.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if not os.fork():
        own.close()
        ours.close()
        serve(theirs, _load)
        os._exit(0)
    theirs.close()
    atexit.register(ours.close)
    _shared.append(ours)


def serve(orders: socket.socket, load: Callable[[], None] = lambda: None) -> None:
    """Forks for each order, until there is nobody to order; before the first, loads what they are to have."""
    for number in count():
        order, descriptors, _, _ = socket.recv_fds(orders, _LONGEST, 4)
        if not order:
            return
        if not number:
            load()
        if not os.fork():
            orders.close()
            _look_after(json.loads(order), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        while _reap():
            pass


def _load() -> None:
    """All that a command may ask for later: a face gives a name when it is asked for it."""
    for name in _LOADED:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(getattr(package, "__path__", []), f"{name}."):
            importlib.import_module(module.name)
    gc.freeze()  # what is loaded stays, and is not written to by looking for garbage


def _reap() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _look_after(order: dict[str, Any], told: int, *streams: int) -> None:
    """Forks once more, and tells the pid, and how it ended."""
    pid = os.fork()
    if not pid:
        os.close(told)
        _become(order, streams)
    for stream in streams:
        os.close(stream)
    _tell(told, pid)
    _tell(told, os.waitpid(pid, 0)[1])
    os._exit(0)


def _tell(told: int, number: int) -> None:
    try:
        os.write(told, f"{number}\n".encode())
    except BrokenPipeError:
        os._exit(0)


def _become(order: dict[str, Any], streams: tuple[int, ...]) -> None:
    """The process that was ordered; ends as it does."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for stream in streams:
        os.close(stream)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _end_as(partial(_run, order["command"]))


def _run(command: list[str]) -> None:
    """The program, to its end."""
    program, *rest = command
    if program == str(PROGRAM):
        sys.argv = command
        from scripts.start import main

        main()
    elif rest[0] == "-m":
        sys.argv = rest[1:]
        runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *rest[2:]]
        exec(compile(rest[1], "<string>", "exec"), {"__name__": "__main__"})


def _end_as(program: Callable[[], None]) -> NoReturn:
    """Runs it and ends as Python does, but for taking apart what is loaded: each object of it lies in memory shared
    with the nursery, which to write to takes longer than many a command.

    What is no plain end (an exception, a sentence for an exit status, a reader who went away) is left to Python.
    """
    status: int | None = None
    try:
        program()
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        status = end.code
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        sys.exit(status)
    os._exit((status or 0) & 0xFF)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), _load)
