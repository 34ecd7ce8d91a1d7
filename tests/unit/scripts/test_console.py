"""What a command writes for programs to read."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from scripts.console import (
    PAGE,
    Json,
    LogForm,
    break_line,
    configure_logging,
    print_json,
    print_json_list,
    print_long_table,
    spell_time,
)
from storage.model import columns

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Berlin", "Tuesday 2026-12-01 at 09:00 CET (Europe/Berlin)"),
        ("UTC", "Tuesday 2026-12-01 at 08:00 UTC"),
    ],
)
def test_a_time_names_its_zone_once(zone: str, told: str) -> None:
    """By its letters and its name, where these differ."""
    assert spell_time(datetime(2026, 12, 1, 8, tzinfo=UTC), zone) == told


@given(st.lists(VALUES, max_size=4))
def test_a_list_written_as_it_comes_is_the_list_written_at_once(items: list[Json]) -> None:
    """Octet for octet the same document, whatever stands in it."""
    streamed, whole = io.StringIO(), io.StringIO()
    with redirect_stdout(streamed):
        print_json_list(iter(items))
    with redirect_stdout(whole):
        print_json(items)
    assert streamed.getvalue() == whole.getvalue()
    assert json.loads(streamed.getvalue()) == items


def test_a_long_table_is_written_as_its_rows_come() -> None:
    """However many rows there are, no more of them are held than a page has."""
    out = io.StringIO()
    ahead: list[int] = []

    def rows() -> Iterator[tuple[str]]:
        for number in range(PAGE * 3 + 1):
            ahead.append(number - out.getvalue().count("row"))
            yield (f"row{number}",)

    with redirect_stdout(out):
        print_long_table(("what",), rows())
    lines = [line for line in out.getvalue().splitlines() if line.startswith("row")]
    assert lines == [f"row{number}" for number in range(PAGE * 3 + 1)]
    assert max(ahead) <= PAGE


@pytest.mark.parametrize("form", [LogForm.JSON, LogForm.LOGFMT])
def test_lines_of_libraries_look_like_ours(form: LogForm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever logs through the standard library, like the HTTP server, has the same keys, one line each; a
    traceback is within its line, and nothing steers a terminal.
    """
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    before = logging.getLogger().handlers[:]
    try:
        configure_logging(logging.INFO, form)
        structlog.get_logger().info("ours", issue=1)
        logging.getLogger("uvicorn.error").warning("theirs %s", "\x1b[31m")
        try:
            1 / 0  # noqa: B018 - to have something to tell
        except ZeroDivisionError:
            logging.getLogger("uvicorn.error").exception("broken")
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers[:] = before
    lines = written.getvalue().splitlines()
    assert len(lines) == 3
    assert "\x1b" not in written.getvalue()
    assert "ZeroDivisionError" in lines[2]
    if form is LogForm.JSON:
        ours, theirs, broken = map(json.loads, lines)
        assert (ours["event"], ours["level"], ours["issue"]) == ("ours", "info", 1)
        assert (theirs["logger"], theirs["level"]) == ("uvicorn.error", "warning")
        assert set(ours) - {"issue"} <= set(broken)
    else:
        assert all(line.startswith("timestamp=") for line in lines)


@given(st.text(alphabet="ab字 -/", max_size=120), st.integers(4, 40))
def test_a_sentence_breaks_between_words_only(line: str, width: int) -> None:
    """No word is broken or lost, and a part is too wide only where a word alone is."""
    parts = list(break_line(line, width))
    assert " ".join(parts).split() == line.split()
    for part in parts:
        assert columns(part) <= width or len(part.split()) == 1


def test_a_sentence_goes_on_further_in() -> None:
    """So that where the next one begins can be seen; what stood in already stays so."""
    assert list(break_line("a.md:3: error: One two three.", 16)) == [
        "a.md:3: error:",
        "  One two three.",
    ]
    assert list(break_line("  newsletter run now", 15)) == ["  newsletter", "    run now"]


_TELLING = """
import logging, os, resource
from scripts.console import configure_logging, prepare_logging
configure_logging(logging.INFO)
prepare_logging()
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
try:
    open(os.devnull)
except OSError:
    logging.getLogger("uvicorn.error").exception("it broke")
"""


def test_a_service_can_tell_that_no_file_can_be_opened() -> None:
    """Whatever its log needs is loaded at its start: with the table of files full it still says what is wrong."""
    ended = subprocess.run(
        [sys.executable, "-c", _TELLING], capture_output=True, text=True, check=True
    )
    assert "Logging error" not in ended.stderr
    assert 'event="it broke"' in ended.stderr
    assert "Too many open files" in ended.stderr
