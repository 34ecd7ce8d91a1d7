"""Measures two checkouts in turn: which rows there are, and the programs that send for each."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import Popen
from typing import Final

from scripts.bench import peers
from scripts.bench.compare.comparison import Comparison, Run, build_comparison
from scripts.bench.house import body
from scripts.bench.processes import ROOT, BenchError, ended, read_line, start
from scripts.bench.rows import Bench


@dataclass(frozen=True, slots=True)
class _Job:
    """One sending as a contestant is told of it."""

    port: int
    connections: int
    processes: int = 1


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a row is measured."""

    sink: Callable[[], AbstractContextManager[int]]
    connections: int
    processes: int = 1
    on_postgresql: bool = False


_RUNS: Final = {
    "sqlite-smtp-sink": _Kind(peers.smtp_sink, 20),
    "sqlite-fast-sink": _Kind(peers.fast_sink, 50),
    "postgresql-one": _Kind(peers.fast_sink, 50, on_postgresql=True),
    "postgresql-two": _Kind(peers.fast_sink, 50, processes=2, on_postgresql=True),
}
"""The rows that can be compared. No reference is measured: each checkout is the other's."""


class Contestant:
    """A checkout's newsletter, in a process of its own code; keeps it from round to round."""

    def __init__(self, process: Popen[str], checkout: Path) -> None:
        self._process = process
        self._checkout = checkout

    def make(self, folder: Path, *, database_url: str, readers: int) -> int:
        """Makes the newsletter; the octets of one of its mails."""
        told = {"folder": str(folder), "database_url": database_url, "readers": readers}
        return int(self._ask({**told, "body": body()}))

    def send(self, job: _Job) -> Run:
        """Publishes an issue and sends it to all."""
        return Run(**json.loads(self._ask(asdict(job))))

    def _ask(self, question: object) -> str:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{json.dumps(question)}\n")
            self._process.stdin.flush()
        if answer := read_line(self._process):
            return answer
        raise BenchError(f"the checkout in {self._checkout} cannot be measured; see above for why")


def compare(bench: Bench, checkout: Path, names: Collection[str]) -> list[Comparison]:
    """The rows that begin with one of the names, this checkout and the other in turn.

    Raises Missing or BenchError.
    """
    if not (checkout / "scripts/bench/house.py").is_file():
        raise BenchError(f"{checkout} is no checkout of this product: it has no benchmark")
    wanted = [run for run in _RUNS if any(run.startswith(name) for name in names)]
    if not wanted:
        raise BenchError(f"only these rows can be compared: {', '.join(_RUNS)}")
    return [_compare(bench, checkout.resolve(), name, _RUNS[name]) for name in wanted]


def _compare(bench: Bench, checkout: Path, name: str, kind: _Kind) -> Comparison:
    sizes, rounds = bench.sizes, list[tuple[Run, Run]]()
    with ExitStack() as stack:
        job = _Job(stack.enter_context(kind.sink()), kind.connections, kind.processes)
        urls = ["", ""]
        if kind.on_postgresql:
            server = stack.enter_context(peers.postgres(bench.folder / name))
            urls = [server.new_database("here"), server.new_database("there")]
        pair = [stack.enter_context(_contestant(one)) for one in (ROOT, checkout)]
        octets = [
            one.make(bench.new_folder(), database_url=url, readers=sizes.messages)
            for one, url in zip(pair, urls, strict=True)
        ]
        for number in range(1, sizes.turns + 1):
            ours, theirs = _in_turn(pair, job, is_first=bool(number % 2))
            rounds.append((ours, theirs))
            bench.say(
                f"{name} {number}/{sizes.turns}: {ours.cpu_ms * 1000:.1f} and "
                f"{theirs.cpu_ms * 1000:.1f} µs a message, {ours.rate:,.0f}/s and {theirs.rate:,.0f}/s"
            )
    return build_comparison(name, (octets[0], octets[1]), rounds)


def _in_turn(pair: Sequence[Contestant], job: _Job, *, is_first: bool) -> tuple[Run, Run]:
    """One run of each; which begins changes from round to round."""
    here, there = pair
    if is_first:
        ours = here.send(job)
        return ours, there.send(job)
    theirs = there.send(job)
    return here.send(job), theirs


@contextmanager
def _contestant(checkout: Path) -> Iterator[Contestant]:
    """Started with the checkout's own interpreter and libraries, if it has some."""
    own = checkout / ".venv/bin/python"
    interpreter = str(own) if own.is_file() else sys.executable
    program = str(Path(__file__).with_name("contestant.py"))
    environ = os.environ | {"PYTHONPATH": str(checkout)}
    with ended(start([interpreter, "-P", program], folder=checkout, environ=environ)) as process:
        yield Contestant(process, checkout)
