"""From a claim to the message: personal, and the same on every try."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from mailer.envelope import Envelope
from newsletter.mailing.letters import Letters
from newsletter.secret import Keyring
from newsletter.tokens import Tokens
from storage.model.deliveries import Claim, DeliveryKind
from storage.model.errors import StorageError
from tests.peers.silence import way_to
from tests.worlds.clock import Seconds
from tests.worlds.publishing.notes import IDENTITY, URL, Folder, Room

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Room]:
    """A newsletter with two readers and a published note, on each engine."""
    root = tmp_path / "notes"
    root.mkdir()
    opened = Room(database_url, Folder(root), hold=timedelta())
    opened.subscribe("ada@example.com", "bob@example.com")
    opened.folder.write("note.md", "# Note\n\nDear {{ name | reader }}.", publish="now")
    opened.poll()
    yield opened
    opened.database.close()


@pytest.fixture
def tokens() -> Tokens:
    """Keys of one secret."""
    return Tokens(Keyring(secrets=(b"k" * 32,)))


@pytest.fixture
def letters(room: Room, tokens: Tokens) -> Letters:
    """What a worker fills messages with."""
    return Letters(archive=room.archive, identity=IDENTITY, tokens=tokens, clock=room.clock)


def claims(room: Room) -> list[Claim]:
    """Everything that is due."""
    return room.ledger.claim("w", now=room.clock(), limit=10, lease=MINUTE)


def fill(letters: Letters, claim: Claim) -> Envelope:
    """The envelope of a letter, made at once or later."""

    async def main() -> Envelope:
        made = letters.fill(claim)
        return made if isinstance(made, Envelope) else await made

    return asyncio.run(main())


def read(content: bytes) -> EmailMessage:
    """The message as a mail program sees it."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def plain(message: EmailMessage) -> str:
    """Its plain part."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_each_reader_has_links_of_their_own(room: Room, letters: Letters, tokens: Tokens) -> None:
    """To, Message-ID, return path and the link to leave differ, and each is for its reader."""
    found = claims(room)
    envelopes = [fill(letters, claim) for claim in found]
    messages = [read(envelope.content) for envelope in envelopes]
    assert [str(message["To"]) for message in messages] == ["ada@example.com", "bob@example.com"]
    assert len({message["Message-ID"] for message in messages}) == 2
    assert len({envelope.sender for envelope in envelopes}) == 2
    for claim, message in zip(found, messages, strict=True):
        link = str(message["List-Unsubscribe"]).strip("<>")
        assert link.startswith(f"{URL}/unsubscribe/")
        assert tokens.unsubscribe(claim.subscriber_id) == link.rpartition("/")[2]
        assert link in plain(message).replace("=\n", "")


def test_a_retry_is_the_same_message(room: Room, letters: Letters, tokens: Tokens) -> None:
    """Message-ID and return path do not change with the try, the time or the worker (rule B8)."""
    (claim, _other) = claims(room)
    first = fill(letters, claim)
    room.clock.move(hours=4)
    other = Letters(archive=room.archive, identity=IDENTITY, tokens=tokens, clock=room.clock)
    again = fill(other, replace(claim, attempts=3))
    assert read(first.content)["Message-ID"] == read(again.content)["Message-ID"]
    assert first.sender == again.sender


def test_confirmations_may_come_from_a_mailbox_of_their_own(room: Room, tokens: Tokens) -> None:
    """Receivers tell them from issues by From and by the domain of the Message-ID; what comes back goes where all of it
    does (rule A38).
    """
    identity = replace(IDENTITY, letters_sender="Hello <hello@confirm.example.com>")
    letters = Letters(archive=room.archive, identity=identity, tokens=tokens, clock=room.clock)
    (claim, _other) = claims(room)
    issue = fill(letters, claim)
    assert (
        read(issue.content)["From"]
        == read(
            fill(
                Letters(archive=room.archive, identity=IDENTITY, tokens=tokens, clock=room.clock),
                claim,
            ).content
        )["From"]
    )
    home = issue.sender.rpartition("@")[2]
    for kind in (
        DeliveryKind.CONFIRMATION,
        DeliveryKind.NOTICE,
        DeliveryKind.CHANGE,
        DeliveryKind.MOVED,
    ):
        letter = fill(letters, replace(claim, kind=kind, issue_id=None, nonce="n"))
        message = read(letter.content)
        assert message["From"] == "Hello <hello@confirm.example.com>"
        assert str(message["Message-ID"]).endswith("@confirm.example.com>")
        assert letter.sender.endswith(f"@{home}")


def test_a_copys_date_is_hardly_older_than_the_copy(room: Room, tokens: Tokens) -> None:
    """The clock is read once in a tenth of a second, and Date has whole ones (rule A20)."""
    ticks = Seconds()
    letters = Letters(
        archive=room.archive,
        identity=IDENTITY,
        tokens=tokens,
        clock=room.clock,
        monotonic=ticks,
    )
    (claim, _other) = claims(room)
    began, dates = room.clock(), []
    for _ in range(4):
        dates.append(read(fill(letters, claim).content)["Date"].datetime)
        room.clock.move(seconds=1)
        ticks.now += 0.06
    assert dates == [began, began, began + 2 * SECOND, began + 2 * SECOND]


def test_an_edit_reaches_those_who_come_after_it(room: Room, letters: Letters) -> None:
    """A note mended while it is being sent: later claims carry the new revision."""
    (first, second) = claims(room)
    assert "Dear reader." in plain(read(fill(letters, first).content))
    room.ledger.release("w", now=room.clock())
    room.folder.write("note.md", "# Note\n\nMended.", publish="now")
    room.poll()
    (_first, second) = claims(room)
    assert "Mended." in plain(read(fill(letters, second).content))


@pytest.mark.parametrize("kind", [DeliveryKind.CONFIRMATION, DeliveryKind.NOTICE])
def test_letters_without_an_issue(
    room: Room, letters: Letters, tokens: Tokens, kind: DeliveryKind
) -> None:
    """A confirmation has its link, which works; a notice has none, and neither is list mail."""
    (claim, _other) = claims(room)
    message = read(
        fill(letters, replace(claim, kind=kind, issue_id=None, issue_revision=0)).content
    )
    assert message["List-Unsubscribe"] is None
    assert (f"{URL}/confirm/" in plain(message)) == (kind is DeliveryKind.CONFIRMATION)


def test_a_database_that_does_not_answer_holds_up_no_other_letter(
    postgres: str, tmp_path: Path, tokens: Tokens
) -> None:
    """While an issue waits to be compiled, the event loop goes on, and letters of what is compiled
    already, or needs no database, are made. Then each who waited is told.
    """
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE speechless TEMPLATE migrated")
    (tmp_path / "notes").mkdir()
    folder = Folder(tmp_path / "notes")
    with way_to(urlsplit(postgres).port or 5432) as way:
        room = Room(f"postgresql://test@127.0.0.1:{way.port}/speechless", folder)
        room.subscribe("ada@example.com", "bob@example.com")
        for name in ("one", "two"):
            folder.write(f"{name}.md", f"# {name}\n\nWords.", publish="now")
        room.poll()
        folder.clock.move(hours=1)
        letters = Letters(archive=room.archive, identity=IDENTITY, tokens=tokens, clock=room.clock)
        first, second, *others = claims(room)

        async def make(wanted: Claim) -> Envelope:
            made = letters.fill(wanted)
            return made if isinstance(made, Envelope) else await made

        async def main() -> None:
            await make(first)
            way.silent.set()
            waiting = [asyncio.create_task(make(one)) for one in others]
            assert await asyncio.to_thread(way.waiting.wait, 30)
            assert isinstance(letters.fill(second), Envelope)
            letter = replace(first, kind=DeliveryKind.CONFIRMATION, issue_id=None, issue_revision=0)
            assert (await make(letter)).content
            assert len(waiting) == 2
            assert not any(task.done() for task in waiting)
            way.cut()
            told = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(isinstance(error, StorageError) for error in told)

        asyncio.run(main())
        room.database.close()
