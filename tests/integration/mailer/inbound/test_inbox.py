"""Where reports come in: Maildir folders, an IMAP server that misbehaves, files, the command."""

from __future__ import annotations

import contextlib
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from mailer.inbound.inbox import (
    MAX_MESSAGES,
    MAX_REFUSED,
    find_messages,
    split_messages,
    visit_mailbox,
    visit_maildir,
)
from mailer.inbound.places import parse_imap
from newsletter.app import Newsletter
from scripts.cli import main
from storage.model import prepare_log
from storage.model.errors import DatabaseBusy, MailboxError, StorageError
from storage.model.readers import SuppressionReason
from tests.peers.mailboxes.imap import Server, serving
from tests.peers.silence import dripping
from tests.worlds.store import empty_file

FIXTURE = Path(__file__).parents[3] / "fixtures" / "reports" / "postfix-hard.eml"
PLACEHOLDER = b"notes+i1.s1.000000000000@example.com"


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


# ── Maildir and files ────────────────────────────────────────────────────────────────────────


def test_a_maildir_is_handled_once(maildir: Path) -> None:
    """New and unread messages are handled, marked, and left alone next time (rule C16)."""
    (maildir / "new" / "1.a").write_bytes(b"one")
    (maildir / "cur" / "2.b:2,").write_bytes(b"two")
    (maildir / "cur" / "3.c:2,RS").write_bytes(b"read already")
    seen: list[bytes] = []

    def handle(raw: bytes) -> bool:
        seen.append(raw)
        return raw == b"two"

    assert visit_maildir(maildir, handle) == 2
    assert visit_maildir(maildir, handle) == 0
    assert seen == [b"one", b"two"]
    names = sorted(path.name for path in (maildir / "cur").iterdir())
    assert names == ["1.a:2,S", "2.b:2,FS", "3.c:2,RS"]


def test_a_failure_leaves_the_message(maildir: Path) -> None:
    """A message is marked only after it was handled: a crash repeats it, and loses none (C12)."""
    (maildir / "new" / "1.a").write_bytes(b"one")

    def crash(raw: bytes) -> bool:
        raise ConnectionAbortedError(raw)

    with pytest.raises(MailboxError):
        visit_maildir(maildir, crash)
    assert [path.name for path in find_messages(maildir)] == ["1.a"]


def refuse_poison(raw: bytes) -> bool:
    """What a handler meets that cannot record one message."""
    if raw.startswith(b"poison"):
        raise StorageError("the database refused this one")
    return False


def test_a_message_that_is_refused_holds_up_no_other(maildir: Path) -> None:
    """The messages behind it are handled, it is told and waits for the next visit (rule C12)."""
    for name, raw in (("1.a", b"poison"), ("2.b", b"one"), ("3.c", b"poison"), ("4.d", b"two")):
        (maildir / "new" / name).write_bytes(raw)
    with pytest.raises(StorageError, match="this one"):
        visit_maildir(maildir, refuse_poison)
    assert sorted(path.name for path in (maildir / "new").iterdir()) == ["1.a", "3.c"]
    assert sorted(path.name for path in (maildir / "cur").iterdir()) == ["2.b:2,S", "4.d:2,S"]


def test_a_database_that_takes_nothing_ends_the_visit(maildir: Path) -> None:
    """A busy one at the first message, a broken one after a few: no visit lasts for ever."""
    for number in range(MAX_REFUSED + 5):
        (maildir / "new" / f"{number:02}.a").write_bytes(b"one")
    for error, expected in ((DatabaseBusy("busy"), 1), (StorageError("gone"), MAX_REFUSED)):
        tries = 0

        def handle(raw: bytes, error: StorageError = error) -> bool:
            nonlocal tries
            tries += 1
            raise error

        with pytest.raises(StorageError):
            visit_maildir(maildir, handle)
        assert tries == expected
    assert not list((maildir / "cur").iterdir())


def test_a_missing_maildir_is_told(tmp_path: Path) -> None:
    """A folder that is not there is an error with a reason."""
    with pytest.raises(MailboxError, match="cannot be used"):
        visit_maildir(tmp_path / "none", bool)


def test_an_mbox_is_split() -> None:
    """Messages of an mbox come one by one; a line that begins with From in a text splits nothing."""
    box = (
        b"From a@example.org Sun Nov 22 09:00:00 2026\nSubject: 1\n\nFrom here on\n\n"
        b"From b@example.org Sun Nov 22 09:00:00 2026\nSubject: 2\n\nx\n"
    )
    assert [re.findall(rb"Subject: (\d)", one) for one in split_messages(box)] == [[b"1"], [b"2"]]
    assert split_messages(b"Subject: 1\n\nFrom x Sun\n") == [b"Subject: 1\n\nFrom x Sun\n"]


# ── IMAP ─────────────────────────────────────────────────────────────────────────────────────


