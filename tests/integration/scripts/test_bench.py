"""The benchmark itself: that it measures what it says. How fast anything is, no test asks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.bench import peers, processes
from scripts.bench.house import House
from scripts.bench.processes import ROOT, BenchError
from scripts.bench.report import Bound, Row, build_table
from scripts.bench.sink import Count, Sink
from tests.peers.nursery import Forked, run_forked
from tests.peers.ports import free_port
from tests.sizes import examples

DIALOGUE = (
    b"EHLO me\r\n"
    b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
    b"Subject: one\r\n\r\n..dots\r\n.\r\n"
    b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
    b".\r\n"
    b"QUIT\r\n"
)
CODES = [b"220", b"250", b"250", b"250", b"354", b"250", b"250", b"250", b"354", b"250", b"221"]

ROWS = {
    "sqlite-smtp-sink": "smtp-sink",
    "sqlite-fast-sink": "smtp-source",
    "processor": "smtp-source",
    "postgresql-one": "smtp-source",
    "postgresql-two": "smtp-source",
    "dkim": "openssl",
    "large-minutes": "",
    "large-queue": "",
    "large-rate": "",
    "large-memory": "",
    "large-peak": "",
    "round-trip": "",
    "poll": "",
    "feed": "nginx wrk",
    "issue": "wrk",
    "free": "wrk",
    "mix": "wrk",
    "static": "nginx wrk",
    "search-sqlite": "",
    "search-postgresql": "",
    "import-sqlite": "",
    "import-postgresql": "",
}
"""Every row, and the programs without which it cannot be measured."""

FEW = {
    "dkim": ["dkim"],
    "poll": ["poll"],
    "static": ["static"],
    "search": ["search-sqlite", "search-postgresql"],
    "import": ["import-sqlite", "import-postgresql"],
}
"""One measure of each module of the benchmark, and its rows."""


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the benchmark starts of ours is forked: a start is nothing that it measures."""
    monkeypatch.setattr(processes, "start", _fork)


def _fork(command: processes.Command, *, folder: Path = ROOT) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return Forked([*command], cwd=folder, stdin=pipe, stdout=pipe, text=True)


@pytest.fixture
def house(tmp_path: Path, forked: None) -> House:
    """A newsletter with three readers."""
    house = House(tmp_path / "house")
    house.ensure_readers(3)
    return house


@pytest.fixture
def sink(forked: None) -> Iterator[int]:
    """The fast sink, in a process of its own."""
    with peers.fast_sink() as port:
        yield port


