"""What a digest says: titles, summaries and links of several issues, or one issue whole."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.compose.digest import compile_digest
from mailer.compose.message import compile_own
from mailer.compose.skeleton import Recipient, Skeleton
from storage.model import Identity, Issue, IssueState, Mailing, MessageError
from tests.conftest import NOON
from tests.worlds.publishing.issues import an_issue

IDENTITY = Identity(
    title="Working Notes",
    url="https://notes.example.com",
    sender="Working Notes <notes@example.com>",
    author="Ada Example",
)


def issue(name: str, **changes: object) -> Issue:
    """A published issue."""
    made = an_issue(
        note_id=name,
        path=f"{name}.md",
        guid=f"urn:uuid:{name}",
        slug=name,
        title=name.title(),
        summary=f"About {name}.",
        html=f"<p>All of {name}</p>",
        text=f"All of {name}",
        mailing=Mailing.DONE,
        mail_at=NOON,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


DIGEST = issue("digest-weekly-2026-11-22", state=IssueState.DIGEST)


def opened(skeleton: Skeleton, name: str = "Ada") -> tuple[email.message.EmailMessage, str, str]:
    """A copy for one reader: the message, its text, its page."""
    recipient = Recipient(
        address="ada@example.org",
        ascii="ada@example.org",
        name=name,
        message_token="1",
        return_path="bounce@notes.example.com",
        unsubscribe_token="u",
        preferences_token="p",
        date=NOON,
    )
    parsed = email.message_from_bytes(
        skeleton.fill(recipient).content,
        policy=email.policy.default,
    )
    assert isinstance(parsed, email.message.EmailMessage)
    parts = [parsed.get_body((kind,)) for kind in ("plain", "html")]
    text, page = (part.get_content() for part in parts if part is not None)
    return parsed, text, page


def test_several_issues_are_told_of_and_one_comes_whole() -> None:
    """Subject, summaries, links; of one alone subject and words are its own (and every list field)."""
    message, text, page = opened(compile_digest(DIGEST, [issue("b"), issue("a")], IDENTITY))
    assert message["Subject"] == "B and 1 more"
    for part in (text, page):
        assert "2 new issues" in part
        assert part.index("issues/b") < part.index("issues/a")
        assert "About b." in part
        assert "All of b" not in part
        assert "https://notes.example.com/unsubscribe/u" in part
        assert "https://notes.example.com/preferences/p" in part
    for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID"):
        assert len(message.get_all(name, [])) == 1
    alone, text, _ = opened(compile_digest(DIGEST, [issue("a")], IDENTITY))
    assert alone["Subject"] == "A"
    assert "All of a" in text


def test_without_an_issue_there_is_nothing_to_send() -> None:
    """All of them were withdrawn between the making and the sending."""
    with pytest.raises(MessageError):
        compile_digest(DIGEST, [], IDENTITY)


def test_merge_fields_are_filled_in_titles_and_summaries() -> None:
    """As in the mail of the issue itself."""
    named = issue("a", title="For {{ name | you }}", summary="Dear {{ name | reader }}.")
    message, text, _ = opened(compile_digest(DIGEST, [named, issue("b")], IDENTITY))
    assert message["Subject"] == "For Ada and 1 more"
    assert "Dear Ada." in text
    nameless, text, _ = opened(compile_digest(DIGEST, [named, issue("b")], IDENTITY), name="")
    assert nameless["Subject"] == "For you and 1 more"
    assert "Dear reader." in text


def test_a_long_absence_is_no_endless_mail() -> None:
    """Fifty issues are told of; how many more there are is said."""
    _, text, page = opened(
        compile_digest(DIGEST, [issue(f"n{number}") for number in range(60)], IDENTITY)
    )
    assert "10 more are in the archive" in text
    assert len(page.encode()) < 102_000


@given(st.text(max_size=60), st.text(max_size=200))
def test_no_title_reaches_a_header_or_a_tag(title: str, summary: str) -> None:
    """Whatever a note calls itself, the message has its own fields and no others (rule A21)."""
    hostile = issue("a", title=title, summary=summary)
    message, _, page = opened(compile_digest(DIGEST, [hostile, issue("b")], IDENTITY))
    assert message["Bcc"] is None
    assert len(message) == 13
    assert "<script" not in page.lower()


def test_a_welcome_can_be_left_and_a_goodbye_is_no_list_mail() -> None:
    """One click leads out of the first; the second names no list (rule A16), and neither is answered."""
    letter = issue("welcome", title="Welcome, {{ name | reader }}")
    welcome, text, _ = opened(compile_own(letter, IDENTITY))
    assert welcome["Subject"] == "Welcome, Ada"
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Read on the web" not in text
    goodbye, text, _ = opened(compile_own(letter, IDENTITY, leaving=True))
    assert [name for name in goodbye if name.startswith("List-")] == []
    assert "unsubscribe/u" not in text
    assert welcome["Auto-Submitted"] == goodbye["Auto-Submitted"] == "auto-generated"