def test_an_imap_mailbox_is_handled_once() -> None:
    """Unread messages are handled, marked as read, and flagged if somebody should look (C16)."""
    server = Server({1: b"one\r\n", 2: b"two (\r\n"}, flags={})
    seen: list[bytes] = []

    def handle(raw: bytes) -> bool:
        seen.append(raw)
        return raw.startswith(b"two")

    with serving(server) as mailbox:
        assert visit_mailbox(mailbox, handle) == 2
        assert visit_mailbox(mailbox, handle) == 0
    assert seen == [b"one\r\n", b"two (\r\n"]
    assert server.flags == {1: {"\\Seen"}, 2: {"\\Seen", "\\Flagged"}}


def test_a_mailbox_that_has_gathered_for_years_is_worked_off() -> None:
    """Of 150,000 messages that nobody has looked at the oldest are handled in each visit, also where they lie in
    different parts of it: all numbers together would be a longer line than is read.
    """
    first = 4_100_000_000
    server = Server(messages=dict.fromkeys(range(first, first + 150_000), b"mail"))
    server.flags = {first + n: {"\\Seen"} for n in range(49_700)}
    with serving(server) as mailbox:
        assert visit_mailbox(mailbox, lambda _: False) == MAX_MESSAGES
    handled = sum("\\Seen" in flags for flags in server.flags.values())
    assert handled == 49_700 + MAX_MESSAGES
    assert "\\Seen" in server.flags[first + 49_700 + MAX_MESSAGES - 1]


def test_a_refused_message_holds_up_no_other_on_a_server() -> None:
    """There, too, it is told, stays unread, and those behind it are handled (rule C12)."""
    server = Server({1: b"poison", 2: b"one"})
    with serving(server) as mailbox, pytest.raises(StorageError, match="this one"):
        visit_mailbox(mailbox, refuse_poison)
    assert server.flags == {2: {"\\Seen"}}


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE"])
def test_a_server_that_breaks_off_loses_nothing(command: str) -> None:
    """Whatever the server refuses or breaks off is told, and the message stays unread (C12)."""
    for server in (Server({1: b"one"}, hang_up_at=command), Server({1: b"one"}, refuse=command)):
        with serving(server) as mailbox, pytest.raises(MailboxError) as caught:
            visit_mailbox(mailbox, bool)
        assert "se@cret" not in str(caught.value)
        assert ("the login was refused" in str(caught.value)) is caught.value.refuses_login
        assert caught.value.refuses_login is (server.refuse == "LOGIN")
        assert not server.flags


@pytest.mark.parametrize("command", ["FETCH", "STORE"])
def test_what_a_server_refuses_of_one_message_holds_up_no_other(command: str) -> None:
    """A damaged message, or a mark that a full quota refuses: it is told, and those behind it are handled."""
    server = Server({1: b"one", 2: b"two", 3: b"three"}, refuse=command, refused_for={"2"})
    seen: list[bytes] = []
    with (
        serving(server) as mailbox,
        pytest.raises(MailboxError, match=f"of 3 messages it refused {command} for 1"),
    ):
        visit_mailbox(mailbox, lambda raw: bool(seen.append(raw)))
    assert seen == [
        raw for raw in (b"one", b"two", b"three") if (command, raw) != ("FETCH", b"two")
    ]
    assert server.flags == {1: {"\\Seen"}, 3: {"\\Seen"}}


@pytest.mark.parametrize(
    "search", ["1 zwei", "-1", "0", "99999999999999999999", "1\u0661", "1)(", "\x1b[31m"]
)
def test_a_number_that_is_none_is_told(search: str) -> None:
    """A server whose answers make no sense is one that cannot be used, and nothing is handled."""
    server = Server({1: b"one"}, search=search)
    with serving(server) as mailbox, pytest.raises(MailboxError, match="cannot be used"):
        visit_mailbox(mailbox, lambda _raw: pytest.fail("nothing may be handled"))


@pytest.mark.parametrize("length", ["99999999999999999999", "590000000", "9" * 5000])
def test_a_literal_is_only_read_as_far_as_was_asked(length: str) -> None:
    """Whatever length it says it has: no more is taken than a visit may take."""
    server = Server({1: b"one"}, literal=length)
    with serving(server) as mailbox, pytest.raises(MailboxError, match="cannot be used"):
        visit_mailbox(mailbox, lambda _raw: pytest.fail("nothing may be handled"))


@pytest.mark.parametrize("greeting", [b"", b"* OK ready\r\n"])
def test_a_server_that_drips_has_an_end(greeting: bytes) -> None:
    """An octet now and then is in time for every read; the visit ends nevertheless."""
    with dripping(greeting, b".", every_s=0.01) as (port, _):
        mailbox = parse_imap(f"imap://ada:secret@127.0.0.1:{port}/INBOX")
        with pytest.raises(MailboxError, match="cannot be used"):
            visit_mailbox(mailbox, lambda _raw: False, lasting_s=0.2)


def test_a_tls_handshake_that_drips_has_an_end() -> None:
    """The bound holds before there is a session."""
    with dripping(b"\x16\x03\x03\x40\x00", b".", every_s=0.01) as (port, _):
        mailbox = parse_imap(f"imaps://ada:secret@127.0.0.1:{port}/INBOX")
        with pytest.raises(MailboxError, match="cannot be used"):
            visit_mailbox(mailbox, lambda _raw: False, lasting_s=0.2)


