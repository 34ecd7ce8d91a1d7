"""Relays that people really have: what each does to an issue on its way, and what comes back of it.

Postfix always; Exim and OpenSMTPD with `--slow`, unpacked from Debian's packages. Their habits are in
docs/relays.md.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from newsletter.mailing import SendReport
from tests.peers.mailboxes.dovecot import dovecot
from tests.peers.relays import real
from tests.peers.relays.counting import Phase, Relay
from tests.peers.relays.postfix import open_folder
from tests.peers.relays.real import REFUSED, Running, Wishes
from tests.worlds.publishing.due import CONNECTIONS, deliveries, send, settle, states, suppressed

GONE = "reader20@example.org"
"""Whom the host behind the relay does not know."""


@pytest.fixture
def readers(slow: bool) -> int:
    """How many of the newsletter."""
    return 200 if slow else 40


Start = Callable[[Path, Wishes], AbstractContextManager[Running]]
Settled = Callable[..., Path]

EACH = [
    real.postfix,
    pytest.param(real.exim, marks=pytest.mark.only_slow),
    pytest.param(real.opensmtpd, marks=pytest.mark.only_slow),
]
each = pytest.mark.parametrize("start", EACH, ids=["postfix", "exim", "opensmtpd"])


def refuse_gone(phase: Phase, recipient: str) -> str | None:
    """The host behind: it knows everybody but one."""
    return "550 5.1.1 no such user" if phase is Phase.RCPT and recipient == GONE else None


@pytest.fixture
def host(readers: int) -> Iterator[Relay]:
    """What the relay passes mail on to."""
    with Relay(refuse_gone).serving() as relay:
        relay.expected = readers - 2
        yield relay


@pytest.fixture
def settled(tmp_path: Path, readers: int) -> Settled:
    """Makes a newsletter that sends to a port; its configuration."""
    return partial(settle_readers, tmp_path, readers)


def settle_readers(
    folder: Path, readers: int, port: int, connections: int = CONNECTIONS, more: str = ""
) -> Path:
    """A newsletter of so many readers that sends to this port."""
    return settle(
        folder,
        f"sqlite:///{folder / 'n.db'}",
        f"smtp://127.0.0.1:{port}?tls=none",
        connections,
        readers=readers,
        more=more,
    )


def send_until(config: Path, accepted: int) -> list[SendReport]:
    """Sends, as a timer would have it done, until so many are accepted."""
    reports = []
    for _ in range(10):
        reports.append(send(config))
        if states(config).get("accepted") == accepted:
            return reports
        time.sleep(1)  # the first step of the ladder
    pytest.fail(f"{states(config)} {reports[-1]}")


@pytest.mark.only_slow
@each
def test_a_send_with_everything_that_happens(
    start: Start, postfix_home: Path, host: Relay, settled: Settled, readers: int
) -> None:
    """One is refused at the door, one further on, and the relay reads its configuration anew in the middle.
    All others have it once; both are never mailed again, the second by the report that Dovecot kept.
    """
    with (
        open_folder() as box,
        mailbox(box) as (lmtp, bounces),
        start(postfix_home, Wishes(onward=host.port, reports=lmtp)) as relay,
    ):
        config = settled(relay.port, more=bounces)
        assert send_and(config, readers // 3, relay.reload).rejected == 1
        send_until(config, readers - 1)  # OpenSMTPD can only be restarted, which puts some off
        assert host.everybody.wait(120), relay.log()[-3000:]
        wait_for_report(config)
    assert host.copies <= CONNECTIONS
    assert REFUSED not in host.accepted
    found = deliveries(config)
    assert found[REFUSED].state.value == "rejected"
    assert found[GONE].state.value == "bounced"
    assert suppressed(config) == {REFUSED: "hard-bounce", GONE: "hard-bounce"}


def send_and(config: Path, count: int, act: Callable[[], None]) -> SendReport:
    """Sends, and has something done beside it when so many are accepted."""
    acting = threading.Thread(target=act)

    def look(report: SendReport) -> None:
        if report.accepted > count and acting.ident is None:
            acting.start()

    report = send(config, look)
    acting.join()
    return report


@contextmanager
def mailbox(home: Path) -> Iterator[tuple[int, str]]:
    """Dovecot: its LMTP port, and the lines that have its mailbox read."""
    with dovecot(home) as box:
        yield box.lmtp, f'[bounces]\nimap = "{box.mailbox("a")}"\n'


def wait_for_report(config: Path) -> None:
    """Until something was found in the mailbox."""
    with Newsletter.open(config, environ={}) as newsletter:
        deadline = time.monotonic() + 120
        while not newsletter.collect_reports():
            assert time.monotonic() < deadline
            time.sleep(0.1)  # nobody tells that something came


@each
def test_a_relay_that_puts_off_whom_it_does_not_know(
    start: Start, postfix_home: Path, host: Relay, settled: Settled, readers: int
) -> None:
    """Greylisting: all are deferred, nobody is doubted, the issue goes on, and each gets it once. No session is
    kept until Postfix answers it slowly (rule B16).
    """
    with start(postfix_home, Wishes(onward=host.port, grey=True)) as relay:
        config = settled(relay.port)
        assert send(config).deferred >= readers - 1
        relay.reload()
        send_until(config, readers - 1)
        assert host.everybody.wait(120), relay.log()[-3000:]
        assert "too many errors" not in relay.log()
    assert host.copies == 0


@pytest.mark.only_slow
@each
def test_a_message_too_large_for_the_relay(
    start: Start, postfix_home: Path, host: Relay, settled: Settled
) -> None:
    """SIZE is believed: nothing is sent, no reader pays for it, the author is told what is too large."""
    with start(postfix_home, Wishes(onward=host.port, octets=2000)) as relay:
        config = settled(relay.port)
        report = send(config)
    assert host.accepted.total() == 0
    assert suppressed(config) == {}
    assert report.accepted == report.unknown == 0
    assert any("2000" in problem for problem in report.problems)


@pytest.mark.only_slow
@each
def test_a_relay_that_takes_few_connections(
    start: Start, postfix_home: Path, host: Relay, settled: Settled, readers: int
) -> None:
    """Ten connections to a relay that lets two in: those two send everything, and nobody is put off."""
    with start(postfix_home, Wishes(onward=host.port, connections=2)) as relay:
        config = settled(relay.port, connections=10)
        report = send(config)
        assert (report.accepted, report.rejected, report.deferred) == (readers - 1, 1, 0)
        assert host.everybody.wait(120), relay.log()[-3000:]
    assert host.copies == 0


@each
def test_a_relay_that_is_restarted_in_the_middle(
    start: Start, postfix_home: Path, host: Relay, settled: Settled, readers: int
) -> None:
    """Every connection is cut: who was on the wire just then may have two, all others one."""
    with start(postfix_home, Wishes(onward=host.port)) as relay:
        config = settled(relay.port)
        send_and(config, readers // 3, relay.restart)
        send_until(config, readers - 1)
        assert host.everybody.wait(120), relay.log()[-3000:]
    assert host.copies <= CONNECTIONS
