"""Owns where reports come from: Maildir folders, IMAP mailboxes, mbox and message files (rule C16).

A message is marked only after it was handled, so a crash repeats it and loses nothing. One that the
database refuses holds up none behind it. Nothing is deleted: what was handled is marked as read, what
a person should look at is flagged as well.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from mailer.inbound.imap import BoundedImap
from mailer.inbound.places import ImapMailbox
from storage.model import DatabaseBusy, MailboxError, StorageError

MAX_OCTETS: Final = 10_485_760
"""Octets of one message that are read at all."""

MAX_MESSAGES: Final = 500
"""Messages taken from one mailbox at a time, so that one visit ends."""

MAX_REFUSED: Final = 10
"""Messages refused one after another that end a visit: the fault is the database's, not theirs."""

_TIMEOUT_S: Final = 30
_VISIT_S: Final = 120.0
"""Seconds a visit to a server may take; the rest waits for the next one."""
_VISIT_OCTETS: Final = 10 * MAX_OCTETS
"""Octets taken from a server in one visit."""
_PART: Final = 50_000
"""Messages of a mailbox that are asked for at a time: half a megabyte at most, of the one that imaplib reads of a line."""
_UID: Final = re.compile(rb"[1-9]\d{0,9}")
"""A message's number (RFC 9051 9, nz-number)."""

Handler: TypeAlias = Callable[[bytes], bool]
"""Handles one message; returns whether a person should look at it. What it raises goes through."""


class _Visit:
    """Handles the messages of one visit; what is refused waits for the next one."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._first: StorageError | ValueError | None = None
        self._in_a_row = 0

    def take(self, raw: bytes) -> bool | None:
        """Whether a person should look at the message; None when it must not be marked."""
        try:
            flagged = self._handle(raw)
        except DatabaseBusy:
            raise
        except (StorageError, ValueError) as error:  # a ValueError: text that no database takes
            self._first = self._first or error
            self._in_a_row += 1
            if self._in_a_row >= MAX_REFUSED:
                raise
            return None
        self._in_a_row = 0
        return flagged

    def finish(self) -> None:
        """Raise what the first refused message met, once the others have had their turn."""
        if self._first is not None:
            raise self._first


# ── Maildir ──────────────────────────────────────────────────────────────────────────────────


def is_maildir(path: Path) -> bool:
    """Whether a folder is a Maildir: it has new and cur."""
    return (path / "new").is_dir() and (path / "cur").is_dir()


def find_messages(folder: Path) -> list[Path]:
    """Every message of a Maildir, read or not; of another folder every file. Oldest name first."""
    places = [folder / "new", folder / "cur"] if is_maildir(folder) else [folder]
    return sorted(
        (path for place in places for path in place.iterdir() if _is_message(path)),
        key=lambda path: (path.name, path.parent.name),
    )


def visit_maildir(folder: Path, handle: Handler) -> int:
    """Handle every message that is not marked as read; how many there were.

    Raises MailboxError when the folder cannot be read or a message cannot be marked, and at its end
    what a message met that could not be handled.
    """
    visit = _Visit(handle)
    try:
        waiting = [path for path in find_messages(folder) if not _is_seen(path)][:MAX_MESSAGES]
        for path in waiting:
            if (raw := _read(path)) is not None and (flagged := visit.take(raw)) is not None:
                _mark(folder, path, flagged=flagged)
    except OSError as error:
        raise MailboxError(
            f"the folder of reports {folder} cannot be used: {error.strerror}; it must be the Maildir that "
            "`[bounces] maildir` names, and writable"
        ) from error
    visit.finish()
    return len(waiting)


def _is_message(path: Path) -> bool:
    return not path.name.startswith(".") and path.is_file() and not path.is_symlink()


def _is_seen(path: Path) -> bool:
    return path.parent.name == "cur" and "S" in path.name.partition(":2,")[2]


def _read(path: Path) -> bytes | None:
    """The message, or None when somebody else has taken it meanwhile."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_OCTETS)
    except FileNotFoundError:
        return None


def _mark(folder: Path, path: Path, *, flagged: bool) -> None:
    name, _, flags = path.name.partition(":2,")
    marks = "".join(sorted({*flags, "S", *("F" if flagged else "")}))
    with suppress(FileNotFoundError):  # somebody else marked it meanwhile; it is handled either way
        path.rename(folder / "cur" / f"{name}:2,{marks}")


# ── files ────────────────────────────────────────────────────────────────────────────────────

_MBOX_LINE: Final = re.compile(
    rb"(?:\A|(?<=\n\n))From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) .*\n", re.MULTILINE
)


def split_messages(raw: bytes) -> list[bytes]:
    """The messages of an mbox; a file that is none is one message."""
    if not raw.startswith(b"From "):
        return [raw]
    text = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    starts = [match.start() for match in _MBOX_LINE.finditer(text)] or [0]
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


# ── IMAP ─────────────────────────────────────────────────────────────────────────────────────


