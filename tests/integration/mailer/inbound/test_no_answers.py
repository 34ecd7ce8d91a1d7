"""Whatever comes back, by whatever way: nothing is ever sent in answer, and no loop begins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailer.inbound.inbox import visit_mailbox
from mailer.inbound.listener import Accepts, Process
from newsletter.app import Newsletter
from newsletter.inbound.webhookdesk import WebhookDesk
from storage.database import schema
from storage.model.deliveries import DeliveryState
from storage.model.reports import Effect
from tests.conftest import NOON
from tests.peers.mailboxes.imap import Server, serving
from tests.peers.mailboxes.readers import idle, wishes
from tests.peers.mailboxes.services import Mail, keys
from tests.peers.nursery import PROGRAM, run_forked
from tests.peers.ports import free_port
from tests.peers.relays.smtp import Peer
from tests.sizes import every
from tests.worlds.inbound.intakes import INTAKES, ROOT, settle_in
from tests.worlds.inbound.listener import listener
from tests.worlds.inbound.services import complaint, hard, left

FOLDER = Path(__file__).parents[3] / "fixtures" / "reports"
PLACEHOLDER = b"notes+i1.s1.000000000000"
NOTE = "---\npublish: now\n---\n# One\n\nHello.\n"


def some(newsletter: Newsletter) -> Iterator[tuple[bytes, str]]:
    """A seventh of everything, or all of it with --slow."""
    return islice(everything(newsletter), 0, None, every(7))


def everything(newsletter: Newsletter) -> Iterator[tuple[bytes, str]]:
    """Every fixture, as it comes and as it comes for our reader; then every mail that asks to leave."""
    path = newsletter.parts.tokens.return_path(None, 1, "notes@example.com")
    for file in sorted(FOLDER.glob("*.eml")):
        yield file.read_bytes(), path
        yield file.read_bytes().replace(PLACEHOLDER, path.partition("@")[0].encode()), path
    key = newsletter.parts.tokens.leave_key(1)
    address = f"notes+{key}@example.com"
    for raw in (*idle(address, key).values(), *wishes(address, key).values()):
        yield raw, address


def by_pipe(newsletter: Newsletter) -> int:
    """All of it at once, as an mbox on standard input."""
    raws = [raw.replace(b"\r\n", b"\n") for raw, _ in everything(newsletter)]
    box = b"".join(b"From x Sun Nov 22 09:00:00 2026\n" + raw + b"\n\n" for raw in raws)
    command = [PROGRAM, "--config", newsletter.config.source, "bounce"]
    done = run_forked(command, stdin=box, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return len(done.stdout.splitlines()) - 1


def by_imap(newsletter: Newsletter) -> int:
    """Some of it in one mailbox."""
    fed = enumerate(some(newsletter), 1)
    server = Server({n: f"Delivered-To: {to}\r\n".encode() + raw for n, (raw, to) in fed})

    def handle(raw: bytes) -> bool:
        return newsletter.report_desk.process(raw).action is Effect.QUARANTINED

    with serving(server) as mailbox:
        return visit_mailbox(mailbox, handle)


def one_by_one(name: str) -> Callable[[Newsletter], int]:
    """One after the other by this way in."""

    def feed(newsletter: Newsletter) -> int:
        fed = 0
        for raw, envelope_to in some(newsletter):
            INTAKES[name](newsletter, raw, envelope_to)
            fed += 1
        return fed

    return feed


def noting(newsletter: Newsletter, taken: list[bytes]) -> tuple[Accepts, Process]:
    """What a listener of this newsletter does, besides remembering what it took."""

    def process(raw: bytes, recipient: str) -> None:
        taken.append(raw)
        newsletter.report_desk.process(raw, envelope_to=recipient)

    return newsletter.report_desk.accepts, process


def queued(newsletter: Newsletter) -> int:
    """How much was ever queued to be mailed, to whomever."""
    with newsletter.parts.database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(schema.deliveries)) or 0


WAYS = {
    "pipe": by_pipe,
    "imap": by_imap,
    **{name: one_by_one(name) for name in ("maildir", "smtp", "lmtp")},
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_ever_answered(tmp_path: Path, way: str) -> None:
    """Fixtures go in by each way, all of them by one, and all that is due is sent: the relay gets nothing
    (rules C7, C17).
    """

    async def main() -> None:
        async with Peer().serving() as sink:
            relay = f"smtp://127.0.0.1:{sink.port}"
            config = settle_in(tmp_path / "house", storage="sqlite:///newsletter.db", relay=relay)
            with Newsletter.open(config, environ={}) as newsletter:
                fed = everything if way == "pipe" else some
                expected = len(list(fed(newsletter)))
                assert await asyncio.to_thread(WAYS[way], newsletter) == expected
                assert newsletter.reports.counts()
                report = await asyncio.to_thread(newsletter.send)
                assert report.queued == 0
                assert not queued(newsletter), "not even what is stopped before it is sent"
            assert (sink.connections, sink.messages) == (0, [])

    asyncio.run(main())


def test_no_webhook_is_answered_by_mail(tmp_path: Path) -> None:
    """What services tell sends nothing either (rule C7)."""

    async def main() -> None:
        async with Peer().serving() as sink:
            relay = f"smtp://127.0.0.1:{sink.port}"
            config = settle_in(tmp_path / "house", storage="sqlite:///newsletter.db", relay=relay)
            with Newsletter.open(config, environ={}) as newsletter:
                path = newsletter.parts.tokens.return_path(None, 1, "notes@example.com")
                desk = WebhookDesk(
                    newsletter.report_desk, keys(), fetch=lambda _url: b"", clock=lambda: NOON
                )
                for mail in (Mail(), Mail(path=path)):
                    for tell in (hard, complaint, left):
                        for service in desk.services:
                            said = tell(service, mail)
                            assert desk.take(service, said.body, said.headers)
                assert newsletter.reports.counts()
                assert (await asyncio.to_thread(newsletter.send)).queued == 0
            assert sink.connections == 0

    asyncio.run(main())


def test_a_loop_between_two_newsletters_ends(tmp_path: Path) -> None:
    """Each is the other's reader, with an address that the other's listener takes, and each is the
    other's relay: one mail goes each way, and that is all (rule C17).
    """
    with ExitStack() as stack:
        names, ports = ("one", "two"), (free_port(), free_port())
        houses = []
        for name, relay in zip(names, reversed(ports), strict=True):
            config = settle_in(
                tmp_path / name,
                storage="sqlite:///newsletter.db",
                relay=f"smtp://127.0.0.1:{relay}",
            )
            houses.append(stack.enter_context(Newsletter.open(config, environ={})))
        taken: dict[str, list[bytes]] = {name: [] for name in names}
        for mine, other in zip(houses, reversed(houses), strict=True):
            mine.subscriptions.unsubscribe_address("ada@example.org")
            theirs = other.parts.tokens.return_path(None, 1, "notes@example.com")
            mine.subscriptions.add(theirs, consent="test")
            (mine.config.notes.path / "note.md").write_text(NOTE)
        for name, house, port in zip(names, houses, ports, strict=True):
            stack.enter_context(listener(*noting(house, taken[name]), port=port))
        for _ in range(3):
            for house in houses:
                house.send()
        for name, house in zip(names, houses, strict=True):
            assert len(taken[name]) == 1
            assert house.totals().total == house.totals()[DeliveryState.ACCEPTED] == 1
