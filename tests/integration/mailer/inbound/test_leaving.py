"""Readers who leave by mail: offered in the header, and done by every way in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from newsletter.app import Newsletter
from storage.model.deliveries import DeliveryState
from storage.model.readers import SubscriberState
from storage.model.reports import Effect
from tests.peers.mailboxes.readers import idle, marked, wishes
from tests.worlds.inbound.intakes import INTAKES, by_pipe, settle_in

NOTE = "---\npublish: now\n---\n# {title}\n\nHello.\n"


@pytest.fixture
def newsletter(database_url: str, tmp_path: Path) -> Iterator[Newsletter]:
    """A newsletter with one reader, on each engine."""
    config = settle_in(tmp_path / "house", storage=database_url)
    with Newsletter.open(config, environ={}) as opened:
        yield opened


def key_of(newsletter: Newsletter, reader: int = 1) -> tuple[str, str]:
    """The address to which that reader's mail programs write, and the key in it."""
    key = newsletter.parts.tokens.leave_key(reader)
    return f"notes+{key}@example.com", key


def state(newsletter: Newsletter, reader: int = 1) -> SubscriberState:
    """Whether that reader is subscribed."""
    known = newsletter.subscribers.get(reader)
    assert known is not None
    return known.state


def header(newsletter: Newsletter) -> str:
    """List-Unsubscribe of the mail in the outbox."""
    newsletter.config.notes.path.joinpath("note.md").write_text(NOTE.format(title="One"))
    assert newsletter.send().accepted == 1
    outbox = newsletter.publication.outbox()
    assert outbox is not None
    (file,) = (outbox / "new").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert len(message.get_all("List-Unsubscribe", [])) == 1
    return str(message["List-Unsubscribe"])


def test_the_mail_that_a_header_asks_for_unsubscribes(newsletter: Newsletter) -> None:
    """What was sent, taken by its word: a mail to that address ends the subscription (rule C11)."""
    link, mailto = (uri.strip(" <>") for uri in header(newsletter).split(","))
    assert link.startswith("https://notes.example.com/unsubscribe/")
    address = unquote(urlsplit(mailto).path)
    mail = f"To: {address}\r\nFrom: somebody@example.net\r\n\r\n".encode()
    assert newsletter.report_desk.process(mail).action is Effect.LEFT
    assert state(newsletter) is SubscriberState.UNSUBSCRIBED


def test_no_mailto_where_no_mail_comes_in(tmp_path: Path) -> None:
    """Without a way in the link stands alone (rule A3)."""
    config = settle_in(tmp_path / "house", storage="sqlite:///newsletter.db")
    text = config.read_text().replace('address = "notes@example.com"\nmaildir = "mail"', "")
    config.write_text(text)
    with Newsletter.open(config, environ={}) as opened:
        assert "mailto" not in header(opened)


def joined(newsletter: Newsletter, count: int) -> range:
    """The numbers of so many readers: the one there is, and more."""
    for number in range(2, count + 1):
        newsletter.subscriptions.add(f"reader{number}@example.com", consent="test")
    return range(1, count + 1)


@pytest.mark.parametrize("intake", INTAKES)
def test_every_way_in_takes_it(newsletter: Newsletter, intake: str) -> None:
    """Command, Maildir, IMAP and listener do the same (rules C11, C16)."""
    names = ("plain", "address only", "base64", "html")
    for reader, name in zip(joined(newsletter, len(names)), names, strict=True):
        address, key = key_of(newsletter, reader)
        INTAKES[intake](newsletter, wishes(address, key)[name], address)
        assert state(newsletter, reader) is SubscriberState.UNSUBSCRIBED, name
        last = newsletter.subscribers.events(reader)[-1]
        assert (last.kind.value, last.source) == ("unsubscribed", "mail"), name


