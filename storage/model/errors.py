"""The one tree of errors. Each error names its subject and says what to do; the cause is chained.

    NewsletterError
    ├── ConfigError          the configuration cannot be used; holds every problem found
    ├── SecretMismatch       the secret is not the one this database was made with
    ├── NoteError            one note cannot be used; names its path
    │   └── NotesFolderError     the folder of notes itself cannot be read
    ├── SubscriberFileError  a file of subscribers cannot be read as one
    ├── PostsFileError       an export of another system's posts cannot be read as one
    ├── AddressError         one address cannot be used; says why, never repeats hostile input raw
    ├── AudienceError        an expression over readers' tags cannot be read
    ├── ScheduleError        a wish about time that cannot be granted (past, not published, …)
    │   └── NotATime           its words are no time, or its zone is none
    ├── NotFound             no issue, note or subscriber of that name; names the nearest
    ├── Conflict             the thing is in a state in which this cannot be done
    │   └── StalePlan          what would go out is not what a plan says; holds what has changed
    ├── MessageError         a message that must not be sent as it is (too large, bad header)
    ├── SiteError            the site, or the listener for bounces, cannot listen where it is told to
    ├── RelayError           the relay cannot be used at all (refused, TLS, AUTH); nobody's fault but ours or its
    ├── MailboxError         a mailbox of reports, IMAP or Maildir, cannot be used
    ├── BackupError          a backup cannot be written, read or believed; names its file
    ├── FetchError           a document that proves a report cannot be fetched
    └── StorageError         the database refused; wrapped in storage/database/refusals.py
        ├── DatabaseBusy         locked for longer than the wait allows; try again
        ├── DatabaseFull         its disk has no room for what was to be written
        ├── DatabaseDamaged      what is in its file is no database any more
        ├── DatabaseLost         its file is gone, or is not the one that was there
        ├── SchemaOutdated       tables are of an older version: `newsletter db upgrade`
        └── SchemaNewer          tables are of a newer version than this program

Stdlib only. `str(error)` is a sentence for a person.
"""

from __future__ import annotations

from collections.abc import Sequence

from storage.model.text import show


class NewsletterError(Exception):
    """Base of every error the product raises on purpose."""


class ConfigError(NewsletterError):
    """The configuration cannot be used. `problems` holds one sentence per problem, all of them."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"{source}: {count} {noun}\n{lines}")


class SecretMismatch(NewsletterError):
    """The secret differs from the one whose fingerprint the database keeps."""


class NoteError(NewsletterError):
    """One note cannot be used. `path` is below the notes folder, as it opens the file; `fault` is
    a sentence. The message shows odd characters of either written out.

    `line`, in the file and from 1, is None when it is about the whole; `reason` names it, too.
    """

    def __init__(self, path: str, fault: str, line: int | None = None) -> None:
        self.path = path
        self.fault = fault
        self.line = line
        self.reason = fault if line is None else f"line {line}: {fault}"
        super().__init__(show(f"{path}: {self.reason}"))


class NotesFolderError(NoteError):
    """The folder of notes itself is missing or unreadable; nothing may be concluded from it."""


class SubscriberFileError(NewsletterError):
    """A file of subscribers cannot be read as one; no row of it has been taken."""


class PostsFileError(NewsletterError):
    """An export of another system's posts, or a part of it, cannot be read."""


class AddressError(NewsletterError):
    """An address cannot be used. `reason` is a sentence and does not repeat the address."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ScheduleError(NewsletterError):
    """A wish about time that cannot be granted."""


class NotATime(ScheduleError):
    """What was said is no time that can be read, or there is no such zone; says how to write it."""


class AudienceError(NewsletterError):
    """An expression over readers' tags that cannot be read, and what to write instead; a clause."""


class NotFound(NewsletterError):
    """Nothing of that name. `kind` is "issue", "note", "subscriber"; `nearest` may help the person."""

    def __init__(self, kind: str, name: str, nearest: str | None = None) -> None:
        self.kind = kind
        self.name = name
        self.nearest = nearest
        hint = f"; did you mean {nearest!r}?" if nearest else ""
        super().__init__(f"there is no {kind} {name!r}{hint}")


class Conflict(NewsletterError):
    """The thing exists, but in a state in which this cannot be done."""


class StalePlan(Conflict):
    """What would go out is not what a plan says, so nothing was sent. `changes` has a sentence each."""

    def __init__(self, changes: Sequence[str]) -> None:
        self.changes = tuple(changes)
        super().__init__(
            "nothing was sent, for the plan is not true any more: " + "; ".join(changes)
        )


class MessageError(NewsletterError):
    """A message that must not be sent as it is."""


class SiteError(NewsletterError):
    """The site, or the listener for bounces, cannot listen where it is told to."""


class RelayError(NewsletterError):
    """A relay cannot be used at all: refused, no TLS, login refused."""

    def __init__(self, message: str, *, refuses_login: bool = False) -> None:
        super().__init__(message)
        self.refuses_login = refuses_login
        """Whether it knows us no more, which no further try will change (RFC 4954 6)."""


class MailboxError(NewsletterError):
    """A mailbox of reports cannot be used: the folder, the IMAP server or its login."""

    def __init__(self, message: str, *, refuses_login: bool = False) -> None:
        super().__init__(message)
        self.refuses_login = refuses_login
        """Whether it knows us no more: whoever tries that too often is locked out."""


class BackupError(NewsletterError):
    """A backup cannot be written or read, or is not what it should be. Nothing was changed."""


class FetchError(NewsletterError):
    """A document at somebody's address, like a certificate, cannot be had; trying again may help."""


class StorageError(NewsletterError):
    """The database refused, or is not what it should be. Raised by storage/database/ and storage/copies/ alone, with
    the driver's error chained where there is one.
    """


class DatabaseBusy(StorageError):
    """The database stayed locked for longer than the wait allows; trying again is safe."""


class DatabaseFull(StorageError):
    """The disk of the database has no room for what was to be written."""


class DatabaseDamaged(StorageError):
    """What is in the database's file is no database, or only a part of one."""


class DatabaseLost(StorageError):
    """The database's file is gone, or another one is in its place."""


class SchemaOutdated(StorageError):
    """The tables are of an older version than this program: run `newsletter db upgrade`."""


class SchemaNewer(StorageError):
    """The tables are of a newer version than this program, which must not touch them."""
