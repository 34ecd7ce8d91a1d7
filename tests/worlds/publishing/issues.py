"""An issue that is nowhere kept, for what only looks at one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from storage.model.issues import Issue, IssueState, Mailing
from tests.conftest import NOON

PLAIN = Issue(
    id=1,
    note_id="a",
    path="a.md",
    guid="urn:uuid:1",
    slug="a",
    title="A",
    summary="",
    html="",
    text="",
    tags=(),
    media=(),
    wiki=(),
    content_hash="",
    rendering="",
    state=IssueState.LIVE,
    mailing=Mailing.OFF,
    mailing_reason="",
    published_at=NOON,
    updated_at=NOON,
    mail_at=None,
    revision=1,
)
"""Live, of no words, and mailed to nobody."""


def an_issue(**values: Any) -> Issue:
    """The plain one, but for these."""
    return replace(PLAIN, **values)