def test_a_mail_system_can_pipe_it(newsletter: Newsletter) -> None:
    """`newsletter bounce` takes it from a mail system as a process of its own (rule C16)."""
    address, key = key_of(newsletter)
    by_pipe(newsletter, wishes(address, key)["plain"], address)
    assert state(newsletter) is SubscriberState.UNSUBSCRIBED


def test_whatever_comes_to_a_leave_address_leaves(newsletter: Newsletter) -> None:
    """Nothing is sent from there that a machine could answer: who writes there wants to leave (C11)."""
    names = list(marked(""))
    for reader, name in zip(joined(newsletter, len(names)), names, strict=True):
        address, _ = key_of(newsletter, reader)
        done = newsletter.report_desk.process(marked(address)[name])
        assert (done.kind.value, done.action) == ("unsubscribe", Effect.LEFT), name
        assert state(newsletter, reader) is SubscriberState.UNSUBSCRIBED, name


def test_a_report_on_a_delivery_is_no_wish_to_leave(newsletter: Newsletter) -> None:
    """A DSN that comes to the address by which a reader may leave is set aside, and nobody leaves (rule C11)."""
    address, key = key_of(newsletter)
    for name, report in idle(address, key).items():
        if b"message/delivery-status" in report:
            done = newsletter.report_desk.process(report, envelope_to=address)
            assert done.action is Effect.QUARANTINED, name
    assert state(newsletter) is SubscriberState.ACTIVE
    assert not newsletter.subscribers.suppressions()


@pytest.mark.parametrize("intake", INTAKES)
def test_every_way_in_takes_what_calls_itself_automatic(
    newsletter: Newsletter, intake: str
) -> None:
    """Command, Maildir, IMAP and listener do the same with what Apple's programs send (C11, C16)."""
    names = ("Apple", "null sender", "no body")
    for reader, name in zip(joined(newsletter, len(names)), names, strict=True):
        address, _ = key_of(newsletter, reader)
        INTAKES[intake](newsletter, marked(address)[name], address)
        assert state(newsletter, reader) is SubscriberState.UNSUBSCRIBED, name


def test_every_shape_of_it_is_taken(newsletter: Newsletter) -> None:
    """Each shape unsubscribes its own reader, and no other (rule C11)."""
    names = list(wishes("a@example.org", "1.proof"))
    for number in range(len(names)):
        newsletter.subscriptions.add(f"reader{number}@example.com", consent="test")
    for number, name in enumerate(names, 2):
        address, key = key_of(newsletter, number)
        done = newsletter.report_desk.process(wishes(address, key)[name])
        assert done.action is Effect.LEFT, name
        assert done.subscriber is not None
        assert done.subscriber.id == number
    assert state(newsletter, 1) is SubscriberState.ACTIVE
    assert newsletter.subscribers.counts()[SubscriberState.UNSUBSCRIBED] == len(names)


def test_leaving_twice_is_kind(newsletter: Newsletter) -> None:
    """The same mail again is a duplicate, another one is taken; nothing changes (rules C11, C13)."""
    address, key = key_of(newsletter)
    mails = wishes(address, key)
    assert newsletter.report_desk.process(mails["plain"]).action is Effect.LEFT
    before = newsletter.subscribers.events(1)
    assert newsletter.report_desk.process(mails["plain"]).action is Effect.DUPLICATE
    assert newsletter.report_desk.process(mails["Re:"]).action is Effect.LEFT
    assert newsletter.subscribers.events(1) == before


