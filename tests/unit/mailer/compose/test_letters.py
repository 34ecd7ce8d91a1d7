"""What the mails say that are not an issue: confirmations, notices and the headers of each kind."""

from __future__ import annotations

import re
from dataclasses import replace

from mailer.compose import letters, message
from mailer.compose.skeleton import Skeleton
from tests.worlds.rows import each
from tests.worlds.sending.composed import (
    ADA,
    CONFIRM_URL,
    IDENTITY,
    ISSUE,
    UNSUBSCRIBE_URL,
    parse,
    parts,
)

_COPY = ["From", "To", "Subject", "Date", "Message-ID"]


_MIME = ["MIME-Version", "Content-Type"]


_LETTER = [*_COPY, "Auto-Submitted", *_MIME]


_LEAVE = ["List-Unsubscribe", "List-Unsubscribe-Post"]

OWN = replace(IDENTITY, reply_to="Ada <ada@example.org>", headers=(("X-Own", "notes"),))


@each(
    ("skeleton", "names"),
    [
        (
            message.compile_issue(ISSUE, IDENTITY),
            [*_COPY, "List-Id", *_LEAVE, "List-Archive", "Feedback-ID", "Precedence", *_MIME],
        ),
        (
            message.compile_issue(ISSUE, IDENTITY, test_copy=True),
            [*_COPY, "List-Id", "List-Archive", "Feedback-ID", "Precedence", *_MIME],
        ),
        (letters.compile_confirmation(IDENTITY), _LETTER),
        (letters.compile_notice(IDENTITY), _LETTER),
        (letters.compile_confirmation(OWN), ["From", "Reply-To", *_LETTER[1:-2], "X-Own", *_MIME]),
        (
            message.compile_own(ISSUE, OWN),
            [*("From", "Reply-To"), *_LETTER[1:-2], "List-Id", *_LEAVE, "X-Own", *_MIME],
        ),
    ],
    ids=["issue", "test copy", "confirmation", "notice", "own fields", "welcome with own fields"],
)
def test_each_kind_has_its_headers_and_no_others(skeleton: Skeleton, names: list[str]) -> None:
    """Exactly these fields, each once: list fields on list mail only (rules A3, A16 to A20)."""
    head = skeleton.fill(ADA).content.partition(b"\r\n\r\n")[0]
    written = re.findall(rb"^([A-Za-z-]+):", head, re.MULTILINE)
    assert [name.decode() for name in written] == names


def test_a_letter_is_generated_by_a_machine() -> None:
    """Auto-Submitted keeps vacation programs silent (RFC 3834 5, rule A17)."""
    for skeleton in (letters.compile_confirmation(IDENTITY), letters.compile_notice(IDENTITY)):
        assert b"\r\nAuto-Submitted: auto-generated\r\n" in skeleton.fill(ADA).content


def test_a_test_copy_is_marked_and_cannot_unsubscribe_anybody() -> None:
    """The subject begins with [Test], the text says so, and no one-click is offered."""
    envelope = message.compile_issue(ISSUE, IDENTITY, test_copy=True).fill(ADA)
    assert parse(envelope)["Subject"] == "[Test] Lamps"
    assert all("This is a test copy" in part for part in parts(envelope))
    assert b"List-Unsubscribe" not in envelope.content


def test_a_confirmation_holds_nothing_of_the_person_who_asked() -> None:
    """It names the list, says why it came and that ignoring is enough; no name (rule F7)."""
    reader = replace(ADA, name="Buy http://spam.example")
    envelope = letters.compile_confirmation(IDENTITY).fill(reader)
    assert b"spam" not in envelope.content
    for part in parts(envelope):
        assert "Working Notes" in part
        assert "ignore this mail" in part
        assert CONFIRM_URL in part
        assert "unsubscribe/" not in part


def test_a_notice_offers_to_leave_in_its_body_only() -> None:
    """Somebody subscribed already can leave from the notice; it is no list mail (rule A16)."""
    envelope = letters.compile_notice(IDENTITY).fill(ADA)
    assert all(UNSUBSCRIBE_URL in part for part in parts(envelope))
    assert b"List-" not in envelope.content.partition(b"\r\n\r\n")[0]
