"""What comes back: reports, leave mails, Maildir, IMAP, the listener and web hooks."""

from mailer.inbound.fetch import fetch_document, open_straight
from mailer.inbound.inbox import find_messages, split_messages, visit_mailbox, visit_maildir
from mailer.inbound.leaving import find_addressed_keys, find_keys_in, find_leave_keys
from mailer.inbound.listener import listening
from mailer.inbound.mime import PARSER_FAULTS
from mailer.inbound.places import ImapMailbox, ListenAddress, parse_imap, parse_listen
from mailer.inbound.reading import parse_report
from mailer.inbound.report import BounceReport, Finding, ReportKind

__all__ = [
    "PARSER_FAULTS",
    "BounceReport",
    "Finding",
    "ImapMailbox",
    "ListenAddress",
    "ReportKind",
    "fetch_document",
    "find_addressed_keys",
    "find_keys_in",
    "find_leave_keys",
    "find_messages",
    "listening",
    "open_straight",
    "parse_imap",
    "parse_listen",
    "parse_report",
    "split_messages",
    "visit_mailbox",
    "visit_maildir",
]