@pytest.mark.parametrize("intake", ["maildir", "smtp", "lmtp"])
def test_one_mail_to_two_addresses_is_two_wishes(newsletter: Newsletter, intake: str) -> None:
    """Each copy asks for the reader whose address it came to, and again is a copy (C11, C13)."""
    newsletter.subscriptions.add("eve@example.org", consent="test")
    both = [key_of(newsletter, reader)[0] for reader in (1, 2)]
    mail = f"To: {', '.join(both)}\r\nFrom: somebody@example.net\r\n".encode()
    mail += b"Date: Sun, 22 Nov 2026 09:01:00 +0000\r\nMessage-ID: <1@example.net>\r\n\r\n"
    for address in both:
        INTAKES[intake](newsletter, mail, address)
    assert [state(newsletter, reader) for reader in (1, 2)] == [SubscriberState.UNSUBSCRIBED] * 2
    for address in both:
        done = newsletter.report_desk.process(mail, envelope_to=address)
        assert done.action is Effect.DUPLICATE
        done = newsletter.report_desk.process(mail, envelope_to=address, dry_run=True)
        assert done.action is Effect.DUPLICATE


def test_a_mail_without_a_date_is_never_a_copy(newsletter: Newsletter) -> None:
    """Who left, came back and leaves again in the same words has left."""
    address, _ = key_of(newsletter)
    mail = f"To: {address}\r\n\r\n".encode()
    assert newsletter.report_desk.process(mail).action is Effect.LEFT
    assert newsletter.report_desk.process(mail).action is Effect.LEFT


@pytest.mark.parametrize("name", idle("", ""))
def test_machines_ask_for_nothing(newsletter: Newsletter, name: str) -> None:
    """What a machine writes to us unsubscribes nobody by the words it repeats (rules C8, C11)."""
    _, key = key_of(newsletter)
    address = "notes@example.com"
    newsletter.report_desk.process(idle(address, key)[name], envelope_to=address)
    assert state(newsletter) is SubscriberState.ACTIVE
    assert not newsletter.subscribers.suppressions()


def test_a_forged_key_is_set_aside(newsletter: Newsletter) -> None:
    """A wrong key changes nothing, and the mail is kept for the author (rules C3, C11)."""
    address, key = key_of(newsletter)
    forged = key[:-1] + ("0" if key[-1] != "0" else "1")
    mail = wishes(address.replace(key, forged), forged)["plain"]
    assert newsletter.report_desk.process(mail).action is Effect.QUARANTINED
    assert state(newsletter) is SubscriberState.ACTIVE


def test_a_dry_run_only_tells(newsletter: Newsletter) -> None:
    """`bounce --dry-run` says who would leave, and nobody does."""
    address, key = key_of(newsletter)
    done = newsletter.report_desk.process(wishes(address, key)["plain"], dry_run=True)
    assert (done.kind.value, done.action) == ("unsubscribe", Effect.LEFT)
    assert state(newsletter) is SubscriberState.ACTIVE


def test_mail_that_waits_is_stopped(newsletter: Newsletter) -> None:
    """Who leaves by mail gets nothing that is queued already (rule A8, promise 3)."""
    newsletter.config.notes.path.joinpath("note.md").write_text(NOTE.format(title="One"))
    newsletter.poll()
    address, key = key_of(newsletter)
    newsletter.report_desk.process(wishes(address, key)["plain"])
    assert newsletter.parts.overview.tally()[DeliveryState.SUPPRESSED] == 1
    assert newsletter.send().accepted == 0


def test_damaged_mails_are_taken_or_kept(tmp_path: Path, slow: bool) -> None:
    """Octets changed anywhere: the mail is acted on, set aside or nobody's; never raised at, and no
    other reader leaves (rule C12).
    """
    chance = random.Random(7)
    config = settle_in(tmp_path / "house", storage="sqlite:///newsletter.db")
    with Newsletter.open(config, environ={}) as newsletter:
        newsletter.subscriptions.add("eve@example.org", consent="test")
        address, key = key_of(newsletter)
        mails = [*wishes(address, key).values(), *marked(address).values()]
        for raw in mails * (60 if slow else 2):
            broken = bytearray(raw)
            for _ in range(chance.randint(1, 8)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            done = newsletter.report_desk.process(bytes(broken), envelope_to=address)
            assert done.action not in {Effect.SUPPRESSED, Effect.UNSUBSCRIBED}
        assert state(newsletter, 2) is SubscriberState.ACTIVE
