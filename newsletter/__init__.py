"""The service: what happens when. A script needs what this face shows.

from newsletter import Newsletter, NewsletterError

with Newsletter.open("newsletter.toml") as newsletter:
    report = newsletter.send()
"""

from newsletter.app import Newsletter
from newsletter.authoring import (
    CheckedNote,
    Finding,
    Plan,
    Planned,
    Preview,
    Scheduled,
    TestCopy,
)
from newsletter.doctor import Diagnosis
from newsletter.mailing import IssueStatus, SendReport
from newsletter.publication import AboutPage, Publication
from newsletter.publishing import PollReport
from storage.model import (
    AddressError,
    ConfigError,
    Conflict,
    MailboxError,
    NewsletterError,
    NotATime,
    NoteError,
    NotesFolderError,
    NotFound,
    RelayError,
    ScheduleError,
    SchemaOutdated,
    SecretMismatch,
    SiteError,
    StalePlan,
    StorageError,
)

__all__ = [
    "AboutPage",
    "AddressError",
    "CheckedNote",
    "ConfigError",
    "Conflict",
    "Diagnosis",
    "Finding",
    "IssueStatus",
    "MailboxError",
    "Newsletter",
    "NewsletterError",
    "NotATime",
    "NotFound",
    "NoteError",
    "NotesFolderError",
    "Plan",
    "Planned",
    "PollReport",
    "Preview",
    "Publication",
    "RelayError",
    "ScheduleError",
    "Scheduled",
    "SchemaOutdated",
    "SecretMismatch",
    "SendReport",
    "SiteError",
    "StalePlan",
    "StorageError",
    "TestCopy",
]
