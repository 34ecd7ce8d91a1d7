"""An issue as readers see it whom nobody knows: on pages and in feeds. Pure.

A merge field (`{{ name | there }}`) is filled per recipient in a mail; here it reads as its
default, or as nothing. What stands in code stays as it is written, and so does what is no known
field (mailer/compose/merge.py has the rules).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mailer.compose import merge
from storage.model import Issue

_MARK: Final = "{{"


def as_readers_see(issue: Issue) -> Issue:
    """The issue with each known merge field replaced by its default.

    An issue without any, which is nearly every one, is given back as it is, at no cost. A title
    that is empty without its fields becomes the slug: feeds need one.
    """
    written = (issue.title, issue.summary, issue.html, issue.text)
    if not any(_MARK in part for part in written):
        return issue
    return replace(
        issue,
        title=merge.public_text(issue.title).strip() or issue.slug,
        summary=merge.public_text(issue.summary).strip(),
        html=merge.public_html(issue.html),
        text=merge.public_text(issue.text),
    )
