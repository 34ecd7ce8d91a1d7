"""Names that tell whose claims were left behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from newsletter.service.workers import gone_workers, living_workers, worker_name


def test_names_are_unique_and_their_own_process_lives() -> None:
    """Two workers of one process have two names, and neither is gone."""
    names = {worker_name() for _ in range(50)}
    assert len(names) == 50
    assert gone_workers(names) == frozenset()


def test_an_ended_process_is_gone() -> None:
    """The name made by a process that has ended tells so."""
    made = subprocess.run(
        [
            sys.executable,
            "-c",
            "import scripts\nfrom newsletter.service.workers import worker_name\nprint(worker_name())",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert gone_workers([made]) == {made}


def test_a_process_id_used_again_is_not_the_worker() -> None:
    """The same number with another start is another process."""
    host, pid, _start, place, rest = worker_name().split("/")
    stranger = f"{host}/{pid}/1/{place}/{rest}"
    assert gone_workers([stranger]) == {stranger}


def test_nothing_is_said_of_other_machines() -> None:
    """Another host's worker, or a name that is none, is left to its lease."""
    elsewhere = f"not-{socket.gethostname()}/{os.getpid()}/1/x"
    assert gone_workers([elsewhere, "", "///", "odd", f"{socket.gethostname()}/x/1/y"]) == (
        frozenset()
    )


def test_a_name_of_another_place_is_left_to_its_lease() -> None:
    """Two containers may share a host's name and give the same numbers: neither speaks of the other."""
    host, pid, start, _place, rest = worker_name().split("/")
    neighbour = [f"{host}/{pid}/1/{place}/{rest}" for place in ("0123456789ab", "", "x")]
    ended = [f"{host}/4194304/{start}/{place}/{rest}" for place in ("0123456789ab", "")]
    before = [f"{host}/{pid}/{start}/{rest}", f"{host}/4194304/{start}/{rest}"]
    assert gone_workers([*neighbour, *ended, *before]) == frozenset()
    assert living_workers([*neighbour, *ended, *before]) == frozenset()


def test_a_process_that_was_stopped_is_alive() -> None:
    """Whoever only stands still is not gone."""
    name = worker_name()
    assert living_workers([name, "", "///", "odd/x/1/y"]) == {name}
