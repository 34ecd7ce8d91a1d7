"""The processes that tests have forked instead of started: to whoever looks at them they are the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.nursery import PROGRAM, ROOT, Forked, run_forked

TELL = "import os, sys; print(os.getcwd(), os.environ.get('WORD'), sys.stdin.read(), *sys.argv[1:])"
MANY = str((os.cpu_count() or 1) + 1)
"""Workers that have no core each."""
THREAD = """import atexit, sys, threading
atexit.register(print, "registered")
print("begun")
threading.Thread(target=lambda: (threading.main_thread().join(), print("in a thread"))).start()
"""
ENDS = {
    "nothing": "",
    "a number": "raise SystemExit(3)",
    "more than a byte": "raise SystemExit(260)",
    "less than nothing": "raise SystemExit(-1)",
    "a sentence": "raise SystemExit('it is not there')",
    "a thread and something registered": THREAD,
    "a thread and a number": f"{THREAD}sys.exit(4)",
    "something registered fails": "import atexit; atexit.register(lambda: 1 / 0)",
    "nobody reads": "import os, sys; sys.stdout = open(os.open('/dev/full', os.O_WRONLY), 'w'); print('x')",
    "closed itself": "import sys; sys.stdout.close()",
    "interrupted": "raise KeyboardInterrupt",
}
"""Programs, by how they end."""
WAIT = "import sys; print('here', flush=True); sys.stdin.read()"


def test_a_program_gets_what_it_is_given(tmp_path: Path) -> None:
    """Folder, surroundings, input and arguments, and nothing of the test's own."""
    command = [sys.executable, "-c", TELL, "one", "two"]
    done = run_forked(command, cwd=tmp_path, env={"WORD": "said"}, stdin="read")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{tmp_path} said read one two\n"


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ([PROGRAM, "--version"], 0, "newsletter"),
        ([PROGRAM, "no-such-command"], 2, "no-such-command"),
        ([sys.executable, "-c", "1 / 0"], 1, "ZeroDivisionError"),
        ([sys.executable, "-m", "json.tool", "nowhere"], None, ""),
    ],
)
def test_a_program_ends_as_it_would(
    tmp_path: Path, command: list[str | Path], code: int | None, says: str
) -> None:
    """With its own exit code and its own words; the same as a process that was started."""
    done = run_forked(command)
    assert says in done.stdout + done.stderr
    if code is None:
        started = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (started.returncode, started.stdout)
    else:
        assert done.returncode == code


def test_a_program_comes_to_the_same_end(tmp_path: Path) -> None:
    """As a started one does, with what it waits for and what is still to be written: exit status, output and last words."""
    for name, program in ENDS.items():
        command = [sys.executable, "-c", program]
        forked = run_forked(command, cwd=tmp_path, stdin="")
        started = subprocess.run(command, cwd=tmp_path, input="", capture_output=True, text=True)
        assert forked.returncode == started.returncode, name
        assert forked.stdout == started.stdout, name
        assert forked.stderr.splitlines()[-1:] == started.stderr.splitlines()[-1:], name


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_program_dies_of_a_signal(number: signal.Signals) -> None:
    """By its own pid, and whoever waits for it learns of which."""
    pipe = subprocess.PIPE
    streams = {"stdin": pipe, "stdout": pipe, "stderr": subprocess.DEVNULL}
    with Forked([sys.executable, "-c", WAIT], text=True, **streams) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.001)
        os.kill(process.pid, number)
        assert process.wait(60) == -number
        assert process.poll() == -number


def test_workers_are_forked_from_one_that_has_read_the_tests(tmp_path: Path) -> None:
    """A module is imported once for all of them; one that cannot be is told, and so is a test whose worker died."""
    imported = tmp_path / "imported"
    once = f"import os\nos.write(os.open({str(imported)!r}, os.O_APPEND | os.O_CREAT | os.O_WRONLY), b'.')\n"
    (tmp_path / "test_once.py").write_text(
        f"{once}def test_good(): pass\ndef test_fatal(): os.kill(os.getpid(), 9)\n", "utf-8"
    )
    (tmp_path / "test_broken.py").write_text("import nothing_of_this_name\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-n", MANY]
    inner = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [
            *command,
            "--continue-on-collection-errors",
            "-c",
            os.devnull,
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        cwd=tmp_path,
        env=inner | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert imported.read_text() == "."
    assert "1 failed, 1 passed, 1 error" in run.stdout, run.stdout + run.stderr
    assert "crashed while running" in run.stdout
    assert "nothing_of_this_name" in run.stdout
