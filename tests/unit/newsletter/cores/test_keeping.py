"""Processes that keep to one core: which, whose threads, and when not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import count

import pytest

from newsletter.cores import keeping
from newsletter.cores.keeping import kept_to_one, on_every_core, spread

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="this system keeps no thread to a core"
)
NUMBERS = count()


@pytest.fixture
def aside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Runs something in a thread of its own, whose cores are nobody else's matter; other senders of this
    machine have names of their own.
    """
    monkeypatch.setattr(keeping, "_NAME", f"\0newsletter-test-{os.getpid()}-{next(NUMBERS)}-{{}}")
    with ThreadPoolExecutor(1) as thread:
        yield lambda work: thread.submit(work).result()


def test_each_sender_has_a_core_and_gives_it_back(
    aside: Callable[[Callable[[], None]], None],
) -> None:
    """As many senders as there are cores have one each, one more has none; afterwards all is as before."""

    def work() -> None:
        before = os.sched_getaffinity(0)
        wanted = before if len(before) > 1 else set()
        for _ in range(2):
            with ExitStack() as stack:
                given = []
                for _ in range(len(wanted) + 1):
                    os.sched_setaffinity(0, before)  # each as if it were a process of its own
                    given.append(stack.enter_context(kept_to_one(wanted=True)))
                assert set(given[:-1]) == wanted
                assert given[-1] is None
            os.sched_setaffinity(0, before)

    aside(work)


def test_a_core_that_is_refused_is_not_kept_to(
    aside: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system does not let us choose we say that we keep to none, and hold no name that others could use."""
    monkeypatch.setattr(keeping, "_cores", lambda: (100_000,))

    def work() -> None:
        before = os.sched_getaffinity(0)
        with kept_to_one(wanted=True) as core:
            assert core is None
            free = keeping._reserve((100_000,))
            assert free is not None
            free[1].close()
        assert os.sched_getaffinity(0) == before

    aside(work)


def test_threads_that_a_sender_starts_stay_with_it(
    aside: Callable[[Callable[[], None]], None],
) -> None:
    """The thread and those it starts are on that core; after it they may be on all again."""

    def work() -> None:
        before = os.sched_getaffinity(0)
        with kept_to_one(wanted=True) as core, ThreadPoolExecutor(1) as other:
            here = {core} if core is not None else before
            assert os.sched_getaffinity(0) == here
            assert other.submit(os.sched_getaffinity, 0).result() == here
        assert os.sched_getaffinity(0) == before

    aside(work)


@pytest.mark.parametrize("wanted", [True, False])
def test_where_it_is_of_no_use_nothing_changes(
    aside: Callable[[Callable[[], None]], None], *, wanted: bool
) -> None:
    """A process that has one core only, or is not to, is left alone."""

    def work() -> None:
        cores_ = {min(os.sched_getaffinity(0))} if wanted else os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores_)
        with kept_to_one(wanted=wanted) as core:
            assert core is None
            assert os.sched_getaffinity(0) == cores_

    aside(work)


def test_what_takes_no_turns_is_let_go(aside: Callable[[Callable[[], None]], None]) -> None:
    """A program that is started so, and all threads while they compute beside each other, may use every core;
    afterwards they keep to theirs, and so do threads that began meanwhile. A thread that never kept to it is left alone.
    """

    def work() -> None:
        before = os.sched_getaffinity(0)
        with ThreadPoolExecutor(1) as stranger:
            where = partial(os.sched_getaffinity, 0)
            assert stranger.submit(where).result() == before
            with (
                kept_to_one(wanted=True) as core,
                ThreadPoolExecutor(1) as first,
                ThreadPoolExecutor(1) as late,
            ):
                kept = {core} if core is not None else before
                assert first.submit(where).result() == kept
                with spread():
                    own = [where(), *(one.submit(where).result() for one in (first, late))]
                    assert own == [before] * 3
                own = [where(), *(one.submit(where).result() for one in (first, late))]
                assert own == [kept] * 3
                assert stranger.submit(where).result() == before
                with on_every_core():
                    assert _cores_of_a_program() == before
                    assert first.submit(where).result() == kept
                assert where() == kept

    aside(work)


def _cores_of_a_program() -> set[int]:
    """Where a program may run that is started here."""
    told = "import os; print(*os.sched_getaffinity(0))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True)
    return set(map(int, done.stdout.split()))