@pytest.mark.timeout(1200)  # some two dozen programs one after the other
def test_the_small_size_prints_a_figure_for_every_row(slow: bool) -> None:
    """`--quick` runs to its end and gives each row as a figure and as a share of its target; without
    --slow one measure of each kind is asked for.
    """
    asked = [] if slow else ["--rows", *FEW]
    command = [sys.executable, "-m", "scripts.bench", "--quick", "--json", *asked]
    done = run_forked(command, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    rows = {row["row"]: row for row in json.loads(done.stdout)["rows"]}
    assert list(rows) == (list(ROWS) if slow else list(chain.from_iterable(FEW.values())))
    for name in rows:
        if all(map(_is_there, ROWS[name].split())):
            assert rows[name]["measured"] > 0, rows[name]["note"]
            assert rows[name]["of_target"] == rows[name]["measured"] / rows[name]["target"]


def test_a_row_says_which_program_is_missing() -> None:
    """Without Postfix a row has no figure, names what is missing, and the bench goes on."""
    command = [sys.executable, "-m", "scripts.bench", "--quick", "--rows", "sqlite-smtp-sink"]
    environ = os.environ | {"PATH": "/nowhere"}
    code = "import scripts.bench.processes as p, sys; p.SYSTEM = ''; "
    code += "from scripts.bench.__main__ import main; sys.exit(main(sys.argv[1:]))"
    done = run_forked([sys.executable, "-c", code, *command[3:]], cwd=ROOT, env=environ)
    assert done.returncode == 0, done.stderr
    assert "not measured" in done.stdout
    assert "smtp-sink is not installed" in done.stdout


def test_the_product_really_sends_to_the_sink(house: House, sink: int) -> None:
    """What a run says it sent is what the sink took, to every reader once."""
    house.point_at(sink, connections=2)
    house.publish()
    sent = house.send()
    assert sent.messages == peers.messages_taken(sink) == 3
    assert sent.rate > 0


def test_publishing_can_be_part_of_what_is_measured(house: House, sink: int) -> None:
    """A run that also publishes says how much of its time that took."""
    house.point_at(sink, connections=2)
    house.write_issue()
    (sending,) = house.send(queue=True).sendings
    assert 0 < sending.queue_s < sending.ended - sending.began


def test_a_run_that_did_not_send_is_no_figure(house: House) -> None:
    """When the relay cannot be reached there is an error instead of a rate."""
    house.point_at(free_port(), connections=2)
    house.publish()
    with pytest.raises(BenchError, match="0 of 3 accepted"):
        house.send()


def test_a_mail_of_the_benchmark_has_the_size_of_the_targets(house: House) -> None:
    """The issue becomes a mail of about 17 kB, which is what the targets are for."""
    assert 16_500 < house.octets() < 18_000


def test_a_profile_names_where_the_time_goes(house: House, sink: int, tmp_path: Path) -> None:
    """A profiled run sends as usual and lists the functions of the event loop and of threads."""
    house.point_at(sink, connections=2)
    house.publish()
    house.send(profile=tmp_path / "profile")
    text = (tmp_path / "profile").read_text("utf-8")
    assert "event loop" in text
    assert "other threads" in text
    assert text.count("tottime") == 2


def test_the_delay_is_added_in_both_directions(sink: int) -> None:
    """A reply through the proxy takes at least twice its delay, and says the same."""
    with peers.delay(sink, 5) as near:
        assert peers.round_trip_s(near, tries=3) >= 0.010
        assert peers.messages_taken(near) == 0


@given(cuts=st.lists(st.integers(0, len(DIALOGUE)), max_size=8))
@settings(max_examples=examples(60), deadline=None)
def test_the_sink_reads_a_dialogue_in_any_pieces(cuts: list[int]) -> None:
    """However the octets arrive, each command has one reply and each message counts once."""
    count = Count()
    parser = Sink(count)
    places = [0, *sorted(cuts), len(DIALOGUE)]
    pieces = [DIALOGUE[start:end] for start, end in pairwise(places)]
    answers = [parser.parse(piece) for piece in pieces]
    text = b"220 sink\r\n" + b"".join(reply for reply, _ in answers)
    last_lines = [line for line in text.splitlines() if line[3:4] == b" "]
    assert [line[:3] for line in last_lines] == CODES
    assert count.messages == 2
    assert count.octets == len(DIALOGUE)
    assert any(closing for _, closing in answers)


def test_the_sink_offers_what_a_pipelining_client_needs(sink: int) -> None:
    """EHLO names the extensions that real relays offer (RFC 2920, 1870, 6152, 2034)."""
    with socket.create_connection(("127.0.0.1", sink), 10) as line, line.makefile("rb") as replies:
        replies.readline()
        line.sendall(b"EHLO me\r\n")
        offered = {replies.readline()[4:].split()[0] for _ in range(5)}
    assert offered > {b"PIPELINING", b"SIZE", b"8BITMIME", b"ENHANCEDSTATUSCODES"}


@pytest.mark.parametrize(
    ("bound", "measured", "met"),
    [
        (Bound.AT_LEAST, 1.0, True),
        (Bound.AT_LEAST, 0.99, False),
        (Bound.AT_MOST, 1.0, True),
        (Bound.AT_MOST, 1.01, False),
        (Bound.AT_MOST, None, None),
    ],
)
def test_a_target_is_met_on_its_good_side(
    bound: Bound, measured: float | None, met: bool | None
) -> None:
    """A figure at its target meets it; one beyond it does not; without a figure nobody can say."""
    row = Row(name="x", title="X", bound=bound, target=1.0, measured=measured)
    assert row.met is met


def test_the_table_shows_figure_target_and_verdict() -> None:
    """A line says what was measured, against what, and whether that is enough; never rounded up."""
    row = Row(name="x", title="X", bound=Bound.AT_LEAST, target=2, measured=1.0, note="a; b")
    head, line, *notes = build_table([row]).splitlines()
    assert head.split() == ["row", "measured", "target", "of", "target"]
    assert line.split() == ["x", "1", "×", "≥", "2", "×", "0.50", "NOT", "MET"]
    assert [note.strip() for note in notes] == ["X", "a", "b"]


def _is_there(program: str) -> bool:
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is not None


def test_a_time_in_which_nothing_was_answered_is_taken_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine a second may pass so; a site that never answers ends the row."""
    told = iter(["0.00", "0.00", "12.50"])
    monkeypatch.setattr(peers, "program", str)
    monkeypatch.setattr(peers, "run", lambda _: f"Requests/sec:  {next(told, '0.00')}")
    assert peers.request_rate("http://127.0.0.1/", core=None, seconds=1) == 12.5
    with pytest.raises(BenchError, match="did not answer"):
        peers.request_rate("http://127.0.0.1/", core=None, seconds=1)


def test_a_benchmark_that_is_told_to_end_leaves_nothing_behind() -> None:
    """SIGTERM ends its PostgreSQL and its senders as Ctrl-C does, and removes its folder."""
    command = [
        sys.executable,
        "-m",
        "scripts.bench",
        "--quick",
        "--rows",
        "postgresql",
        "--messages",
        "20",
    ]
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # PostgreSQL is another user, who must be able to pass
        with Forked(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": name},
        ) as process:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            if not any("postgresql-one 1/1" in line for line in lines):
                pytest.skip("PostgreSQL or Postfix is not installed")
            assert [pid for pid, words in _processes() if name in words]
            process.terminate()
            process.communicate(timeout=120)
        assert process.returncode == 128 + signal.SIGTERM
        assert list(Path(name).iterdir()) == []
        assert [pid for pid, words in _processes() if name in words] == []


def _processes() -> Iterator[tuple[str, str]]:
    """Each that runs now, and the command line that it was started with."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            yield folder.name, (folder / "cmdline").read_text()
