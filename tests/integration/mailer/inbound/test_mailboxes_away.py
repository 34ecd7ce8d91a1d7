"""Mailboxes of reports that cannot be used for long: the other is looked through, and their operator hears of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailer.inbound.places import ImapMailbox
from newsletter.app import Newsletter
from newsletter.inbound.collecting import LOGIN_AGAIN_S, Collecting
from newsletter.watching import troubles
from newsletter.watching.troubles import TroubleKind
from storage.model.errors import MailboxError
from tests.peers.mailboxes.imap import Server, serving
from tests.worlds.store import empty_file

DAY_S = 24 * 3600


class Hours:
    """A clock that nobody sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now_s


@pytest.fixture
def server() -> Server:
    """A mailbox with one message that is no report."""
    return Server({1: b"Subject: hello\r\n\r\nHello.\r\n"})


@pytest.fixture
def mailbox(server: Server) -> Iterator[ImapMailbox]:
    """The way to it."""
    with serving(server) as way:
        yield way


@pytest.fixture
def newsletter(tmp_path: Path, mailbox: ImapMailbox) -> Iterator[Newsletter]:
    """One whose reports come to that mailbox and to a Maildir."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    (tmp_path / "notes").mkdir()
    empty_file(tmp_path)
    config = tmp_path / "newsletter.toml"
    config.write_text(
        '[newsletter]\ntitle = "T"\nurl = "https://notes.example.com"\nsender = "a@example.com"\n'
        f'[bounces]\nmaildir = "mail"\nimap = "imap://ada:secret@127.0.0.1:{mailbox.port}/Bounces"\n'
    )
    with Newsletter.open(config, environ={}) as opened:
        yield opened


def test_a_login_that_is_refused_for_a_day_is_tried_seldom_and_told(
    newsletter: Newsletter, server: Server, *, slow: bool
) -> None:
    """Each quarter of an hour, so that nobody is locked out; let in again, what has gathered is handled and it is well.

    With --slow there is a look each minute, as the service has it.
    """
    clock = Hours()
    collecting = Collecting(newsletter.config, newsletter.parts.report_desk, monotonic=clock)
    server.refuse = "LOGIN"
    while clock.now_s < DAY_S:
        collecting.look()
        clock.now_s += 60 if slow else 300
    assert server.asked["LOGIN"] == DAY_S / LOGIN_AGAIN_S
    ((away, words),) = collecting.away
    assert away == timedelta(days=1)
    assert "the login was refused" in words
    server.refuse = ""
    collecting.look()
    assert collecting.away == []
    assert server.flags == {1: {"\\Seen"}}


def test_one_mailbox_that_is_away_keeps_none_from_the_other(
    newsletter: Newsletter, server: Server, tmp_path: Path
) -> None:
    """The folder is gone: it is told, and the server's mailbox is looked through all the same."""
    (tmp_path / "mail").rename(tmp_path / "elsewhere")
    told = f"the folder of reports {tmp_path / 'mail'} cannot be used: No such file or directory;"
    with pytest.raises(MailboxError, match=re.escape(told)):
        newsletter.collect_reports()
    assert server.flags == {1: {"\\Seen"}}
    assert [words for _, words in newsletter.parts.collecting.away]


def test_the_operator_is_told_of_what_the_service_cannot_look_through(
    newsletter: Newsletter, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is away for as long as nobody should wait is among the troubles, and no longer once it is back."""
    monkeypatch.setattr(troubles, "MAILBOX_AWAY", timedelta())
    watch = newsletter.watching.watch
    server.refuse = "LOGIN"
    newsletter.parts.collecting.look()
    watch.run()
    (told,) = [one for one in watch.troubles if one.kind is TroubleKind.MAILBOX]
    assert "the login was refused" in told.sentence
    server.refuse = ""
    assert newsletter.collect_reports() == 1
    watch.run()
    assert [one for one in watch.troubles if one.kind is TroubleKind.MAILBOX] == []