def test_mailbox_addresses_are_read() -> None:
    """A mailbox is an address with a login; a password is never shown, nor sent in clear."""
    mailbox = parse_imap("imaps://a%40b:c%2Fd@mail.example.com/In/Box")
    assert (mailbox.port, mailbox.username, mailbox.password) == (993, "a@b", "c/d")
    assert mailbox.folder == "In/Box"
    assert "c/d" not in repr(mailbox)
    assert parse_imap("imaps://a:b@straße.de/").host == "xn--strae-oqa.de"
    for host in ("127.0.0.1", "127.0.0.2", "[::1]", "localhost", "mail.localhost"):
        assert not parse_imap(f"imap://a:b@{host}/").tls
    with pytest.raises(ValueError, match="must be like") as caught:
        parse_imap("imaps://ada@example.com:pa/ss@host")
    assert caught.value.__suppress_context__  # urlsplit quotes what may be a password (rule A37)
    for url in ("imap://a:b@mail.example.com/", "https://a:b@c/", "imaps://mail.example.com", "x"):
        with pytest.raises(ValueError, match="imap"):
            parse_imap(url)


# ── the service and the command ──────────────────────────────────────────────────────────────


@pytest.fixture
def quiet() -> Iterator[None]:
    """Logging is afterwards as it was: a command sets it up on this test's standard error."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    prepare_log(0, structlog.reset_defaults)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def config(tmp_path: Path, maildir: Path, quiet: None) -> Path:
    """A newsletter with one reader and a Maildir of reports."""
    path = tmp_path / "newsletter.toml"
    path.write_text(
        '[newsletter]\ntitle = "T"\nurl = "https://notes.example.com"\n'
        'sender = "notes@example.com"\n[smtp]\nurl = "outbox:outbox"\n'
        f'[bounces]\nmaildir = "{maildir}"\n',
        "utf-8",
    )
    (tmp_path / "notes").mkdir()
    empty_file(tmp_path)
    with Newsletter.open(path, environ={}) as newsletter:
        newsletter.subscriptions.add("ada@example.org")
    return path


def report(config: Path) -> bytes:
    """A hard bounce of the reader's."""
    with Newsletter.open(config, environ={}) as newsletter:
        address = newsletter.parts.tokens.return_path(None, 1, "notes@example.com")
    return FIXTURE.read_bytes().replace(PLACEHOLDER, address.encode())


def test_the_service_looks_through_its_maildir(config: Path, maildir: Path) -> None:
    """What lies in `[bounces] maildir` is acted on and marked (rule C16)."""
    (maildir / "new" / "1.a").write_bytes(report(config))
    (maildir / "new" / "2.b").write_bytes(FIXTURE.read_bytes())
    with Newsletter.open(config, environ={}) as newsletter:
        assert newsletter.collect_reports() == 2
        found = newsletter.subscriptions.suppression("ada@example.org")
        assert found is not None
        assert found.reason is SuppressionReason.HARD_BOUNCE
        assert found.evidence.startswith("5.1.1 550 5.1.1")
    assert sorted(path.name for path in (maildir / "cur").iterdir()) == ["1.a:2,S", "2.b:2,FS"]


def run(config: Path, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[object]:
    """The command's JSON document."""
    with contextlib.suppress(SystemExit):
        main(["--config", str(config), "bounce", "--json", *map(str, arguments)])
    printed: list[object] = json.loads(capsys.readouterr().out)
    return printed


def test_the_command_takes_files(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each report has its line; a dry run comes to the same and changes nothing."""
    file = tmp_path / "returned.eml"
    file.write_bytes(report(config))
    expected = {
        "file": str(file),
        "kind": "hard",
        "status": "5.1.1",
        "recipients": ["ada@example.org"],
        "subscriber": "ada@example.org",
        "action": "suppressed",
    }
    assert run(config, capsys, "--dry-run", file) == [expected]
    assert run(config, capsys, file) == [expected]
    assert run(config, capsys, file) == [{**expected, "action": "duplicate"}]


def test_the_command_takes_folders(
    config: Path, maildir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Maildir is read, in order, and not changed."""
    (maildir / "new" / "1.a").write_bytes(b"Subject: hello\n\nhello\n")
    (maildir / "cur" / "2.b:2,S").write_bytes(report(config))
    found = run(config, capsys, maildir)
    assert [entry["kind"] for entry in found if isinstance(entry, dict)] == ["none", "hard"]
    assert len(list((maildir / "new").iterdir())) == 1


def test_an_unreadable_file_does_not_hold_up_the_others(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 1 and says which; what can be read is taken."""
    file = tmp_path / "returned.eml"
    file.write_bytes(report(config))
    with pytest.raises(SystemExit) as end:
        main(["--config", str(config), "bounce", str(tmp_path / "none"), str(file)])
    assert end.value.code == 1
    printed = capsys.readouterr()
    assert "none cannot be read" in printed.err
    assert "suppressed" in printed.out