def visit_mailbox(mailbox: ImapMailbox, handle: Handler, *, lasting_s: float = _VISIT_S) -> int:
    """Handle every message without the flag Seen, oldest first; how many there were.

    Raises MailboxError when the server cannot be reached, refuses, breaks off, or lies, and at its end what
    a message met that could not be handled, fetched or marked; what was not marked is handled again next time.
    """
    visit = _Visit(handle)
    try:
        with _session(mailbox, lasting_s) as session:
            count = _look_through(session, mailbox, visit)
    except (OSError, imaplib.IMAP4.error) as error:
        refuses_login = isinstance(error, _LoginRefused)
        told = f"the mailbox at {mailbox.host} cannot be used ({_explain(error)})"
        raise MailboxError(told, refuses_login=refuses_login) from error
    visit.finish()
    return count


class _Refused(imaplib.IMAP4.error):
    """The server answered a command with no; the words are ours."""


class _CommandRefused(_Refused):
    """It did not do what one command asks."""

    def __init__(self, command: str) -> None:
        super().__init__(f"it refused {command}")
        self.command = command


class _LoginRefused(_Refused):
    """It did not let us in."""


def _explain(error: Exception) -> str:
    """What is wrong, without what the server says: it may repeat the login."""
    if isinstance(error, _Refused):
        return str(error)
    if isinstance(error, imaplib.IMAP4.readonly):
        return "it may only be read, so nothing can be marked as read"
    if isinstance(error, imaplib.IMAP4.abort):
        return "the server broke off"
    if isinstance(error, imaplib.IMAP4.error):
        return "its answers make no sense"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not valid"
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    words = error.strerror if isinstance(error, OSError) else ""
    return words.lower() if words else type(error).__name__


@contextmanager
def _session(mailbox: ImapMailbox, lasting_s: float) -> Iterator[imaplib.IMAP4]:
    """A connection that is closed even when the server no longer answers LOGOUT."""
    session = _open(mailbox, lasting_s)
    try:
        yield session
        session.logout()
    finally:
        with suppress(OSError):
            session.shutdown()


def _open(mailbox: ImapMailbox, lasting_s: float) -> imaplib.IMAP4:
    return BoundedImap(
        mailbox.host,
        mailbox.port,
        context=ssl.create_default_context() if mailbox.tls else None,
        timeout_s=_TIMEOUT_S,
        lasting_s=lasting_s,
        octets=_VISIT_OCTETS,
    )


def _look_through(session: imaplib.IMAP4, mailbox: ImapMailbox, visit: _Visit) -> int:
    _log_in(session, mailbox)
    quoted = '"' + mailbox.folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
    status, told = session.select(quoted)
    _expect(status, "SELECT")
    numbers = list(islice(_find_unseen(session, told[0] or b""), MAX_MESSAGES))
    if not all(map(_UID.fullmatch, numbers)):
        raise imaplib.IMAP4.error("a number that no message can have")
    refused: Counter[str] = Counter()
    for number in numbers:
        try:
            _handle(session, number.decode("ascii"), visit)
        except (
            _CommandRefused
        ) as error:  # a damaged message, or a full quota: the others are handled
            refused[error.command] += 1
    for command, count in refused.items():
        raise _Refused(f"of {len(numbers)} messages it refused {command} for {count}")
    return len(numbers)


def _log_in(session: imaplib.IMAP4, mailbox: ImapMailbox) -> None:
    try:
        session.login(mailbox.username, mailbox.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise _LoginRefused("the login was refused") from error


def _handle(session: imaplib.IMAP4, uid: str, visit: _Visit) -> None:
    for raw in _fetch(session, uid):
        if (flagged := visit.take(raw)) is not None:
            flags = r"(\Seen \Flagged)" if flagged else r"(\Seen)"
            _expect(session.uid("STORE", uid, "+FLAGS.SILENT", flags)[0], "STORE")


def _find_unseen(session: imaplib.IMAP4, exists: bytes) -> Iterator[bytes]:
    """The numbers of messages without the flag Seen, a part of the mailbox at a time (RFC 9051 6.4.4): all of those that
    a mailbox has gathered in years may be a longer line than anybody reads. `exists` is how many it has (RFC 9051 7.4.1).
    """
    count = int(exists) if _UID.fullmatch(exists) else 0
    for first in range(1, max(count, 1) + 1, _PART):
        last = "*" if first + _PART > count else str(first + _PART - 1)
        part = [f"{first}:{last}"] if count > _PART else []
        status, found = session.uid("SEARCH", *part, "UNSEEN")
        _expect(status, "SEARCH")
        yield from (found[0] or b"").split()


def _fetch(session: imaplib.IMAP4, uid: str) -> Iterator[bytes]:
    """The message without marking it; nothing when it has gone meanwhile."""
    status, answer = session.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_OCTETS}>)")
    _expect(status, "FETCH")
    for item in answer[:1]:
        if isinstance(item, tuple) and isinstance(item[1], bytes):
            yield item[1]


def _expect(status: str, command: str) -> None:
    if status != "OK":
        raise _CommandRefused(command)
