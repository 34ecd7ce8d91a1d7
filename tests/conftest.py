"""What every tier shares: the clock of the tests, the --slow flag, and the tiers' markers."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.peers.relays.postfix import open_folder
from tests.sizes import FULL, examples
from tests.worlds.rows import ROWS

MADE = 20_000
"""Objects before garbage is looked for, as in commands; Python's 700 took 4 % of the processor of unit tests."""
ROOM = 2_000_000_000
"""Octets that all databases and folders of a run together stay below by far."""
TIERS = ("unit", "integration", "acceptance")

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""The tests' now. Time passes only when a test says so."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--slow` runs the suites that always run small in their full size."""
    parser.addoption("--slow", action="store_true", help="run the full size of every suite")


def pytest_configure(config: pytest.Config) -> None:
    """`--slow` also tries properties on all their examples; before any test module is read."""
    if "TMPDIR" not in os.environ and (memory := _memory()):
        os.environ["TMPDIR"] = tempfile.tempdir = memory
    gc.set_threshold(MADE)
    gc.disable()  # while modules are loaded there is next to none
    if config.getoption("--slow"):
        os.environ[FULL] = "full"
    if config.getoption("numprocesses", 0) and not hasattr(config, "workerinput"):
        return  # it only hands out the tests; workers begin sooner without what they run them with
    from hypothesis import settings

    from tests.constants import find_sooner

    find_sooner()
    # No deadline: how long an example takes says how busy the machine is.
    settings.register_profile("sized", max_examples=examples(100), deadline=None)
    settings.load_profile("sized")


def _memory() -> str | None:
    """Where files are written at once, if there is room: a disk takes milliseconds for what is to last, thousands of times."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or not os.access(memory, os.W_OK):
        return None
    runs = not os.statvfs(memory).f_flag & os.ST_NOEXEC
    return str(memory) if runs and shutil.disk_usage(memory).free > ROOM else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs `--slow` to be worth its time is not there without it, rather than skipped."""
    for item in items:
        item.user_properties.append((ROWS, getattr(getattr(item, "obj", None), ROWS, 1)))
    if config.getoption("--slow"):
        return
    left_out = [item for item in items if item.get_closest_marker("only_slow")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("only_slow")]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Garbage is looked for from now on, but not among thousands of tests, which stay until the end."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """More workers than cores are forked from a process that has read all tests, once.

    Where each has a core they read them at the same time, and are done sooner.
    """
    from tests.peers.workers import fork_workers

    if config.getoption("numprocesses", 0) > (os.cpu_count() or 1):
        fork_workers(config.args)


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> bool:
    """Whether the full size was asked for."""
    return bool(request.config.getoption("--slow"))


@pytest.fixture
def postfix_home() -> Iterator[Path]:
    """A folder for a Postfix of the test's own."""
    with open_folder() as folder:
        yield folder


@pytest.fixture
def now() -> datetime:
    """The tests' now."""
    return NOON


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests of each tier ran, of how many examples, and how long they took."""
    counts: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        tier = Path(report.nodeid).parts[1] if report.nodeid.startswith("tests/") else "other"
        counts[tier] += 1
        rows[tier] += dict(report.user_properties)[ROWS]
        seconds[tier] += report.duration
    for tier in TIERS:
        if counts[tier]:
            terminalreporter.write_line(
                f"{tier:<12} {counts[tier]:>5} passed, of {rows[tier]} examples, in {seconds[tier]:.1f} s"
            )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where every program is installed (CI), a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and exitstatus == 0 and os.environ.get("TESTS_SKIP_NOTHING"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
