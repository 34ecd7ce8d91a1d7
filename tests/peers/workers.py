"""Workers of pytest-xdist, forked from one process that has read all tests.

To read five thousand tests, and to load what they import, takes seconds of processor time, and each worker took them
before its first test. A forked worker asks pytest for the tests as before, and finds their modules there.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import partial

import pytest
from execnet import gateway_io
from execnet.gateway_base import ExecModel, Popen2IO

from tests.peers import nursery


def fork_workers(tests: Sequence[str]) -> None:
    """From now on each worker is forked from one process, which begins to read these tests."""
    orders = nursery.start_nursery(__name__, *tests)
    gateway_io.Popen2IOMaster = partial(_Channel, orders)  # type: ignore[assignment, misc]


class _Worker(nursery.Forked[bytes]):
    """A worker's process; execnet would start Python with this command."""

    def __init__(self, orders: socket.socket, command: Sequence[str]) -> None:
        self._nursery = orders
        streams = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
        super().__init__([word for word in command if word != "-u"], **streams)

    def _orders(self) -> socket.socket:
        return self._nursery


class _Channel(gateway_io.Popen2IOMaster):
    """The way to a worker."""

    def __init__(self, orders: socket.socket, command: Sequence[str], execmodel: ExecModel) -> None:
        self.popen = worker = _Worker(orders, command)
        Popen2IO.__init__(self, worker.stdin, worker.stdout, execmodel=execmodel)


def _read(tests: Sequence[str]) -> None:
    """Has pytest import the modules of these tests; what it cannot import, each worker will tell."""
    pytest.main(["--collect-only", "-qq", "-p", "no:xdist", "-p", "no:cacheprovider", *tests])


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as ordered:
        nursery.share_nursery(ordered)
        _read(sys.argv[2:])
        nursery.serve(ordered)
