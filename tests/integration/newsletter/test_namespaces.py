"""Workers in containers: two that look alike, each with process ids of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.service.workers import gone_workers, living_workers

ROOT = Path(__file__).parents[3]
OWN_PROCESSES = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
"""A namespace of processes, as a container has it; the name of the host stays the same."""
NAMED = """
import sys
from newsletter.service.workers import gone_workers, living_workers, worker_name
print(worker_name(), flush=True)
for line in sys.stdin:
    names = line.split()
    print(len(gone_workers(names)), len(living_workers(names)), flush=True)
"""


@contextmanager
def container() -> Iterator[subprocess.Popen[str]]:
    """A worker in a namespace of its own: it tells its name, then judges the names it is given."""
    command = [*OWN_PROCESSES, sys.executable, "-c", NAMED]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read(process: subprocess.Popen[str]) -> str:
    """Its next line."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def judge(process: subprocess.Popen[str], *names: str) -> str:
    """How many of the names it takes for gone, and how many for living."""
    assert process.stdin is not None
    process.stdin.write(" ".join(names) + "\n")
    process.stdin.flush()
    return read(process)


def test_no_container_takes_anothers_worker_for_dead_or_alive() -> None:
    """Two processes of one host's name, one number and one database do not rescue each other."""
    if (
        shutil.which("unshare") is None
        or subprocess.run([*OWN_PROCESSES, "true"], check=False).returncode
    ):
        pytest.skip("unshare is missing, or may not make a namespace of processes here")
    with container() as one, container() as other:
        names = [read(one), read(other)]
        assert [name.split("/")[:2] for name in names] == [names[0].split("/")[:2]] * 2
        assert judge(one, names[1]) == judge(other, names[0]) == "0 0"
        assert judge(one, names[0]) == judge(other, names[1]) == "0 1"
        assert not gone_workers(names)
        assert not living_workers(names)
    assert not gone_workers(names)  # they have ended; from here nobody can see it
