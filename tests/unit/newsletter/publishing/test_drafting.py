"""A draft as an issue that no archive has."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

from newsletter.publishing.drafting import issue_of
from storage.model.issues import IssueDraft, IssueState
from tests.worlds.publishing.drafts import SPOKEN

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_an_issue_says_all_that_its_draft_says() -> None:
    """What an author sees before publishing, and a letter to one reader, leaves out nothing of the note."""
    issue = issue_of(SPOKEN, NOON, IssueState.LIVE)
    said = {field.name for field in fields(IssueDraft)} - {"changed_at"}
    assert {name: getattr(issue, name) for name in said} == {
        name: getattr(SPOKEN, name) for name in said
    }
